"""Our secured sessions against meters that we did not write, whose secrets and ciphers are theirs.

What these meters can't do stands in docs/security-interop.md.
"""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from dcud.cosem.profile_buffer import BufferLayout, decode_buffer
from dcud.cosem.profile_columns import Column
from dcud.cosem.profile_generic import parse_capture_objects
from dcud.cosem.security_setup import (
    CURRENT_SECURITY_SETUP,
    SECURITY_SETUP,
    KeyData,
    KeyId,
    SetupMethod,
)
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.apdu.action import ActionResult, MethodDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.authentication import (
    NO_SECURITY,
    AuthenticationMechanism,
    LowLevelSecurity,
    Mechanism,
)
from dcud.dlms.conformance import IMPLEMENTED, Conformance
from dcud.dlms.connection import ClientConnection, SecurityRefused
from dcud.dlms.data import array, decode_data, encode_data
from dcud.dlms.datalink import ClientSap, DataLink
from dcud.dlms.errors import (
    AssociationRejectedError,
    CounterRejectedError,
    LinkError,
    MeterNotAuthenticError,
    ProtocolError,
    ReplayError,
    SecurityControlError,
    SecurityPolicyError,
    ServiceRefusedError,
    SystemTitleError,
)
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.hdlc.parameters import HdlcParameters
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from dcud.dlms.protection import Protection
from dcud.dlms.secret import Secret
from dcud.dlms.security.channel import Counters
from dcud.dlms.security.counters import FreshCounter, ReceivedCounter
from dcud.dlms.security.hls.client import ClientAuthentication
from dcud.dlms.security.hls.digest import Digest
from dcud.dlms.security.hls.ecdsa import Ecdsa
from dcud.dlms.security.hls.gmac import Gmac
from dcud.dlms.security.hls.manufacturer import Manufacturer
from dcud.dlms.security.hls.means import Means
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.parameters import Form, Guard, KeyInfoMethod, SecurityParameters
from dcud.dlms.security.primitives.aes_key_wrap import wrap
from dcud.dlms.security.primitives.elliptic_curve import Curve, PrivateKey, PublicKey
from dcud.dlms.security.probe import CounterProbe
from dcud.dlms.security.protection import ClientProtection
from dcud.dlms.security.suite import SecuritySuite
from dcud.dlms.wrapper import WrapperLink
from dcud.line.far_end import FarEnd
from dcud.line.session import Session, SessionTiming, Watch
from dcud.line.tcp_port import TcpPort
from dcud.line.tracer import NoTracer
from tests.support.gurux_peer import Peer, PeerMeter, gurux_peer
from tests.support.secured_simulation import means as general_means
from tests.support.secured_simulation import pairs_of

pytestmark = pytest.mark.e2e

WATCH = Watch(tracer=NoTracer(), bus="b", meter="m")
SWIFT = SessionTiming(turnaround=0.0)
LINES = ("hdlc", "wrapper")

CLIENT = b"DCU\x00\x00\x00\x00\x01"
CHALLENGE = bytes(range(100, 132))
DEDICATED = bytes(range(0x70, 0x90))
SIGNING_KEY = PrivateKey.from_scalar(Curve.P256, Secret(bytes(range(2, 34))))

AUTHENTICATED = Guard(authenticated=True)
ENCRYPTED = Guard(encrypted=True)
BOTH = Guard(authenticated=True, encrypted=True)
GUARDS = {"authenticated": AUTHENTICATED, "encrypted": ENCRYPTED, "both": BOTH}


