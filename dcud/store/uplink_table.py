"""The SQL of which brokers there are; one thread calls it, inside transactions of others."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence

from dcud.store.errors import StoreRefusedError

MOST = 16
"""Brokers that one store serves."""


def assign_bits(connection: sqlite3.Connection, names: Sequence[str]) -> Mapping[str, int]:
    """Return the bit of each broker, the same as ever for those that were there before.

    What waited for brokers that are gone waits no more. A broker that is new has what is stored
    from now on; the first one of all has what is there.

    Raises:
        StoreRefusedError: they are too many.
    """
    if len(names) > MOST:
        raise StoreRefusedError(
            f"a store serves {MOST} brokers at most, not {len(names)}", remedy="name fewer"
        )
    known = dict(connection.execute("SELECT name, bit FROM uplinks").fetchall())
    for name in known.keys() - set(names):
        _forget(connection, name, known.pop(name))
    for name in names:
        if name not in known:
            known[name] = _free(known.values())
            connection.execute("INSERT INTO uplinks (name, bit) VALUES (?, ?)", (name, known[name]))
    return known


def _forget(connection: sqlite3.Connection, name: str, bit: int) -> None:
    connection.execute(
        "UPDATE outbox SET waiting = waiting & ~:bit WHERE waiting & :bit", {"bit": bit}
    )
    connection.execute("DELETE FROM outbox WHERE waiting = 0")
    connection.execute("DELETE FROM parked WHERE uplink = ?", (name,))
    connection.execute("DELETE FROM uplinks WHERE name = ?", (name,))


def _free(taken: Collection[int]) -> int:
    return next(bit for bit in (1 << place for place in range(MOST)) if bit not in taken)
