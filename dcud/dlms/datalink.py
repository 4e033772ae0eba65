"""The face that every data link, HDLC and wrapper alike, shows to the connection above it.

Time is an argument (`now`: monotonic seconds as float), octets go in and out, and whatever happened
comes back as events. Nothing here waits, sends or reads a clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, NewType, Protocol, TypeGuard

from dcud.dlms.errors import LinkError, ProtocolError

ClientSap = NewType("ClientSap", int)
"""A client service access point: 7 bits over HDLC, 16 over the wrapper; 16 is the public one."""


class Frame(NamedTuple):
    """One frame as it stands on the line; a tuple, since two are made for every exchange.

    Attributes:
        octets: the whole frame, flags included for HDLC, header included for the wrapper.
        secret: the half-open ranges of `octets` that no log may show (passwords, and the check
            sequences that would give them away).
    """

    octets: bytes
    secret: tuple[tuple[int, int], ...] = ()

    def __repr__(self) -> str:
        """Return the octets in hex, or only how many there are where any is secret."""
        shown = f"{len(self.octets)} octets" if self.secret else self.octets.hex()
        return f"Frame({shown})"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkConnected:
    """The link is up; sizes in octets of information field, windows in frames."""

    max_info_transmit: int
    max_info_receive: int
    window_transmit: int
    window_receive: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApduReceived:
    """A whole APDU arrived in answer to what was sent."""

    apdu: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationReceived:
    """A whole APDU arrived unasked (HDLC: UI frames)."""

    apdu: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkClosed:
    """The link is down because it was asked to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFailed:
    """The link is down and `error` says why."""

    error: LinkError


class FrameReceived(NamedTuple):
    """A frame with good check sequences was heard, whoever it was for; a tuple like `Frame`."""

    frame: Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class OctetsDiscarded:
    """Octets that are part of no good frame.

    Attributes:
        reason: a short snake_case word: "noise", "header_check", "frame_check", "length",
            "truncated", "version"; or "idle" for the flags that fill the line between HDLC frames,
            where nothing is wrong.
        octets: what was dropped; every octet received stands in exactly one frame or one of these.
        withheld: whether `octets` are zeros in place of what came, which may have been the damaged
            echo of a secret.
    """

    reason: str
    octets: bytes
    withheld: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Retransmitted:
    """The link repeats itself because no answer came."""

    frames: int


@dataclass(frozen=True, slots=True)
class AnswerArriving:
    """A long answer has come nearer to its end; told now and then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockArrived:
    """A part of an answer came; `total` counts the octets of it until now."""

    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerBroken:
    """An answer can't be put together; the link is up, and another request may be made."""

    error: ProtocolError


LinkEvent = (
    LinkConnected
    | ApduReceived
    | NotificationReceived
    | LinkClosed
    | LinkFailed
    | FrameReceived
    | OctetsDiscarded
    | Retransmitted
    | AnswerArriving
    | BlockArrived
    | AnswerBroken
)


class DataLink(Protocol):
    """The client's side of one data link to one server.

    After each call that may have produced output the owner takes `frames_to_send()`, writes them
    all, and calls `frames_sent(now)` once the last octet has left: response timers run from there.
    """

    def connect(self, now: float) -> None:
        """Begin to set the link up; ends in `LinkConnected` or `LinkFailed`."""
        ...

    def send_apdu(self, apdu: bytes, now: float, *, secret: Sequence[tuple[int, int]] = ()) -> None:
        """Queue one whole APDU; `secret` names the half-open ranges of it that no log may show."""
        ...

    def disconnect(self, now: float) -> None:
        """Begin to take the link down; ends in `LinkClosed`, whatever the server says."""
        ...

    def receive_data(self, octets: bytes, now: float) -> list[LinkEvent]:
        """Take octets as they come, cut anywhere."""
        ...

    def frames_to_send(self) -> list[Frame]:
        """Take (and forget) the frames that are to go out now."""
        ...

    def frames_sent(self, now: float) -> None:
        """Tell that all the frames taken have left."""
        ...

    def next_timeout(self) -> float | None:
        """Return when `handle_timeout` wants to be called, on the clock of `now`, or None."""
        ...

    def handle_timeout(self, now: float) -> list[LinkEvent]:
        """Act on time that has passed; harmless when called early."""
        ...


class TellingLink(DataLink, Protocol):
    """A link that can carry what wants no answer."""

    @property
    def tells(self) -> bool:
        """Whether it does."""
        ...

    def tell(self, apdu: bytes, now: float, *, secret: Sequence[tuple[int, int]] = ()) -> None:
        """Queue one whole APDU that is not answered; nothing of it that gets lost is said again."""
        ...


class StreamingLink(DataLink, Protocol):
    """A link that can carry several APDUs on end, either way, without an answer in between."""

    @property
    def streams(self) -> bool:
        """Whether it does; nothing of a stream that gets lost is said again by a link."""
        ...

    def send_stream(self, apdus: Sequence[bytes], now: float, *, withheld: bool = False) -> None:
        """Queue whole APDUs that are answered together; no log may show them if `withheld`."""
        ...

    def listen(self, now: float) -> None:
        """Await one more APDU, though nothing is asked; as if something had been sent."""
        ...


# Links are told apart by one member each: runtime-checkable protocols try all, at a high price.


def is_telling(link: DataLink) -> TypeGuard[TellingLink]:
    """Tell whether a link has what it takes to carry what wants no answer."""
    return hasattr(link, "tells")


def is_streaming(link: DataLink) -> TypeGuard[StreamingLink]:
    """Tell whether a link has what it takes to carry several APDUs on end."""
    return hasattr(link, "streams")
