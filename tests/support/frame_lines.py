"""The frame log, read again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dcud.dlms.hdlc.delimiter import Delimited, Delimiter
from dcud.dlms.hdlc.frame import FrameKind, HdlcFrame

_FLAG = b"\x7e"
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

    def octets(self, hidden: bytes = b"") -> bytes:
        """Return the octets, `hidden` in the place of those that are not shown."""
        return bytes.fromhex(self.shown.replace("**" * len(hidden), hidden.hex()))

    def frame(self, hidden: bytes = b"") -> HdlcFrame:
        """Return the one HDLC frame that stands here, as our delimiter sees it."""
        octets = self.octets(hidden)
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


def spoken(lines: Iterable[FrameLine], hidden: bytes = b"") -> list[str]:
    """Return what HDLC frames say, each as direction with kind, or with the APDU's tag."""
    return [_word(line, line.frame(hidden)) for line in lines if line.is_frame]


def _word(line: FrameLine, frame: HdlcFrame) -> str:
    if frame.control.kind is not FrameKind.I:
        return f"{line.mark} {frame.control.kind}"
    return f"{line.mark} {frame.information[_LLC]:02X}"
