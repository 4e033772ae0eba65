"""The SQL of outbox and cursors; one thread calls it, inside transactions that it opens itself."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType

from dcud.store.command_table import CommandTable
from dcud.store.rows import (
    Appended,
    Cursor,
    CursorMove,
    OutboxLimits,
    OutboxMessage,
    OutboxRow,
    OutboxStats,
)

_ROW_ALLOWANCE = 64
"""Octets that a row costs beyond its texts: row header, numbers, its entry in the index."""

_CLOCK_WAS_SET = 1_577_836_800.0
"""2020-01-01 UTC. A stamp before it comes from a clock that was not set yet, and tells no age."""

_INSERT = """
INSERT INTO outbox (message_id, stored_at, size, topic, payload) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (message_id) DO NOTHING
"""
_MOVE_CURSOR = """
INSERT INTO cursors (meter, key, position, moved_at) VALUES (?, ?, ?, ?)
ON CONFLICT (meter, key) DO UPDATE SET position = excluded.position, moved_at = excluded.moved_at
"""
_COUNT_DROPS = """
INSERT INTO drops (reason, messages) VALUES (?, ?)
ON CONFLICT (reason) DO UPDATE SET messages = messages + excluded.messages
"""
_OLDEST = """
SELECT row_id, message_id, topic, payload, stored_at FROM outbox
WHERE row_id > ? ORDER BY row_id LIMIT ?
"""


@dataclass(slots=True)
class _Totals:
    """What the outbox holds, kept along so that nobody has to count."""

    depth: int
    bytes: int
    oldest: float | None
    newest_row_id: int
    dropped: Counter[str]

    def snapshot(self) -> OutboxStats:
        """Return the totals as a value."""
        return OutboxStats(
            depth=self.depth,
            bytes=self.bytes,
            oldest=self.oldest,
            newest_row_id=self.newest_row_id,
            dropped=MappingProxyType(dict(self.dropped)),
        )


class Outbox:
    """Outbox and cursors on one connection.

    Attributes:
        stats: the outbox as of the last commit; may be read from any thread.
        commands: requests that were begun.
    """

    def __init__(self, connection: sqlite3.Connection, limits: OutboxLimits) -> None:
        self._connection = connection
        self._limits = limits
        self.commands = CommandTable(connection)
        self._totals = self._count()
        self.stats = self._totals.snapshot()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block does, or nothing of it."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._totals.oldest = self._oldest_stamp()
            self._connection.execute("COMMIT")
        except BaseException:  # whatever the block raises, its transaction ends here
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            committed = self.stats
            self._totals = _Totals(
                depth=committed.depth,
                bytes=committed.bytes,
                oldest=committed.oldest,
                newest_row_id=committed.newest_row_id,
                dropped=Counter(committed.dropped),
            )
            raise
        self.stats = self._totals.snapshot()

    def append(
        self, messages: Sequence[OutboxMessage], cursors: Sequence[CursorMove], now: float
    ) -> Appended:
        """Store messages, move cursors, drop what the limits no longer bear."""
        dropped: Counter[str] = Counter()
        stored = repeated = 0
        for message in messages:
            size = _size(message)
            if size > self._limits.max_bytes:
                dropped["too_large"] += 1
            elif self._insert(message, size, now):
                stored += 1
            else:
                repeated += 1
        self._connection.executemany(
            _MOVE_CURSOR, [(move.meter, move.key, move.position, now) for move in cursors]
        )
        dropped += self._drop_beyond_limits(now)
        self._count_drops(dropped)
        return Appended(stored=stored, repeated=repeated, dropped=MappingProxyType(dict(dropped)))

    def expire(self, now: float) -> Mapping[str, int]:
        """Drop what the limits no longer bear; return how many by reason."""
        dropped = self._drop_beyond_limits(now)
        self._count_drops(dropped)
        return MappingProxyType(dict(dropped))

    def oldest(self, limit: int, after: int, max_bytes: int) -> list[OutboxRow]:
        """Return the first rows after `after`: one, then as many as `max_bytes` of payload bear."""
        rows: list[OutboxRow] = []
        taken = 0
        for row_id, message_id, topic, payload, stored_at in self._connection.execute(
            _OLDEST, (after, limit)
        ):
            taken += len(payload)
            if rows and taken > max_bytes:
                break
            rows.append(
                OutboxRow(
                    row_id=row_id,
                    message_id=message_id,
                    topic=topic,
                    payload=payload,
                    stored_at=stored_at,
                )
            )
        return rows

    def delete(self, row_ids: Iterable[int]) -> int:
        """Remove rows; return how many of them there were."""
        removed = 0
        for row_id in row_ids:
            for (size,) in self._connection.execute(
                "DELETE FROM outbox WHERE row_id = ? RETURNING size", (row_id,)
            ).fetchall():
                removed += 1
                self._totals.bytes -= size
        self._totals.depth -= removed
        return removed

    def cursor(self, meter: str, key: str) -> Cursor | None:
        """Return how far an object has been read, None if never."""
        row = self._connection.execute(
            "SELECT position, moved_at FROM cursors WHERE meter = ? AND key = ?", (meter, key)
        ).fetchone()
        return None if row is None else Cursor(position=row[0], moved_at=row[1])

    def _insert(self, message: OutboxMessage, size: int, now: float) -> bool:
        """Store a message; tell whether it is new."""
        done = self._connection.execute(
            _INSERT, (message.message_id, now, size, message.topic, message.payload)
        )
        if done.rowcount != 1 or done.lastrowid is None:
            return False
        self._totals.depth += 1
        self._totals.bytes += size
        self._totals.newest_row_id = done.lastrowid
        return True

    def _drop_beyond_limits(self, now: float) -> Counter[str]:
        """Drop from the oldest on; return how many by reason."""
        too_old = now - self._limits.max_age_seconds
        aged = self._drop_oldest_while(lambda stamp: _CLOCK_WAS_SET <= stamp < too_old)
        over = self._drop_oldest_while(lambda _: self._totals.bytes > self._limits.max_bytes)
        return Counter({reason: n for reason, n in (("age", aged), ("size", over)) if n})

    def _drop_oldest_while(self, condition: Callable[[float], bool]) -> int:
        """Drop from the oldest on while `condition(stored_at)` holds; return how many."""
        dropped = 0
        last = None
        rows = self._connection.execute(
            "SELECT row_id, size, stored_at FROM outbox ORDER BY row_id"
        )
        for row_id, size, stored_at in rows:
            if not condition(stored_at):
                break
            last = row_id
            dropped += 1
            self._totals.depth -= 1
            self._totals.bytes -= size
        rows.close()
        if last is not None:
            self._connection.execute("DELETE FROM outbox WHERE row_id <= ?", (last,))
        return dropped

    def _count_drops(self, dropped: Counter[str]) -> None:
        """Add to the counters that outlive the process."""
        self._connection.executemany(_COUNT_DROPS, list(dropped.items()))
        self._totals.dropped += dropped

    def _count(self) -> _Totals:
        """Count once, at the opening."""
        depth, size = self._connection.execute(
            "SELECT count(*), coalesce(sum(size), 0) FROM outbox"
        ).fetchone()
        given = self._connection.execute(
            "SELECT seq FROM sqlite_sequence WHERE name = 'outbox'"
        ).fetchone()
        return _Totals(
            depth=depth,
            bytes=size,
            oldest=self._oldest_stamp(),
            newest_row_id=given[0] if given else 0,
            dropped=Counter(dict(self._connection.execute("SELECT reason, messages FROM drops"))),
        )

    def _oldest_stamp(self) -> float | None:
        """Return when the first waiting message was stored."""
        row = self._connection.execute(
            "SELECT stored_at FROM outbox ORDER BY row_id LIMIT 1"
        ).fetchone()
        return None if row is None else float(row[0])


def _size(message: OutboxMessage) -> int:
    """Return the octets that a message counts for; its id stands in table and index."""
    texts = len(message.topic.encode()) + 2 * len(message.message_id.encode())
    return len(message.payload) + texts + _ROW_ALLOWANCE
