import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.datalink import (
    ApduReceived,
    ClientSap,
    DataLink,
    Frame,
    FrameReceived,
    LinkClosed,
    LinkConnected,
    LinkEvent,
    LinkFailed,
    NotificationReceived,
    OctetsDiscarded,
    Retransmitted,
)
from dcud.dlms.errors import EncodeError, LinkError, MisuseError, NoAnswerError
from dcud.dlms.prime.link import REACTIONS, Heard, PrimeLink, PrimeParameters, Reaction, State
from dcud.dlms.prime.messages import NewDevice, RemoveDevice
from dcud.dlms.prime.network import NodeJoined, PrimeNetwork
from dcud.dlms.wrapper import Wpdu

START = bytes.fromhex("0001 0001 0000 0001 03".replace(" ", ""))
NAME = b"ZIV0000000001"
EUI48 = bytes.fromhex("0080e1000005")
# what a base node's program writes for node 5 of that name
JOINED = bytes.fromhex(
    "0001 0000 0001 0019 01 0005 0001 0d 5a495630303030303030303031 0080e1000005".replace(" ", "")
)
LEFT = bytes.fromhex("0001 0000 0001 0003 02 0005".replace(" ", ""))
GET = bytes.fromhex("c001c1000f0000280000ff0700")
NEXT = bytes.fromhex("c001c2000f0000280000ff0700")
ANSWER = bytes.fromhex("c401c1010300")

PARAMETERS = PrimeParameters(response_timeout=5, registration_timeout=20, retries=1)


def data(apdu: bytes, source: int = 5, destination: int = 16) -> bytes:
    return Wpdu(source, destination, apdu).build()


def joined(device_id: int, name: bytes = NAME, eui48: bytes = EUI48) -> bytes:
    message = NewDevice(device_id=device_id, capabilities=1, identifier=name, eui48=eui48)
    return Wpdu(0, 1, message.encode()).build()


def link(node: int | bytes = 5, parameters: PrimeParameters = PARAMETERS) -> PrimeLink:
    return PrimeLink(client_sap=ClientSap(16), node=node, parameters=parameters)


def connected(node: int | bytes = 5, parameters: PrimeParameters = PARAMETERS) -> PrimeLink:
    made = link(node, parameters)
    made.connect(0.0)
    made.frames_to_send()
    made.frames_sent(0.0)
    events = made.receive_data(JOINED, 0.0) + made.handle_timeout(0.0)
    assert any(isinstance(event, LinkConnected) for event in events)
    return made


def asked(node: int | bytes = 5) -> PrimeLink:
    made = connected(node)
    made.send_apdu(GET, 1.0)
    made.frames_to_send()
    made.frames_sent(1.0)
    return made


def told(events: list[LinkEvent]) -> list[LinkEvent]:
    """Return the events without those of the frames themselves."""
    return [event for event in events if not isinstance(event, FrameReceived)]


def test_a_node_by_its_number() -> None:
    made: DataLink = link()
    made.connect(0.0)
    assert made.frames_to_send() == [Frame(octets=START)]
    assert made.next_timeout() == 0.0
    (event,) = made.handle_timeout(0.0)
    assert isinstance(event, LinkConnected)
    made.send_apdu(GET, 1.0)
    assert made.frames_to_send() == [Frame(octets=data(GET, 16, 5))]
    assert made.next_timeout() is None
    made.frames_sent(1.0)
    assert made.next_timeout() == 6.0
    assert made.handle_timeout(5.9) == []
    assert made.receive_data(data(ANSWER), 2.0) == [
        FrameReceived(frame=Frame(octets=data(ANSWER))),
        ApduReceived(apdu=ANSWER),
    ]
    assert made.next_timeout() is None
    made.disconnect(3.0)
    assert made.handle_timeout(3.0) == [LinkClosed()]


@pytest.mark.parametrize("name", [NAME, EUI48])
def test_a_node_by_its_name_is_waited_for(name: bytes) -> None:
    made = link(name)
    made.connect(0.0)
    assert made.next_timeout() == 20.0
    assert told(made.receive_data(joined(4, b"ZIV0000000009", bytes(6)), 1.0)) == []
    (event,) = told(made.receive_data(JOINED, 2.0))
    assert isinstance(event, LinkConnected)
    assert made.next_timeout() is None
    made.frames_to_send()
    made.send_apdu(GET, 3.0)
    assert made.frames_to_send() == [Frame(octets=data(GET, 16, 5))]
    assert [node.device_id for node in made.network] == [4, 5]
    assert all(isinstance(event, NodeJoined) for event in made.network.take_events())


