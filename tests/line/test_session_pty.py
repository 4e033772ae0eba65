"""The whole client, from `Bus` down to the octets of a real pseudo-terminal or TCP connection."""

import asyncio
from collections.abc import Callable

import pytest

from dcud.dlms.access import AttributeDescriptor, DataAccessResult
from dcud.dlms.association import AssociationParameters
from dcud.dlms.authentication import LowLevelSecurity
from dcud.dlms.connection import ClientConnection
from dcud.dlms.constructors import array, double_long_unsigned, octet_string, structure
from dcud.dlms.data import encode_data
from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import AssociationRejectedError, NoAnswerError
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.hdlc.parameters import HdlcParameters
from dcud.dlms.obis import Obis
from dcud.dlms.secret import Secret
from dcud.dlms.server import ServerParameters
from dcud.dlms.wrapper import WrapperLink
from dcud.line.bus import Bus, BusParameters, Target
from dcud.line.errors import PortError
from dcud.line.far_end import FarEnd
from dcud.line.serial_port import SerialParameters, SerialPort
from dcud.line.session import SessionTiming
from dcud.line.tcp_port import TcpPort
from tests.support.pty_bus import PtyBus
from tests.support.sans_io_meter import HdlcMeter, Values, WrapperMeter
from tests.support.scripted_line import Recorder

ENERGY = AttributeDescriptor(3, Obis.parse("1.0.1.8.0.255"), 2)
PROFILE = AttributeDescriptor(7, Obis.parse("1.0.99.1.0.255"), 2)
ABSENT = AttributeDescriptor(3, Obis.parse("1.0.2.8.0.255"), 2)

ENERGY_OCTETS = bytes.fromhex("0600BC614E")  # double-long-unsigned 12,345,678
ROWS = array(
    [
        structure([octet_string(number.to_bytes(12, "big")), double_long_unsigned(number)])
        for number in range(1000)
    ]
)
VALUES: Values = {str(ENERGY): ENERGY_OCTETS, str(PROFILE): ROWS}

PASSWORD = b"opensesame"
IN_BLOCKS = ServerParameters(max_send_pdu_size=512)
AT_17 = ServerAddress(1, 17)


def hdlc_target(
    server_address: ServerAddress = AT_17,
    parameters: HdlcParameters | None = None,
    password: bytes = b"",
    client_sap: int = 16,
) -> Target:
    parameters = parameters or HdlcParameters(response_timeout=0.5, inter_octet_timeout=0.05)
    association = AssociationParameters()
    if password:
        association = AssociationParameters(authentication=LowLevelSecurity(Secret(password)))

    def connect() -> ClientConnection:
        link = HdlcLink(
            client_sap=ClientSap(client_sap), server_address=server_address, parameters=parameters
        )
        return ClientConnection(link, association)

    return Target(meter="m", connect=connect, timing=SessionTiming(turnaround=0.0))


def bus_on(line: PtyBus, recorder: Recorder | None = None) -> Bus:
    watcher = recorder or Recorder()
    port = SerialPort(SerialParameters(device=line.device, baud=115_200))
    return Bus("b", port, tracer=watcher, observer=watcher, parameters=BusParameters())


async def read_all(bus: Bus, target: Target) -> tuple[list[bytes | DataAccessResult], list[int]]:
    totals: list[int] = []
    async with bus.session(target) as session:
        values = [
            await session.get(ENERGY),
            await session.get(ABSENT),
            await session.get(PROFILE, progress=totals.append),
        ]
    return values, totals


EXPECTED = [ENERGY_OCTETS, DataAccessResult.OBJECT_UNDEFINED, encode_data(ROWS)]


async def test_a_register_and_a_profile_in_blocks_over_a_pseudo_terminal() -> None:
    recorder = Recorder()
    meter = HdlcMeter(VALUES, server_address=AT_17, application=IN_BLOCKS)
    with PtyBus() as line:
        line.answer(meter.reply)
        bus = bus_on(line, recorder)
        values, totals = await read_all(bus, hdlc_target())
        await bus.close()
    assert values == EXPECTED
    assert totals == sorted(totals)
    assert len(totals) > 20
    assert meter.events == ["connected", "disc"]
    assert not [told for told in recorder.told if "discarded" in told or "retransmitted" in told]


def in_pieces(line: PtyBus, reply: Callable[[bytes], bytes], size: int) -> None:
    """Answer by `size` octets in each turn of the loop."""
    waiting = bytearray()

    def trickle() -> None:
        if waiting:
            line.write(bytes(waiting[:size]))
            del waiting[:size]
            asyncio.get_running_loop().call_soon(trickle)

    def hear(octets: bytes) -> bytes:
        idle = not waiting
        waiting.extend(reply(octets))
        if idle:
            trickle()
        return b""

    line.answer(hear)


@pytest.mark.parametrize("size", [1, 7])
async def test_the_line_may_cut_frames_anywhere(size: int) -> None:
    meter = HdlcMeter({str(ENERGY): ENERGY_OCTETS}, server_address=AT_17)
    with PtyBus() as line:
        in_pieces(line, meter.reply, size)
        bus = bus_on(line)
        async with bus.session(hdlc_target()) as session:
            assert await session.get(ENERGY) == ENERGY_OCTETS
        await bus.close()


@pytest.mark.parametrize(
    ("server_address", "client_sap"), [(AT_17, 16), (ServerAddress(16), 16)], ids=["17", "same"]
)
async def test_a_line_that_echoes_reads_the_same(
    server_address: ServerAddress, client_sap: int
) -> None:
    meter = HdlcMeter(VALUES, server_address=server_address)
    with PtyBus() as line:
        line.answer(lambda octets: octets + meter.reply(octets))
        bus = bus_on(line)
        values, _ = await read_all(bus, hdlc_target(server_address, client_sap=client_sap))
        await bus.close()
    assert values == EXPECTED


