"""What is said once, to somebody who asked, over whatever connection there is."""

from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from dcud.publish.publication import Publication, Received, Subscription

_MOST: Final = 1000
"""Answers that wait; who gets none asks again, and is answered from memory."""

Reply = Callable[[Publication], None]
"""Takes what is answered, now or later."""


class Hearing(Protocol):
    """Who wants to know what comes from a broker."""

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """What is to be heard."""
        ...

    def heard(self, message: Received, reply: Reply) -> None:
        """Take a message; `reply` may be called at any time after."""
        ...


class Replies:
    """Answers on their way: kept until they are acknowledged, said again on a new connection.

    Args:
        wake: called when there is something to say.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._waiting: deque[Publication] = deque(maxlen=_MOST)
        self._on_the_way: dict[int, Publication] = {}

    def say(self, publication: Publication) -> None:
        """Have it published; beyond a thousand that wait, the oldest is let go."""
        self._waiting.append(publication)
        self._wake()

    def take(self) -> Publication | None:
        """Return what is to be said next; `sent` is to follow."""
        return self._waiting.popleft() if self._waiting else None

    def sent(self, token: int, publication: Publication) -> None:
        """Note under which token its acknowledgement will come."""
        self._on_the_way[token] = publication

    def acknowledged(self, token: int) -> None:
        """Let go what was acknowledged, or refused."""
        self._on_the_way.pop(token, None)

    def say_again(self) -> None:
        """Take it that nothing that is on its way has arrived: the connection is a new one."""
        again = list(self._on_the_way.values())
        self._on_the_way.clear()
        self._waiting.extendleft(reversed(again))

    @property
    def all_said(self) -> bool:
        """Whether nothing waits and everything was acknowledged."""
        return not self._waiting and not self._on_the_way
