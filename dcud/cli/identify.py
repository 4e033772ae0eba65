"""`dcud meters identify`: what a meter is, with the template that suits it."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from dcud.cli import visit
from dcud.cli.attribute_choice import obis_argument
from dcud.cli.identify_template import PROFILE, FoundProfile, template_text, usual_name
from dcud.cli.main import UsageError
from dcud.cli.meter_choice import ChosenMeter, add_meter_arguments, choose
from dcud.cli.object_list import object_list
from dcud.cli.objects import ObjectListRefusedError
from dcud.cli.rendering import Cell, Column, Rows, add_format_argument, rows
from dcud.collect.meter_memory import LOGICAL_DEVICE_NAME, get_data
from dcud.collect.values import text_or_hex
from dcud.config import kind
from dcud.cosem.association_view import (
    CURRENT_ASSOCIATION,
    ObjectListElement,
)
from dcud.cosem.identity import Identity, propose
from dcud.cosem.profile_generic import CaptureObject, parse_capture_objects
from dcud.dlms.access import AttributeDescriptor, DataAccessResult
from dcud.dlms.data import Data, Native, to_native
from dcud.dlms.errors import DecodeError
from dcud.dlms.obis import Obis
from dcud.errors import DcudError
from dcud.line.session import Session

summary = "ask one meter what it is, and propose a template for it, or write one"

_EPILOG = """\
A template is proposed by what the meter shows to the client that asks; another --client may see
more. With --write a template is made of everything that the meter lets this client read."""

_COLUMNS = (
    Column(heading="item"),
    Column(heading="logical name", sparse=True),
    Column(heading="value"),
    Column(heading="why", sparse=True),
)

_DATA, _VALUE = 1, 2
_CAPTURE_OBJECTS, _CAPTURE_PERIOD = 3, 4
"""Attributes. [IEC 62056-6-2: Profile generic]"""

_IDENTIFIERS = (
    *(Obis.parse(f"0.0.96.1.{e}.255") for e in range(10)),
    *(Obis.parse(f"0.{b}.0.2.{e}.255") for b in (0, 1) for e in (0, 1)),
    *(Obis.parse(f"1.0.0.0.{e}.255") for e in range(10)),
    *(Obis.parse(f"1.{b}.0.2.0.255") for b in (0, 1)),
    *(Obis.parse(f"7.0.0.2.{e}.255") for e in range(4)),
)
"""What tells one meter, or one type of them, from another."""
_EVERY_METERS = (Obis.parse("0.0.96.1.0.255"), Obis.parse("1.0.0.2.0.255"))
"""Those that are tried where no list says what there is."""


class NothingToReadError(DcudError):
    """The meter shows nothing of which a template could be made."""

    code: ClassVar[str] = "access_denied"


class TemplateFileError(DcudError):
    """The file of the template can't be written."""

    code: ClassVar[str] = "store"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What the meter said.

    Attributes:
        logical_device_name: its octets; none where the meter doesn't tell it.
        identifiers: their values as text, by logical name.
        elements: its objects; None where it doesn't show them.
        refusal: why it doesn't.
    """

    logical_device_name: bytes
    identifiers: dict[Obis, str]
    elements: tuple[ObjectListElement, ...] | None
    refusal: str = ""
    profiles: tuple[FoundProfile, ...] = ()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = _EPILOG
    add_format_argument(parser)
    parser.add_argument(
        "--write",
        type=Path,
        metavar="FILE",
        help="write a template, named as the file: a drop-in file of the configuration",
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
    """Ask, show, write if that is wanted; returns 0."""
    name = _template_name(arguments.write) if arguments.write else ""
    chosen = choose(arguments)
    found = asyncio.run(_ask(chosen, arguments))
    with rows(arguments.format, _COLUMNS) as shown:
        _show(shown, found)
    if name:
        _write(arguments.write, name, chosen, found)
    return 0


def _template_name(file: Path) -> str:
    try:
        name = str(kind.name().read(file.stem))
    except kind.UnfitError:
        raise UsageError(
            f"--write {file}: {file.stem!r} can't be the name of a template",
            remedy='take letters, digits, ".", "-" and "_", as conf.d/our-meters.toml',
        ) from None
    if file.suffix != ".toml":
        raise UsageError(f"--write {file}: drop-in files end in .toml", remedy=f"write {name}.toml")
    if file.exists():
        raise UsageError(f"--write {file}: is there already", remedy="name another file")
    return name


async def _ask(chosen: ChosenMeter, arguments: argparse.Namespace) -> _Found:
    association = arguments.association
    async with visit.visit(chosen, frames=arguments.frames) as session:
        name = await _native(session, LOGICAL_DEVICE_NAME)
        answer = await object_list(session, association, wants_progress=not arguments.frames)
        if isinstance(answer, DataAccessResult):
            elements, refusal = None, f"{association}: {answer.words}"
        else:
            elements, refusal = answer, ""
        return _Found(
            logical_device_name=name if isinstance(name, bytes) else str(name or "").encode(),
            identifiers=await _identifiers(session, elements),
            elements=elements,
            refusal=refusal,
            profiles=await _profiles(session, elements or ()) if arguments.write else (),
        )


async def _identifiers(
    session: Session, elements: Sequence[ObjectListElement] | None
) -> dict[Obis, str]:
    if elements is None:
        asked: Sequence[Obis] = _EVERY_METERS
    else:
        there = {each.logical_name for each in elements if each.class_id == _DATA}
        asked = [obis for obis in _IDENTIFIERS if obis in there]
    told = {obis: await _text(session, AttributeDescriptor(_DATA, obis, _VALUE)) for obis in asked}
    return {obis: text for obis, text in told.items() if text}


async def _profiles(
    session: Session, elements: Sequence[ObjectListElement]
) -> tuple[FoundProfile, ...]:
    return tuple(
        [
            FoundProfile(
                element=each,
                columns=await _captured(session, each),
                capture_period=await _period(session, each),
            )
            for each in elements
            if each.class_id == PROFILE
        ]
    )


async def _captured(session: Session, profile: ObjectListElement) -> tuple[CaptureObject, ...]:
    data = await _data(session, _of(profile, _CAPTURE_OBJECTS))
    try:
        return parse_capture_objects(data) if data else ()
    except DecodeError:
        return ()


async def _period(session: Session, profile: ObjectListElement) -> int:
    data = await _data(session, _of(profile, _CAPTURE_PERIOD))
    return data.value if data and isinstance(data.value, int) else 0


def _of(profile: ObjectListElement, attribute: int) -> AttributeDescriptor:
    return AttributeDescriptor(profile.class_id, profile.logical_name, attribute)


async def _text(session: Session, attribute: AttributeDescriptor) -> str:
    """Return what an attribute says as text; "" where the meter says nothing."""
    value = await _native(session, attribute)
    return _in_letters(value) if isinstance(value, bytes) else str(value or "")


def _in_letters(octets: bytes) -> str:
    return text_or_hex(octets) if octets else ""


async def _native(session: Session, attribute: AttributeDescriptor) -> Native:
    data = await _data(session, attribute)
    return None if data is None else to_native(data)


async def _data(session: Session, attribute: AttributeDescriptor) -> Data | None:
    """Return an attribute's value; None where it is refused, or is none that can be read."""
    try:
        answer = await get_data(session, attribute)
    except DecodeError:
        if not session.is_open:
            raise
        return None
    return None if isinstance(answer, DataAccessResult) else answer


