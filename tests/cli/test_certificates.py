"""The certificates of a simulated meter, looked at, fetched and given."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from dcud.cli import certificates
from dcud.cli.main import main
from tests.support.meter_certificates import NOW, SIGNING, Issuer
from tests.support.simulate import simulate

METER = "53494D0000000001"
KEYS = """
[default]
unicast_key = "4f2a9c11d07e83b65a1e04c7f9b2386d"
authentication_key = "91c3e7050d6f48a2b8547e1c9a3d60f2"
"""
CONFIG = """
[gateway]
id = "gw"
key_file = "keys.toml"
state_directory = "state"
system_title = "4443550000000001"
trusted_certificates = "trusted"

[[bus]]
id = "net"
framing = "wrapper"
tcp = {{ host = "{host}", port = {port} }}

[[meter]]
id = "m1"
bus = "net"
template = "generic-electricity"
client_sap = 1
response_timeout = "1 s"
authentication = "hls-gmac"
security = {{ suite = 1, frame_counter = "0.0.43.1.0.255" }}
"""


def stored(path: str, *ders: bytes) -> None:
    Path(path).parent.mkdir(exist_ok=True)
    texts = [x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in ders]
    Path(path).write_bytes(b"".join(texts))


@pytest.fixture(name="root", autouse=True)
def make_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Issuer:
    tmp_path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(certificates, "wall_clock", NOW.timestamp)
    Path("keys.toml").write_text(KEYS)
    Path("keys.toml").chmod(0o600)
    root = Issuer.root()
    stored("trusted/root.pem", root.der)
    stored("held/meter.pem", root.meter(METER, usage=SIGNING).der)
    return root


@contextmanager
def meter() -> Iterator[None]:
    serving = ("--tcp", "127.0.0.1:0", "--framing", "wrapper", "--meters", "1")
    demanding = ("--suite", "1", "--authentication", "hls-gmac", "--key-file", "keys.toml")
    with simulate(*serving, *demanding, "--certificates", "held") as (told, _):
        Path("dcud.toml").write_text(CONFIG.format(**told))
        yield


def asked(*options: str) -> int:
    return main(
        ["certificates", "--config", "dcud.toml", "--meter", "m1", "--format", "json", *options]
    )


def shown(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_what_the_meter_holds_is_judged(capsys: pytest.CaptureFixture[str]) -> None:
    with meter():
        assert asked() == 0
    [row] = shown(capsys)
    assert (row["system_title"], row["verdict"]) == (METER, "trusted")
    assert row["type"] == "digital signature"
    assert row["serial"] == "04d2"


def test_what_nobody_vouches_for_is_shown_with_the_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stored("held/other.pem", Issuer.root("Nobody CA").meter(METER, serial=99).der)
    with meter():
        assert asked() == 76
    verdicts = {row["serial"]: row["verdict"] for row in shown(capsys)}
    assert verdicts["04d2"] == "trusted"
    assert "Nobody CA" in verdicts["63"]


def test_they_are_fetched_into_files_that_dcud_reads(capsys: pytest.CaptureFixture[str]) -> None:
    with meter():
        assert asked("--fetch", "fetched") == 0
    name = f"{METER}-digital_signature-04d2.pem"
    assert f"written fetched/{name}" in capsys.readouterr().err
    fetched = x509.load_pem_x509_certificate(Path("fetched", name).read_bytes())
    held = x509.load_pem_x509_certificate(Path("held/meter.pem").read_bytes())
    assert fetched == held


def test_the_meter_takes_what_it_is_given(root: Issuer, capsys: pytest.CaptureFixture[str]) -> None:
    stored("given.pem", root.meter("4443550000000001", usage=SIGNING, serial=7).der)
    with meter():
        assert asked("--give", "given.pem") == 0
    assert {row["system_title"] for row in shown(capsys)} == {METER, "4443550000000001"}
