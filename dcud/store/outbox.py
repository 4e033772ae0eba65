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
    Uplink,
)
from dcud.store.uplink_table import assign_bits

MAIN = "mqtt"
"""The name of the broker of a store for which none is named."""

_ROW_ALLOWANCE = 64
"""Octets that a row costs beyond its texts: row header, numbers, its entry in the index."""

_CLOCK_WAS_SET = 1_577_836_800.0
"""2020-01-01 UTC. A stamp before it comes from a clock that was not set yet, and tells no age."""

_INSERT = """
INSERT INTO outbox (message_id, stored_at, size, topic, payload, kind, meter, waiting)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
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
SELECT row_id, message_id, topic, payload, stored_at, kind, meter FROM outbox
WHERE row_id > ? AND waiting & ? ORDER BY row_id LIMIT ?
"""
_DELIVERED = "DELETE FROM outbox WHERE row_id = ? AND waiting = ? RETURNING size"
_DELIVERED_TO_ONE = """
UPDATE outbox SET waiting = waiting & ~:bit WHERE row_id = :row_id AND waiting & :bit
"""
_PARK = """
INSERT INTO parked (uplink, message_id, parked_at, kind, meter, topic, payload)
SELECT ?, message_id, ?, kind, meter, topic, payload FROM outbox WHERE row_id = ?
ON CONFLICT DO NOTHING
"""
_FORGET_PARKED = """
DELETE FROM parked WHERE uplink = :uplink AND message_id IN (
    SELECT message_id FROM parked WHERE uplink = :uplink
    ORDER BY parked_at DESC LIMIT -1 OFFSET :most
)
"""
_EVERYBODY = (1 << 62) - 1

MOST_PARKED = 1000
"""Messages of one broker; of more the oldest are let go."""


@dataclass(slots=True)
class _Totals:
    """What the outbox holds, kept along so that nobody has to count."""

    depth: int
    bytes: int
    oldest: float | None
    newest_row_id: int
    dropped: Counter[str]
    waiting: Counter[str]
    parked: Counter[str]

    def snapshot(self) -> OutboxStats:
        """Return the totals as a value."""
        return OutboxStats(
            depth=self.depth,
            bytes=self.bytes,
            oldest=self.oldest,
            newest_row_id=self.newest_row_id,
            dropped=MappingProxyType(dict(self.dropped)),
            waiting=MappingProxyType(dict(self.waiting)),
            parked=MappingProxyType(dict(self.parked)),
        )


