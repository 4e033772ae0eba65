import os
from pathlib import Path

import pytest
from cryptography import x509

from dcud.cli.main import main
from dcud.config.key_entries import Entry, parse_keys
from dcud.dlms.secret import Secret
from dcud.dlms.security.primitives.elliptic_curve import Curve, PrivateKey, PublicKey

OLD = "8f1c3a5be2790d46a1b3c5d7e9fb0d1f"
TITLE = "4443550000000001"


@pytest.fixture(name="file")
def make_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tmp_path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "keys.toml"


def generate(*options: str) -> int:
    return main(["keys", "generate", "--key-file", "keys.toml", *options])


def entries(file: Path) -> dict[Entry, Secret]:
    return dict(parse_keys(file, file.read_bytes()))


def stored(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o600)


@pytest.mark.parametrize(("suite", "size"), [("0", 16), ("1", 16), ("2", 32)])
def test_a_new_file_is_for_its_owner_alone(
    file: Path, suite: str, size: int, capsys: pytest.CaptureFixture[str]
) -> None:
    before = os.umask(0)
    try:
        assert generate("m1", "m2", "--suite", suite) == 0
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == 0o600
    found = entries(file)
    names = ("unicast_key", "authentication_key")
    assert set(found) == {("meter", m, name) for m in ("m1", "m2") for name in names}
    assert {len(key.octets) for key in found.values()} == {size}
    assert len(set(found.values())) == 4
    assert list(file.parent.iterdir()) == [file]
    output = capsys.readouterr()
    assert output.out.splitlines() == [
        f"keys.toml: [meter.{meter}] has a new unicast_key, authentication_key"
        for meter in ("m1", "m2")
    ]
    assert not any(key.octets.hex() in output.out + output.err for key in found.values())


def test_what_a_file_holds_stays_as_it_is(file: Path) -> None:
    text = (
        f'# site\n[mqtt]\npassword = "b"  # broker\n\n[meter.m1] # cellar\nmaster_key = "{OLD}"\n'
    )
    stored(file, text)
    assert generate("m1", "--suite", "0", "--kind", "unicast_key") == 0
    key = entries(file)["meter", "m1", "unicast_key"].octets.hex()
    assert file.read_text() == f'{text}unicast_key = "{key}"\n'


