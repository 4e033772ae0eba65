from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.notification import parse_notification
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.data import DataType, array, long_unsigned, structure, unsigned
from dcud.dlms.errors import DecodeError
from dcud.dlms.obis import Obis

TIME = "07E40701030A000000FF8880"
MOMENT = datetime(2020, 7, 1, 10, tzinfo=timezone(timedelta(hours=2)))


def test_a_push_tells_its_values_and_its_own_time() -> None:
    told = parse_notification(bytes.fromhex(f"0F 40000007 0C {TIME} 0202 1101 1102"))
    assert (told.kind, told.invoke_id, told.attribute) == ("data-notification", 7, None)
    assert told.time is not None
    assert told.time.moment == MOMENT
    assert told.value == structure((unsigned(1), unsigned(2)))


def test_an_event_tells_what_it_is_about() -> None:
    told = parse_notification(
        bytes.fromhex(f"C2 01 0C {TIME} 0001 0000616200FF 02 0600000004".replace(" ", ""))
    )
    assert (told.kind, told.invoke_id) == ("event-notification", None)
    assert told.attribute == AttributeDescriptor(1, Obis.parse("0.0.97.98.0.255"), 2)
    assert told.time is not None
    assert told.time.moment == MOMENT
    assert (told.value.type, told.value.value) == (DataType.DOUBLE_LONG_UNSIGNED, 4)


def test_a_report_tells_variables_by_their_short_names() -> None:
    told = parse_notification(bytes.fromhex("18 00 02 02FA10 0401080100 02 1101 1102"))
    assert (told.kind, told.invoke_id, told.attribute, told.time) == (
        "information-report",
        None,
        None,
        None,
    )
    assert told.value == array(
        (
            structure((long_unsigned(0xFA10), unsigned(1))),
            structure((long_unsigned(0x0108), unsigned(2))),
        )
    )


def test_a_report_may_tell_its_time_like_other_notifications() -> None:
    told = parse_notification(bytes.fromhex(f"18 09 0C {TIME} 00 00"))
    assert told.time is not None
    assert told.time.moment == MOMENT
    as_text = parse_notification(bytes.fromhex("18 01 04") + b"2026" + b"\0\0")
    assert as_text.time is None


def test_a_report_of_no_variable() -> None:
    with pytest.raises(DecodeError, match="no variable"):
        parse_notification(bytes.fromhex("18 00 01 050001 01 1101"))


def test_the_time_may_be_absent() -> None:
    assert parse_notification(bytes.fromhex("0F 00000001 00 1101")).time is None
    assert parse_notification(bytes.fromhex("C2 00 0001 0000616200FF 02 1101")).time is None


def test_a_time_that_is_no_moment_does_not_hold_up_the_values() -> None:
    wild = "FFFFFFFFFFFFFFFFFF8000FF"
    told = parse_notification(bytes.fromhex(f"0F 00000001 0C {wild} 1101"))
    assert told.value == unsigned(1)
    assert told.time is not None
    assert told.time.moment is None
    wrong = "07E4" + "63" * 10
    assert parse_notification(bytes.fromhex(f"0F 00000001 0C {wrong} 1101")).value == unsigned(1)


@pytest.mark.parametrize(
    "octets", ["", "C401C1001101", "0F", "0F00000001", "0F0000000100", "0F00000001001101FF", "C200"]
)
def test_what_is_no_whole_notification_is_refused(octets: str) -> None:
    with pytest.raises(DecodeError):
        parse_notification(bytes.fromhex(octets))


@given(st.sampled_from([b"\x0f", b"\xc2", b"\x18", b"\x18\x00"]), st.binary(max_size=40))
def test_any_octets_are_a_notification_or_a_decode_error(tag: bytes, octets: bytes) -> None:
    try:
        told = parse_notification(tag + octets)
    except DecodeError:
        return
    assert told.kind in {"data-notification", "event-notification", "information-report"}
