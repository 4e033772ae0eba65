import asyncio
from dataclasses import replace

import pytest

from dcud.dlms.association import AssociationParameters
from dcud.dlms.connection import ClientConnection
from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import LinkError
from dcud.dlms.prime.link import PrimeLink, PrimeParameters
from dcud.dlms.prime.messages import NewDevice
from dcud.dlms.prime.network import NodeJoined, NodeLeft
from dcud.dlms.prime.roll_call import RollCall, RollCalled
from dcud.dlms.server import ServerParameters
from dcud.dlms.sfsk.discovery import MeterDiscovered, MeterRegistered, RegistrationFailed
from dcud.dlms.sfsk.mac import NEW
from dcud.line.discovery import Finding
from dcud.line.port import Port
from dcud.line.scan.found import ClientStanding
from dcud.line.scan.power_line import (
    PowerLineParts,
    PowerLineScanner,
    PrimeStation,
    SfskStation,
    Station,
    note,
)
from dcud.line.session import Session, Watch
from dcud.line.tracer import NoTracer
from dcud.sim.prime_line import PrimeBaseNode, PrimeMeter
from tests.support import simulated_line
from tests.support.answering_port import AnsweringPort

ONE, TWO = b"SIM\0\0\1", b"SIM\0\0\2"
NODE = NewDevice(device_id=1, capabilities=1, identifier=b"SIM1", eui48=b"\0\0\0\0\0\1")


def noted(*findings: Finding) -> list[Station]:
    stations: dict[bytes, Station] = {}
    for finding in findings:
        note(stations, finding)
    return list(stations.values())


def reported(title: bytes, at: int = NEW, alarm: int | None = None) -> MeterDiscovered:
    return MeterDiscovered(system_title=title, alarm=alarm, mac_address=at)


def test_meters_are_known_by_their_titles() -> None:
    assert noted(
        reported(ONE),
        reported(TWO),
        MeterRegistered(system_title=ONE, mac_address=100),
        RegistrationFailed(system_title=TWO, reason="no_address"),
        reported(ONE, 100, alarm=2),
    ) == [
        SfskStation(system_title=ONE, mac_address=100, alarm=2),
        SfskStation(system_title=TWO),
    ]


def test_an_old_report_takes_no_address_away() -> None:
    registered = MeterRegistered(system_title=ONE, mac_address=100)
    assert noted(registered, reported(ONE)) == [SfskStation(system_title=ONE, mac_address=100)]


def test_nodes_that_leave_are_forgotten() -> None:
    joined = NodeJoined(node=NODE)
    assert noted(joined, RollCalled()) == [PrimeStation(node=NODE)]
    assert noted(joined, NodeLeft(device_id=1, node=NODE)) == []
    assert noted(joined, NodeLeft(device_id=9, node=None)) == [PrimeStation(node=NODE)]


class Observer:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def moved(self, asked: Station | None, seconds_left: float) -> None:
        who = asked.node.device_id if isinstance(asked, PrimeStation) else "?"
        self.told.append(f"moved {who} {seconds_left:.0f}")

    def found(self, finding: Finding) -> None:
        self.told.append(f"found {type(finding).__name__}")

    def identified(self, station: Station) -> None:
        assert isinstance(station, PrimeStation)
        self.told.append(f"identified {station.node.device_id}")


def base_node(*numbers: int) -> PrimeBaseNode:
    meters = [
        PrimeMeter(meter, replace(NODE, device_id=number, eui48=number.to_bytes(6, "big")))
        for number, meter in zip(numbers, simulated_line.meters(len(numbers)), strict=True)
    ]
    return PrimeBaseNode(meters, ServerParameters())


def scanner(port: Port, observer: Observer, clients: tuple[int, ...] = (16,)) -> PowerLineScanner:
    watch = Watch(tracer=NoTracer(), bus="b", meter="scan")

    def session(port: Port, station: Station, client: int) -> Session:
        assert isinstance(station, PrimeStation)
        link = PrimeLink(
            client_sap=ClientSap(client),
            node=station.node.device_id,
            parameters=PrimeParameters(response_timeout=2.0, retries=0),
        )
        return Session(port, ClientConnection(link, AssociationParameters()), watch=watch)

    return PowerLineScanner(
        PowerLineParts(
            port=port,
            inquiry=RollCall(5.0),
            session=session,
            clients=clients,
            watch=watch,
            observer=observer,
        )
    )


@pytest.mark.looptime
async def test_all_are_found_then_each_is_asked() -> None:
    observer = Observer()
    node = base_node(7, 8)
    port = AnsweringPort(lambda octets, now: node.receive(octets, now) or b"", delay=0.1)
    scan = scanner(port, observer, clients=(16, 1))
    await scan.run()
    assert observer.told == [
        "moved ? 5",
        "found NodeJoined",
        "found NodeJoined",
        "found RollCalled",
        "moved 7 20",
        "identified 7",
        "moved 8 1",
        "identified 8",
    ]
    assert not port.is_open
    names = [each.identity and each.identity.logical_device_name for each in scan.stations]
    assert names == ["SIM0000000000001", "SIM0000000000002"]
    identity = scan.stations[0].identity
    assert identity is not None
    assert [(each.client, each.standing) for each in identity.clients] == [
        (16, "open"),
        (1, "open"),
    ]


@pytest.mark.looptime
async def test_who_does_not_answer_holds_nobody_up() -> None:
    observer = Observer()
    node = base_node(7, 8)

    def answer(octets: bytes, now: float) -> bytes:
        # version 1, from client 16, to node 7
        return b"" if octets.startswith(bytes.fromhex("000100100007")) else said(octets, now)

    def said(octets: bytes, now: float) -> bytes:
        return node.receive(octets, now) or b""

    scan = scanner(AnsweringPort(answer), observer)
    await scan.run()
    deaf, heard = (each.identity for each in scan.stations)
    assert deaf is not None
    assert deaf.clients == (
        ClientStanding(client=16, standing="failed", words="no answer from node 7 to client 16"),
    )
    assert heard is not None
    assert heard.open_client == 16


@pytest.mark.looptime
async def test_what_is_no_base_node_ends_it() -> None:
    port = AnsweringPort(lambda _octets, _now: b"SSH-2.0-whatever")
    with pytest.raises(LinkError, match="isn't a PRIME base node's wrapper"):
        await scanner(port, Observer()).run()
    assert not port.is_open


@pytest.mark.looptime
async def test_stopped_it_leaves_the_line_and_keeps_what_it_has() -> None:
    node = base_node(7, 8)
    port = AnsweringPort(lambda octets, now: node.receive(octets, now) or b"", delay=1.0)
    scan = scanner(port, Observer())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(7.5):  # in the midst of the first visit
            await scan.run()
    assert not port.is_open
    assert [each.identity for each in scan.stations] == [None, None]


def test_unregistered_meters_cannot_be_asked() -> None:
    assert not SfskStation(system_title=ONE).is_reachable
    assert SfskStation(system_title=ONE, mac_address=1).is_reachable
