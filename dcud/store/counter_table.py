"""The SQL of invocation counters; one thread calls it, inside transactions that it opens itself.

**What is promised.** No counter is reserved twice, whatever is killed when, whoever else uses the
database at the same time, and whichever copy of the database is put in its place.

**How.** Each change of a counter seals the database anew, in this order:

1. a new marker file is made and synced, not in place yet;
2. one commit changes the counters and names in the seal the new marker, the marker now in place,
   and a digest of all counters;
3. the new marker replaces the old one, durably;
4. only now the one who asked is given the counters.

A database is trusted if the marker in place is one of the two that its seal names, and the digest
is that of its counters. Killed before the commit: nothing has changed. Killed between commit and
replacement: the marker in place is the second that the seal names. So no way of being killed looks
like a backup. Any older copy names markers that were replaced before the last counters were given
out, and a marker comes never back (see `marker`). So no copy passes, alone or with its
marker. The digest tells a database that is a mixture: an old file with a newer log, or reversed.

A database that is not trusted keeps its numbers, but each must be raised by somebody who knows
better (`rebase`) before it is used.
"""

import hashlib
import logging
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dcud.store.counter_rows import COUNTER_END, CounterRecord, FloorKey, Refusal, Reservation
from dcud.store.errors import StoreRefusedError
from dcud.store.marker import Marker
from dcud.store.turn import Turn

_LOG = logging.getLogger("dcud.store")

_SALT_OCTETS = 16
_BEGIN_SEAL = """
INSERT INTO seal (only, salt, digest, marker, marker_before) VALUES (1, ?, ?, '', '')
ON CONFLICT (only) DO NOTHING
"""
_RESERVE = """
UPDATE counters SET next = ?, reserved_at = ? WHERE fingerprint = ? AND client_system_title = ?
"""
_REBASE = """
INSERT INTO counters VALUES (?1, ?2, ?3, 1, ?4) ON CONFLICT (fingerprint, client_system_title)
DO UPDATE SET next = max(next, ?3), trusted = 1, reserved_at = ?4
"""
_BEGIN = """
INSERT INTO counters VALUES (?, ?, ?, 1, ?) ON CONFLICT (fingerprint, client_system_title)
DO NOTHING
"""
_DIGESTED = """
SELECT fingerprint, client_system_title, next, trusted FROM counters
ORDER BY fingerprint, client_system_title
"""
_RAISE_FLOOR = """
INSERT INTO floors VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (meter, fingerprint, server_system_title, which)
DO UPDATE SET floor = max(floor, excluded.floor)
"""
_FLOOR = """
SELECT floor FROM floors
WHERE meter = ? AND fingerprint = ? AND server_system_title = ? AND which = ?
"""
_RECORD = """
SELECT fingerprint, client_system_title, next, trusted, reserved_at FROM counters
WHERE fingerprint = ? AND client_system_title = ?
"""
_RECORDS = """
SELECT fingerprint, client_system_title, next, trusted, reserved_at FROM counters
ORDER BY fingerprint, client_system_title
"""


@dataclass(frozen=True, slots=True)
class _Seal:
    """What the database says of itself."""

    digest: bytes
    marker: str
    marker_before: str


@dataclass(frozen=True, slots=True)
class _Found:
    """The marker in place, empty for none, and whether this is the database used last."""

    marker: str
    recognised: bool


