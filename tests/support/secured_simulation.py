"""A simulated meter that demands security, and our client before it, on a line without time."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.association import AssociationParameters
from dcud.dlms.authentication import (
    NO_SECURITY,
    AuthenticationMechanism,
    LowLevelSecurity,
    Mechanism,
)
from dcud.dlms.conformance import IMPLEMENTED, Conformance
from dcud.dlms.connection import (
    ClientConnection,
    ConnectionEvent,
    ConnectionFailed,
    Opened,
    Released,
    SecurityRefused,
)
from dcud.dlms.datalink import ClientSap, DataLink
from dcud.dlms.exchange import Answered, RequestFailed
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.obis import Obis
from dcud.dlms.requests import Act, Get
from dcud.dlms.secret import Secret
from dcud.dlms.security.agreed_keys import KeyPairAgreement
from dcud.dlms.security.channel import Counters
from dcud.dlms.security.general_keys import GeneralMeans
from dcud.dlms.security.hls.client import ClientAuthentication
from dcud.dlms.security.hls.digest import Digest
from dcud.dlms.security.hls.ecdsa import Ecdsa
from dcud.dlms.security.hls.gmac import Gmac
from dcud.dlms.security.hls.manufacturer import Manufacturer
from dcud.dlms.security.hls.means import Means
from dcud.dlms.security.key_info import ONE_PASS, STATIC
from dcud.dlms.security.key_pairs import KeyPairs
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.parameters import Form, Guard, KeyInfoMethod, SecurityParameters
from dcud.dlms.security.policy import SecurityPolicy
from dcud.dlms.security.primitives.elliptic_curve import Curve, PrivateKey, fresh_key
from dcud.dlms.security.protection import ClientProtection
from dcud.dlms.security.signature import KeyPairSigning
from dcud.dlms.security.suite import SecuritySuite
from dcud.dlms.server import ServerParameters
from dcud.dlms.wrapper import WrapperLink
from dcud.sim.faults import Fault
from dcud.sim.hdlc_line import HdlcLine
from dcud.sim.meter import MeterParameters
from dcud.sim.secured_meter import SecuredMeter
from dcud.sim.security import SecurityDemand
from dcud.sim.security_state import StateFile
from dcud.sim.serving import Line
from dcud.sim.wrapper_line import WrapperLine

NOW = 1_800_000_000.0
CLIENT = bytes.fromhex("4443550000000001")
METER = bytes.fromhex("53494d0000000001")
SECRET = Secret(b"a secret of 16 o")
DEDICATED = bytes.fromhex("5e168412318ba71848c99b2b2ab332945e168412318ba71848c99b2b2ab33294")

NAME = AttributeDescriptor(1, Obis.parse("0.0.42.0.0.255"), 2)
ENERGY = AttributeDescriptor(3, Obis.parse("1.0.1.8.0.255"), 2)
PROFILE = AttributeDescriptor(7, Obis.parse("1.0.99.1.0.255"), 2)
FRAME_COUNTER = AttributeDescriptor(1, Obis.parse("0.0.43.1.0.255"), 2)

BOTH = Guard(authenticated=True, encrypted=True)
_OUTCOMES = (Opened, Answered, RequestFailed, SecurityRefused, Released, ConnectionFailed)


def keys(suite: SecuritySuite = SecuritySuite.SUITE_0) -> KeySet:
    """All four, none like the other."""
    size = suite.key_size
    return KeySet(
        suite=suite,
        unicast=Secret(bytes(range(size))),
        authentication=Secret(bytes(range(0xD0 - size, 0xD0))),
        broadcast=Secret(bytes(range(0x40, 0x40 + size))),
        master=Secret(bytes(range(0x80, 0x80 + size))),
    )


def pairs_of(suite: SecuritySuite) -> tuple[KeyPairs, KeyPairs]:
    """The client's key pairs, and the meter's."""
    curve = Curve.of_suite(suite)
    one, two, three, four = (fresh_key(curve) for _ in range(4))

    def side(signing: PrivateKey, agreement: PrivateKey, s: PrivateKey, a: PrivateKey) -> KeyPairs:
        return KeyPairs(
            curve=curve,
            signing=signing,
            agreement=agreement,
            peer_signing=s.public,
            peer_agreement=a.public,
        )

    return side(one, two, three, four), side(three, four, one, two)


def means(pairs: KeyPairs | None, suite: SecuritySuite, method: KeyInfoMethod) -> GeneralMeans:
    """What general-ciphering and signatures need."""
    numbers = count(1)
    fresh: Iterator[Secret] = (
        Secret(bytes((n,)).ljust(suite.key_size, b"\x5a")) for n in count(0x90)
    )
    scheme = ONE_PASS if method is KeyInfoMethod.ONE_PASS else STATIC
    return GeneralMeans(
        transaction_id=lambda: next(numbers).to_bytes(8, "big"),
        key=lambda: next(fresh),
        agreed_keys=None
        if pairs is None
        else KeyPairAgreement(pairs, scheme=scheme, ephemeral=lambda: fresh_key(pairs.curve)),
        signing=None if pairs is None else KeyPairSigning(pairs),
    )


class RandomOctets:
    """Other octets at each call."""

    def __init__(self) -> None:
        self._calls = 0

    def __call__(self, size: int) -> bytes:
        self._calls += 1
        return bytes((self._calls * 7 + n * 13 + 0x21) & 0xFF for n in range(size))


@dataclass(kw_only=True)
class Site:
    """A meter and its client, which know the same of each other unless a test says otherwise."""

    suite: SecuritySuite = SecuritySuite.SUITE_0
    guard: Guard = BOTH
    demanded: Guard | None = None
    mechanism: Mechanism = Mechanism.HLS_GMAC
    ciphered: bool = True
    fault: Fault | None = None
    form: Form = Form.SERVICE_SPECIFIC
    method: KeyInfoMethod = KeyInfoMethod.IDENTIFIED
    dedicated: bool = False
    compress: bool = False
    told_title: bool = True
    state: Path | None = None
    hdlc: bool = False
    demand_changes: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client_pairs: KeyPairs | None = None
        self.meter_pairs: KeyPairs | None = None
        if self.suite is not SecuritySuite.SUITE_0:
            self.client_pairs, self.meter_pairs = pairs_of(self.suite)
        self.keys = keys(self.suite)
        self.counters = Counters.fresh()
        self.random = RandomOctets()
        self.meter = self.new_meter()

    def new_meter(self) -> SecuredMeter:
        """The meter as it comes up; with what its state file holds."""
        demanded = self.demanded or self.guard
        demand = SecurityDemand(
            mechanism=self.mechanism,
            secret=SECRET,
            keys=keys(self.suite),
            policy=SecurityPolicy(requests=demanded, answers=demanded),
            ciphered=self.ciphered,
            pairs=self.meter_pairs,
            means=lambda method: means(self.meter_pairs, self.suite, method),
            random=RandomOctets(),
            fault=self.fault,
        )
        demand = replace(demand, **self.demand_changes)  # type: ignore[arg-type]  # a test's own
        parameters = MeterParameters(number=1, installed=NOW - 86_400)
        return SecuredMeter(parameters, lambda: NOW, demand, METER, StateFile(self.state))

    def authentication(self) -> AuthenticationMechanism:
        """The client's, for one association."""
        if self.mechanism is Mechanism.LOWEST:
            return NO_SECURITY
        if self.mechanism is Mechanism.LLS:
            return LowLevelSecurity(SECRET)
        return ClientAuthentication(
            self._hls_means(),
            challenge=b"\x11" * 24 + self.random(8),
            client_system_title=CLIENT,
            server_system_title=METER if self.told_title else None,
            short_challenges=False,
        )

    def _hls_means(self) -> Means:
        if self.mechanism is Mechanism.HLS_GMAC:
            return Gmac(self.keys, self.counters.ours, self.counters.theirs)
        if self.mechanism is Mechanism.HLS_ECDSA:
            assert self.client_pairs is not None
            pairs = self.client_pairs
            return Ecdsa(pairs.demand_signing(), pairs.demand_peer_signing())
        if self.mechanism is Mechanism.HLS:
            return Manufacturer(SECRET)
        return Digest(self.mechanism, SECRET)

    def protection(self) -> ClientProtection | None:
        """The client's, for one association."""
        if not self.ciphered:
            return None
        parameters = SecurityParameters(
            client_system_title=CLIENT,
            server_system_title=METER if self.told_title else None,
            suite=self.suite,
            requests=self.guard,
            answers=self.guard,
            form=self.form,
            key_info=self.method,
            compress=self.compress,
        )
        return ClientProtection(
            parameters,
            self.keys,
            self.counters,
            dedicated_key=Secret(DEDICATED[: self.suite.key_size]) if self.dedicated else None,
            means=means(self.client_pairs, self.suite, self.method),
        )

    def client(self, size: int = 0) -> "Client":
        """One connection."""
        parameters = AssociationParameters(
            authentication=self.authentication(),
            conformance=IMPLEMENTED | Conformance.GENERAL_PROTECTION | Conformance.ACTION,
            max_receive_pdu_size=size,
        )
        line: Line = WrapperLine({1: self.meter}, ServerParameters())
        link: DataLink = WrapperLink(client_sap=ClientSap(1), server_sap=1)
        if self.hdlc:
            address = ServerAddress(logical=1, physical=17)
            line = HdlcLine({address: self.meter}, ServerParameters())
            link = HdlcLink(client_sap=ClientSap(1), server_address=address)
        connection = ClientConnection(link, parameters, protection=self.protection())
        return Client(line, connection)

    def public_client(self) -> "Client":
        """One connection of the public client's."""
        link = WrapperLink(client_sap=ClientSap(16), server_sap=1)
        connection = ClientConnection(link, AssociationParameters())
        return Client(WrapperLine({1: self.meter}, ServerParameters()), connection)


