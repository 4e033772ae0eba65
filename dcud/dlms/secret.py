"""Octets that must never be shown."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Secret:
    """A password or key, kept out of every `repr`, log line and error text.

    `octets` is the one way to the value; whoever calls it answers for where it goes.
    """

    octets: bytes = field(repr=False)
