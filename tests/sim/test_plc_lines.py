"""The simulated power lines, spoken to by our client over TCP and a pseudo-terminal."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.authentication import LowLevelSecurity
from dcud.dlms.connection import ClientConnection
from dcud.dlms.data import Data, encode_data
from dcud.dlms.datalink import ClientSap, DataLink
from dcud.dlms.errors import NoAnswerError
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.hdlc.parameters import HdlcParameters
from dcud.dlms.llc_432 import LlcPdu
from dcud.dlms.obis import Obis
from dcud.dlms.prime.link import PrimeLink, PrimeParameters
from dcud.dlms.prime.messages import (
    DeleteDevice,
    DisableAutoClose,
    EnableAutoClose,
    Message,
    NewDevice,
    RemoveDevice,
    StartReporting,
)
from dcud.dlms.prime.network import NodeJoined, NodeLeft, PrimeNetwork
from dcud.dlms.secret import Secret
from dcud.dlms.server import ServerParameters
from dcud.dlms.sfsk.ciase import ClearAlarm, DiscoverRequest, PingRequest
from dcud.dlms.sfsk.discovery import (
    Discovery,
    DiscoveryEvent,
    DiscoveryFinished,
    DiscoveryParameters,
    MeterDiscovered,
    MeterRegistered,
    Stage,
)
from dcud.dlms.sfsk.framing import Framing
from dcud.dlms.sfsk.hdlc_link import HDLC_INITIATOR, SfskHdlcLink
from dcud.dlms.sfsk.line_framing import LineFraming
from dcud.dlms.sfsk.link import SfskLink
from dcud.dlms.sfsk.mac import ALL_PHYSICAL, NEW, Credits, MacFrame
from dcud.dlms.sfsk.modem_framing import MODEM, PADDED
from dcud.dlms.sfsk.parameters import SfskParameters
from dcud.dlms.wrapper import Wpdu
from dcud.line.far_end import FarEnd
from dcud.line.port import Port
from dcud.line.serial_port import SerialParameters, SerialPort
from dcud.line.session import Session, SessionTiming, Watch
from dcud.line.tcp_port import TcpPort
from dcud.line.tracer import NoTracer
from dcud.sim.hdlc_line import HdlcLine
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.sim.prime_line import PrimeBaseNode, PrimeMeter
from dcud.sim.serving import Line, serve_pty, serve_tcp
from dcud.sim.sfsk_hdlc_line import SfskHdlcLine
from dcud.sim.sfsk_line import SfskImpairments, SfskLine, SfskMeter

NOW = 1_800_000_000.0
ENERGY = AttributeDescriptor(3, Obis.parse("1.0.1.8.0.255"), 2)
NAME = AttributeDescriptor(1, Obis.parse("0.0.42.0.0.255"), 2)
PROFILE = AttributeDescriptor(7, Obis.parse("1.0.99.1.0.255"), 2)

METERS = [
    SimulatedMeter(MeterParameters(number=number, installed=NOW - 21_600), lambda: NOW)
    for number in (1, 2)
]
PASSWORD = LowLevelSecurity(Secret(b"12345678"))
SERVER = ServerParameters(authentication=PASSWORD)
IN_A_FRAME = ServerParameters(authentication=PASSWORD, max_receive_pdu_size=239)
"""What a server says whose APDUs have to fit one MAC frame."""
TITLES = (b"SIM\x00\x00\x01", b"SIM\x00\x00\x02")

FRAMINGS: dict[str, tuple[Framing, Framing]] = {
    "modem": (MODEM, MODEM.mirrored),
    "padded": (PADDED, PADDED),
    "line": (LineFraming(), LineFraming()),
}
"""The host's side of each, then the modem's."""


def sfsk(framing: str, impairments: SfskImpairments | None = None) -> tuple[SfskLine, DataLink]:
    """Return two registered meters, and a link to the second."""
    ours, modems = FRAMINGS[framing]
    line = SfskLine(
        [
            SfskMeter(meter=meter, system_title=title, mac_address=100 + number)
            for number, (meter, title) in enumerate(zip(METERS, TITLES, strict=True), 1)
        ],
        IN_A_FRAME,
        modems,
        impairments or SfskImpairments(),
    )
    parameters = SfskParameters(framing=ours, response_timeout=0.3, acknowledge=framing == "modem")
    link = SfskLink(client_sap=ClientSap(32), server_sap=1, mac_address=102, parameters=parameters)
    return line, link


def sfsk_hdlc() -> tuple[SfskHdlcLine, DataLink]:
    framing = LineFraming()
    address = ServerAddress(logical=1, physical=17)
    line = SfskHdlcLine({102: HdlcLine({address: METERS[1]}, SERVER)}, framing)
    hdlc = HdlcLink(
        client_sap=ClientSap(32),
        server_address=address,
        parameters=HdlcParameters(max_info_transmit=64, max_info_receive=64),
    )
    parameters = SfskParameters(framing=framing, initiator=HDLC_INITIATOR)
    return line, SfskHdlcLink(hdlc, mac_address=102, parameters=parameters)


def node(number: int, device_id: int) -> NewDevice:
    return NewDevice(
        device_id=device_id,
        capabilities=1,
        identifier=f"SIM{number:010d}".encode(),
        eui48=number.to_bytes(6, "big"),
    )


def base_node() -> PrimeBaseNode:
    meters = (PrimeMeter(METERS[n - 1], node(n, 40 + n)) for n in (1, 2))
    return PrimeBaseNode(meters, SERVER)


def prime(name: int | bytes) -> tuple[PrimeBaseNode, DataLink]:
    parameters = PrimeParameters(response_timeout=1.0, registration_timeout=1.0, auto_close=True)
    return base_node(), PrimeLink(client_sap=ClientSap(32), node=name, parameters=parameters)


LINES: dict[str, Callable[[], tuple[Line, DataLink]]] = {
    "modem": lambda: sfsk("modem"),
    "padded": lambda: sfsk("padded"),
    "line": lambda: sfsk("line"),
    "doubled": lambda: sfsk("modem", SfskImpairments(copies=3, reports_transmission=True)),
    "hdlc": sfsk_hdlc,
    "prime by number": lambda: prime(42),
    "prime by name": lambda: prime(b"SIM0000000002"),
}


@asynccontextmanager
async def port_to(line: Line, *, on: str) -> AsyncIterator[Port]:
    if on == "tcp":
        async with serve_tcp(lambda: line) as (host, port):
            yield TcpPort(FarEnd(host=host, port=port))
    else:
        async with serve_pty(line) as device:
            yield SerialPort(SerialParameters(device=str(device)))


@asynccontextmanager
async def session_over(line: Line, link: DataLink, *, on: str) -> AsyncIterator[Session]:
    association = AssociationParameters(authentication=PASSWORD, max_receive_pdu_size=239)
    async with port_to(line, on=on) as port:
        session = Session(
            port,
            ClientConnection(link, association),
            watch=Watch(tracer=NoTracer(), bus="b", meter="m"),
            timing=SessionTiming(turnaround=0.0),
        )
        await port.open()
        try:
            await session.open()
            yield session
        finally:
            await session.close()
            await port.close()


def expected(attribute: AttributeDescriptor) -> bytes:
    value = METERS[1].read(attribute, None)
    assert isinstance(value, Data | bytes)
    return value if isinstance(value, bytes) else encode_data(value)


@pytest.mark.parametrize("on", ["tcp", "pty"])
@pytest.mark.parametrize("kind", LINES)
async def test_a_register_and_a_profile(kind: str, on: str) -> None:
    line, link = LINES[kind]()
    async with session_over(line, link, on=on) as session:
        assert await session.get(NAME) == b"\x09\x10SIM0000000000002"
        assert await session.get(ENERGY) == expected(ENERGY)
        assert await session.get(PROFILE) == expected(PROFILE)


async def test_what_the_power_line_loses_is_asked_again() -> None:
    line, link = sfsk("modem", SfskImpairments(lost_requests=3))
    async with session_over(line, link, on="tcp") as session:
        for _ in range(4):
            assert await session.get(ENERGY) == expected(ENERGY)


async def test_nobody_is_at_that_address() -> None:
    line, _ = sfsk("modem")
    parameters = SfskParameters(response_timeout=0.05, retries=1)
    link = SfskLink(client_sap=ClientSap(32), server_sap=1, mac_address=9, parameters=parameters)
    with pytest.raises(NoAnswerError, match="MAC address 9"):
        async with session_over(line, link, on="tcp"):
            pass


@pytest.mark.parametrize("framing", FRAMINGS)
def test_new_meters_are_found_registered_and_read(framing: str) -> None:
    ours, modems = FRAMINGS[framing]
    meters = [
        SfskMeter(meter=METERS[0], system_title=TITLES[0]),
        SfskMeter(meter=METERS[1], system_title=TITLES[1], alarm=0x82),
    ]
    line = SfskLine(meters, IN_A_FRAME, modems)
    parameters = DiscoveryParameters(
        initiator_title=b"DCU\x00\x00\x01",
        link=SfskParameters(framing=ours),
        request=DiscoverRequest(response_probability=60),
        quiet_rounds=4,
    )
    discovery = Discovery(parameters, range(200, 300))
    discovery.start()
    events: list[DiscoveryEvent] = []
    now = 0.0
    while discovery.stage is not Stage.FINISHED:
        for frame in discovery.frames_to_send():
            discovery.frames_sent(now)
            events += discovery.receive_data(line.receive(frame.octets, now) or b"", now)
        now = max(now, discovery.next_timeout() or 0.0)
        events += discovery.handle_timeout(now)
    found = [event for event in events if isinstance(event, MeterDiscovered)]
    assert {event.system_title for event in found if event.mac_address == NEW} == set(TITLES)
    registered = {e.system_title: e.mac_address for e in events if isinstance(e, MeterRegistered)}
    assert registered == {meter.system_title: meter.mac_address for meter in meters}
    assert sorted(registered.values()) == [200, 201]
    assert isinstance(events[-1], DiscoveryFinished)
    assert all(meter.initiator == 0xC00 for meter in meters)


def to_meters(apdu: bytes, *, control: int = 0x90, destination: int = ALL_PHYSICAL) -> bytes:
    m_sdu = LlcPdu(1, 32, apdu, control).encode()
    frame = MacFrame(source=0xC00, destination=destination, m_sdu=m_sdu, credits=Credits())
    return MODEM.build(frame)


@pytest.mark.parametrize(
    "octets",
    [
        to_meters(b"\x60\x00"),
        to_meters(b"\x60\x00", destination=55),
        to_meters(b"\x60\x00", control=0xC0, destination=102),
        to_meters(ClearAlarm(body=b"").encode(), destination=102),
        to_meters(PingRequest(system_title=b"nobody").encode(), destination=102),
        MODEM.build(MacFrame(source=0xC00, destination=102, m_sdu=b"\x90", credits=Credits())),
        b"\x06noise",
    ],
    ids=["to all", "nobody", "control", "alarm", "ping", "no LLC", "noise"],
)
def test_what_meters_do_not_answer(octets: bytes) -> None:
    line, _ = sfsk("modem")
    assert line.receive(octets, 0.0) == b""


def test_hdlc_for_nobody() -> None:
    line, _ = sfsk_hdlc()
    frame = MacFrame(source=HDLC_INITIATOR, destination=9, m_sdu=b"\x7e", credits=Credits())
    assert line.receive(b"noise" + LineFraming().build(frame), 0.0) == b""


def to_base_node(message: Message) -> bytes:
    return Wpdu(1, 0, message.encode()).build()


def from_base_node(message: Message) -> bytes:
    return Wpdu(0, 1, message.encode()).build()


def test_a_base_node_is_quiet_until_it_is_asked() -> None:
    line = base_node()
    assert line.receive(Wpdu(32, 41, b"\x60\x00").build(), 0.0) == b""
    assert line.receive(to_base_node(StartReporting()), 0.0) == from_base_node(
        node(1, 41)
    ) + from_base_node(node(2, 42))


def test_a_base_node_does_as_it_is_told() -> None:
    line = base_node()
    line.receive(to_base_node(StartReporting()), 0.0)
    line.receive(to_base_node(EnableAutoClose(device_id=41)), 0.0)
    line.receive(to_base_node(EnableAutoClose(device_id=42)), 0.0)
    line.receive(to_base_node(DisableAutoClose(device_id=41)), 0.0)
    assert line.auto_close == {42}
    assert line.receive(to_base_node(DeleteDevice(device_id=41)), 0.0) == from_base_node(
        RemoveDevice(device_id=41)
    )
    for silent in (Wpdu(1, 0, b"").build(), to_base_node(node(1, 1)), Wpdu(32, 41, b"").build()):
        assert line.receive(silent, 0.0) == b""
    assert line.receive(b"GET / HTTP/1.1", 0.0) is None


async def test_a_meter_that_moves_is_found_under_its_new_number() -> None:
    line = base_node()
    network = PrimeNetwork()

    def link() -> PrimeLink:
        return PrimeLink(client_sap=ClientSap(32), node=b"SIM0000000002", network=network)

    async with session_over(line, link(), on="tcp") as session:
        assert await session.get(ENERGY) == expected(ENERGY)
    line.leave(42)
    line.join(PrimeMeter(METERS[1], node(2, 77)))
    network.clear()
    async with session_over(line, link(), on="tcp") as session:
        assert await session.get(ENERGY) == expected(ENERGY)
    changes = network.take_events()
    assert NodeJoined(node=node(2, 77)) in changes
    assert not any(isinstance(change, NodeLeft) for change in changes)
