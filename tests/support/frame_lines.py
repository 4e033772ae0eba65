"""The frame log, read again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import cycle
from pathlib import Path

from dcud.dlms.hdlc.delimiter import Delimited, Delimiter
from dcud.dlms.hdlc.fcs import check_sequence
from dcud.dlms.hdlc.frame import FrameKind, HdlcFrame

_FLAG = b"\x7e"
_HIDDEN_END = "****7E"
"""A check sequence that is not shown, with the closing flag."""
_LLC = 3
"""Octets before the APDU in the information of an I frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameLine:
    """One line: a frame (`mark` is "tx" or "rx"), or something that was no frame.

    Attributes:
        shown: hex with `**` for octets that are hidden.
    """

    at: datetime
    bus: str
    mark: str
    meter: str
    note: str
    shown: str

    @property
    def is_frame(self) -> bool:
        """Whether it shows a frame that was sent or heard."""
        return self.mark in {"tx", "rx"}

    def octets(self) -> bytes:
        """Return the octets, all of which must be shown."""
        return bytes.fromhex(self.shown)

    def frame(self) -> HdlcFrame:
        """Return the one HDLC frame that stands here, as our delimiter sees it."""
        octets = self.octets()
        # The flag that opened it may have closed the frame before.
        events = Delimiter().feed(octets if octets.startswith(_FLAG) else _FLAG + octets)
        frames = [event.frame for event in events if isinstance(event, Delimited)]
        assert len(frames) == len(events) == 1, f"{self.shown} is no frame: {events}"
        return frames[0]


def frame_lines(*paths: Path) -> list[FrameLine]:
    """Return the whole lines that stand in the files by now, in their order."""
    return [line for path in paths for line in _read(path)]


def _read(path: Path) -> Iterator[FrameLine]:
    if not path.exists():
        return
    text = path.read_text(encoding="utf-8")
    for line in text[: text.rfind("\n") + 1].splitlines():
        at, bus, mark, meter, *rest = line.split(" ")
        is_frame = mark in {"tx", "rx"}
        assert not is_frame or len(rest) == 1, f"a frame's line has five columns: {line}"
        yield FrameLine(
            at=datetime.fromisoformat(at),
            bus=bus,
            mark=mark,
            meter=meter,
            note="" if is_frame else " ".join(rest),
            shown=rest[0] if is_frame else "",
        )


def unmasked(lines: Iterable[FrameLine], secret: bytes) -> Iterator[FrameLine]:
    """Put a secret back where it was hidden, once or more, over as many frames as it took.

    The check sequence of a frame that holds a part of it is hidden, too, since it would tell of it.
    """
    left = cycle(secret)
    for line in lines:
        octets = bytes(
            next(left) if pair == "**" else int(pair, 16)
            for pair in _pairs(line.shown.removesuffix(_HIDDEN_END))
        )
        if line.shown.endswith(_HIDDEN_END):
            octets += check_sequence(octets[1:]) + _FLAG
        yield replace(line, shown=octets.hex())


def _pairs(shown: str) -> Iterator[str]:
    return map("".join, zip(shown[::2], shown[1::2], strict=True))


def spoken(lines: Iterable[FrameLine]) -> list[str]:
    """Return what HDLC frames say, each as direction with kind, or with the APDU's tag.

    A frame that goes on with an APDU says "...".
    """
    words = []
    goes_on = {"tx": False, "rx": False}
    for line in lines:
        if line.is_frame:
            frame = line.frame()
            words.append(f"{line.mark} {_word(frame, goes_on=goes_on[line.mark])}")
            goes_on[line.mark] = frame.segmented
    return words


def _word(frame: HdlcFrame, *, goes_on: bool) -> str:
    if frame.control.kind is not FrameKind.I:
        return frame.control.kind
    return "..." if goes_on else f"{frame.information[_LLC]:02X}"
