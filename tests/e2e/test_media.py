"""The daemon over every medium at once, configured as docs/media.md shows."""

import re
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.authentication import NO_SECURITY, LowLevelSecurity
from dcud.dlms.data_types import Data
from dcud.dlms.gateway import GatewayAddress
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.mode_e.identification import Identification
from dcud.dlms.mode_e.station import ModeEStationParameters
from dcud.dlms.obis import Obis
from dcud.dlms.prime.messages import NewDevice
from dcud.dlms.secret import Secret
from dcud.dlms.server import ServerParameters
from dcud.dlms.server_security import ServerDemand
from dcud.dlms.sfsk.modem_framing import MODEM
from dcud.sim.gateway import SimulatedGateway
from dcud.sim.hdlc_line import HdlcLine
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.sim.mode_e_line import ModeELine
from dcud.sim.prime_line import PrimeBaseNode, PrimeMeter
from dcud.sim.serving import Line
from dcud.sim.sfsk_hdlc_line import SfskHdlcLine
from dcud.sim.sfsk_line import SfskLine, SfskMeter
from tests.support import simulated_line
from tests.support.daemon import Daemon
from tests.support.gurux_peer import Peer, gurux_peer
from tests.support.media_document import examples
from tests.support.mosquitto import Mosquitto
from tests.support.peer_site import captured, exact, readings_of
from tests.support.relays import behind_a_gateway, on_udp
from tests.support.ser2net import RAW, RFC2217, Ser2Net
from tests.support.subscriber import Heard, Subscriber

pytestmark = pytest.mark.e2e

ROWS = 100
PERIOD = 900
ENERGY = "1.0.1.8.0.255"
ENERGY_REGISTER = AttributeDescriptor(3, Obis.parse(ENERGY), 2)

AT_17 = ServerAddress(1, 17)
BEHIND = GatewayAddress(network_id=0, device_address=b"1")
OPTICAL = ModeEStationParameters(
    identification=Identification(
        manufacturer="SIM", baud_character="5", escapes=("2",), name="DCUD"
    )
)
IN_A_FRAME = 239
"""Octets of the largest APDU that an S-FSK frame holds."""
PASSWORD = "90817263"  # noqa: S105  # the meters' own
NODE = NewDevice(device_id=7, capabilities=1, identifier=b"SIM0000000001", eui48=bytes(6))

Place = dict[str, object]
Expected = dict[datetime, str]
"""The energy register by time of capture, exact; the register itself under `NOW`."""

NOW = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Site:
    """The meters' world: what is started here lasts until `stack` closes.

    Attributes:
        now: what our own meters' clocks show; the last row of every profile is of then.
        authentication: what the meters ask for.
        expected: what each bus has to tell, by its id.
    """

    directory: Path
    now: int
    stack: ExitStack
    authentication: ServerDemand = NO_SECURITY
    expected: dict[str, Expected] = field(default_factory=dict)

    def peer(self, bus: str) -> Peer:
        """Start a meter of gurux-dlms for a bus."""
        begin = self.now - (ROWS - 1) * PERIOD
        peer = self.stack.enter_context(
            gurux_peer(rows=ROWS, meters=1, max_info=256, begin=begin, password=int(PASSWORD))
        )
        [meter] = peer.meters
        [energy] = [each for each in meter.registers if each.logical_name == ENERGY]
        self.expected[bus] = {
            **{at: exact(row[1], energy.scaler) for at, row in meter.rows},
            NOW: exact(energy.value, energy.scaler),
        }
        return peer

    def meter(self, bus: str) -> SimulatedMeter:
        """Return a meter of ours for a bus."""
        begin = self.now - (ROWS - 1) * PERIOD
        parameters = MeterParameters(number=len(self.expected) + 1, installed=begin)
        self.expected[bus] = {
            **{
                datetime.fromtimestamp(at, UTC): energy_at(parameters, at)
                for at in range(begin, self.now + 1, PERIOD)
            },
            NOW: energy_at(parameters, self.now),
        }
        return SimulatedMeter(parameters, lambda: self.now)

    def server(self, max_pdu: int = 1024) -> ServerParameters:
        return ServerParameters(
            authentication=self.authentication,
            max_receive_pdu_size=max_pdu,
            max_send_pdu_size=max_pdu,
        )

    def on_pty(self, bus: str, line: Line) -> Place:
        device = self.directory / f"{bus}.line"
        self.stack.enter_context(simulated_line.on_pty(line, device))
        return {"device": str(device)}

    def on_tcp(self, make_line: Callable[[], Line]) -> Place:
        host, port = self.stack.enter_context(simulated_line.on_tcp(make_line)).split(":")
        return {"host": host, "port": int(port)}

    def behind_ser2net(self, bus: str, device: str, mode: str) -> Place:
        directory = self.directory / f"{bus}.server"
        directory.mkdir()
        server = self.stack.enter_context(Ser2Net(directory, device, mode=mode))
        return {"host": "127.0.0.1", "port": server.port}


