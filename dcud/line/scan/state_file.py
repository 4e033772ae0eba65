"""A scan's state as JSON values.

`to_json(ranges, state)` and `from_json` are inverse to each other. What `from_json` gets may be
anything.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import ClassVar, Final, TypeVar

from dcud.dlms.errors import EncodeError, MisuseError
from dcud.dlms.hdlc.address import ServerAddress
from dcud.errors import DcudError
from dcud.line.scan.found import ClientStanding, Found, Identity, LogicalDevice, SignedOn
from dcud.line.scan.ranges import LineSetting, ScanRanges
from dcud.line.scan.search import LineProgress, Overheard, SearchState

VERSION: Final = 1

Json = Mapping[str, object]

_T = TypeVar("_T")


class ScanStateError(DcudError):
    """What should be a scan's state is none."""

    code: ClassVar[str] = "usage"


def to_json(ranges: ScanRanges, state: SearchState) -> dict[str, object]:
    """Return both as what `json.dumps` takes."""
    return {"version": VERSION, "ranges": _plain(ranges), "state": asdict(state)}


def from_json(document: object) -> tuple[ScanRanges, SearchState]:
    """Return ranges and state.

    Raises:
        ScanStateError: `document` holds neither.
    """
    try:
        top = _table(document)
        if top["version"] != VERSION:
            raise ScanStateError(f"version {top['version']} of a scan's state is not known")
        ranges = _ranges(_table(top["ranges"]))
        state = _state(_table(top["state"]))
        _check(ranges, state)
    except (KeyError, TypeError, EncodeError, MisuseError) as error:
        raise ScanStateError(f"it holds no state of a scan: {error!r}") from None
    return ranges, state


def _plain(ranges: ScanRanges) -> dict[str, object]:
    # asdict copies deeply, and the ranges may hold ten thousands of numbers.
    fields = {name: getattr(ranges, name) for name in ScanRanges.__dataclass_fields__}
    return fields | {"lines": [asdict(line) for line in ranges.lines]}


def _check(ranges: ScanRanges, state: SearchState) -> None:
    """Refuse a state that isn't one of these ranges."""
    places = [each.line for each in (*state.waiting, *state.tried)]
    places += [each.line for each in state.found]
    if len(state.lines) != len(ranges.lines) or any(
        not 0 <= place < len(ranges.lines) for place in places
    ):
        raise TypeError("the state is one of other ranges")


def _table(value: object) -> Json:
    if not isinstance(value, Mapping):
        raise TypeError("a table is missing")
    return value


def _items(value: object) -> list[Json]:
    if not isinstance(value, list | tuple):
        raise TypeError("a list is missing")
    return [_table(item) for item in value]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"{value!r} is no whole number")
    return value


def _number(value: object) -> float:
    return value if isinstance(value, float) else _whole(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def _whole_or_none(value: object) -> int | None:
    return None if value is None else _whole(value)


def _optional(value: object, read: Callable[[Json], _T]) -> _T | None:
    return None if value is None else read(_table(value))


def _wholes(value: object) -> tuple[int, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError("a list is missing")
    return tuple(map(_whole, value))


_FORMATS = {f"{bits}{parity}{stop}" for bits in "78" for parity in "NEO" for stop in "12"}


def _line(table: Json) -> LineSetting:
    baud, form = _whole_or_none(table["baud"]), _text(table["format"])
    if form not in _FORMATS or baud == 0:
        raise TypeError(f"{baud} {form} is no setting of a line")
    return LineSetting(baud, form)


_RANGES: Mapping[str, Callable[[object], object]] = {
    "lines": lambda value: tuple(map(_line, _items(value))),
    "sizes": _wholes,
    "logicals": _wholes,
    "physicals": _wholes,
    "clients": _wholes,
    "sweep_clients": _whole,
    "wrapper": _flag,
    "mode_e": _flag,
    "silent_lines": _flag,
    "all_lines": _flag,
}


def _ranges(table: Json) -> ScanRanges:
    values = {name: read(table[name]) for name, read in _RANGES.items()}
    return ScanRanges(**values)  # type: ignore[arg-type]  # each was read as its field is


def _state(table: Json) -> SearchState:
    return SearchState(
        lines=tuple(map(_line_progress, _items(table["lines"]))),
        signed_on=_flag(table["signed_on"]),
        waiting=tuple(map(_overheard, _items(table["waiting"]))),
        tried=tuple(map(_overheard, _items(table["tried"]))),
        found=tuple(map(_found, _items(table["found"]))),
        mode_e=_optional(table["mode_e"], _signed_on),
    )


def _line_progress(table: Json) -> LineProgress:
    return LineProgress(_whole(table["hailed"]), _whole(table["swept"]), _flag(table["heard"]))


def _address(table: Json) -> ServerAddress:
    return ServerAddress(
        _whole(table["logical"]), _whole_or_none(table["physical"]), _whole_or_none(table["size"])
    )


def _overheard(table: Json) -> Overheard:
    return Overheard(
        _whole(table["line"]), _whole(table["client"]), _address(_table(table["address"]))
    )


def _signed_on(table: Json) -> SignedOn:
    return SignedOn(
        identification=_text(table["identification"]),
        manufacturer=_text(table["manufacturer"]),
        baud=_whole_or_none(table["baud"]),
        hdlc=_flag(table["hdlc"]),
        client=_whole(table["client"]),
        address=_optional(table["address"], _address),
        identity=_optional(table["identity"], _identity),
    )


def _found(table: Json) -> Found:
    return Found(
        line=_whole(table["line"]),
        client=_whole(table["client"]),
        address=_address(_table(table["address"])),
        answer=_text(table["answer"]),
        answers=_whole(table["answers"]),
        seconds=_number(table["seconds"]),
        identity=_optional(table["identity"], _identity),
    )


def _identity(table: Json) -> Identity:
    return Identity(
        clients=tuple(
            ClientStanding(
                client=_whole(each["client"]),
                standing=_text(each["standing"]),
                words=_text(each["words"]),
            )
            for each in _items(table["clients"])
        ),
        logical_device_name=_text(table["logical_device_name"]),
        serial_number=_text(table["serial_number"]),
        logical_devices=tuple(
            LogicalDevice(sap=_whole(each["sap"]), name=_text(each["name"]))
            for each in _items(table["logical_devices"])
        ),
    )
