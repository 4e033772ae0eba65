import pytest

from dcud.dlms.access import DataAccessResult
from dcud.dlms.constructors import (
    array,
    long_unsigned,
    null_data,
    octet_string,
    structure,
    unsigned,
    visible_string,
)
from dcud.dlms.data_types import Data
from dcud.dlms.hdlc.address import ServerAddress
from dcud.line.scan.found import ClientStanding, Found, Identity, LogicalDevice
from dcud.line.scan.identification import (
    LOGICAL_DEVICE_NAME,
    SAP_ASSIGNMENT,
    SERIAL_NUMBER,
    Acquaintance,
    logical_devices,
)
from dcud.line.session import Watch
from dcud.line.tracer import NoTracer
from tests.support.answering_port import AnsweringPort
from tests.support.sans_io_meter import HdlcMeter, Values

AT_17 = Found(line=0, client=16, address=ServerAddress(1, 17, 2), answer="UA")
SAPS = array(
    [
        structure([long_unsigned(1), octet_string(b"ABC0000000000001")]),
        structure([long_unsigned(2), octet_string(b"ABC-VALVE")]),
    ]
)


async def identify(values: Values, said: dict[int, str] | None = None) -> Identity:
    """Return what a station with these values says; `said` is what other clients' SNRM gives."""
    meter = HdlcMeter(values, server_address=ServerAddress(1, 17))
    port = AnsweringPort(meter.reply)
    await port.open()
    answers = said or {}

    async def ask(client: int) -> str:
        return answers.get(client, "")

    acquaintance = Acquaintance(
        clients=(16, *answers, 99),
        wrapper=False,
        response_timeout=0.5,
        turnaround=0.0,
        watch=Watch(tracer=NoTracer(), bus="b", meter="scan"),
    )
    return await acquaintance.identify(port, AT_17, ask)


@pytest.mark.looptime
@pytest.mark.parametrize(
    ("value", "name"),
    [
        (octet_string(b"ABC0000000000001"), "ABC0000000000001"),
        (visible_string("ABC1"), "ABC1"),
        (octet_string(b" ABC1 \0\0"), "ABC1"),
        (octet_string(b"\x01\xff"), "01ff"),
        (octet_string(b"x" * 200), "x" * 64),
        (long_unsigned(4711), "4711"),
        (null_data(), ""),
        (array([]), ""),
        (b"\xee", ""),  # no A-XDR
        (DataAccessResult.READ_WRITE_DENIED, ""),
    ],
)
async def test_names_are_read_whatever_they_are_made_of(
    value: Data | bytes | DataAccessResult, name: str
) -> None:
    who = await identify({str(LOGICAL_DEVICE_NAME): value})
    assert who.logical_device_name == name
    assert who.clients == (ClientStanding(client=16, standing="open"),)


@pytest.mark.looptime
async def test_serial_number_and_logical_devices_are_read() -> None:
    who = await identify(
        {
            str(LOGICAL_DEVICE_NAME): octet_string(b"ABC"),
            str(SERIAL_NUMBER): octet_string(b"123"),
            str(SAP_ASSIGNMENT): SAPS,
        }
    )
    assert who.serial_number == "123"
    assert who.logical_devices == (
        LogicalDevice(sap=1, name="ABC0000000000001"),
        LogicalDevice(sap=2, name="ABC-VALVE"),
    )


@pytest.mark.looptime
async def test_what_the_first_client_read_is_not_read_again() -> None:
    # The meter here gives values to client 16 alone.
    who = await identify({str(LOGICAL_DEVICE_NAME): octet_string(b"ABC")}, {1: "UA"})
    assert [(each.client, each.standing) for each in who.clients] == [(16, "open"), (1, "open")]
    assert who.logical_device_name == "ABC"


@pytest.mark.looptime
async def test_clients_that_the_link_refuses_are_told_and_silence_is_not() -> None:
    who = await identify({}, {1: "DM", 2: "FRMR", 3: ""})
    assert [(each.client, each.standing) for each in who.clients] == [
        (16, "open"),
        (1, "DM"),
        (2, "FRMR"),
    ]


@pytest.mark.looptime
async def test_a_station_that_breaks_off_has_failed() -> None:
    meter = HdlcMeter({}, server_address=ServerAddress(1, 17))
    # It answers SNRM, then nothing more.
    port = AnsweringPort(lambda octets, now: meter.reply(octets, now) if len(octets) < 35 else b"")
    await port.open()

    async def nobody(_client: int) -> str:
        return ""

    acquaintance = Acquaintance(
        clients=(16,),
        wrapper=False,
        response_timeout=0.5,
        turnaround=0.0,
        watch=Watch(tracer=NoTracer(), bus="b", meter="scan"),
    )
    who = await acquaintance.identify(port, AT_17, nobody)
    assert [each.standing for each in who.clients] == ["failed"]


@pytest.mark.parametrize(
    "data",
    [
        None,
        unsigned(1),
        array([unsigned(1)]),
        array([structure([unsigned(1)])]),
        array([structure([octet_string(b"1"), octet_string(b"2")])]),
    ],
)
def test_what_is_no_list_of_logical_devices_holds_none(data: Data | None) -> None:
    assert logical_devices(data) == ()
