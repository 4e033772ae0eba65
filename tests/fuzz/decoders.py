"""Every decoder of the pure rooms, found by its name and its types, as a function of octets."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType, ModuleType
from typing import Any

import dcud.cosem
import dcud.dlms
import dcud.trace
from dcud.cosem.clock import STANDARD
from dcud.cosem.meanings import meaning
from dcud.cosem.profile_buffer import BufferLayout
from dcud.cosem.profile_columns import Column
from dcud.cosem.profile_generic import CaptureObject
from dcud.cosem.value_tables import SHAPES
from dcud.dlms.data import Data, decode_data
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from dcud.errors import DcudError

Decoder = Callable[[bytes], object]

ROOMS: tuple[ModuleType, ...] = (dcud.dlms, dcud.cosem, dcud.trace)
_NAME = re.compile(r"decode|parse|dissect|from_octets|from_data|expand|read_prefix|meaning_of")

_LAYOUT = BufferLayout(
    columns=tuple(
        Column(capture_object=CaptureObject(class_id=8, logical_name=Obis(bytes(6)), attribute=2))
        for _ in range(3)
    ),
    capture_period=900,
)
GIVEN: Mapping[str, object] = MappingProxyType(
    {"limit": 65_536, "convention": STANDARD, "layout": _LAYOUT, "version": 1}
)
"""What parameters get that decoders can't do without, by name."""


def decoders() -> dict[str, Decoder]:
    """Return the decoders by their qualified names."""
    found: dict[str, Decoder] = {"dcud.cosem.meanings.meaning": _meaning}
    for name, function in _candidates():
        decoder = _of_octets(function)
        if decoder is not None:
            found[name] = decoder
    return found


def attempt(decoder: Decoder, octets: bytes) -> None:
    """Decode; a typed error is a fine end, anything else is raised."""
    try:
        decoder(octets)
    except DcudError as error:
        if not error.message:
            raise AssertionError("an error without words") from error


def _candidates() -> Iterator[tuple[str, Callable[..., object]]]:
    for room in ROOMS:
        for found in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            module = importlib.import_module(found.name)
            for name, value in vars(module).items():
                if not name.startswith("_") and getattr(value, "__module__", "") == found.name:
                    yield from _named(f"{found.name}.{name}", value)


def _named(name: str, value: Any) -> Iterator[tuple[str, Callable[..., object]]]:
    if inspect.isfunction(value) and _NAME.match(value.__name__):
        yield name, value
    if inspect.isclass(value):
        for attribute, member in vars(value).items():
            if isinstance(member, classmethod | staticmethod) and _NAME.match(attribute):
                yield f"{name}.{attribute}", getattr(value, attribute)


def _of_octets(function: Callable[..., object]) -> Decoder | None:
    """Return the function as one of octets; None where it takes something else."""
    first, *others = inspect.signature(function).parameters.values()
    adapt = _ADAPTERS.get(first.annotation)
    needed = [each.name for each in others if each.default is each.empty]
    if adapt is None or not set(needed) <= set(GIVEN):
        return None
    given = {name: GIVEN[name] for name in needed}
    return lambda octets: function(adapt(octets), **given)


def _meaning(octets: bytes) -> object:
    """Return what octets mean as an attribute that the first of them chooses."""
    cursor = Cursor(octets)
    class_id, attribute = _WITH_MEANING[cursor.u8() % len(_WITH_MEANING)]
    return meaning(class_id, attribute, decode_data(cursor))


_WITH_MEANING = [
    (class_id, attribute) for class_id, attributes in SHAPES.items() for attribute in attributes
]


def _data(octets: bytes) -> Data:
    """Return the Data that octets hold, so that what takes Data is tried with them, too."""
    return decode_data(Cursor(octets))


_ADAPTERS: Mapping[object, Callable[[bytes], object]] = MappingProxyType(
    {bytes: bytes, Cursor: Cursor, Data: _data}
)