def _show(shown: Rows, found: _Found) -> None:
    objects = frozenset(each.logical_name for each in found.elements or ())
    # Behind the manufacturer's letters some meters have plain octets.
    name = found.logical_device_name.decode("ascii", "replace")
    identity = Identity(logical_device_name=name, objects=objects)
    words = _in_letters(found.logical_device_name)
    _add(shown, "logical_device_name", words, LOGICAL_DEVICE_NAME.logical_name)
    _add(shown, "manufacturer", identity.manufacturer)
    for obis, text in found.identifiers.items():
        _add(shown, usual_name(obis), text, obis)
    _add(shown, "objects", None if found.elements is None else len(objects), why=found.refusal)
    proposal = propose(identity)
    if proposal is None:
        _add(shown, "template", None, why="none of the shipped ones suits; --write makes one")
        return
    for template, why in zip(proposal.templates, proposal.reasons, strict=True):
        _add(shown, "template", template, why=why)


def _add(shown: Rows, item: str, value: Cell, obis: Obis | None = None, why: str = "") -> None:
    logical_name = str(obis) if obis else ""
    record = {"item": item, "logical_name": logical_name, "value": value, "why": why}
    shown.add([item, logical_name, value, why], record)


def _write(file: Path, name: str, chosen: ChosenMeter, found: _Found) -> None:
    if found.elements is None:
        raise ObjectListRefusedError(
            f"no template without the object list {found.refusal}",
            remedy="ask as another --client, or name its association as --association "
            "0.0.40.0.1.255",
        )
    text = template_text(name, chosen.meter, found.elements, found.profiles)
    if not text:
        raise NothingToReadError(
            f"no template: meter {chosen.meter.id} lets this client read no register",
            remedy="ask as another --client",
        )
    try:
        with file.open("x", encoding="utf-8") as written:
            written.write(_title(_in_letters(found.logical_device_name)) + text)
    except OSError as error:
        raise TemplateFileError(
            f"{file} can't be written: {error.strerror}", remedy="name another file"
        ) from None
    print(f'{file} is written: template = "{name}" reads all that it names', file=sys.stderr)


def _title(logical_device_name: str) -> str:
    return f"# Made by dcud meters identify of what {logical_device_name or 'a meter'} has.\n\n"
