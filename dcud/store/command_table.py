"""The SQL of requests that were begun; one thread calls it, inside transactions of others."""

import sqlite3

from dcud.store.rows import KnownCommand

MOST = 10_000
"""Requests that are remembered at once."""

_FIND = "SELECT digest, reply FROM commands WHERE id = ?"
_FORGET = "DELETE FROM commands WHERE until <= ?"
_INSERT = "INSERT INTO commands (id, digest, until) VALUES (?, ?, ?)"
_ANSWER = "UPDATE commands SET reply = ? WHERE id = ?"


class CommandTable:
    """What was asked, and what was answered."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def known(self, command_id: str) -> KnownCommand | None:
        """Return what is remembered under an id, None for nothing."""
        row = self._connection.execute(_FIND, (command_id,)).fetchone()
        return None if row is None else KnownCommand(digest=row[0], reply=row[1])

    def begin(self, command_id: str, digest: bytes, until: float, now: float) -> bool:
        """Remember a request whose id is not known yet; tell whether there was room for it."""
        self._connection.execute(_FORGET, (now,))
        if self._connection.execute("SELECT count(*) FROM commands").fetchone()[0] >= MOST:
            return False
        self._connection.execute(_INSERT, (command_id, digest, until))
        return True

    def answer(self, command_id: str, reply: bytes) -> None:
        """Remember what was answered."""
        self._connection.execute(_ANSWER, (reply, command_id))
