import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.hdlc.frame import CONTROLS
from dcud.dlms.hdlc.frame_reject import Cause, FrameReject


def test_a_reject_from_the_field() -> None:
    # u9n/dlms-cosem issue 95: 54 00 10, after a change of client address on an open link
    reject = FrameReject.parse(bytes.fromhex("540010"))
    assert reject.rejected == CONTROLS[0x54]
    assert (reject.send_sequence, reject.receive_sequence) == (0, 0)
    assert reject.causes == (Cause.INVALID_RECEIVE_SEQUENCE,)
    assert str(reject) == (
        "54 00 10: it rejects I N(S)=2 N(R)=2, a command, at V(S)=0 V(R)=0,"
        " for an N(R) that acknowledges what it never sent"
    )
    assert "set the link up anew" in reject.remedy


@pytest.mark.parametrize(
    ("octet", "causes"),
    [
        (0x00, ()),
        # ISO/IEC 13239: W 01, X 02, Y 04, Z 08
        (0x01, (Cause.UNDEFINED_CONTROL,)),
        (0x03, (Cause.UNDEFINED_CONTROL, Cause.INFORMATION_NOT_PERMITTED)),
        (0x04, (Cause.INFORMATION_TOO_LONG,)),
        (0x08, (Cause.INVALID_RECEIVE_SEQUENCE,)),
        (0xF4, (Cause.INFORMATION_TOO_LONG,)),
        # jDLMS reads W..Z as 80, 40, 20, 10
        (0x80, (Cause.UNDEFINED_CONTROL,)),
        (0xC0, (Cause.UNDEFINED_CONTROL, Cause.INFORMATION_NOT_PERMITTED)),
        (0x20, (Cause.INFORMATION_TOO_LONG,)),
        (0x10, (Cause.INVALID_RECEIVE_SEQUENCE,)),
    ],
)
def test_causes_in_both_orders_of_bits(octet: int, causes: tuple[Cause, ...]) -> None:
    reject = FrameReject.parse(bytes((0x93, 0x00, octet)))
    assert reject.causes == causes
    assert f"{octet:02X}" in str(reject)
    assert ("no cause told" in str(reject)) is (not causes)


def test_where_the_station_stood() -> None:
    # V(R)=5, C/R=1, V(S)=3
    reject = FrameReject.parse(bytes((0x31, 5 << 5 | 0x10 | 3 << 1, 0x01)))
    assert (reject.send_sequence, reject.receive_sequence, reject.was_response) == (3, 5, True)
    assert "it rejects RR N(R)=1, a response, at V(S)=3 V(R)=5" in str(reject)


def test_less_than_three_octets() -> None:
    assert str(FrameReject.parse(b"")) == "without a reason"
    assert str(FrameReject.parse(b"\x93\x00")) == "93 00: it rejects SNRM"
    assert "sizes and window" in FrameReject.parse(b"\x93").remedy


@pytest.mark.parametrize(
    ("octet", "remedy"), [(0x01, "client"), (0x03, "without param"), (0x04, "max_info"), (8, "win")]
)
def test_every_cause_has_a_remedy(octet: int, remedy: str) -> None:
    assert remedy in FrameReject.parse(bytes((0x10, 0, octet))).remedy


@given(st.binary(max_size=6))
def test_any_octets_are_told(information: bytes) -> None:
    reject = FrameReject.parse(information)
    assert reject.octets == information
    assert str(reject)
    assert reject.remedy