class Client:
    """Speaks until something comes of it; `heard` holds every octet of the meter's."""

    def __init__(self, line: Line, connection: ClientConnection) -> None:
        self._line = line
        self._connection = connection
        self._now = 0.0
        self.sent: list[bytes] = []
        self.heard: list[bytes] = []

    def open(self) -> ConnectionEvent:
        self._connection.open(self._now)
        return self._outcome()

    def get(self, attribute: AttributeDescriptor) -> ConnectionEvent:
        self._connection.ask(Get(attribute), self._now)
        return self._outcome()

    def act(self, call: MethodCall) -> ConnectionEvent:
        self._connection.ask(Act(call), self._now)
        return self._outcome()

    def release(self) -> ConnectionEvent:
        self._connection.release(self._now)
        return self._outcome()

    def _outcome(self) -> ConnectionEvent:
        while True:
            events: list[ConnectionEvent] = []
            for frame in self._connection.frames_to_send():
                self.sent.append(frame.octets)
                said = self._line.receive(frame.octets, self._now)
                assert said is not None
                self.heard.append(said)
                self._connection.frames_sent(self._now)
                events += self._connection.receive_data(said, self._now)
            timeout = self._connection.next_timeout()
            if not events and timeout is not None:
                self._now = max(self._now, timeout)
                events += self._connection.handle_timeout(self._now)
            for event in events:
                if isinstance(event, _OUTCOMES):
                    return event