@dataclass
class Client:
    """What a client of one meter of the peer's knows; counters go on from session to session."""

    peer: Peer
    counters: Counters = field(default_factory=Counters.fresh)
    keys: KeySet = field(init=False)
    secret: Secret = field(init=False)
    title: bytes | None = field(init=False)
    short_challenges: bool = True

    def __post_init__(self) -> None:
        secrets = self.meter.secrets
        self.title = secrets.server_system_title
        self.secret = Secret(secrets.hls_secret)
        self.keys = KeySet(
            suite=SecuritySuite(secrets.suite),
            unicast=Secret(secrets.unicast_key),
            authentication=Secret(secrets.authentication_key),
            master=Secret(secrets.master_key),
        )

    @property
    def meter(self) -> PeerMeter:
        return self.peer.meters[0]

    def means(self, mechanism: Mechanism) -> Means:
        if mechanism is Mechanism.HLS:
            return Manufacturer(self.secret)
        if mechanism is Mechanism.HLS_GMAC:
            return Gmac(self.keys, self.counters.ours, self.counters.theirs)
        if mechanism is Mechanism.HLS_ECDSA:
            point = self.meter.secrets.public_key
            return Ecdsa(SIGNING_KEY, PublicKey(Curve.P256, point))
        return Digest(mechanism, self.secret)

    def authentication(self, mechanism: Mechanism) -> AuthenticationMechanism:
        if mechanism is Mechanism.LOWEST:
            return NO_SECURITY
        if mechanism is Mechanism.LLS:
            return LowLevelSecurity(Secret(self.peer.password))
        return ClientAuthentication(
            self.means(mechanism),
            challenge=CHALLENGE,
            client_system_title=CLIENT,
            server_system_title=self.title,
            short_challenges=self.short_challenges,
        )

    def protection(
        self,
        guard: Guard = BOTH,
        *,
        form: Form = Form.SERVICE_SPECIFIC,
        dedicated: bool = False,
        **changes: object,
    ) -> ClientProtection:
        parameters = SecurityParameters(
            client_system_title=CLIENT,
            server_system_title=self.title,
            suite=self.keys.suite,
            requests=guard,
            answers=guard,
            form=form,
            any_form=form is Form.GENERAL,  # the answer to the proof is always glo
            proof_under_global_key=True,  # the dedicated one is used once the proof was good
        )
        return ClientProtection(
            replace(parameters, **changes),  # type: ignore[arg-type]  # a test's own
            self.keys,
            self.counters,
            dedicated_key=Secret(DEDICATED[: self.keys.suite.key_size]) if dedicated else None,
        )

    def uncommon_protection(self, guard: Guard, form: Form) -> ClientProtection:
        """Return what the meters can't read: signed, or by general-ciphering."""
        suite = self.keys.suite
        return ClientProtection(
            SecurityParameters(
                client_system_title=CLIENT,
                server_system_title=self.title,
                suite=suite,
                requests=guard,
                answers=guard,
                form=form,
                any_form=True,
            ),
            self.keys,
            self.counters,
            means=general_means(pairs_of(suite)[0], suite, KeyInfoMethod.IDENTIFIED),
        )

    def link(self, line: str, client_sap: int) -> DataLink:
        if line == "wrapper":
            return WrapperLink(client_sap=ClientSap(client_sap), server_sap=self.meter.wrapper_sap)
        return HdlcLink(
            client_sap=ClientSap(client_sap),
            server_address=ServerAddress(1, self.meter.physical),
            parameters=HdlcParameters(response_timeout=2.0),
        )

    def address(self, line: str) -> tuple[str, int]:
        return self.peer.hdlc if line == "hdlc" else self.peer.wrapper

    def connection(
        self,
        line: str,
        mechanism: Mechanism,
        protection: Protection | None,
        *,
        general: bool = False,
    ) -> ClientConnection:
        link = self.link(line, self.peer.first_secured_client + mechanism)
        parameters = AssociationParameters(
            authentication=self.authentication(mechanism),
            conformance=IMPLEMENTED | Conformance.GENERAL_PROTECTION if general else IMPLEMENTED,
        )
        return ClientConnection(link, parameters, protection=protection)

    @asynccontextmanager
    async def session(
        self,
        line: str,
        mechanism: Mechanism,
        protection: Protection | None = None,
        *,
        general: bool = False,
    ) -> AsyncIterator[Session]:
        connection = self.connection(line, mechanism, protection, general=general)
        async with opened(self.address(line), connection) as session:
            yield session


@asynccontextmanager
async def opened(address: tuple[str, int], connection: ClientConnection) -> AsyncIterator[Session]:
    port = TcpPort(FarEnd(host=address[0], port=address[1]))
    session = Session(port, connection, watch=WATCH, timing=SWIFT)
    await port.open()
    try:
        await session.open()
        yield session
    finally:
        await session.close()
        await port.close()


def attribute(class_id: int, logical_name: str, index: int) -> AttributeDescriptor:
    return AttributeDescriptor(class_id, Obis.parse(logical_name), index)


async def check_registers(session: Session, meter: PeerMeter) -> None:
    for register in meter.registers:
        wanted = attribute(register.class_id, register.logical_name, 2)
        octets = await session.get(wanted)
        assert octets == meter.attributes[register.class_id, register.logical_name, 2]


async def check_profile(session: Session, meter: PeerMeter) -> None:
    captured = await session.get(attribute(7, meter.load_profile, 3))
    assert isinstance(captured, bytes)
    layout = BufferLayout(
        columns=tuple(
            Column(capture_object=each)
            for each in parse_capture_objects(decode_data(Cursor(captured)))
        ),
        capture_period=meter.capture_period,
    )
    octets = await session.get(attribute(7, meter.load_profile, 2))
    assert isinstance(octets, bytes)
    rows = [(entry.time, entry.cells[1:]) for entry in decode_buffer(octets, layout)]
    assert rows == list(meter.rows)