def test_no_key_is_overwritten(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = f'[meter.m1]\nunicast_key = "{OLD}"\n'
    stored(file, text)
    assert generate("m0", "m1", "--suite", "0") == 78
    error = capsys.readouterr().err
    assert "keys.toml: meter.m1.unicast_key: is there already; --replace has a new" in error
    assert OLD not in error
    assert file.read_text() == text


def test_a_replaced_key_is_kept_as_the_previous_one(file: Path) -> None:
    stored(file, f'[meter.m1]\nunicast_key = "{OLD}"\n')
    assert generate("m1", "--suite", "0", "--kind", "unicast_key", "--replace") == 0
    found = entries(file)
    assert found["meter", "m1", "previous_unicast_key"].octets.hex() == OLD
    assert found["meter", "m1", "unicast_key"].octets.hex() != OLD
    assert len(found) == 2


def test_a_key_that_was_replaced_already_is_not_lost(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may be the one that the meter has: nothing was transferred."""
    stored(file, f'[meter.m1]\nunicast_key = "{OLD}"\n')
    again = ("m1", "--suite", "0", "--kind", "unicast_key", "--replace")
    assert generate(*again) == 0
    before = file.read_text()
    assert generate(*again) == 78
    told = "meter.m1.previous_unicast_key: stands there from an earlier replacement"
    assert told in capsys.readouterr().err
    assert file.read_text() == before


def test_other_kinds_are_made_on_request(file: Path) -> None:
    kinds = ("broadcast_key", "master_key", "hls_secret", "broadcast_key")
    assert generate("m1", "--suite", "1", *(word for k in kinds for word in ("--kind", k))) == 0
    assert {entry[-1] for entry in entries(file)} == set(kinds)
    assert {len(secret.octets) for secret in entries(file).values()} == {16}


@pytest.mark.parametrize(("suite", "curve"), [("1", Curve.P256), ("2", Curve.P384)])
def test_key_pairs_of_the_gateway_are_on_the_suites_curve(
    file: Path, suite: str, curve: Curve
) -> None:
    kinds = ("--kind", "signing_key", "--kind", "agreement_key")
    assert generate("--gateway", "--suite", suite, *kinds) == 0
    found = entries(file)
    assert set(found) == {("gateway", "signing_key"), ("gateway", "agreement_key")}
    assert {PrivateKey.from_pem(pem).curve for pem in found.values()} == {curve}
    assert len(set(found.values())) == 2


def test_a_certificate_request_is_for_the_key_that_was_made(file: Path) -> None:
    asked = ("--kind", "signing_key", "--csr", "dcud.csr", "--system-title", TITLE)
    assert generate("m1", "--suite", "1", *asked) == 0
    request = x509.load_pem_x509_csr(Path("dcud.csr").read_bytes())
    assert request.subject.rfc4514_string() == f"CN={TITLE}"
    key = PrivateKey.from_pem(entries(file)["meter", "m1", "signing_key"])
    assert PublicKey.of_library(request.public_key()) == key.public
    assert b"PRIVATE" not in Path("dcud.csr").read_bytes()


def test_a_certificate_request_is_never_overwritten(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("dcud.csr").write_text("mine")
    asked = ("--kind", "signing_key", "--csr", "dcud.csr", "--system-title", TITLE)
    assert generate("m1", "--suite", "1", *asked) == 64
    assert "dcud.csr exists; name another --csr, or remove it" in capsys.readouterr().err
    assert Path("dcud.csr").read_text() == "mine"
    assert not file.exists()


def test_a_request_that_cannot_be_written_is_told(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("--kind", "signing_key", "--csr", "none/dcud.csr", "--system-title", TITLE)
    assert generate("m1", "--suite", "1", *asked) == 64
    assert "can't be written: No such file or directory; the key is made" in capsys.readouterr().err
    assert ("meter", "m1", "signing_key") in entries(file)


CSR = ("--csr", "x")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--suite", "0"), "keys are made for meters or for the gateway; name the one"),
        (("m1", "--gateway", "--suite", "1"), "keys are made for meters or for the gateway"),
        (("--gateway", "--suite", "1"), "the gateway has private keys alone; add --kind signing"),
        (("m1", "--suite", "0", "--kind", "signing_key"), "suite 0 has no private keys; name"),
        (("m1", "--suite", "1", *CSR), "a certificate request names a system title; add"),
        (("m1", "--suite", "1", *CSR, "--system-title", TITLE), "is for one private key; make"),
        (("m1", "--suite", "1", "--system-title", "x"), '"x" is no system title; write 16'),
        (("m1", "--suite", "3"), "invalid choice: 3"),
        (("m1", "--suite", "1", "--kind", "lls"), "invalid choice: 'lls'"),
    ],
)
def test_what_makes_no_sense_is_refused(
    file: Path, options: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate(*options) == 64
    assert told in capsys.readouterr().err
    assert not file.exists()


def test_a_file_that_others_may_read_is_not_added_to(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("# mine\n")
    file.chmod(0o644)
    assert generate("m1", "--suite", "0") == 78
    assert "has mode 644; others may read or change it; chmod 600" in capsys.readouterr().err
    assert file.read_text() == "# mine\n"


def test_a_link_is_not_followed(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.symlink_to("/none")
    assert generate("m1", "--suite", "0") == 78
    assert "is a symbolic link" in capsys.readouterr().err


def test_a_missing_directory_is_told(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", "generate", "m1", "--suite", "0", "--key-file", "none/keys.toml"]) == 78
    assert "none: can't be changed: No such file or directory" in capsys.readouterr().err
    assert not file.exists()
