"""One request of an association, in as many APDUs as it takes until it is answered."""

from collections.abc import Callable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Generic, Protocol, TypeVar

from dcud.dlms.access import InvokeIdAndPriority
from dcud.dlms.apdu import confirmed_service_error, exception_response
from dcud.dlms.apdu.confirmed_service_error import ConfirmedServiceError
from dcud.dlms.apdu.exception_response import ExceptionResponse
from dcud.dlms.block_transfer import MAX_VALUE_OCTETS
from dcud.dlms.conformance import Conformance
from dcud.dlms.errors import DecodeError, ProtocolError, UnexpectedApduError
from dcud.dlms.short_names import ShortNames

S = TypeVar("S")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Ranges = tuple[tuple[int, int], ...]
"""Half-open ranges of octets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeParameters:
    """How far answers are trusted.

    Attributes:
        match_invoke_id: whether an answer must bear its request's invoke id; some meters always
            answer with the same one.
        max_value_octets: size of the largest value that is put together from blocks.
        patience: seconds that an answer is waited for after something else came in its place; the
            link's own timers know only that it was answered, not with what.
        block_window: blocks of general block transfer taken in one go, 1..63, where the link
            carries several on end.
        confirm_notifications: whether a data-notification that asks for it is confirmed; some
            meters ask on lines where nobody may answer.
    """

    match_invoke_id: bool = True
    max_value_octets: int = MAX_VALUE_OCTETS
    patience: float = 30.0
    block_window: int = 5
    confirm_notifications: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockReceived:
    """A part of the value came; `total` counts the octets of it until now."""

    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Generic[T_co]):
    """The meter answered; a refusal is an answer, too. No `repr` shows it."""

    answer: T_co = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFailed:
    """This request broke down; the association stands, and another one may be tried."""

    error: ProtocolError


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms a request is made.

    Attributes:
        invoke: what ties its answer to it.
        parameters: how far its answers are trusted.
        conformance: what the meter speaks.
        room: octets of a request above which what it carries is cut into blocks, where the service
            has blocks; None where nothing limits it.
        names: of the meter's objects where it knows these by short names; else None.
        gets_by_logical_names: whether GET is what reads; follows from the others.
    """

    invoke: InvokeIdAndPriority
    parameters: ExchangeParameters
    conformance: Conformance
    room: int | None = None
    names: ShortNames | None = None
    gets_by_logical_names: bool = field(init=False)

    def __post_init__(self) -> None:
        """Judge once what every read asks."""
        gets = self.names is None and Conformance.GET in self.conformance
        object.__setattr__(self, "gets_by_logical_names", gets)

    def room_for(self, blocks: Conformance) -> int | None:
        """Return `room`; None where the meter doesn't take the blocks that `blocks` stands for."""
        return self.room if blocks in self.conformance else None


Outcome = Answered[T] | RequestFailed | BlockReceived | ProtocolError | None
"""What an APDU of the meter came to.

After `BlockReceived` the exchange goes on with its next request; None is the answer to another
request; an error says that the meter's octets can no longer be trusted at all.
"""


class Exchange(Protocol[T_co]):
    """One request of the association, in as many APDUs as it takes."""

    @property
    def subject(self) -> str:
        """What errors are about: the service with what it is asked of."""

    def request(self) -> bytes:
        """Return the APDU that is to be sent now."""

    def secret(self) -> Ranges:
        """Return the half-open ranges of that APDU that no log may show."""

    def receive(
        self, apdu: bytes
    ) -> "Answered[T_co] | RequestFailed | BlockReceived | ProtocolError | None":
        """Take an answer; see `Outcome`."""


class Request(Protocol[T_co]):
    """Something that can be asked of a meter."""

    def exchange(self, terms: Terms) -> Exchange[T_co]:
        """Return the exchange that asks it.

        Raises:
            EncodeError: it can't be asked on these terms.
        """


class Message(Protocol):
    """Something that can be said to a meter, and that wants no answer."""

    def apdu(self, terms: Terms) -> tuple[bytes, Ranges]:
        """Return the APDU that says it, with the ranges of it that no log may show.

        Raises:
            EncodeError: it can't be said on these terms.
        """


class Understood(Generic[S, T]):
    """A request whose answer is to be understood as something else.

    Args:
        exchange: which makes it.
        understand: what its answer means.
    """

    def __init__(self, exchange: Exchange[S], understand: Callable[[S], T]) -> None:
        self._exchange = exchange
        self._understand = understand

    @property
    def subject(self) -> str:
        """What errors are about."""
        return self._exchange.subject

    def request(self) -> bytes:
        """Return the APDU that is to be sent now."""
        return self._exchange.request()

    def secret(self) -> Ranges:
        """Return the half-open ranges of that APDU that no log may show."""
        return self._exchange.secret()

    def receive(self, apdu: bytes) -> Outcome[T]:
        """Take an answer."""
        outcome = self._exchange.receive(apdu)
        if not isinstance(outcome, Answered):
            return outcome
        return Answered(answer=self._understand(outcome.answer))


class Alone(Understood[tuple[T, ...], T]):
    """One request of the form for many, of which there is but one."""

    def __init__(self, many: Exchange[tuple[T, ...]]) -> None:
        super().__init__(many, itemgetter(0))


def take_answer(
    exchange: Exchange[T], apdu: bytes, tag: int, take: Callable[[bytes], Outcome[T]]
) -> Outcome[T]:
    """Judge an APDU by its tag: an answer with `tag` goes to `take`, which may raise `DecodeError`.

    Whatever else refuses the request of `exchange` fails it alone.
    """
    found = apdu[0] if apdu else None
    try:
        if found == tag:
            return take(apdu)
        subject = exchange.subject
        if found == exception_response.TAG:
            return RequestFailed(error=ExceptionResponse.decode(apdu).error(subject))
        if found == confirmed_service_error.TAG:
            return RequestFailed(error=ConfirmedServiceError.decode(apdu).error(subject))
    except DecodeError as error:
        return error
    name = apdu[:1].hex() or "nothing"
    return UnexpectedApduError(f"the meter answered {subject} with {name}")
