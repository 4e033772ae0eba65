"""A broker without a network: says what a test has it say, when the test has it."""

import asyncio
from collections.abc import Sequence

from dcud.publish.errors import BrokerError
from dcud.publish.publication import Acknowledgement, Publication, Received, Subscription


class FakeConnection:
    """Keeps what is published; acknowledges at once, or when told to."""

    def __init__(self, wake: asyncio.Event, *, window: int = 20, answers: bool = True) -> None:
        self.description = "fake"
        self.window = window
        self.error: BrokerError | None = None
        self.largest = 10_000
        self.published: list[Publication] = []
        self.left: str = ""
        self.answers = answers
        self.refusals: dict[str, int] = {}
        self.subscriptions: list[Subscription] = []
        self._heard: list[Received] = []
        self._wake = wake
        self._unanswered: list[Acknowledgement] = []
        self._ready: list[Acknowledgement] = []

    @property
    def topics(self) -> list[str]:
        """The topics of what was published, in order."""
        return [publication.topic for publication in self.published]

    @property
    def unanswered(self) -> int:
        """How many publications wait for an answer."""
        return len(self._unanswered)

    def publish(self, publication: Publication) -> int:
        token = len(self.published)
        self.published.append(publication)
        reason = self.refusals.get(publication.topic, 0)
        self._unanswered.append(Acknowledgement(token, reason))
        if self.answers:
            self.answer()
        return token

    def subscribe(self, subscriptions: Sequence[Subscription]) -> None:
        self.subscriptions += subscriptions

    def say(self, message: Received) -> None:
        """Have a message come under a subscription."""
        self._heard.append(message)
        self._wake.set()

    def received(self) -> list[Received]:
        taken, self._heard = self._heard, []
        return taken

    def fits(self, publication: Publication) -> bool:
        return len(publication.payload) <= self.largest

    def answer(self, count: int | None = None) -> None:
        """Acknowledge (or refuse) the first `count` of what waits, all by default."""
        self._ready += self._unanswered[:count]
        del self._unanswered[:count]
        self._wake.set()

    def lose(self, error: BrokerError | None = None) -> None:
        """Break off."""
        self.error = error or BrokerError("connection lost")
        self._wake.set()

    def acknowledgements(self) -> list[Acknowledgement]:
        taken, self._ready = self._ready, []
        return taken

    async def disconnect(self, timeout: float) -> None:  # noqa: ASYNC109  # as the port has it
        assert timeout > 0
        self.left = self.left or "disconnected"

    def abort(self) -> None:
        self.left = self.left or "aborted"


class FakeBroker:
    """Hands out connections in turn; an error in their place is raised, None never answers."""

    def __init__(self, *answers: "FakeConnection | BrokerError | None") -> None:
        self.answers = list(answers)
        self.connections: list[FakeConnection] = []
        self.wills: list[Publication] = []
        self.attempts: list[float] = []

    async def connect(self, will: Publication, wake: asyncio.Event) -> FakeConnection:
        self.attempts.append(asyncio.get_running_loop().time())
        self.wills.append(will)
        answer = self.answers.pop(0) if self.answers else FakeConnection(wake)
        if answer is None:
            await asyncio.Event().wait()
            raise AssertionError
        if isinstance(answer, BrokerError):
            raise answer
        answer._wake = wake
        self.connections.append(answer)
        return answer


class FakeObserver:
    """Counts what it is told."""

    def __init__(self) -> None:
        self.connected: list[bool] = []
        self.published_messages = 0
        self.drops: dict[str, int] = {}
        self.parkings: list[tuple[str, str, str]] = []

    def broker_connected(self, connected: bool) -> None:  # noqa: FBT001  # as the port has it
        self.connected.append(connected)

    def published(self, messages: int = 1) -> None:
        self.published_messages += messages

    def parked(self, meter: str, message_id: str, reason: str) -> None:
        self.parkings.append((meter, message_id, reason))

    def dropped(self, reason: str, messages: int) -> None:
        self.drops[reason] = self.drops.get(reason, 0) + messages
