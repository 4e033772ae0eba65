from dcud.publish.states import StateBoard


def _told(board: StateBoard) -> list[tuple[str, bytes]]:
    told = []
    while (publication := board.take()) is not None:
        assert publication.retain
        told.append((publication.topic, publication.payload))
    return told


def test_only_the_latest_state_of_a_topic_is_told() -> None:
    board = StateBoard()
    board.show("a", b"1")
    board.show("b", b"1")
    board.show("a", b"2")
    assert not board.all_told
    assert _told(board) == [("a", b"2"), ("b", b"1")]
    assert board.all_told


def test_what_does_not_change_is_not_told_twice() -> None:
    board = StateBoard()
    board.show("a", b"1")
    _told(board)
    board.show("a", b"1")
    assert _told(board) == []


def test_a_new_connection_is_told_everything() -> None:
    board = StateBoard()
    board.show("a", b"1")
    board.show("b", b"1")
    _told(board)
    board.tell_again()
    assert _told(board) == [("a", b"1"), ("b", b"1")]