@pytest.mark.parametrize(("name", "shown"), [(NAME, "ZIV0000000001"), (EUI48, "0080e1000005")])
def test_a_node_that_is_never_told_of(name: bytes, shown: str) -> None:
    made = link(name)
    made.connect(0.0)
    (failed,) = made.handle_timeout(20.0)
    assert isinstance(failed, LinkFailed)
    assert isinstance(failed.error, NoAnswerError)
    assert f"told of 0 nodes, and none of them is node {shown}" in str(failed.error)


def test_what_another_link_learnt_is_known() -> None:
    network = PrimeNetwork()
    first = PrimeLink(client_sap=ClientSap(16), node=5, network=network)
    first.connect(0.0)
    first.receive_data(JOINED, 0.0)
    second = PrimeLink(client_sap=ClientSap(16), node=NAME, network=network)
    second.connect(1.0)
    assert second.next_timeout() == 1.0
    (event,) = second.handle_timeout(1.0)
    assert isinstance(event, LinkConnected)
    assert told(second.receive_data(JOINED, 1.0)) == []
    assert second.network is first.network


def test_the_messages_to_the_base_node_are_a_choice() -> None:
    quiet = link(parameters=PrimeParameters(start_reporting=False))
    quiet.connect(0.0)
    assert quiet.frames_to_send() == []
    closing = link(parameters=PrimeParameters(auto_close=True))
    closing.connect(0.0)
    closing.handle_timeout(0.0)
    assert closing.frames_to_send()[-1] == Frame(octets=bytes.fromhex("0001000100000003050005"))


@pytest.mark.parametrize("octets", [LEFT, joined(6)], ids=["left", "moved"])
@pytest.mark.parametrize("node", [5, NAME])
def test_a_node_that_leaves_takes_the_link_along(node: int | bytes, octets: bytes) -> None:
    for made in (connected(node), asked(node)):
        (failed,) = told(made.receive_data(octets, 2.0))
        assert isinstance(failed, LinkFailed)
        assert type(failed.error) is LinkError
        assert "has left" in str(failed.error)
        assert made.next_timeout() is None
        made.connect(3.0)


def test_other_nodes_come_and_go() -> None:
    made = asked()
    others = (
        joined(9, b"ZIV0000000009", bytes(6))
        + Wpdu(0, 1, RemoveDevice(device_id=9).encode()).build()
    )
    assert told(made.receive_data(others, 2.0)) == []
    assert made.next_timeout() == 6.0


@pytest.mark.parametrize("message", [b"", b"\x01\x00", b"\x09"])
def test_messages_that_say_nothing(message: bytes) -> None:
    assert told(asked().receive_data(Wpdu(0, 1, message).build(), 2.0)) == []


@pytest.mark.parametrize(("source", "destination"), [(5, 1), (6, 16), (16, 5)])
def test_units_of_others_are_heard_only(source: int, destination: int) -> None:
    octets = data(ANSWER, source, destination)
    assert asked().receive_data(octets, 2.0) == [FrameReceived(frame=Frame(octets=octets))]


def test_an_empty_unit_answers_nothing() -> None:
    assert told(asked().receive_data(data(b""), 2.0)) == []


def test_a_notification_may_come_before_the_answer() -> None:
    push = b"\x0f\x01"
    for made in (connected(), asked()):
        assert told(made.receive_data(data(push), 2.0)) == [NotificationReceived(apdu=push)]


def test_late_and_doubled_answers_are_ignored() -> None:
    made = asked()
    assert told(made.receive_data(data(ANSWER) * 2, 2.0)) == [ApduReceived(apdu=ANSWER)]
    made.send_apdu(NEXT, 3.0)
    assert told(made.receive_data(data(ANSWER), 3.1)) == []


def test_a_request_is_repeated_and_then_given_up() -> None:
    made = asked()
    assert made.handle_timeout(6.0) == [Retransmitted(frames=1)]
    assert made.frames_to_send() == [Frame(octets=data(GET, 16, 5))]
    made.frames_sent(6.0)
    (failed,) = made.handle_timeout(11.0)
    assert isinstance(failed, LinkFailed)
    assert isinstance(failed.error, NoAnswerError)
    assert "node 5" in str(failed.error)


