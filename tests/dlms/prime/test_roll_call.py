import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.datalink import Frame, FrameReceived, OctetsDiscarded
from dcud.dlms.errors import EncodeError, MisuseError
from dcud.dlms.prime.messages import NewDevice
from dcud.dlms.prime.network import NodeJoined, NodeLeft
from dcud.dlms.prime.roll_call import RollCall, RollCalled, RollCallEvent

ONE = NewDevice(device_id=1, capabilities=1, identifier=b"SIM0000000001", eui48=b"\0\0\0\0\0\x01")
TWO = NewDevice(device_id=2, capabilities=0, identifier=b"", eui48=b"\0\0\0\0\0\x02")
# version 1, from 0, to 1, length; kind 1, number, capabilities, length and name, EUI-48
ONE_TOLD = bytes.fromhex(
    "0001 0000 0001 0019  01 0001 0001 0d 53494d30303030303030303031 000000000001"
)
TWO_TOLD = bytes.fromhex("0001 0000 0001 000c  01 0002 0000 00 000000000002")
TWO_LEFT = bytes.fromhex("0001 0000 0001 0003  02 0002")
DATA = bytes.fromhex("0001 0001 0010 0001  62")


def called(patience: float = 5.0) -> RollCall:
    call = RollCall(patience)
    call.start()
    # version 1, from 1, to 0, one octet: start reporting
    assert [frame.octets.hex() for frame in call.frames_to_send()] == ["000100010000000103"]
    assert call.frames_to_send() == []
    assert call.next_timeout() is None
    call.frames_sent(100.0)
    return call


def told(events: list[RollCallEvent]) -> list[RollCallEvent]:
    return [event for event in events if not isinstance(event, FrameReceived)]


def test_nodes_are_told_of_until_there_are_no_more() -> None:
    call = called()
    assert call.next_timeout() == 105.0
    assert call.receive_data(ONE_TOLD, 101.0) == [
        FrameReceived(Frame(ONE_TOLD)),
        NodeJoined(node=ONE),
    ]
    assert call.handle_timeout(105.0) == []
    assert call.next_timeout() == 106.0
    assert told(call.receive_data(TWO_TOLD + ONE_TOLD, 103.0)) == [NodeJoined(node=TWO)]
    assert call.seconds_left() == 5.0
    assert told(call.receive_data(TWO_LEFT, 104.0)) == [NodeLeft(device_id=2, node=TWO)]
    assert call.handle_timeout(109.0) == [RollCalled()]
    assert (call.next_timeout(), call.seconds_left()) == (None, 0.0)
    assert call.handle_timeout(200.0) == []


def test_what_is_no_word_about_nodes_prolongs_nothing() -> None:
    call = called()
    garbled = bytes.fromhex("0001 0000 0001 0002  01 00")
    assert told(call.receive_data(DATA + garbled, 104.0)) == []
    assert call.next_timeout() == 105.0


def test_what_is_no_wrapper_ends_it() -> None:
    call = called()
    noise = b"SSH-2.0-whatever"
    assert call.receive_data(noise, 101.0) == [
        OctetsDiscarded(reason="version", octets=noise),
        RollCalled(readable=False),
    ]
    assert call.next_timeout() is None
    assert call.receive_data(b"more", 102.0) == [OctetsDiscarded(reason="version", octets=b"more")]


def test_after_its_end_nodes_no_longer_prolong_it() -> None:
    call = called()
    assert call.handle_timeout(105.0) == [RollCalled()]
    assert told(call.receive_data(ONE_TOLD, 106.0)) == [NodeJoined(node=ONE)]
    assert call.next_timeout() is None


def test_it_is_called_once_and_with_patience() -> None:
    call = called()
    with pytest.raises(MisuseError, match="started once"):
        call.start()
    with pytest.raises(EncodeError, match="patience"):
        RollCall(0.0)


@given(st.binary(max_size=200), st.integers(0, 200))
def test_any_octets_are_taken_cut_anywhere(octets: bytes, cut: int) -> None:
    whole, parted = called(), called()
    at_once = told(whole.receive_data(octets, 101.0))
    in_two = told(parted.receive_data(octets[:cut], 101.0))
    in_two += told(parted.receive_data(octets[cut:], 101.0))
    joined = [event for event in in_two if not isinstance(event, OctetsDiscarded)]
    assert joined == [event for event in at_once if not isinstance(event, OctetsDiscarded)]
    assert whole.handle_timeout(1e9) == (
        [] if RollCalled(readable=False) in at_once else [RollCalled()]
    )