async def test_answers_that_get_lost_or_damaged_are_recovered() -> None:
    recorder = Recorder()
    meter = HdlcMeter(VALUES, server_address=AT_17)
    count = 0

    def worn(octets: bytes) -> bytes:
        nonlocal count
        count += 1
        answer = meter.reply(octets)
        if count % 23 == 0:
            return b""
        if count % 17 == 0 and len(answer) > 20:
            return answer[:15] + bytes((answer[15] ^ 0x40,)) + answer[16:]
        return answer

    with PtyBus() as line:
        line.answer(worn)
        bus = bus_on(line, recorder)
        fast = HdlcParameters(response_timeout=0.03, inter_octet_timeout=0.02)
        async with bus.session(hdlc_target(parameters=fast)) as session:
            profile = await session.get(PROFILE)
        await bus.close()
    assert profile == encode_data(ROWS)
    assert [told for told in recorder.told if "retransmitted" in told]
    assert [told for told in recorder.told if "discarded" in told]


async def test_a_password_opens_the_association_and_shows_nowhere() -> None:
    recorder = Recorder()
    lls = ServerParameters(authentication=LowLevelSecurity(Secret(PASSWORD)))
    meter = HdlcMeter(VALUES, server_address=AT_17, application=lls)
    with PtyBus() as line:
        line.answer(lambda octets: octets + meter.reply(octets))
        bus = bus_on(line, recorder)
        async with bus.session(hdlc_target(password=PASSWORD)) as session:
            assert await session.get(ENERGY) == ENERGY_OCTETS
        with pytest.raises(AssociationRejectedError):
            async with bus.session(hdlc_target(password=b"wrong")):
                pass
        await bus.close()
    assert [told for told in recorder.told if "withheld" in told]
    # The tracer masks what is marked; what is not marked must not hold it.
    assert not [told for told in recorder.told if PASSWORD.decode() in told]
    assert meter.events == ["connected", "disc"] * 2


async def test_a_silent_meter_is_named_and_the_next_one_is_read() -> None:
    meter = HdlcMeter(VALUES, server_address=AT_17)
    with PtyBus() as line:
        line.answer(meter.reply)
        bus = bus_on(line)
        hasty = HdlcParameters(response_timeout=0.02, connect_retries=1)
        with pytest.raises(NoAnswerError):
            async with bus.session(hdlc_target(ServerAddress(1, 18), hasty)):
                pass
        async with bus.session(hdlc_target()) as session:
            assert await session.get(ENERGY) == ENERGY_OCTETS
        await bus.close()


async def test_cancelling_a_profile_disconnects_and_the_next_session_reads() -> None:
    meter = HdlcMeter(VALUES, server_address=AT_17, application=IN_BLOCKS)
    with PtyBus() as line:
        line.answer(meter.reply)
        bus = bus_on(line)
        task: asyncio.Task[None]

        async def read_and_be_cancelled() -> None:
            def cancel(total: int) -> None:
                if total > 2000:
                    task.cancel()

            async with bus.session(hdlc_target()) as session:
                await session.get(PROFILE, progress=cancel)

        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(read_and_be_cancelled())
        assert task.cancelled()
        assert meter.events == ["connected", "disc"]
        values, _ = await read_all(bus, hdlc_target())
        await bus.close()
    assert values == EXPECTED


async def test_an_adapter_that_is_pulled_out_in_a_profile_is_a_port_error() -> None:
    meter = HdlcMeter(VALUES, server_address=AT_17, application=IN_BLOCKS)
    recorder = Recorder()
    line = PtyBus()
    line.answer(meter.reply)
    bus = bus_on(line, recorder)

    def unplug(total: int) -> None:
        if total > 2000:
            line.unplug()

    async with asyncio.timeout(5.0):
        with pytest.raises(PortError, match="vanished"):
            async with bus.session(hdlc_target()) as session:
                await session.get(PROFILE, progress=unplug)
    await bus.close()
    assert recorder.told[-1] == "b down"


async def serve(
    reply: Callable[[], Callable[[bytes], bytes]],
) -> tuple[asyncio.Server, TcpPort]:
    """Return a server with a fresh meter per connection, and a port to it."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = reply()
        while octets := await reader.read(4096):
            writer.write(answer(octets))
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    address: tuple[str, int] = server.sockets[0].getsockname()
    return server, TcpPort(FarEnd(host=address[0], port=address[1]))


async def test_the_wrapper_over_tcp_makes_a_connection_for_each_session() -> None:
    server, port = await serve(lambda: WrapperMeter(VALUES, IN_BLOCKS).reply)
    recorder = Recorder()
    bus = Bus(
        "b", port, tracer=recorder, observer=recorder, parameters=BusParameters(keep_open=False)
    )

    def connect() -> ClientConnection:
        link = WrapperLink(client_sap=ClientSap(16), server_sap=1, response_timeout=2.0)
        return ClientConnection(link, AssociationParameters())

    async with server:
        for _ in range(2):
            values, totals = await read_all(bus, Target(meter="m", connect=connect))
            assert values == EXPECTED
            assert len(totals) > 20
            assert not port.is_open
        await bus.close()


async def test_hdlc_over_tcp_keeps_its_connection() -> None:
    meter = HdlcMeter(VALUES, server_address=AT_17)
    server, port = await serve(lambda: meter.reply)
    recorder = Recorder()
    bus = Bus("b", port, tracer=recorder, observer=recorder)
    async with server:
        for _ in range(2):
            values, _ = await read_all(bus, hdlc_target())
            assert values == EXPECTED
            assert port.is_open
        await bus.close()
    assert meter.events == ["connected", "disc"] * 2