class Outbox:
    """Outbox and cursors on one connection.

    Attributes:
        stats: the outbox as of the last commit; may be read from any thread.
        commands: requests that were begun.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        limits: OutboxLimits,
        uplinks: Sequence[Uplink] = (Uplink(MAIN),),
    ) -> None:
        self._connection = connection
        self._limits = limits
        self._uplinks = uplinks
        self._bits = self._assign()
        self._masks: dict[str, int] = {}
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
                waiting=Counter(committed.waiting),
                parked=Counter(committed.parked),
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
            size, mask = _size(message), self._mask(message.kind)
            if not mask:
                continue  # nobody wants it
            if size > self._limits.max_bytes:
                dropped["too_large"] += 1
            elif self._insert(message, size, mask, now):
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

    def oldest(
        self, limit: int, after: int, max_bytes: int, uplink: str | None = None
    ) -> list[OutboxRow]:
        """Return the first rows after `after`: one, then as many as `max_bytes` of payload bear.

        Args:
            limit: so many at most.
            after: a row id.
            max_bytes: octets.
            uplink: for which they wait; None: whichever.
        """
        rows: list[OutboxRow] = []
        taken = 0
        mask = _EVERYBODY if uplink is None else self._bits[uplink]
        for row_id, message_id, topic, payload, stored_at, kind, meter in self._connection.execute(
            _OLDEST, (after, mask, limit)
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
                    kind=kind,
                    meter=meter,
                )
            )
        return rows

    def delivered(self, uplink: str, row_ids: Iterable[int]) -> int:
        """Note what a broker has; return how many messages waited for it.

        A message for which nobody waits any more is removed.
        """
        bit, delivered = self._bits[uplink], 0
        for row_id in row_ids:
            sizes = self._connection.execute(_DELIVERED, (row_id, bit)).fetchall()
            for (size,) in sizes:
                self._totals.depth -= 1
                self._totals.bytes -= size
            if not sizes:
                given = {"row_id": row_id, "bit": bit}
                sizes = [()] * self._connection.execute(_DELIVERED_TO_ONE, given).rowcount
            delivered += len(sizes)
        self._totals.waiting[uplink] -= delivered
        return delivered

    def park(self, uplink: str, row_ids: Sequence[int], now: float) -> None:
        """Put aside what a broker refuses again and again."""
        for row_id in row_ids:
            self._connection.execute(_PARK, (uplink, now, row_id))
        self._connection.execute(_FORGET_PARKED, {"uplink": uplink, "most": MOST_PARKED})
        self.delivered(uplink, row_ids)
        self._totals.parked[uplink] = self._count_parked(uplink)

    def unpark(self, uplink: str, now: float) -> int:
        """Have what was put aside wait for its broker once more; return how many messages."""
        bit, rows = self._bits[uplink], self._parked(uplink)
        for row in rows:
            known = self._connection.execute(
                "UPDATE outbox SET waiting = waiting | ? WHERE message_id = ?",
                (bit, row.message_id),
            ).rowcount
            if known:
                self._totals.waiting[uplink] += 1
            else:
                self._insert(row, _size(row), bit, now)
        self._connection.execute("DELETE FROM parked WHERE uplink = ?", (uplink,))
        self._totals.parked[uplink] = 0
        return len(rows)

    def delete(self, row_ids: Iterable[int]) -> int:
        """Remove rows; return how many of them there were."""
        removed = 0
        for row_id in row_ids:
            for size, waiting in self._connection.execute(
                "DELETE FROM outbox WHERE row_id = ? RETURNING size, waiting", (row_id,)
            ).fetchall():
                removed += 1
                self._totals.bytes -= size
                self._totals.waiting.subtract(self._waiting_for(waiting))
        self._totals.depth -= removed
        return removed

    def cursor(self, meter: str, key: str) -> Cursor | None:
        """Return how far an object has been read, None if never."""
        row = self._connection.execute(
            "SELECT position, moved_at FROM cursors WHERE meter = ? AND key = ?", (meter, key)
        ).fetchone()
        return None if row is None else Cursor(position=row[0], moved_at=row[1])

    def cursors(self, key: str) -> dict[str, Cursor]:
        """Return the cursors of all meters under a key."""
        rows = self._connection.execute(
            "SELECT meter, position, moved_at FROM cursors WHERE key = ?", (key,)
        )
        return {meter: Cursor(position=position, moved_at=at) for meter, position, at in rows}

    def forget(self, meters: Iterable[str], key: str) -> None:
        """Remove the cursors of meters under a key."""
        self._connection.executemany(
            "DELETE FROM cursors WHERE meter = ? AND key = ?", [(meter, key) for meter in meters]
        )

    def _assign(self) -> Mapping[str, int]:
        """Give each broker its bit, at the opening."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            bits = assign_bits(self._connection, [uplink.name for uplink in self._uplinks])
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        return bits

    def _mask(self, kind: str) -> int:
        """Return the bits of the brokers that are to have messages of a kind."""
        if kind not in self._masks:
            wanting = [u.name for u in self._uplinks if u.kinds is None or kind in u.kinds]
            self._masks[kind] = sum(self._bits[name] for name in wanting)
        return self._masks[kind]

    def _waiting_for(self, mask: int) -> Iterator[str]:
        return (name for name, bit in self._bits.items() if mask & bit)

    def _parked(self, uplink: str) -> list[OutboxMessage]:
        rows = self._connection.execute(
            "SELECT message_id, topic, payload, kind, meter FROM parked WHERE uplink = ?"
            " ORDER BY parked_at",
            (uplink,),
        )
        return [
            OutboxMessage(message_id=message_id, topic=topic, payload=payload, kind=kind, meter=who)
            for message_id, topic, payload, kind, who in rows
        ]

    def _count_parked(self, uplink: str) -> int:
        count: int = self._connection.execute(
            "SELECT count(*) FROM parked WHERE uplink = ?", (uplink,)
        ).fetchone()[0]
        return count

    def _insert(self, message: OutboxMessage, size: int, mask: int, now: float) -> bool:
        """Store a message for those brokers; tell whether it is new."""
        done = self._connection.execute(
            _INSERT,
            (
                message.message_id,
                now,
                size,
                message.topic,
                message.payload,
                message.kind,
                message.meter,
                mask,
            ),
        )
        if done.rowcount != 1 or done.lastrowid is None:
            return False
        self._totals.depth += 1
        self._totals.bytes += size
        self._totals.newest_row_id = done.lastrowid
        self._totals.waiting.update(self._waiting_for(mask))
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
            "SELECT row_id, size, stored_at, waiting FROM outbox ORDER BY row_id"
        )
        for row_id, size, stored_at, waiting in rows:
            if not condition(stored_at):
                break
            last = row_id
            dropped += 1
            self._totals.depth -= 1
            self._totals.bytes -= size
            self._totals.waiting.subtract(self._waiting_for(waiting))
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
            waiting=Counter({name: self._count_waiting(bit) for name, bit in self._bits.items()}),
            parked=Counter({name: self._count_parked(name) for name in self._bits}),
        )

    def _count_waiting(self, bit: int) -> int:
        count: int = self._connection.execute(
            "SELECT count(*) FROM outbox WHERE waiting & ?", (bit,)
        ).fetchone()[0]
        return count

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
