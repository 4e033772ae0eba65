"""A template for a meter, written from the list of its objects."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from dcud.config.kind import Kind, quoted
from dcud.config.model import Meter
from dcud.config.quantity import format_duration
from dcud.config.schema import keys_of
from dcud.config.security import Security
from dcud.cosem.association_view import Access, ObjectListElement
from dcud.cosem.classes import interface_class
from dcud.cosem.obis_names import obis_name
from dcud.cosem.object_names.vocabulary import NOT_USED
from dcud.cosem.profile_generic import CaptureObject, time_column
from dcud.dlms.obis import Obis

DATA, REGISTER, EXTENDED_REGISTER, DEMAND_REGISTER, PROFILE = 1, 3, 4, 5, 7

_MEASURED = {
    REGISTER: {2: ""},
    EXTENDED_REGISTER: {2: "", 5: "_time"},
    DEMAND_REGISTER: {2: "", 3: "_last"},
}
"""By class: what is read of a register, with the end of its name."""

_FASTEST, _SLOWEST, _WHENEVER = 900, 86_400, 3600
"""Seconds between two reads of a profile; the last where its captures have no period."""
_BY_RANGE, _BY_ENTRY = 1, 2
"""[IEC 62056-6-2: Profile generic, selective access]"""
_BUFFER = 2

_HOW_ASKED = (
    *("association", "user_id", "hls_function", "short_challenges", "match_invoke_id"),
    *("avoid", "longest_list", "block_window", "companion"),
)
"""Keys of a meter that others of its kind are likely to share."""

_PLATES = frozenset((bytes((0, 0)), bytes((0, 2)), bytes((96, 1))))
"""Value groups C and D of what seldom changes."""
_USUAL_NAMES = {bytes((96, 10)): "status", bytes((96, 11)): "event_code"}
"""By C and D: names that the shipped templates have for the rule's."""
_SERIAL_NUMBER = Obis.parse("0.0.96.1.0.255")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundProfile:
    """A profile of the meter.

    Attributes:
        element: it, in the object list.
        columns: its capture objects; empty where the meter doesn't tell them.
        capture_period: seconds; 0 where there is none, or where the meter doesn't tell it.
    """

    element: ObjectListElement
    columns: tuple[CaptureObject, ...]
    capture_period: int


@dataclass(slots=True)
class _Names:
    """Gives each name once; what comes later under the same one goes by its OBIS code."""

    given: set[str] = field(default_factory=set)

    def name(self, obis: Obis, end: str = "") -> str:
        code = str(obis)
        name = usual_name(obis) + end
        chosen = f"{code}{end}" if name in self.given else name
        self.given.add(chosen)
        return chosen


def usual_name(obis: Obis) -> str:
    """Return the name of an object in templates; its OBIS code where it has none."""
    if obis == _SERIAL_NUMBER:
        return "serial_number"
    return _USUAL_NAMES.get(obis.octets[2:4]) or obis_name(obis) or str(obis)


def template_text(
    name: str, meter: Meter, elements: Iterable[ObjectListElement], profiles: Sequence[FoundProfile]
) -> str:
    """Return the file of a template that asks for all there is; "" where there is nothing to ask.

    Args:
        name: of the template.
        meter: as it was asked.
        elements: the objects that it shows.
        profiles: those among them that are profiles.
    """
    listed = sorted(elements, key=lambda each: (each.class_id, each.logical_name))
    current = [each for each in listed if each.logical_name.octets[5] == NOT_USED]
    data = [each for each in current if each.class_id == DATA]
    plates = [each for each in data if each.logical_name.octets[2:4] in _PLATES]
    states = [each for each in data if each not in plates]
    table = f"template.{quoted(name) if '.' in name else name}"
    jobs = [
        *_registers(table, "registers", "15 min", current, _MEASURED),
        *_registers(table, "nameplate", "1 d", plates, {DATA: {2: ""}}),
        *_registers(table, "states", "1 h", states, {DATA: {2: ""}}, enabled=False),
    ]
    for found in profiles:
        jobs += _profile(table, found)
    if not any(line.startswith("[[") for line in jobs):
        return ""
    return "\n".join([*_head(table, meter), *jobs]) + "\n"


def _head(table: str, meter: Meter) -> list[str]:
    """Return the lines that say how the meter was asked, without what is its alone."""
    lines = [
        f"[{table}]",
        f"client_sap = {meter.client_sap}",
        f"authentication = {quoted(meter.authentication)}",
        f"server_address = {{ logical = {meter.server_address.logical} }}",
        *_own_keys(meter, Meter, _HOW_ASKED),
    ]
    if meter.security is not None:
        named = [name for name in keys_of(Security) if name != "server_system_title"]
        pairs = ", ".join(_own_keys(meter.security, Security, named))
        lines.append(f"security = {{ {pairs} }}")
    return lines


