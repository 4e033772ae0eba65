"""`dcud objects`: what a meter lets its client see."""

import argparse
import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from dcud.cli import visit
from dcud.cli.attribute_choice import obis_argument
from dcud.cli.meter_choice import ChosenMeter, add_meter_arguments, choose
from dcud.cli.object_list import object_list
from dcud.cli.rendering import Column, Rows, add_format_argument, rows
from dcud.cosem.association_view import (
    CURRENT_ASSOCIATION,
    Access,
    AttributeRights,
    MethodRights,
    ObjectListElement,
)
from dcud.cosem.classes import InterfaceClass, interface_class
from dcud.cosem.obis_names import obis_name
from dcud.dlms.access import DataAccessResult
from dcud.errors import DcudError

summary = "list the objects of one meter with the rights on them"

_COLUMNS = (
    Column(heading="class", right=True),
    Column(heading="class name"),
    Column(heading="version", right=True),
    Column(heading="logical name"),
    Column(heading="name"),
    Column(heading="attributes", sparse=True),
    Column(heading="methods", sparse=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Right:
    """What may be done with one attribute or method, in words."""

    index: int
    name: str
    access: tuple[str, ...]
    selectors: tuple[int, ...] = ()


class ObjectListRefusedError(DcudError):
    """The meter doesn't show its objects to this client."""

    code: ClassVar[str] = "access_denied"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_format_argument(parser)
    parser.add_argument(
        "--class", dest="class_id", type=int, metavar="N", help="only objects of this class"
    )
    parser.add_argument(
        "--match",
        default="",
        metavar="TEXT",
        help="only objects with this text in their logical name, name or class name",
    )
    parser.add_argument(
        "--association",
        type=obis_argument,
        default=CURRENT_ASSOCIATION,
        metavar="OBIS",
        help="the association object to ask (default: %(default)s, the current one)",
    )
    add_meter_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ask, and list; returns 0."""
    elements = asyncio.run(_object_list(choose(arguments), arguments))
    with rows(arguments.format, _COLUMNS) as shown:
        for element in sorted(elements, key=lambda each: (each.class_id, each.logical_name)):
            if _is_wanted(element, arguments.class_id, arguments.match):
                _add(shown, element)
    return 0


async def _object_list(
    chosen: ChosenMeter, arguments: argparse.Namespace
) -> Sequence[ObjectListElement]:
    association = arguments.association
    async with visit.visit(chosen, frames=arguments.frames) as session:
        answer = await object_list(session, association, wants_progress=not arguments.frames)
    if isinstance(answer, DataAccessResult):
        raise ObjectListRefusedError(
            f"the object list of the association {association} of meter {chosen.meter.id}:"
            f" {answer.words}",
            remedy="ask as another --client, or name its association as --association "
            "0.0.40.0.1.255",
        )
    return answer


def _is_wanted(element: ObjectListElement, class_id: int | None, match: str) -> bool:
    if class_id is not None and element.class_id != class_id:
        return False
    logical_name = element.logical_name
    texts = (str(logical_name), obis_name(logical_name), _class_name(_class(element)))
    return any(match.casefold() in text.casefold() for text in texts)


def _class(element: ObjectListElement) -> InterfaceClass | None:
    return interface_class(element.class_id, element.version)


def _class_name(known: InterfaceClass | None) -> str:
    return known.name if known else ""


def _add(shown: Rows, element: ObjectListElement) -> None:
    known = _class(element)
    logical_name = element.logical_name
    attributes = [_attribute(each, known) for each in element.attribute_rights or ()]
    methods = [_method(each, known) for each in element.method_rights or ()]
    shown.add(
        [
            element.class_id,
            _class_name(known),
            element.version,
            str(logical_name),
            obis_name(logical_name),
            _by_access(attributes),
            _by_access(methods),
        ],
        {
            "class_id": element.class_id,
            "class_name": _class_name(known),
            "version": element.version,
            "logical_name": str(logical_name),
            "name": obis_name(logical_name),
            "attributes": [
                {
                    "attribute": each.index,
                    "name": each.name,
                    "access": list(each.access),
                    "selectors": list(each.selectors),
                }
                for each in attributes
            ],
            "methods": [
                {"method": each.index, "name": each.name, "access": list(each.access)}
                for each in methods
            ],
        },
    )


def _attribute(rights: AttributeRights, known: InterfaceClass | None) -> _Right:
    described = known.attribute(rights.attribute) if known else None
    return _Right(
        index=rights.attribute,
        name=described.name if described else "",
        access=_words(rights.access, rights.mode, "read"),
        selectors=rights.selectors,
    )


def _method(rights: MethodRights, known: InterfaceClass | None) -> _Right:
    described = known.method(rights.method) if known else None
    return _Right(
        index=rights.method,
        name=described.name if described else "",
        access=_words(rights.access, rights.mode, "invoke"),
    )


def _words(access: Access | None, mode: int, first_bit: str) -> tuple[str, ...]:
    if access is None:
        return (f"mode {mode}",)
    words = {Access.READ: first_bit}
    return tuple(words.get(bit, str(bit.name).lower().replace("_", " ")) for bit in access) or (
        "no access",
    )


def _by_access(rights: Iterable[_Right]) -> str:
    """Return rights in words, those that are alike together: "read: value, scaler_unit"."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for each in rights:
        alike.setdefault(each.access, []).append(each.name or str(each.index))
    return "; ".join(f"{' + '.join(access)}: {', '.join(names)}" for access, names in alike.items())
