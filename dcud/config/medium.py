"""What follows from the medium of a bus, for the bus itself as for its meters."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import cast

from dcud.config import model
from dcud.config.bind import Part, bind
from dcud.config.document import Document, read
from dcud.config.kind import Table
from dcud.config.note import Note
from dcud.config.report import Place, Report
from dcud.config.schema import Key, Keys

DIRECTORY = Path(__file__).parent / "media"
"""Package data: `NAME.toml` holds `[bus]` and `[meter]`."""

_KEYS: Keys = {
    name: Key(name=name, kind=Table(model=table), note=Note(""), default=None)
    for name, table in (("bus", model.Bus), ("meter", model.Meter))
}
_POWER_LINE = frozenset(("s-fsk", "s-fsk-hdlc", "prime"))
_SERIAL_LINES = ("serial", "rfc2217")
_TURNAROUND_BITS = 30
"""Three characters. [field: two to three characters between frames on RS-485]"""


def whole_bus(part: Part) -> Part:
    """Return what a bus's table says, with what follows where it says nothing."""
    values = dict(part.values)
    framing = values.setdefault("framing", "wrapper" if "udp" in values else "hdlc")
    medium = _medium(framing, values)
    told = values.setdefault("medium", medium)
    known = told if isinstance(told, str) else medium
    preset = dict(_preset(known)["bus"].values)
    preset["turnaround"] = max(cast("float", preset["turnaround"]), _shortest_turnaround(part))
    return Part(part.place, {**preset, **values})


def _medium(framing: object, lines: Iterable[str]) -> str:
    if framing in _POWER_LINE:
        return "plc"
    return "rs485" if any(line in _SERIAL_LINES for line in lines) else "network"


def _shortest_turnaround(part: Part) -> float:
    """Return how long a receiver of this line's speed needs to see that a frame is over."""
    for name in _SERIAL_LINES:
        line = part.values.get(name)
        baud = line.values.get("baud") if isinstance(line, Part) else None
        if isinstance(baud, int):
            return _TURNAROUND_BITS / baud
    return 0.0


def meter_layer(medium: str) -> Part:
    """Return what a medium asks of every meter, as if a template said it."""
    return _preset(medium)["meter"]


def preset_document(medium: str) -> Document:
    """Return the file of a medium."""
    return read(DIRECTORY / f"{medium}.toml")


@cache
def _preset(medium: str) -> dict[str, Part]:
    document = preset_document(medium)
    report = Report()
    told = bind(document.data, _KEYS, Place(document), report)
    report.raise_if_any()
    return {name: part for name, part in told.values.items() if isinstance(part, Part)}
