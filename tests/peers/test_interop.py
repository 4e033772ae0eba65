"""Our sessions against meters that we did not write."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from dcud.cosem.association_view import decode_object_list
from dcud.cosem.profile_buffer import BufferLayout, decode_buffer
from dcud.cosem.profile_columns import Column
from dcud.cosem.profile_generic import parse_capture_objects, restricting_object
from dcud.cosem.profile_selection import EntryDescriptor, TimeRange
from dcud.cosem.register import ScalerUnit, physical_value
from dcud.dlms.access import AttributeDescriptor, DataAccessResult
from dcud.dlms.association import AssociationParameters
from dcud.dlms.authentication import NO_SECURITY, AuthenticationMechanism, LowLevelSecurity
from dcud.dlms.connection import ClientConnection
from dcud.dlms.data import Data, decode_data
from dcud.dlms.datalink import ClientSap, DataLink
from dcud.dlms.errors import AssociationRejectedError, NoAnswerError
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.hdlc.parameters import HdlcParameters
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from dcud.dlms.secret import Secret
from dcud.dlms.wrapper import WrapperLink
from dcud.line.far_end import FarEnd
from dcud.line.port import Port
from dcud.line.serial_port import SerialParameters, SerialPort
from dcud.line.session import Session, SessionTiming, Watch
from dcud.line.tcp_port import TcpPort
from dcud.line.tracer import NoTracer
from tests.support.gurux_peer import Peer, PeerMeter, gurux_peer

pytestmark = pytest.mark.e2e

WATCH = Watch(tracer=NoTracer(), bus="b", meter="m")
SWIFT = SessionTiming(turnaround=0.0)
LINES = ("pty", "hdlc", "wrapper")
SCALER_UNIT = {3: 3, 4: 3, 5: 4}
"""Attribute of the scaler_unit by class id."""


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    with gurux_peer(rows=1000, meters=2, max_info=256, window=3) as running:
        yield running


@pytest.fixture(scope="module")
def small_peer() -> Iterator[Peer]:
    """A meter of narrow means: small APDUs in the smallest frames."""
    with gurux_peer(rows=120, meters=1, max_info=32, max_pdu=100) as running:
        yield running


def port_to(peer: Peer, line: str) -> Port:
    if line == "pty":
        return SerialPort(SerialParameters(device=peer.pty))
    host, port = peer.hdlc if line == "hdlc" else peer.wrapper
    return TcpPort(FarEnd(host=host, port=port))


def link_to(
    meter: PeerMeter, line: str, client: int, parameters: HdlcParameters | None = None
) -> DataLink:
    if line == "wrapper":
        return WrapperLink(client_sap=ClientSap(client), server_sap=meter.wrapper_sap)
    return HdlcLink(
        client_sap=ClientSap(client),
        server_address=ServerAddress(1, meter.physical),
        parameters=parameters or HdlcParameters(response_timeout=2.0),
    )


def lls(password: bytes) -> LowLevelSecurity:
    return LowLevelSecurity(Secret(password))


@asynccontextmanager
async def session_over(
    port: Port, link: DataLink, authentication: AuthenticationMechanism
) -> AsyncIterator[Session]:
    connection = ClientConnection(link, AssociationParameters(authentication=authentication))
    session = Session(port, connection, watch=WATCH, timing=SWIFT)
    await port.open()
    try:
        await session.open()
        yield session
    finally:
        await session.close()
        await port.close()


@asynccontextmanager
async def session_with(peer: Peer, line: str, number: int = 0) -> AsyncIterator[Session]:
    link = link_to(peer.meters[number], line, peer.reading_client)
    async with session_over(port_to(peer, line), link, lls(peer.password)) as session:
        yield session


def attribute(class_id: int, logical_name: str, index: int) -> AttributeDescriptor:
    return AttributeDescriptor(class_id, Obis.parse(logical_name), index)


async def octets_of(session: Session, wanted: AttributeDescriptor) -> bytes:
    octets = await session.get(wanted)
    assert isinstance(octets, bytes)
    return octets


async def data_of(session: Session, wanted: AttributeDescriptor) -> Data:
    cursor = Cursor(await octets_of(session, wanted))
    data = decode_data(cursor)
    cursor.expect_end()
    return data


async def layout_of(session: Session, meter: PeerMeter) -> BufferLayout:
    captured = parse_capture_objects(await data_of(session, attribute(7, meter.load_profile, 3)))
    return BufferLayout(
        columns=tuple(Column(capture_object=each) for each in captured),
        capture_period=meter.capture_period,
    )


def rows_of(
    octets: bytes, layout: BufferLayout
) -> list[tuple[datetime | None, tuple[object, ...]]]:
    return [(entry.time, entry.cells[1:]) for entry in decode_buffer(octets, layout)]


@pytest.mark.parametrize("line", LINES)
async def test_every_attribute_arrives_as_it_was_encoded(peer: Peer, line: str) -> None:
    for number, meter in enumerate(peer.meters):
        async with session_with(peer, line, number) as session:
            for (class_id, name, index), octets in meter.attributes.items():
                assert await octets_of(session, attribute(class_id, name, index)) == octets


@pytest.mark.parametrize("line", LINES)
async def test_registers_are_exact(peer: Peer, line: str) -> None:
    async with session_with(peer, line) as session:
        for register in peer.meters[0].registers:
            class_id, name = register.class_id, register.logical_name
            raw = await data_of(session, attribute(class_id, name, 2))
            scaling = ScalerUnit.from_data(
                await data_of(session, attribute(class_id, name, SCALER_UNIT[class_id]))
            )
            assert scaling == ScalerUnit(scaler=register.scaler, unit=register.unit)
            value = physical_value(raw, scaling)
            assert value == Decimal(register.value).scaleb(register.scaler)


@pytest.mark.parametrize("line", LINES)
async def test_a_whole_profile_arrives_complete_and_exact(peer: Peer, line: str) -> None:
    meter = peer.meters[0]
    seen: list[int] = []
    async with session_with(peer, line) as session:
        layout = await layout_of(session, meter)
        octets = await session.get(attribute(7, meter.load_profile, 2), progress=seen.append)
    assert isinstance(octets, bytes)
    assert rows_of(octets, layout) == list(meter.rows)
    assert len(meter.rows) == 1000
    assert seen == sorted(seen)
    assert len(seen) > 10


@pytest.mark.parametrize("line", LINES)
async def test_a_profile_by_range(peer: Peer, line: str) -> None:
    meter = peer.meters[1]
    async with session_with(peer, line, 1) as session:
        layout = await layout_of(session, meter)
        captured = [column.capture_object for column in layout.columns]
        start = meter.rows[100][0] - timedelta(minutes=1)
        wanted = TimeRange(start=start, end=meter.rows[499][0])
        selection = wanted.selection(restricting_object(captured))
        octets = await session.get(attribute(7, meter.load_profile, 2), selection)
        nothing = TimeRange(start=start - timedelta(days=9999), end=start - timedelta(days=9998))
        empty = await session.get(
            attribute(7, meter.load_profile, 2), nothing.selection(restricting_object(captured))
        )
    assert isinstance(octets, bytes)
    assert rows_of(octets, layout) == list(meter.rows[100:500])
    assert empty == b"\x01\x00"


@pytest.mark.parametrize("line", LINES)
async def test_a_profile_by_entry(peer: Peer, line: str) -> None:
    meter = peer.meters[0]
    async with session_with(peer, line) as session:
        layout = await layout_of(session, meter)
        for first, last in ((1, 1), (401, 600), (990, 0)):
            selection = EntryDescriptor(from_entry=first, to_entry=last).to_selection()
            octets = await session.get(attribute(7, meter.load_profile, 2), selection)
            assert isinstance(octets, bytes)
            assert rows_of(octets, layout) == list(meter.rows[first - 1 : last or None])


@pytest.mark.parametrize("line", LINES)
async def test_the_association_view_is_read(peer: Peer, line: str) -> None:
    async with session_with(peer, line) as session:
        elements = decode_object_list(await octets_of(session, attribute(15, "0.0.40.0.0.255", 2)))
    names = {(element.class_id, str(element.logical_name)) for element in elements}
    meter = peer.meters[0]
    expected = {(class_id, name) for class_id, name, _ in meter.attributes}
    assert names == expected | {(7, meter.load_profile), (15, "0.0.40.0.0.255")}
    clock = next(element for element in elements if element.class_id == 8)
    assert clock.attribute_access(2)


@pytest.mark.parametrize("line", LINES)
async def test_the_public_client_needs_no_password(peer: Peer, line: str) -> None:
    meter = peer.meters[0]
    link = link_to(meter, line, peer.public_client)
    async with session_over(port_to(peer, line), link, NO_SECURITY) as session:
        name = await data_of(session, attribute(1, "0.0.42.0.0.255", 2))
        assert name.value == meter.logical_device_name.encode()


@pytest.mark.parametrize("line", LINES)
async def test_a_wrong_password_is_told_in_words(peer: Peer, line: str) -> None:
    link = link_to(peer.meters[0], line, peer.reading_client)
    with pytest.raises(AssociationRejectedError) as caught:
        async with session_over(port_to(peer, line), link, lls(b"87654321")):
            pass
    assert (caught.value.result, caught.value.diagnostic) == (1, 13)
    assert caught.value.source == "acse-service-user"
    assert "authentication-failure" in str(caught.value)
    assert "87654321" not in str(caught.value)
    async with session_with(peer, line) as session:  # and the right one opens the door again
        assert session.is_open


@pytest.mark.parametrize("line", LINES)
async def test_the_wrong_client_is_told_in_words(peer: Peer, line: str) -> None:
    link = link_to(peer.meters[0], line, peer.reading_client)
    with pytest.raises(AssociationRejectedError) as caught:
        async with session_over(port_to(peer, line), link, NO_SECURITY):
            pass
    assert (caught.value.result, caught.value.diagnostic) == (1, 11)


@pytest.mark.parametrize("line", LINES)
async def test_an_unknown_object_is_a_value_and_the_session_goes_on(peer: Peer, line: str) -> None:
    async with session_with(peer, line) as session:
        result = await session.get(attribute(3, "1.0.99.99.0.255", 2))
        assert result is DataAccessResult.OBJECT_UNDEFINED
        assert await octets_of(session, attribute(1, "0.0.42.0.0.255", 2))


@pytest.mark.parametrize("line", ["pty", "hdlc"])
async def test_sessions_follow_one_another_on_one_open_port(peer: Peer, line: str) -> None:
    port = port_to(peer, line)
    await port.open()
    try:
        for number in (0, 1, 0):
            meter = peer.meters[number]
            link = link_to(meter, line, peer.reading_client)
            parameters = AssociationParameters(authentication=lls(peer.password))
            session = Session(
                port,
                ClientConnection(link, parameters),
                watch=WATCH,
                timing=SWIFT,
            )
            await session.open()
            name = await data_of(session, attribute(1, "0.0.42.0.0.255", 2))
            assert name.value == meter.logical_device_name.encode()
            await session.close()
    finally:
        await port.close()


@pytest.mark.parametrize("line", ["pty", "hdlc"])
async def test_an_address_that_nobody_has_is_silence(peer: Peer, line: str) -> None:
    link = HdlcLink(
        client_sap=ClientSap(peer.reading_client),
        server_address=ServerAddress(1, 99),
        parameters=HdlcParameters(response_timeout=0.1, connect_retries=1, disconnect_retries=0),
    )
    with pytest.raises(NoAnswerError, match="99"):
        async with session_over(port_to(peer, line), link, NO_SECURITY):
            pass


@pytest.mark.parametrize("octets", [2, 4])
async def test_addresses_of_either_size_are_answered(peer: Peer, octets: int) -> None:
    meter = peer.meters[1]
    link = HdlcLink(
        client_sap=ClientSap(peer.reading_client),
        server_address=ServerAddress(1, meter.physical, octets),
        parameters=HdlcParameters(response_timeout=2.0),
    )
    async with session_over(port_to(peer, "pty"), link, lls(peer.password)) as session:
        name = await data_of(session, attribute(1, "0.0.42.0.0.255", 2))
        assert name.value == meter.logical_device_name.encode()


@pytest.mark.parametrize("window", [1, 3, 7])
@pytest.mark.parametrize("size", [32, 128, 2030])
async def test_sizes_and_windows_are_negotiated(peer: Peer, size: int, window: int) -> None:
    parameters = HdlcParameters(
        max_info_transmit=size,
        max_info_receive=size,
        window_transmit=window,
        window_receive=window,
        response_timeout=2.0,
    )
    meter = peer.meters[0]
    link = link_to(meter, "hdlc", peer.reading_client, parameters)
    async with session_over(port_to(peer, "hdlc"), link, lls(peer.password)) as session:
        layout = await layout_of(session, meter)
        selection = EntryDescriptor(from_entry=1, to_entry=100).to_selection()
        octets = await session.get(attribute(7, meter.load_profile, 2), selection)
    assert isinstance(octets, bytes)
    assert rows_of(octets, layout) == list(meter.rows[:100])


@pytest.mark.parametrize("line", LINES)
async def test_a_meter_of_narrow_means_is_read_whole(small_peer: Peer, line: str) -> None:
    meter = small_peer.meters[0]
    async with session_with(small_peer, line) as session:
        layout = await layout_of(session, meter)
        octets = await octets_of(session, attribute(7, meter.load_profile, 2))
    assert rows_of(octets, layout) == list(meter.rows)


@pytest.mark.parametrize("line", LINES)
async def test_several_attributes_at_once(line: str) -> None:
    with gurux_peer(rows=5, meters=1, services="MULTIPLE_REFERENCES") as granting:
        known = granting.meters[0].attributes
        async with session_with(granting, line) as session:
            assert session.list_limit > 20
            answers = await session.get_many([attribute(*key) for key in known])
    assert answers == tuple(known.values())
