import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.apdu.event_notification import EventNotification
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.obis import Obis
from tests.support.apdus import attributes

TIME = bytes.fromhex("05dc01010100000000000000")
ATTRIBUTE = AttributeDescriptor(1, Obis.parse("1.0.0.3.0.255"), 2)

KNOWN = [
    # the tests of Circutor/gosem
    (
        "c2010c05dc0101010000000000000000010100000300ff0203ff",
        EventNotification(time=TIME, attribute=ATTRIBUTE, value=b"\x03\xff"),
    ),
    (
        "c20000010100000300ff0203ff",
        EventNotification(attribute=ATTRIBUTE, value=b"\x03\xff"),
    ),
]


@pytest.mark.parametrize(("octets", "notification"), KNOWN)
def test_known_answers(octets: str, notification: EventNotification) -> None:
    assert notification.encode().hex() == octets
    assert EventNotification.decode(bytes.fromhex(octets)) == notification


def test_a_time_with_its_tag_in_place_of_the_flag() -> None:
    octets = bytes.fromhex("c2090c05dc0101010000000000000000010100000300ff0203ff")
    assert EventNotification.decode(octets) == KNOWN[0][1]


@pytest.mark.parametrize("octets", ["", "c2", "c200000101", "0f00", "c2010b05dc", "c2010105"])
def test_broken_notifications(octets: str) -> None:
    with pytest.raises(DecodeError):
        EventNotification.decode(bytes.fromhex(octets))


def test_a_time_has_twelve_octets() -> None:
    with pytest.raises(EncodeError):
        EventNotification(time=b"", attribute=ATTRIBUTE, value=b"\x00")


@given(attributes, st.sampled_from([None, TIME]), st.binary(max_size=40))
def test_each_comes_back(attribute: AttributeDescriptor, time: bytes | None, value: bytes) -> None:
    notification = EventNotification(time=time, attribute=attribute, value=value)
    assert EventNotification.decode(notification.encode()) == notification


@given(st.binary(max_size=40))
def test_any_octets_give_a_notification_or_a_typed_error(rest: bytes) -> None:
    try:
        notification = EventNotification.decode(b"\xc2" + rest)
    except DecodeError:
        return
    assert EventNotification.decode(notification.encode()) == notification