def _own_keys(held: object, table: type, names: Iterable[str]) -> list[str]:
    """Return the keys of these names that hold something else than their defaults."""
    keys = [keys_of(table)[name] for name in names]
    return [
        f"{key.name} = {key.kind.write(getattr(held, key.name))}"
        for key in keys
        if isinstance(key.kind, Kind) and getattr(held, key.name) != key.default
    ]


def _registers(  # the fields of one job
    table: str,
    job: str,
    interval: str,
    elements: Iterable[ObjectListElement],
    wanted: dict[int, dict[int, str]],
    *,
    enabled: bool = True,
) -> list[str]:
    """Return the lines of a job that reads what is wanted of these objects, by class."""
    names = _Names()
    objects = [
        _object(element, attribute, names.name(element.logical_name, end))
        for element in elements
        for attribute, end in wanted.get(element.class_id, {}).items()
        if _may_read(element, attribute)
    ]
    if not objects:
        return []
    return [
        *_job(table, "registers", job, enabled=enabled),
        f'interval = "{interval}"',
        "objects = [",
        *objects,
        "]",
    ]


def _job(table: str, kind: str, name: str, *, enabled: bool = True) -> list[str]:
    lines = ["", f"[[{table}.job]]", f'kind = "{kind}"', f'name = "{name}"']
    return lines if enabled else [*lines, "enabled = false"]


def _object(element: ObjectListElement, attribute: int, name: str) -> str:
    keys = f'obis = "{element.logical_name}"'
    if element.class_id != REGISTER:
        keys += f", class_id = {element.class_id}"
    if attribute != _BUFFER:
        keys += f", attribute = {attribute}"
    return f'    {{ {keys}, name = "{name}" }},  # {_words(element.class_id, attribute)}'


def _words(class_id: int, attribute: int) -> str:
    known = interface_class(class_id)
    described = known.attribute(attribute) if known else None
    return f"{known.name}, {described.name}" if known and described else f"class {class_id}"


def _may_read(element: ObjectListElement, attribute: int) -> bool:
    access = element.attribute_access(attribute)
    if access is None:
        return element.attribute_rights is None
    return Access.READ in access


def _profile(table: str, found: FoundProfile) -> list[str]:
    """Return the lines of a job that reads a profile, or why there is none."""
    logical_name = found.element.logical_name
    called = obis_name(logical_name)
    heading = f"# {called or 'profile'} ({logical_name})"
    if not _may_read(found.element, _BUFFER):
        return ["", f"{heading}: may not be read"]
    if time_column(found.columns) is None:
        return ["", f"{heading}: has no column of time, so that nothing tells what is new"]
    job = called.replace("_", "-") or f"profile-{logical_name}"
    head = _job(table, "profile", job)
    return [
        head[0],
        heading,
        *head[1:],
        f"interval = {quoted(format_duration(_interval(found.capture_period)))}",
        'offset = "1 min"',
        f'logical_name = "{logical_name}"',
        *_access(found.element),
        *_columns(found.columns),
    ]


def _interval(capture_period: int) -> float:
    return float(min(max(capture_period or _WHENEVER, _FASTEST), _SLOWEST))


def _access(element: ObjectListElement) -> list[str]:
    rights = element.attribute_rights or ()
    selectors = {each for right in rights if right.attribute == _BUFFER for each in right.selectors}
    return ['access = "entry"'] if _BY_ENTRY in selectors and _BY_RANGE not in selectors else []


def _columns(captured: Sequence[CaptureObject]) -> list[str]:
    lines = list(_named_columns(captured))
    return ["columns = [", *lines, "]"] if lines else []


def _named_columns(captured: Sequence[CaptureObject]) -> Iterator[str]:
    names = _Names()
    seen: set[tuple[Obis, int]] = set()
    for each in captured:
        key = (each.logical_name, each.attribute)
        # A meter captures an attribute twice where it captures parts of it.
        if each.is_time or each.attribute < 1 or key in seen:
            continue
        seen.add(key)
        end = _MEASURED.get(each.class_id, {}).get(each.attribute, "")
        name = names.name(each.logical_name, end)
        keys = f'obis = "{each.logical_name}", attribute = {each.attribute}, name = "{name}"'
        yield f"    {{ {keys} }},  # {_words(each.class_id, each.attribute)}"
