"""The whole stack, both ends, on a virtual clock and a bad line."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.connection import (
    ClientConnection,
    ConnectionEvent,
    ConnectionFailed,
    Opened,
    Released,
)
from dcud.dlms.constructors import octet_string
from dcud.dlms.data import encode_data
from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import ProtocolError
from dcud.dlms.exchange import Answered, RequestFailed
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.hdlc.parameters import HdlcParameters
from dcud.dlms.hdlc.station import StationParameters
from dcud.dlms.obis import Obis
from dcud.dlms.requests import Get
from dcud.dlms.server import ServerParameters
from dcud.line.impairment import ImpairedWay, Impairment, Mishap
from tests.support.impaired_line import ImpairedLine
from tests.support.outcomes import has_value
from tests.support.sans_io_meter import HdlcMeter

SERVER = ServerAddress(1, 17)
VALUES = {
    number: encode_data(octet_string(bytes((number,)) * size))
    for number, size in enumerate([0, 1, 20, 100, 300, 700])
}
WITHIN = 1000.0

weather = st.builds(
    lambda corruption, shares: Impairment(
        corruption=corruption, longest_delay=4.0, **{str(key): shares[key] for key in shares}
    ),
    st.sampled_from([0.0, 0.002, 0.01]),
    st.dictionaries(st.sampled_from(Mishap), st.floats(0, 0.1), max_size=6),
)


def attribute(number: int) -> AttributeDescriptor:
    return AttributeDescriptor(1, Obis.parse(f"0.0.96.{number}.0.255"), 2)


def run(line: ImpairedLine[ConnectionEvent], *outcomes: type) -> ConnectionEvent:
    events = line.run(outcomes, within=WITHIN)
    (outcome,) = (event for event in events if isinstance(event, outcomes))
    if isinstance(outcome, ConnectionFailed):
        assert isinstance(outcome.error, ProtocolError)
    return outcome


@given(
    st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=6),
    st.integers(1, 7),
    st.sampled_from([32, 128]),
    weather,
    weather,
    st.integers(0, 1 << 16),
)
def test_the_right_value_or_a_typed_error(
    wanted: list[int], window: int, info: int, outward: Impairment, inward: Impairment, seed: int
) -> None:
    parameters = HdlcParameters(
        max_info_transmit=info,
        max_info_receive=info,
        window_transmit=window,
        window_receive=window,
        response_timeout=1.0,
    )
    meter = HdlcMeter(
        {str(attribute(number)): VALUES[number] for number in VALUES},
        server_address=SERVER,
        application=ServerParameters(max_receive_pdu_size=200, max_send_pdu_size=200),
        station=StationParameters(sizes=parameters.sizes),
    )
    link = HdlcLink(client_sap=ClientSap(16), server_address=SERVER, parameters=parameters)
    connection = ClientConnection(link, AssociationParameters())
    random = Random(seed)  # noqa: S311  # a seed is the point
    line: ImpairedLine[ConnectionEvent] = ImpairedLine(
        connection,
        meter.reply,
        outward=ImpairedWay(outward, random),
        inward=ImpairedWay(inward, random),
    )
    connection.open(line.now)
    outcome = run(line, Opened, ConnectionFailed)
    for number in wanted:
        if isinstance(outcome, ConnectionFailed):
            break
        connection.ask(Get(attribute(number)), line.now)
        outcome = run(line, Answered, RequestFailed, ConnectionFailed)
        assert isinstance(outcome, Answered | ConnectionFailed)
        if has_value(outcome):
            assert outcome.answer == VALUES[number]
    if not isinstance(outcome, ConnectionFailed):
        connection.release(line.now)
        run(line, Released, ConnectionFailed)