def test_a_node_that_does_not_answer_is_waited_for_anew() -> None:
    network = PrimeNetwork()
    made = PrimeLink(client_sap=ClientSap(16), node=NAME, network=network)
    made.connect(0.0)
    made.receive_data(JOINED, 0.0)
    made.send_apdu(b"\xc3\x01\xc1", 1.0)
    made.frames_sent(1.0)
    assert isinstance(made.handle_timeout(31.0)[0], LinkFailed)
    assert list(network) == []
    made.connect(40.0)
    assert made.next_timeout() == 70.0
    assert isinstance(told(made.receive_data(JOINED, 41.0))[0], LinkConnected)


@pytest.mark.parametrize("request_", ["c301c1", "c81e3001234567411312ff", "db08"])
def test_what_changes_something_or_is_ciphered_is_not_repeated(request_: str) -> None:
    made = connected()
    made.send_apdu(bytes.fromhex(request_), 1.0)
    made.frames_sent(1.0)
    assert isinstance(made.handle_timeout(6.0)[0], LinkFailed)


def test_a_long_answer_has_time_within_limits() -> None:
    made = asked()
    octets = data(bytes(60_000))
    made.receive_data(octets[:100], 4.0)
    assert made.next_timeout() == 9.0
    now = 4.0
    failed: list[LinkEvent] = []
    while (due := made.next_timeout()) is not None and not failed:
        assert due <= 51.0
        now = min(now + 4.9, due)
        failed = made.handle_timeout(now) or made.receive_data(b"\x00", now)


def test_a_stream_that_is_no_wrapper() -> None:
    made = asked()
    stranger = b"HTTP/1.1 400 Bad"
    discarded, failed = made.receive_data(stranger, 2.0)
    assert discarded == OctetsDiscarded(reason="version", octets=stranger)
    assert isinstance(failed, LinkFailed)
    assert type(failed.error) is LinkError
    assert made.receive_data(b"more", 2.0) == [OctetsDiscarded(reason="version", octets=b"more")]


def test_secrets_are_marked_in_frames_and_echoes() -> None:
    made = connected()
    made.send_apdu(b"\x60\x08password", 1.0, secret=[(2, 10)])
    (frame,) = made.frames_to_send()
    assert frame.octets[10:18] == b"password"
    assert frame.secret == ((10, 18),)
    made.frames_sent(1.0)
    assert made.receive_data(frame.octets, 1.1) == [FrameReceived(frame=frame)]
    altered = data(b"\x60\x08passw0rd", 16, 5)
    assert made.receive_data(altered, 1.1) == [
        FrameReceived(frame=Frame(altered, ((8, len(altered)),)))
    ]
    discarded = made.receive_data(b"password", 1.2)[0]
    assert discarded == OctetsDiscarded(reason="version", octets=bytes(8), withheld=True)


@pytest.mark.parametrize("state", ["disconnected", "connecting", "awaiting"])
def test_sending_needs_an_idle_link(state: str) -> None:
    made = link()
    if state == "connecting":
        made.connect(0.0)
    if state == "awaiting":
        made = asked()
    with pytest.raises(MisuseError, match=state):
        made.send_apdu(GET, 2.0)


def test_misuse() -> None:
    with pytest.raises(MisuseError):
        connected().connect(1.0)
    with pytest.raises(EncodeError, match="node"):
        link(0)
    with pytest.raises(EncodeError):
        PrimeParameters(response_timeout=0)


def test_the_table_is_total() -> None:
    assert set(REACTIONS) == {(state, heard) for state in State for heard in Heard}
    assert set(REACTIONS.values()) == set(Reaction)


@given(
    st.lists(st.sampled_from([JOINED, LEFT, data(ANSWER), data(b"\x0f\x00"), joined(6)])), st.data()
)
def test_any_chunking_gives_the_same(units: list[bytes], drawn: st.DataObject) -> None:
    octets = b"".join(units)
    cuts = sorted(drawn.draw(st.lists(st.integers(0, len(octets)), max_size=6)))
    events: list[LinkEvent] = []
    made = asked(NAME)
    for start, end in zip([0, *cuts], [*cuts, len(octets)], strict=True):
        events += made.receive_data(octets[start:end], 2.0)
    assert repr(events) == repr(asked(NAME).receive_data(octets, 2.0))
    heard = [event.frame.octets for event in events if isinstance(event, FrameReceived)]
    assert heard == units