def energy_at(parameters: MeterParameters, at: int) -> str:
    """Return what the energy register says at a unix second."""
    energy = SimulatedMeter(parameters, lambda: at).read(ENERGY_REGISTER, None)
    assert isinstance(energy, Data)
    return str(energy.value)


def rs485(site: Site, bus: str) -> Place:
    return site.on_pty(bus, HdlcLine({AT_17: site.meter(bus)}, site.server()))


def optical(site: Site, bus: str) -> Place:
    line = HdlcLine({AT_17: site.meter(bus)}, site.server())
    return site.on_pty(bus, ModeELine(line, OPTICAL))


def raw_server(site: Site, bus: str) -> Place:
    return site.behind_ser2net(bus, site.peer(bus).pty, RAW)


def rfc2217_server(site: Site, bus: str) -> Place:
    return site.behind_ser2net(bus, site.peer(bus).pty, RFC2217)


def remote_head(site: Site, bus: str) -> Place:
    return site.behind_ser2net(bus, str(optical(site, bus)["device"]), RFC2217)


def tcp(site: Site, bus: str) -> Place:
    host, port = site.peer(bus).wrapper
    return {"host": host, "port": port}


def udp(site: Site, bus: str) -> Place:
    host, port = site.stack.enter_context(on_udp(site.peer(bus).wrapper))
    return {"host": host, "port": port}


def concentrator(site: Site, bus: str) -> Place:
    relay = behind_a_gateway(site.peer(bus).wrapper, BEHIND)
    host, port = site.stack.enter_context(relay)
    return {"host": host, "port": port}


def concentrator_line(site: Site, bus: str) -> Place:
    gateway = SimulatedGateway({BEHIND: site.meter(bus)})
    return site.on_pty(bus, HdlcLine({AT_17: gateway}, site.server()))


def sfsk(site: Site, bus: str) -> Place:
    meter = SfskMeter(meter=site.meter(bus), system_title=b"SIM\0\0\1", mac_address=17)
    return site.on_pty(bus, SfskLine([meter], site.server(IN_A_FRAME), MODEM.mirrored))


def sfsk_hdlc(site: Site, bus: str) -> Place:
    line = HdlcLine({AT_17: site.meter(bus)}, site.server())
    return site.on_pty(bus, SfskHdlcLine({17: line}, MODEM.mirrored))


def prime(site: Site, bus: str) -> Place:
    meter = PrimeMeter(site.meter(bus), NODE)
    return site.on_tcp(lambda: PrimeBaseNode([meter], site.server()))


@dataclass(frozen=True, slots=True)
class Medium:
    """What a bus of the document leads to, and what dcud says first there, as hex."""

    lead: Callable[[Site, str], Place]
    first: str


SNRM = "7EA0[0-9A-F]{4}232193"
SIGN_ON = "2F3F210D0A"
AARQ = "60[0-9A-F]{2}A109"