class CounterTable:
    """Counters on one connection.

    Attributes:
        restored: whether the database was found, since this was made, not to be the one that was
            used last.
    """

    def __init__(
        self, connection: sqlite3.Connection, path: Path, clock: Callable[[], float]
    ) -> None:
        """Begin with what is there.

        Args:
            connection: to a migrated database, in autocommit mode.
            path: the database file.
            clock: seconds since 1970-01-01 UTC.
        """
        self._connection = connection
        self._path = path
        self._clock = clock
        self._turn = Turn(path.parent)
        self._marker = Marker(path.with_name(path.name + ".marker"))
        self._inode = _inode(path)
        self._found: _Found | None = None  # what this transaction found, once it has looked
        self.restored = False
        with self.transaction():
            self._recognise()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block does, or nothing of it; alone among all processes.

        What the block was told holds only once this has ended without an error.
        """
        with self._turn.taken():
            self._refuse_replaced()
            self._connection.execute("BEGIN IMMEDIATE")
            self._found = None
            try:
                yield
                sealed = self._seal()
                self._connection.execute("COMMIT")
            except BaseException:  # whatever the block raises, its transaction ends here
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            if sealed:
                self._marker.place()

    def salt(self) -> bytes:
        """Return the random octets that fingerprints are made with; 16 octets."""
        salt: bytes = self._connection.execute("SELECT salt FROM seal").fetchone()[0]
        return salt

    def reserve(self, fingerprint: str, title: bytes, count: int) -> Reservation | Refusal:
        """Take counters out of the store."""
        known = self.record(fingerprint, title)
        if known is None:
            return Refusal.UNKNOWN
        if not known.trusted:
            return Refusal.UNTRUSTED
        end = min(known.next + count, COUNTER_END)
        if end <= known.next:
            return Refusal.EXHAUSTED
        self._connection.execute(_RESERVE, (end, self._clock(), fingerprint, title))
        return Reservation(first=known.next, count=end - known.next, remaining=COUNTER_END - end)

    def rebase(self, fingerprint: str, title: bytes, at_least: int) -> None:
        """Trust a counter from `at_least` on; never lowers it."""
        self._recognise()
        first = min(at_least, COUNTER_END)
        self._connection.execute(_REBASE, (fingerprint, title, first, self._clock()))

    def begin(self, fingerprint: str, title: bytes, first: int) -> bool:
        """Trust a counter that nobody can have used; tell whether it was new here, too."""
        self._recognise()
        done = self._connection.execute(_BEGIN, (fingerprint, title, first, self._clock()))
        return done.rowcount == 1

    def record(self, fingerprint: str, title: bytes) -> CounterRecord | None:
        """Return what is known of one of our counters, None for nothing; in a transaction."""
        self._recognise()
        row = self._connection.execute(_RECORD, (fingerprint, title)).fetchone()
        return None if row is None else _record(row)

    def records(self) -> list[CounterRecord]:
        """Return all that is written down of our counters."""
        return [_record(row) for row in self._connection.execute(_RECORDS)]

    def floor(self, key: FloorKey) -> int:
        """Return the least counter that a meter may send, 0 if none was ever seen."""
        row = self._connection.execute(
            _FLOOR, (key.meter, key.fingerprint, key.title, key.which)
        ).fetchone()
        return 0 if row is None else int(row[0])

    def raise_floors(self, floors: Mapping[FloorKey, int]) -> None:
        """Raise the least counters that meters may send; never lowers one."""
        self._connection.executemany(
            _RAISE_FLOOR,
            [
                (key.meter, key.fingerprint, key.title, key.which, floor)
                for key, floor in floors.items()
            ],
        )

    def forget_floors(self, meter: str) -> int:
        """Take whatever counter a meter sends next; return how many floors it had."""
        return self._connection.execute("DELETE FROM floors WHERE meter = ?", (meter,)).rowcount

    def _refuse_replaced(self) -> None:
        """Raise where the path no longer names the file that is open here.

        Whatever were written to that would be lost, and what the new file says be unknown.
        """
        inode = _inode(self._path)
        if inode is None or inode != self._inode:
            raise StoreRefusedError(
                f"counter store {self._path} was deleted or replaced while it was in use",
                remedy="restart dcud",
            )

    def _recognise(self) -> None:
        """Find out, once in a transaction, whether this is the database that was used last.

        If not, no counter of it is trusted from here on.
        """
        if self._found is not None:
            return
        self._connection.execute(_BEGIN_SEAL, (secrets.token_bytes(_SALT_OCTETS), _digest([])))
        seal = self._read_seal()
        in_place = self._marker.read()
        named = in_place in {seal.marker, seal.marker_before}
        recognised = named and self._counters_digest() == seal.digest
        if not recognised:
            self._distrust()
        self._found = _Found(in_place, recognised)

    def _distrust(self) -> None:
        """Trust no counter until each was set anew."""
        self.restored = True
        self._connection.execute("UPDATE counters SET trusted = 0")
        _LOG.error(
            "counter store %s is not as dcud left it: it was put back from a backup, replaced or "
            "lost; its invocation counters may have been used already, so each is set anew from "
            "its meter's frame counter where security.frame_counter names that, else by "
            "`dcud keys counter`",
            self._path,
        )

    def _seal(self) -> bool:
        """Seal the database if a counter has changed; tell whether a new marker is to be placed."""
        found = self._found
        if found is None:
            return False
        digest = self._counters_digest()
        if found.marker and found.recognised and digest == self._read_seal().digest:
            return False
        marker = self._marker.prepare()
        # That there is no marker may be right only for a database that knows no counter.
        before = found.marker if found.marker or digest == _digest([]) else marker
        self._connection.execute(
            "UPDATE seal SET digest = ?, marker = ?, marker_before = ?", (digest, marker, before)
        )
        return True

    def _read_seal(self) -> _Seal:
        """Return the seal as the transaction sees it."""
        row = self._connection.execute("SELECT digest, marker, marker_before FROM seal").fetchone()
        return _Seal(*row)

    def _counters_digest(self) -> bytes:
        """Return the digest of all counters as the transaction sees them."""
        return _digest(self._connection.execute(_DIGESTED).fetchall())


def _inode(path: Path) -> int | None:
    """Return the number of the inode that a path names, None for none."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _record(row: tuple[str, bytes, int, int, float]) -> CounterRecord:
    """Return a row as a value."""
    fingerprint, title, first, trusted, reserved_at = row
    return CounterRecord(
        fingerprint=fingerprint,
        title=title,
        next=first,
        trusted=bool(trusted),
        reserved_at=reserved_at,
    )


def _digest(rows: list[tuple[str, bytes, int, int]]) -> bytes:
    """Return a digest of what must not be mixed with another state; 32 octets."""
    return hashlib.sha256(repr(rows).encode()).digest()