async def frame_counter(client: Client) -> int:
    """Return the last counter of ours that the meter has had, as anybody may ask."""
    link = client.link("hdlc", client.peer.public_client)
    connection = ClientConnection(link, AssociationParameters())
    async with opened(client.peer.hdlc, connection) as session:
        octets = await session.get(attribute(1, client.peer.frame_counter, 2))
    assert isinstance(octets, bytes)
    value = decode_data(Cursor(octets)).value
    assert isinstance(value, int)
    return value


def started(suite: int, rows: int) -> Iterator[Client]:
    public_key = SIGNING_KEY.public.point.hex()
    with gurux_peer(
        rows=rows, meters=1, max_info=512, suite=suite, client_public_key=public_key
    ) as peer:
        yield Client(peer)


@pytest.fixture(scope="module")
def suite_0() -> Iterator[Client]:
    yield from started(0, 1000)


@pytest.fixture(scope="module")
def suite_1() -> Iterator[Client]:
    yield from started(1, 60)


@pytest.fixture(scope="module")
def suite_2() -> Iterator[Client]:
    yield from started(2, 60)


@pytest.fixture(params=[0, 1, 2])
def client(request: pytest.FixtureRequest) -> Client:
    found = request.getfixturevalue(f"suite_{request.param}")
    assert isinstance(found, Client)
    return found


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("mechanism", list(Mechanism)[2:])
async def test_both_sides_prove_themselves(
    suite_1: Client, line: str, mechanism: Mechanism
) -> None:
    async with suite_1.session(line, mechanism) as session:
        await check_registers(session, suite_1.meter)


@pytest.mark.parametrize("line", LINES)
async def test_a_challenge_too_short_for_ecdsa_is_taken_where_that_is_configured_alone(
    suite_1: Client, line: str
) -> None:
    strict = Client(suite_1.peer, suite_1.counters, short_challenges=False)
    with pytest.raises(MeterNotAuthenticError, match="challenge of 16 octets"):
        async with strict.session(line, Mechanism.HLS_ECDSA):
            pass


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("mechanism", list(Mechanism))
async def test_every_mechanism_ciphered(suite_1: Client, line: str, mechanism: Mechanism) -> None:
    async with suite_1.session(line, mechanism, suite_1.protection()) as session:
        await check_registers(session, suite_1.meter)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("dedicated", [False, True], ids=["global", "dedicated"])
@pytest.mark.parametrize("guard", GUARDS)
@pytest.mark.parametrize("form", [Form.SERVICE_SPECIFIC, Form.GENERAL])
async def test_every_protection_in_every_suite(
    client: Client, line: str, guard: str, form: Form, *, dedicated: bool
) -> None:
    protection = client.protection(GUARDS[guard], form=form, dedicated=dedicated)
    general = form is Form.GENERAL
    async with client.session(line, Mechanism.HLS_GMAC, protection, general=general) as session:
        await check_registers(session, client.meter)
        if len(client.meter.rows) < 100:
            await check_profile(session, client.meter)


@pytest.mark.parametrize("line", LINES)
async def test_a_whole_profile_arrives_ciphered_in_blocks(suite_0: Client, line: str) -> None:
    protection = suite_0.protection(dedicated=line == "wrapper")
    async with suite_0.session(line, Mechanism.HLS_GMAC, protection) as session:
        await check_profile(session, suite_0.meter)
    assert len(suite_0.meter.rows) == 1000


@pytest.mark.parametrize("line", LINES)
async def test_the_release_is_ciphered_and_counts(suite_0: Client, line: str) -> None:
    async with suite_0.session(line, Mechanism.HLS_GMAC, suite_0.protection()):
        before = await frame_counter(suite_0)
    assert await frame_counter(suite_0) == before + 1


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("mechanism", [Mechanism.HLS, *list(Mechanism)[3:5], Mechanism.HLS_SHA256])
async def test_a_wrong_secret_is_told_in_words(
    suite_1: Client, line: str, mechanism: Mechanism
) -> None:
    stranger = replace_secret(suite_1, Secret(b"sixteen octets??"))
    with pytest.raises(AssociationRejectedError, match="proof of identity") as caught:
        async with stranger.session(line, mechanism):
            pass
    assert "sixteen" not in str(caught.value)


def replace_secret(client: Client, secret: Secret) -> Client:
    stranger = Client(client.peer, client.counters)
    stranger.secret = secret
    return stranger


