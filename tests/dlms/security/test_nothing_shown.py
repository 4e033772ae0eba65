"""No `repr` of what takes part in a secured dialogue shows a secret, nor does what is logged."""

import gc
import secrets
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest

from dcud.cosem.hls_secret import CHANGE_HLS_SECRET, encode_hls_secret
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.apdu.action import MethodDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.authentication import Mechanism
from dcud.dlms.conformance import IMPLEMENTED, Conformance
from dcud.dlms.connection import ClientConnection, ConnectionEvent, Opened
from dcud.dlms.datalink import ClientSap
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.obis import Obis
from dcud.dlms.requests import Act
from dcud.dlms.secret import Secret
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.parameters import Form, Guard, KeyInfoMethod
from dcud.dlms.security.suite import SecuritySuite
from dcud.dlms.server import ServerParameters
from dcud.observe.mask import Mask
from dcud.sim.hdlc_line import HdlcLine
from tests.support import secured_simulation
from tests.support.leaks import Leaks
from tests.support.secured_simulation import BOTH, ENERGY, Site

AUTHENTICATED = Guard(authenticated=True, encrypted=False)
SIGNED = Guard(authenticated=True, encrypted=True, signed=True)
NAMES = ("unicast", "authentication", "broadcast", "master")
NEW_SECRET = secrets.token_bytes(196)


def fresh_keys(suite: SecuritySuite) -> KeySet:
    drawn = {name: Secret(secrets.token_bytes(suite.key_size)) for name in NAMES}
    return KeySet(suite=suite, **drawn)


@pytest.fixture(autouse=True)
def planted(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Have the sites use secrets that look like nothing else; returns them."""
    suites = {suite: fresh_keys(suite) for suite in SecuritySuite}
    single = {"SECRET": secrets.token_bytes(16), "DEDICATED": secrets.token_bytes(32)}
    monkeypatch.setattr(secured_simulation, "keys", lambda suite: suites[suite])
    monkeypatch.setattr(secured_simulation, "SECRET", Secret(single["SECRET"]))
    monkeypatch.setattr(secured_simulation, "DEDICATED", single["DEDICATED"])
    keys = {
        f"{name}, {suite.name}": suites[suite].demand(name).octets
        for suite in suites
        for name in NAMES
    }
    return {"new": NEW_SECRET, **single, **keys}


def private_keys(site: Site) -> dict[str, bytes]:
    pairs = [pairs for pairs in (site.client_pairs, site.meter_pairs) if pairs is not None]
    keys = [key for each in pairs for key in (each.signing, each.agreement) if key is not None]
    return {
        f"private key {number}": b64decode(b"".join(key.to_pem().octets.splitlines()[1:-1]))[36:84]
        for number, key in enumerate(keys)
    }


@pytest.fixture
def only_new() -> Iterator[None]:
    """Have none looked at that were there before: tables, thousands of them, know no secret."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def shown_by_everything() -> bytes:
    """Return the `repr` of every object of ours that is alive."""
    ours = (it for it in gc.get_objects() if _is_ours(type(it)))
    return "\n".join(map(repr, ours)).encode()


def _is_ours(kind: type) -> bool:
    # Some libraries' types say something else than a text there.
    return str(kind.__module__).startswith("dcud.")


@pytest.mark.usefixtures("only_new")
@pytest.mark.parametrize(
    "described",
    [
        {"mechanism": Mechanism.LLS, "dedicated": True},
        {"mechanism": Mechanism.HLS, "guard": Guard(), "ciphered": False},
        {"mechanism": Mechanism.HLS_MD5, "guard": AUTHENTICATED, "dedicated": True},
        {"dedicated": True, "form": Form.GENERAL, "hdlc": True},
        {"mechanism": Mechanism.LLS, "guard": Guard(), "ciphered": False, "hdlc": True},
        {"form": Form.GENERAL_CIPHERING, "method": KeyInfoMethod.WRAPPED},
        {
            "suite": SecuritySuite.SUITE_2,
            "mechanism": Mechanism.HLS_ECDSA,
            "form": Form.GENERAL_CIPHERING,
            "method": KeyInfoMethod.ONE_PASS,
            "guard": SIGNED,
        },
    ],
)
def test_no_object_alive_shows_a_secret(
    described: dict[str, Any], planted: dict[str, bytes]
) -> None:
    """While associated, and while a new secret is on its way."""
    site = Site(**described)
    client = site.client()
    assert isinstance(client.open(), Opened)
    client.get(ENERGY)
    connection = client._connection  # what is on its way is seen nowhere else
    connection.ask(Act(change_secret()), 100.0)
    shown = shown_by_everything()
    assert len(shown) > 10_000
    assert Leaks({**planted, **private_keys(site)}).find(shown) == set()


def change_secret() -> MethodCall:
    method = MethodDescriptor(15, Obis.parse("0.0.40.0.0.255"), CHANGE_HLS_SECRET)
    parameter = encode_hls_secret(Secret(NEW_SECRET))
    return MethodCall(method=method, parameter=parameter.octets, is_secret=True)


@pytest.mark.parametrize(
    ("guard", "ciphered", "compress"),
    [
        (Guard(), False, False),
        (AUTHENTICATED, True, False),
        (AUTHENTICATED, True, True),
        (BOTH, True, False),
        (Guard(authenticated=True, encrypted=False, signed=True), True, False),
    ],
)
@pytest.mark.parametrize("size", [0, 400, 250])
@pytest.mark.parametrize("form", [Form.SERVICE_SPECIFIC, Form.GENERAL])
def test_no_frame_in_the_log_shows_a_new_secret(
    *,
    guard: Guard,
    ciphered: bool,
    compress: bool,
    size: int,
    form: Form,
    planted: dict[str, bytes],
) -> None:
    """However little protects it; in one piece, in segments, in blocks."""
    site = Site(
        suite=SecuritySuite.SUITE_1,
        guard=guard,
        ciphered=ciphered,
        compress=compress,
        form=form,
        mechanism=Mechanism.HLS_SHA256,
    )
    shown = shown_in_the_log(site, size)
    assert Leaks(planted).find(shown.encode()) == set()
    if not guard.encrypted:
        assert shown.count("**") >= len(NEW_SECRET)


def shown_in_the_log(site: Site, size: int) -> str:
    """Return the frames of a dialogue in which the secret is changed, as the log shows them."""
    address = ServerAddress(logical=1, physical=17)
    line = HdlcLine({address: site.meter}, ServerParameters(max_receive_pdu_size=size))
    link = HdlcLink(client_sap=ClientSap(1), server_address=address)
    parameters = AssociationParameters(
        authentication=site.authentication(),
        conformance=IMPLEMENTED | Conformance.GENERAL_PROTECTION | Conformance.ACTION,
    )
    connection = ClientConnection(link, parameters, protection=site.protection())
    mask, shown, now = Mask(), list[str](), 0.0
    connection.open(now)
    while frames := connection.frames_to_send():
        events: list[ConnectionEvent] = []
        for frame in frames:
            shown.append(mask.hex(frame.octets, frame.secret))
            connection.frames_sent(now)
            events += connection.receive_data(line.receive(frame.octets, now) or b"", now)
        if any(isinstance(event, Opened) for event in events):
            connection.ask(Act(change_secret()), now)
    return "\n".join(shown)
