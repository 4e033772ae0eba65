import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.apdu.data_notification import DataNotification
from dcud.dlms.errors import DecodeError, EncodeError
from tests.support.apdus import octets_32

TIME = bytes.fromhex("07e7011f0212221700000000")

KNOWN = [
    # an alert of the GBCS test set, RTDS 4.5.0
    (
        (
            "0f200007dd000203128f66090c07ee010fff090000008000ff0913001900000000000003f023"
            "2800005e2c801d06"
        ),
        DataNotification(
            long_invoke_id_and_priority=0x200007DD,
            body=bytes.fromhex(
                "0203128f66090c07ee010fff090000008000ff0913001900000000000003f0232800005e2c801d06"
            ),
        ),
    ),
    # the tests of Circutor/gosem
    ("0f0063d76a0003ff", DataNotification(long_invoke_id_and_priority=0x63D76A, body=b"\x03\xff")),
    (
        "0f0063d76a0c07e7011f021222170000000003ff",
        DataNotification(long_invoke_id_and_priority=0x63D76A, date_time=TIME, body=b"\x03\xff"),
    ),
    # the tests of u9n/dlms-cosem
    (
        "0f000001db000922125a8591360000000049000000110000000a5a8513d014800000000d0000000a0100",
        DataNotification(
            long_invoke_id_and_priority=0x1DB,
            body=bytes.fromhex(
                "0922125a8591360000000049000000110000000a5a8513d014800000000d0000000a0100"
            ),
        ),
    ),
]


@pytest.mark.parametrize(("octets", "notification"), KNOWN)
def test_known_answers(octets: str, notification: DataNotification) -> None:
    assert notification.encode().hex() == octets
    assert DataNotification.decode(bytes.fromhex(octets)) == notification


def test_a_date_time_with_a_tag() -> None:
    octets = bytes.fromhex("0f0063d76a" + "090c07e7011f0212221700000000" + "03ff")
    assert DataNotification.decode(octets) == KNOWN[2][1]


@pytest.mark.parametrize(
    "octets", ["", "0f0063d7", "0f0063d76a", "100063d76a0003ff", "0f0063d76a0b00", "0f0063d76a0c07"]
)
def test_broken_notifications(octets: str) -> None:
    with pytest.raises(DecodeError):
        DataNotification.decode(bytes.fromhex(octets))


def test_what_does_not_fit() -> None:
    with pytest.raises(EncodeError):
        DataNotification(long_invoke_id_and_priority=1 << 32, body=b"\x00")
    with pytest.raises(EncodeError):
        DataNotification(long_invoke_id_and_priority=1, date_time=b"\x00", body=b"\x00")


@given(octets_32, st.sampled_from([b"", TIME]), st.binary(max_size=40))
def test_each_comes_back(invoke: int, time: bytes, body: bytes) -> None:
    notification = DataNotification(long_invoke_id_and_priority=invoke, date_time=time, body=body)
    assert DataNotification.decode(notification.encode()) == notification


@given(st.binary(max_size=40))
def test_any_octets_give_a_notification_or_a_typed_error(rest: bytes) -> None:
    try:
        notification = DataNotification.decode(b"\x0f" + rest)
    except DecodeError:
        return
    assert DataNotification.decode(notification.encode()) == notification