def with_keys(
    client: Client,
    *,
    unicast: Secret | None = None,
    authentication: Secret | None = None,
    master: Secret | None = None,
) -> Client:
    stranger = Client(client.peer, client.counters)
    stranger.keys = KeySet(
        suite=client.keys.suite,
        unicast=unicast or client.keys.unicast,
        authentication=authentication or client.keys.authentication,
        master=master or client.keys.master,
    )
    return stranger


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("name", ["unicast", "authentication"])
async def test_a_wrong_key_is_refused(client: Client, line: str, name: str) -> None:
    wrong = Secret(bytes(client.keys.suite.key_size))
    stranger = (
        with_keys(client, unicast=wrong)
        if name == "unicast"
        else with_keys(client, authentication=wrong)
    )
    with pytest.raises(AssociationRejectedError):
        async with stranger.session(line, Mechanism.LLS, stranger.protection()):
            pass
    with pytest.raises(AssociationRejectedError, match="proof of identity"):
        async with stranger.session(line, Mechanism.HLS_GMAC):
            pass


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("mechanism", [Mechanism.LLS, Mechanism.HLS_GMAC])
async def test_a_counter_that_was_used_is_told_with_the_one_expected(
    suite_0: Client, line: str, mechanism: Mechanism
) -> None:
    async with suite_0.session(line, Mechanism.LLS, suite_0.protection()):
        pass
    last = await frame_counter(suite_0)
    forgetful = Client(suite_0.peer, Counters(FreshCounter(last), suite_0.counters.theirs))
    with pytest.raises(CounterRejectedError) as caught:
        async with forgetful.session(line, mechanism, forgetful.protection()):
            pass
    assert caught.value.expected == last + 1


@pytest.mark.parametrize("line", LINES)
async def test_the_meter_names_the_counter_when_probed(suite_0: Client, line: str) -> None:
    async with suite_0.session(line, Mechanism.LLS, suite_0.protection()):
        pass
    probe = CounterProbe(CLIENT, SecuritySuite.SUITE_0, bytes(range(96)))
    with pytest.raises(CounterRejectedError) as caught:
        async with suite_0.session(line, Mechanism.LLS, probe):
            pass
    assert caught.value.expected == await frame_counter(suite_0) + 1


@pytest.mark.parametrize("line", LINES)
def test_an_old_counter_of_the_meters_is_passed_over(suite_0: Client, line: str) -> None:
    wary = Client(suite_0.peer, Counters(suite_0.counters.ours, ReceivedCounter(1_000_000)))
    connection = wary.connection(line, Mechanism.LLS, wary.protection())
    refused: list[SecurityRefused] = []
    with socket.create_connection(wary.address(line), timeout=10) as peer:
        connection.open(0.0)
        connection.handle_timeout(0.0)  # a wrapper's link stands at once
        while not refused:
            for frame in connection.frames_to_send():
                peer.sendall(frame.octets)
            connection.frames_sent(0.0)
            events = connection.receive_data(peer.recv(4096), 0.0)
            refused = [event for event in events if isinstance(event, SecurityRefused)]
    error = refused[0].error
    assert isinstance(error, ReplayError)
    assert error.floor == 1_000_000
    assert wary.counters.theirs.floor == 1_000_000


@pytest.mark.parametrize("line", LINES)
async def test_another_meter_is_not_taken_for_ours(suite_0: Client, line: str) -> None:
    mistaken = Client(suite_0.peer, suite_0.counters)
    mistaken.title = b"GRX\x00\x00\x00\x00\x09"
    with pytest.raises(SystemTitleError):
        async with mistaken.session(line, Mechanism.HLS_GMAC, mistaken.protection()):
            pass


@pytest.mark.parametrize("line", LINES)
async def test_a_meter_with_another_key_for_signatures_is_not_read(
    suite_1: Client, line: str
) -> None:
    secrets = replace(suite_1.meter.secrets, public_key=SIGNING_KEY.public.point)
    meter = replace(suite_1.meter, security=secrets)
    deceived = Client(replace(suite_1.peer, meters=(meter,)), suite_1.counters)
    with pytest.raises(MeterNotAuthenticError):
        async with deceived.session(line, Mechanism.HLS_ECDSA):
            pass


@pytest.mark.parametrize("line", LINES)
async def test_an_answer_less_protected_than_demanded_is_not_taken(
    suite_0: Client, line: str
) -> None:
    # The meter answers as it is asked.
    protection = suite_0.protection(AUTHENTICATED, answers=BOTH)
    with pytest.raises(SecurityPolicyError, match="demands authenticated and encrypted"):
        async with suite_0.session(line, Mechanism.LLS, protection):
            pass


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("mechanism", [Mechanism.HLS_SHA256, Mechanism.HLS_ECDSA])
async def test_a_title_that_the_meter_does_not_tell_must_be_configured(
    suite_1: Client, line: str, mechanism: Mechanism
) -> None:
    unaware = Client(suite_1.peer, suite_1.counters)
    unaware.title = None
    with pytest.raises(SystemTitleError, match="configure server_system_title"):
        async with unaware.session(line, mechanism):
            pass


