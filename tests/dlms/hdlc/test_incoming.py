from dcud.dlms.hdlc.frame import HdlcFrame, numbered
from dcud.dlms.hdlc.incoming import Arrival, Assembly, Incoming


def information(number: int, octets: bytes, *, more: bool = False) -> HdlcFrame:
    control = numbered(send_sequence=number, receive_sequence=0, poll_final=True)
    return HdlcFrame(b"\x21", b"\x03", control, octets, more)


def test_segments_add_up() -> None:
    incoming = Incoming(limit=100)
    assert incoming.accept(information(0, b"ab", more=True)) is Arrival.SEGMENT
    begun = incoming.begun
    assert begun
    assert incoming.accept(information(1, b"c")) is Arrival.LAST
    assert incoming.take() == b"abc"
    begun = incoming.begun
    assert not begun
    assert incoming.expected == 2


def test_numbers_out_of_sequence_change_nothing() -> None:
    incoming = Incoming(limit=100)
    incoming.accept(information(0, b"a", more=True))
    assert incoming.accept(information(0, b"a", more=True)) is Arrival.DUPLICATE
    assert incoming.accept(information(2, b"c")) is Arrival.GAP
    assert incoming.expected == 1
    incoming.accept(information(1, b"b"))
    assert incoming.take() == b"ab"


def test_numbers_go_round() -> None:
    incoming = Incoming(limit=100)
    for number in range(20):
        assert incoming.accept(information(number % 8, b"x")) is Arrival.LAST
        assert incoming.take() == b"x"


def test_a_duplicate_is_known_across_the_turn_of_the_numbers() -> None:
    incoming = Incoming(limit=100)
    for number in range(8):
        incoming.accept(information(number, b"x"))
        incoming.take()
    assert incoming.accept(information(7, b"x")) is Arrival.DUPLICATE
    assert incoming.accept(information(6, b"x")) is Arrival.GAP


def test_growth_is_bounded_in_octets_as_in_segments() -> None:
    incoming = Incoming(limit=10)
    assert incoming.accept(information(0, bytes(9), more=True)) is Arrival.SEGMENT
    assert incoming.accept(information(1, b"")) is Arrival.TOO_LONG
    assembly = Assembly(3)
    assert [assembly.add(b"") for _ in range(4)] == [True, True, True, False]
    assembly.clear()
    assert not assembly.begun
    assert assembly.add(b"ab")
    assert assembly.take() == b"ab"