MEDIA: Mapping[str, Medium] = {
    "rs485": Medium(rs485, SNRM),
    "optical": Medium(optical, SIGN_ON),
    "raw-server": Medium(raw_server, SNRM),
    "rfc2217-server": Medium(rfc2217_server, SNRM),
    "remote-head": Medium(remote_head, SIGN_ON),
    "tcp": Medium(tcp, f"000100100001[0-9A-F]{{4}}{AARQ}"),
    "udp": Medium(udp, f"000100100001[0-9A-F]{{4}}{AARQ}"),
    "concentrator": Medium(concentrator, f"000100100001[0-9A-F]{{4}}E6000131{AARQ}"),
    "concentrator-line": Medium(concentrator_line, SNRM),
    "plc": Medium(rs485, SNRM),
    "s-fsk": Medium(sfsk, f"02.*9001..{AARQ}"),
    "s-fsk-hdlc": Medium(sfsk_hdlc, f"02.*{SNRM}"),
    "prime": Medium(prime, "000100010000000103"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What came of it: of the meters by the ids of their buses, and of the daemon."""

    meters: dict[str, str]
    expected: dict[str, Expected]
    heard: list[Heard]
    sent: dict[str, list[str]]
    frame_log: str
    lines: list[str]
    code: int


WITH_LLS = {"client_sap": 32, "authentication": "lls"}


def configuration(site: Site) -> dict[str, Any]:
    """Return what the document shows, with the places of this machine."""
    buses, meters = [], []
    for name, example in examples().items():
        [line] = {"serial", "tcp", "rfc2217", "udp"} & example.bus.keys()
        place = MEDIA[name].lead(site, name)
        assert place.keys() <= example.bus[line].keys()
        buses.append({**example.bus, line: {**example.bus[line], **place}})
        meters.append({**example.meter, **({} if site.authentication is NO_SECURITY else WITH_LLS)})
    return {"bus": buses, "meter": meters}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return run(tmp_path_factory.mktemp("media"))


@pytest.fixture(scope="module")
def told_with_passwords(tmp_path_factory: pytest.TempPathFactory) -> Told:
    directory = tmp_path_factory.mktemp("secret-media")
    return run(directory, LowLevelSecurity(Secret(PASSWORD.encode())))


def run(directory: Path, authentication: ServerDemand = NO_SECURITY) -> Told:
    """Run the daemon until every meter has told all that it has, or for long enough."""
    now = int(time.time()) // PERIOD * PERIOD  # noqa: TID251  # the daemon's clock is the real one
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto(directory))
        subscriber = stack.enter_context(Subscriber(broker.port))
        site = Site(directory, now, stack, authentication)
        document = configuration(site)
        meters = {each["bus"]: each["id"] for each in document["meter"]}
        keys = {"meter": {each: {"lls_password": PASSWORD} for each in meters.values()}}
        daemon = Daemon(directory, {"mqtt": {"port": broker.port}, **document}, keys)
        with daemon:
            heard = subscriber.wait_for(lambda heard: is_complete(heard, len(meters)), 45)
            code, _ = daemon.terminate()
    sent: dict[str, list[str]] = {name: [] for name in meters}
    for frame in daemon.frames():
        if frame.mark == "tx":
            sent[frame.bus].append(frame.shown)
    log = daemon.frame_log.read_text("utf-8")
    return Told(meters, site.expected, heard, sent, log, daemon.lines, code)


def is_complete(heard: list[Heard], meters: int) -> bool:
    topics = [message.topic for message in heard if message.topic.endswith("/load-profile")]
    return len(topics) >= meters * ROWS


def test_every_example_of_the_document_leads_somewhere() -> None:
    assert examples().keys() == MEDIA.keys()


@pytest.mark.parametrize("bus", MEDIA)
def test_a_register_and_a_load_profile_arrive_complete_and_exact(bus: str, told: Told) -> None:
    meter, expected = told.meters[bus], told.expected[bus]
    registers, *_ = readings_of(told.heard, meter, "registers")  # two where a quarter ended
    assert energy_of(registers) == (expected[NOW], "Wh")
    entries = {
        captured(body): energy_of(body) for body in readings_of(told.heard, meter, "load-profile")
    }
    assert len(entries) == ROWS
    assert {**entries, NOW: energy_of(registers)} == {
        at: (value, "Wh") for at, value in expected.items()
    }


@pytest.mark.parametrize("bus", MEDIA)
def test_the_medium_is_spoken_there(bus: str, told: Told) -> None:
    assert re.match(MEDIA[bus].first, told.sent[bus][0]), told.sent[bus][0]


def test_nothing_goes_wrong(told: Told) -> None:
    assert told.code == 0
    wrong = re.compile("warning|error|critical", re.IGNORECASE)
    assert not [line for line in told.lines if wrong.search(line)]


@pytest.mark.parametrize("bus", MEDIA)
def test_a_password_opens_the_meter_and_stays_out_of_the_frame_log(
    bus: str, told_with_passwords: Told
) -> None:
    told = told_with_passwords
    registers, *_ = readings_of(told.heard, told.meters[bus], "registers")
    assert energy_of(registers) == (told.expected[bus][NOW], "Wh")
    assert f"80{len(PASSWORD):02X}{'**' * len(PASSWORD)}" in "".join(told.sent[bus])
    assert PASSWORD.encode().hex().upper() not in told.frame_log


def energy_of(body: dict[str, Any]) -> tuple[str, str]:
    [value] = [each for each in body["values"] if each["obis"] == ENERGY]
    assert (value["quality"], value["attribute"]) == ("good", 2)
    return str(value["value"]), value["unit"]
