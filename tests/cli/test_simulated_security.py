import argparse
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dcud.cli.main import UsageError
from dcud.cli.simulate import add_arguments
from dcud.cli.simulated_security import secured_meters
from dcud.config.key_entries import Entry
from dcud.dlms.authentication import Mechanism
from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import KeyMissingError
from dcud.dlms.secret import Secret
from dcud.dlms.server import ServerParameters
from dcud.sim.faults import Fault
from dcud.sim.meter import MeterParameters
from dcud.sim.secured_meter import SecuredMeter
from tests.support.secured_simulation import CLIENT, NAME, SECRET, Site

NOW = 1_800_000_000.0


def pem(curve: ec.EllipticCurve) -> Secret:
    key = ec.generate_private_key(curve)
    return Secret(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def entries(size: int = 16, **more: Secret) -> dict[Entry, Secret]:
    names = {
        "unicast_key": Secret(bytes(range(size))),
        "authentication_key": Secret(bytes(range(0xD0 - size, 0xD0))),
        "broadcast_key": Secret(bytes(range(0x40, 0x40 + size))),
        "master_key": Secret(bytes(range(0x80, 0x80 + size))),
        "hls_secret": SECRET,
        **more,
    }
    return {("meter", "simulated", name): secret for name, secret in names.items()}


def meter(*options: str, known: dict[Entry, Secret] | None = None, number: int = 1) -> SecuredMeter:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    make = secured_meters(parser.parse_args(options), entries() if known is None else known)
    made = make(MeterParameters(number=number, installed=NOW - 86_400), lambda: NOW)
    assert isinstance(made, SecuredMeter)
    return made


def spoken_to(site: Site, made: SecuredMeter) -> str:
    """Name what comes of reading the meter."""
    site.meter = made
    client = site.client()
    opened = type(client.open()).__name__
    return type(client.get(NAME)).__name__ if opened == "Opened" else opened


def test_what_is_asked_for_is_demanded() -> None:
    made = meter("--authentication", "hls-gmac", "--suite", "0")
    assert spoken_to(Site(), made) == "Answered"
    assert spoken_to(Site(ciphered=False), made) == "ConnectionFailed"
    assert spoken_to(Site(mechanism=Mechanism.LOWEST), made) == "ConnectionFailed"


def test_a_proof_without_ciphering() -> None:
    made = meter("--authentication", "hls-sha256")
    assert spoken_to(Site(mechanism=Mechanism.HLS_SHA256, ciphered=False), made) == "Answered"


def test_a_password_with_ciphering() -> None:
    made = meter("--policy", "authenticated", known=entries(lls_password=SECRET))
    assert spoken_to(Site(mechanism=Mechanism.LLS), made) == "Answered"


def test_each_meter_has_a_system_title_of_its_own() -> None:
    assert meter("--suite", "0", number=3).security.setup.system_title == b"SIM\0\0\0\0\3"
    other = meter("--suite", "0", "--system-title", "4B464Dffffffffff", number=2)
    assert other.security.setup.system_title == b"KFM\0\0\0\0\0"


def test_key_pairs_of_both_parties() -> None:
    known = entries(signing_key=pem(ec.SECP256R1()), agreement_key=pem(ec.SECP256R1()))
    known[("gateway", "signing_key")] = pem(ec.SECP256R1())
    known[("gateway", "agreement_key")] = pem(ec.SECP256R1())
    made = meter("--authentication", "hls-ecdsa", "--suite", "1", known=known)
    parameters = ServerParameters()
    assert made.application(parameters, ClientSap(1)).answers(b"\x60\x00")
    assert made.security.setup.system_title != CLIENT


def test_state_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    made = meter("--authentication", "hls-gmac", "--suite", "0", "--state", str(path))
    site = Site()
    assert spoken_to(site, made) == "Answered"
    kept: dict[str, Any] = json.loads(path.read_text())
    assert kept["SIM0000000000001"]["unicast"] == [4, 4]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_state_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("{")
    with pytest.raises(UsageError, match="holds no state of simulated meters"):
        meter("--state", str(path))


def test_faults() -> None:
    assert meter("--suite", "0", "--fault", "wrong-tag").security.fault is Fault.WRONG_TAG
    with pytest.raises(UsageError) as refused:
        meter("--fault", "bad-weather")
    assert "replay-answer, old-counter" in refused.value.remedy


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        (("--authentication", "hls-md5"), "hls_secret"),
        (("--authentication", "lls", "--suite", "0"), "lls_password"),
    ],
)
def test_secrets_that_are_missing(options: tuple[str, ...], missing: str) -> None:
    known = {key: value for key, value in entries().items() if key[-1] != missing}
    with pytest.raises(KeyMissingError) as refused:
        meter(*options, known=known)
    assert missing in refused.value.remedy


def test_keys_of_another_suite() -> None:
    with pytest.raises(KeyMissingError, match="has 16 octets; in security suite 2 it has 32"):
        meter("--suite", "2")
