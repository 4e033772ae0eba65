"""What an act on a meter asks of its association."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from dcud.collect.job import Reader
from dcud.dlms.exchange import Request

Answer = TypeVar("Answer")


class Asker(Reader, Protocol):
    """An open association with one meter, over which anything can be asked."""

    async def ask(
        self, request: Request[Answer], *, progress: Callable[[int], None] | None = None
    ) -> Answer:
        """Make a request, once, and return the meter's answer."""
        ...
