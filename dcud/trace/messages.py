"""What people paste, as messages one after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dcud.trace.apdu import dissect
from dcud.trace.framing import describe_llc, layout_of
from dcud.trace.hex_text import parse_hex_lines
from dcud.trace.message_kinds import MessageKind, cut, is_from_client


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A frame or an APDU.

    Attributes:
        kind: which of them.
        octets: all of it.
        is_sent: whether it is the client's.
    """

    kind: MessageKind
    octets: bytes
    is_sent: bool


def messages_of(text: str, kind: MessageKind | None = None) -> Iterator[Message]:
    """Yield the messages of a text in hex.

    Lines that are whole each by itself are messages of their own; other lines belong together
    up to the next empty line.

    Args:
        text: the octets in hex.
        kind: of all messages; None to tell by their octets.

    Raises:
        HexTextError: the text is no hex.
    """
    for lines in parse_hex_lines(text):
        yield from _of_lines(lines, kind)


def _of_lines(lines: Sequence[bytes], kind: MessageKind | None) -> list[Message]:
    apart = [message for line in lines for message in _messages(line, kind)]
    if len(lines) == 1 or all(map(_is_whole, apart)):
        return apart
    return _messages(b"".join(lines), kind)


def _messages(octets: bytes, kind: MessageKind | None) -> list[Message]:
    return [
        Message(kind=known, octets=message, is_sent=is_from_client(message, known))
        for known, message in cut(octets, kind)
    ]


def _is_whole(message: Message) -> bool:
    _, layout = layout_of(message.octets, is_sent=message.is_sent)
    is_apdu = message.kind is MessageKind.APDU
    told = dissect("", message.octets, describe_llc if is_apdu else layout)
    names = {node.name for node in told.nodes}
    return not told.has_trouble and names.isdisjoint(_LEFT_OVER)


_LEFT_OVER: Final = frozenset({"more octets", "octets"})
"""Fields of octets that belong to nothing."""
