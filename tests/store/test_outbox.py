import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.store.outbox import Outbox
from dcud.store.rows import Cursor, CursorMove, OutboxLimits, OutboxMessage
from dcud.store.schema import migrate

_NOW = 1_800_000_000.0
_ROW = len("t") + 2 * len("m0") + 64 + 100
"""What `_message` counts for."""


def _message(n: int, payload: bytes = bytes(100)) -> OutboxMessage:
    return OutboxMessage(message_id=f"m{n}", topic="t", payload=payload)


def _connect() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, "memory")  # type: ignore[arg-type]  # only its name is used
    return connection


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(_connect()) as opened:
        yield opened


def _outbox(connection: sqlite3.Connection, *, rows: int = 1000, age: float = 1e6) -> Outbox:
    return Outbox(connection, OutboxLimits(max_bytes=rows * _ROW, max_age_seconds=age))


def _fail() -> None:
    raise ZeroDivisionError


def _ids(outbox: Outbox, after: int = -1) -> list[str]:
    return [row.message_id for row in outbox.oldest(1000, after, 1 << 20)]


def test_rows_come_back_in_the_order_of_storing(connection: sqlite3.Connection) -> None:
    outbox = _outbox(connection)
    with outbox.transaction():
        done = outbox.append([_message(2), _message(1), _message(3, b"kWh")], [], _NOW)
    assert (done.stored, done.repeated, done.dropped) == (3, 0, {})
    rows = outbox.oldest(10, -1, 1 << 20)
    assert [row.message_id for row in rows] == ["m2", "m1", "m3"]
    assert (rows[2].topic, rows[2].payload, rows[2].stored_at) == ("t", b"kWh", _NOW)
    assert _ids(outbox, rows[0].row_id) == ["m1", "m3"]
    assert [row.message_id for row in outbox.oldest(1, -1, 1 << 20)] == ["m2"]


def test_large_payloads_make_it_fewer_rows_but_never_none(connection: sqlite3.Connection) -> None:
    outbox = _outbox(connection)
    with outbox.transaction():
        outbox.append([_message(n) for n in range(5)], [], _NOW)
    assert len(outbox.oldest(10, -1, 250)) == 2
    assert len(outbox.oldest(10, -1, 1)) == 1


def test_a_message_that_waits_is_not_stored_twice(connection: sqlite3.Connection) -> None:
    outbox = _outbox(connection)
    with outbox.transaction():
        outbox.append([_message(1, b"first")], [], _NOW)
        done = outbox.append([_message(1, b"again"), _message(2)], [], _NOW)
    assert (done.stored, done.repeated) == (1, 1)
    assert outbox.oldest(1, -1, 1 << 20)[0].payload == b"first"
    assert outbox.stats.depth == 2


def test_a_row_id_is_never_given_twice(connection: sqlite3.Connection) -> None:
    outbox = _outbox(connection)
    with outbox.transaction():
        outbox.append([_message(1)], [], _NOW)
    first = outbox.stats.newest_row_id
    with outbox.transaction():
        outbox.delete([first])
        outbox.append([_message(1)], [], _NOW)
    assert outbox.stats.newest_row_id > first


def test_cursors_move(connection: sqlite3.Connection) -> None:
    outbox = _outbox(connection)
    assert outbox.cursor("m", "profile") is None
    with outbox.transaction():
        outbox.append([], [CursorMove(meter="m", key="profile", position="a")], _NOW)
        outbox.append([], [CursorMove(meter="m", key="profile", position="b")], _NOW + 1)
    assert outbox.cursor("m", "profile") == Cursor(position="b", moved_at=_NOW + 1)
    assert outbox.cursor("m", "events") is None
    assert outbox.cursor("n", "profile") is None


def test_what_fails_leaves_nothing_behind(connection: sqlite3.Connection) -> None:
    outbox = _outbox(connection)
    with outbox.transaction():
        outbox.append([_message(0)], [], _NOW)
    before = outbox.stats
    with suppress(ZeroDivisionError), outbox.transaction():
        outbox.append([_message(1)], [CursorMove(meter="m", key="k", position="p")], _NOW)
        outbox.delete([1])
        _fail()
    assert _ids(outbox) == ["m0"]
    assert outbox.cursor("m", "k") is None
    assert outbox.stats == before
    with outbox.transaction():
        outbox.append([_message(2)], [], _NOW)
    assert outbox.stats.depth == 2


