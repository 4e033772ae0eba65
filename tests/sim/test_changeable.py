from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dcud.dlms.access import DataAccessResult
from dcud.dlms.apdu.action import ActionResult
from dcud.dlms.constructors import enum, integer, long, octet_string, structure, unsigned
from dcud.dlms.cosem_time import CosemDateTime
from dcud.dlms.data import encode_data
from dcud.sim import push
from dcud.sim.changeable import CLOCK_OBJECT, LABEL, SWITCH, Changeable
from dcud.sim.load_profile import clock_octets

NOW = 1_780_000_000.0
BERLIN = ZoneInfo("Europe/Berlin")
DONE = ActionResult.SUCCESS


def changeable() -> Changeable:
    return Changeable(lambda: NOW, BERLIN)


def told(meter: Changeable, index: int = 2) -> object:
    return meter.objects()[SWITCH][index](NOW, None)


def test_the_clock_is_set() -> None:
    meter = changeable()
    time = encode_data(clock_octets(NOW + 100, UTC))
    assert meter.write(CLOCK_OBJECT, 2, time) is DataAccessResult.SUCCESS
    assert meter.clock() == NOW + 100


def test_a_time_without_deviation_is_of_its_zone() -> None:
    meter = changeable()
    local = CosemDateTime.from_datetime(datetime.fromtimestamp(NOW, BERLIN), with_deviation=False)
    meter.write(CLOCK_OBJECT, 2, encode_data(octet_string(local.to_octets())))
    assert meter.clock() == NOW


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (b"\x11\x01", DataAccessResult.TYPE_UNMATCHED),
        (b"\x09", DataAccessResult.TYPE_UNMATCHED),
        (b"\x00\x00", DataAccessResult.TYPE_UNMATCHED),
        (b"\x09\x0c" + bytes.fromhex("ffffffffffffffffff8000ff"), DataAccessResult.OTHER_REASON),
    ],
)
def test_what_is_no_time(value: bytes, result: DataAccessResult) -> None:
    meter = changeable()
    assert meter.write(CLOCK_OBJECT, 2, value) is result
    assert meter.clock() == NOW


def test_the_clock_is_shifted() -> None:
    meter = changeable()
    assert meter.call(CLOCK_OBJECT, 6, encode_data(long(-30))) is DONE
    assert meter.call(CLOCK_OBJECT, 6, encode_data(long(40))) is DONE
    assert meter.clock() == NOW + 10


def preset(time: float, begin: float, end: float) -> bytes:
    return encode_data(structure([clock_octets(NOW + each, UTC) for each in (time, begin, end)]))


NOTHING = encode_data(integer(0))


def test_a_preset_is_taken_over_once_within_its_interval() -> None:
    meter = changeable()
    assert meter.call(CLOCK_OBJECT, 5, preset(500, -60, 60)) is DONE
    assert meter.clock() == NOW
    assert meter.call(CLOCK_OBJECT, 4, NOTHING) is DONE
    assert meter.clock() == NOW + 500
    assert meter.call(CLOCK_OBJECT, 4, NOTHING) is ActionResult.OTHER_REASON


@pytest.mark.parametrize(("begin", "end"), [(1, 60), (-60, -1)])
def test_a_preset_is_nothing_out_of_its_interval(begin: float, end: float) -> None:
    meter = changeable()
    assert meter.call(CLOCK_OBJECT, 5, preset(500, begin, end)) is DONE
    assert meter.call(CLOCK_OBJECT, 4, NOTHING) is ActionResult.OTHER_REASON
    assert meter.clock() == NOW


NEVER = octet_string(bytes.fromhex("ffffffffffffffffff8000ff"))


@pytest.mark.parametrize(
    ("parameter", "result"),
    [
        (NOTHING, ActionResult.TYPE_UNMATCHED),
        (encode_data(structure([NEVER])), ActionResult.TYPE_UNMATCHED),
        (encode_data(structure([integer(0)] * 3)), ActionResult.TYPE_UNMATCHED),
        (encode_data(structure([NEVER] * 3)), ActionResult.OTHER_REASON),
    ],
)
def test_what_is_no_preset(parameter: bytes, result: ActionResult) -> None:
    assert changeable().call(CLOCK_OBJECT, 5, parameter) is result


@pytest.mark.parametrize(
    ("parameter", "result"),
    [
        (None, ActionResult.TYPE_UNMATCHED),
        (encode_data(octet_string(b"1")), ActionResult.TYPE_UNMATCHED),
        (encode_data(long(901)), ActionResult.OTHER_REASON),
    ],
)
def test_what_is_no_shift(parameter: bytes | None, result: ActionResult) -> None:
    assert changeable().call(CLOCK_OBJECT, 6, parameter) is result


def test_the_label_is_written() -> None:
    meter = changeable()
    label = octet_string(b"cellar")
    assert meter.write(LABEL, 2, encode_data(label)) is DataAccessResult.SUCCESS
    assert meter.objects()[LABEL][2](NOW, None) == label


def test_a_label_too_long_or_of_another_type() -> None:
    meter = changeable()
    long_one = encode_data(octet_string(bytes(49)))
    assert meter.write(LABEL, 2, long_one) is DataAccessResult.OTHER_REASON
    assert meter.write(LABEL, 2, encode_data(unsigned(1))) is DataAccessResult.TYPE_UNMATCHED


def test_the_switch_is_opened_and_closed() -> None:
    meter = changeable()
    assert meter.call(SWITCH, 1, b"\x0f\x00") is DONE
    assert told(meter, 3) == enum(0)
    assert meter.call(SWITCH, 2, b"\x0f\x00") is DONE
    assert told(meter, 3) == enum(1)


def test_the_push_setup_is_written_and_pushes() -> None:
    meter = changeable()
    assert meter.write(push.OBJECT, 6, encode_data(unsigned(5))) is DataAccessResult.SUCCESS
    assert meter.objects()[push.OBJECT][6](NOW, None) == unsigned(5)
    assert meter.write(push.OBJECT, 3, encode_data(unsigned(5))) is DataAccessResult.TYPE_UNMATCHED
    assert meter.take_push() is None
    assert meter.call(push.OBJECT, 1, b"\x0f\x00") is DONE
    assert len(meter.take_push() or ()) == 4