@pytest.mark.parametrize("line", LINES)
async def test_a_title_that_the_meter_tells_need_not_be_configured(
    suite_0: Client, line: str
) -> None:
    unaware = Client(suite_0.peer, suite_0.counters)
    unaware.title = None
    async with unaware.session(line, Mechanism.HLS_GMAC, unaware.protection()) as session:
        await check_registers(session, unaware.meter)


@pytest.mark.parametrize("line", LINES)
async def test_an_answer_in_another_form_is_taken_where_that_is_configured_alone(
    suite_0: Client, line: str
) -> None:
    protection = suite_0.protection(form=Form.GENERAL, any_form=False)
    with pytest.raises(SecurityControlError, match=r"comes as glo.*any_form"):
        async with suite_0.session(line, Mechanism.HLS_GMAC, protection, general=True):
            pass


@pytest.mark.parametrize("line", LINES)
async def test_a_proof_under_the_dedicated_key_is_not_read_by_the_meter(
    suite_0: Client, line: str
) -> None:
    protection = suite_0.protection(dedicated=True, proof_under_global_key=False)
    with pytest.raises(ServiceRefusedError):
        async with suite_0.session(line, Mechanism.HLS_GMAC, protection):
            pass


@pytest.mark.parametrize("line", LINES)
async def test_general_ciphering_ends_the_link(suite_1: Client, line: str) -> None:
    # The meter can't parse it, and answers by FRMR, over the wrapper, too.
    protection = suite_1.uncommon_protection(BOTH, Form.GENERAL_CIPHERING)
    with pytest.raises(LinkError):
        async with suite_1.session(line, Mechanism.LLS, protection, general=True) as session:
            await check_registers(session, suite_1.meter)


@pytest.mark.parametrize(
    ("line", "error"),
    [("wrapper", LinkError), ("hdlc", SecurityPolicyError)],  # by FRMR; without a signature
)
async def test_a_signed_request_is_not_read_by_the_meter(
    suite_1: Client, line: str, error: type[ProtocolError]
) -> None:
    protection = suite_1.uncommon_protection(replace(BOTH, signed=True), Form.GENERAL)
    with pytest.raises(error):
        async with suite_1.session(line, Mechanism.LLS, protection, general=True) as session:
            await check_registers(session, suite_1.meter)


@pytest.mark.parametrize("suite", [0, 1, 2])
async def test_new_keys_take_effect_after_the_answer(suite: int) -> None:
    with gurux_peer(rows=1, meters=1, suite=suite) as peer:
        client = Client(peer)
        size = client.keys.suite.key_size
        fresh = {
            KeyId.UNICAST: Secret(bytes(range(7, 7 + size))),
            KeyId.AUTHENTICATION: Secret(bytes(range(9, 9 + size))),
            KeyId.MASTER: Secret(bytes(range(11, 11 + size))),
        }
        async with client.session("wrapper", Mechanism.HLS_GMAC, client.protection()) as session:
            assert await transfer(session, client.keys.demand("master"), fresh) is None
        changed = with_keys(
            client,
            unicast=fresh[KeyId.UNICAST],
            authentication=fresh[KeyId.AUTHENTICATION],
            master=fresh[KeyId.MASTER],
        )
        changed.counters = Counters.fresh()
        async with changed.session("hdlc", Mechanism.HLS_GMAC, changed.protection()) as session:
            await check_registers(session, changed.meter)
            refused = await transfer(session, client.keys.demand("master"), fresh)
            assert refused is ActionResult.READ_WRITE_DENIED
        with pytest.raises(ProtocolError):
            async with client.session("hdlc", Mechanism.HLS_GMAC, client.protection()):
                pass


async def transfer(session: Session, master: Secret, keys: dict[KeyId, Secret]) -> object:
    """Return what key_transfer came to."""
    parameter = array(
        tuple(KeyData(key_id, wrap(master, key)).to_data() for key_id, key in keys.items())
    )
    method = MethodDescriptor(SECURITY_SETUP, CURRENT_SECURITY_SETUP, SetupMethod.KEY_TRANSFER)
    call = MethodCall(method=method, parameter=encode_data(parameter), is_secret=True)
    return await session.act(call)