def test_the_oldest_give_way_when_bytes_run_out(connection: sqlite3.Connection) -> None:
    outbox = _outbox(connection, rows=3)
    with outbox.transaction():
        done = outbox.append([_message(n) for n in range(5)], [], _NOW)
    assert done.dropped == {"size": 2}
    assert _ids(outbox) == ["m2", "m3", "m4"]
    assert outbox.stats.bytes == 3 * _ROW
    assert outbox.stats.dropped == {"size": 2}


def test_what_is_too_old_goes(connection: sqlite3.Connection) -> None:
    outbox = _outbox(connection, age=60.0)
    with outbox.transaction():
        outbox.append([_message(0)], [], _NOW)
        outbox.append([_message(1)], [], _NOW + 30)
        done = outbox.append([_message(2)], [], _NOW + 61)
    assert done.dropped == {"age": 1}
    with outbox.transaction():
        assert outbox.expire(_NOW + 91) == {"age": 1}
    assert _ids(outbox) == ["m2"]
    assert outbox.stats.oldest == _NOW + 61
    assert outbox.stats.dropped == {"age": 2}


def test_a_stamp_from_before_the_clock_was_set_tells_no_age(connection: sqlite3.Connection) -> None:
    outbox = _outbox(connection, age=60.0)
    with outbox.transaction():
        outbox.append([_message(0)], [], 12.0)
        assert outbox.append([_message(1)], [], _NOW).dropped == {}


def test_a_message_larger_than_the_outbox_drives_nothing_else_out(
    connection: sqlite3.Connection,
) -> None:
    outbox = _outbox(connection, rows=3)
    with outbox.transaction():
        done = outbox.append([_message(0), _message(1, bytes(1000)), _message(2)], [], _NOW)
    assert (done.stored, done.dropped) == (2, {"too_large": 1})
    assert _ids(outbox) == ["m0", "m2"]


def test_counts_are_taken_up_again_at_the_next_opening(connection: sqlite3.Connection) -> None:
    outbox = _outbox(connection, rows=2)
    with outbox.transaction():
        outbox.append([_message(n) for n in range(5)], [], _NOW)
    assert _outbox(connection, rows=2).stats == outbox.stats


def test_deleting_what_is_gone_is_harmless(connection: sqlite3.Connection) -> None:
    outbox = _outbox(connection)
    with outbox.transaction():
        outbox.append([_message(0)], [], _NOW)
        assert outbox.delete([1, 1, 99]) == 1
    assert (outbox.stats.depth, outbox.stats.bytes, outbox.stats.oldest) == (0, 0, None)


_ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(0, 9), st.integers(0, 300)),
        st.tuples(st.just("delete"), st.integers(1, 20), st.just(0)),
        st.tuples(st.just("fail"), st.integers(0, 9), st.integers(0, 300)),
        st.tuples(st.just("wait"), st.integers(1, 40), st.just(0)),
    ),
    max_size=30,
)


@given(acts=_ACTS)
def test_the_totals_are_what_a_count_would_give(acts: list[tuple[str, int, int]]) -> None:
    now = _NOW
    with closing(_connect()) as connection:
        outbox = _outbox(connection, rows=4, age=60.0)
        for act, number, size in acts:
            with suppress(ZeroDivisionError), outbox.transaction():
                if act == "delete":
                    outbox.delete([number])
                elif act == "wait":
                    now += number
                else:
                    outbox.append([_message(number, bytes(size))], [], now)
                if act == "fail":
                    _fail()
            counted = connection.execute("SELECT count(*), sum(size), min(stored_at) FROM outbox")
            depth, size_sum, oldest = counted.fetchone()
            stats = outbox.stats
            assert (stats.depth, stats.bytes, stats.oldest) == (depth, size_sum or 0, oldest)
            assert stats.bytes <= 4 * _ROW
