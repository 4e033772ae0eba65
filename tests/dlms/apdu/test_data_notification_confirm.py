import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.apdu.data_notification_confirm import DataNotificationConfirm
from dcud.dlms.errors import DecodeError, EncodeError
from tests.support.apdus import octets_32

TIME = "07ea060101" + "0c000000" + "ff8880"


@pytest.mark.parametrize(("octets", "time"), [("00", ""), ("0c" + TIME, TIME)])
def test_it_is_these_octets(octets: str, time: str) -> None:
    confirm = DataNotificationConfirm(
        long_invoke_id_and_priority=0x40000007, date_time=bytes.fromhex(time)
    )
    assert confirm.encode().hex() == "1040000007" + octets
    assert DataNotificationConfirm.decode(confirm.encode()) == confirm


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        ("0f", "tag 0F stands where DataNotification-Confirm"),
        ("1040000007" + "0101", "a date-time of 1 octets"),
        ("1040000007" + "0001", "1 octets too many"),
        ("1040", "octet"),
    ],
)
def test_malformed_ones_are_refused(octets: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        DataNotificationConfirm.decode(bytes.fromhex(octets))


def test_what_does_not_fit() -> None:
    with pytest.raises(EncodeError):
        DataNotificationConfirm(long_invoke_id_and_priority=1 << 32)
    with pytest.raises(EncodeError, match="12 octets or none"):
        DataNotificationConfirm(long_invoke_id_and_priority=1, date_time=b"\x01")


@given(octets_32, st.just(b"") | st.binary(min_size=12, max_size=12))
def test_decoding_gives_it_back(invoke: int, time: bytes) -> None:
    confirm = DataNotificationConfirm(long_invoke_id_and_priority=invoke, date_time=time)
    assert DataNotificationConfirm.decode(confirm.encode()) == confirm


@given(st.binary(max_size=30), st.sampled_from(["10", ""]))
def test_any_octets_end_in_a_value_or_a_decode_error(octets: bytes, tag: str) -> None:
    try:
        DataNotificationConfirm.decode(bytes.fromhex(tag) + octets)
    except DecodeError as error:
        assert error.message  # noqa: PT017  # whatever else is raised fails the test
