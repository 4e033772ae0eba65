"""What an operator wants a meter to push, to whom, and when."""

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from dcud.cli.attribute_choice import Wanted, known_words, obis_argument
from dcud.cli.main import UsageError
from dcud.cli.push_parts import ALWAYS, SERVICES
from dcud.config import model
from dcud.cosem.obis_names import obis_name
from dcud.cosem.profile_generic import CaptureObject
from dcud.cosem.push_setup import (
    INTERVAL_PUSH,
    PushDestination,
    PushObject,
    PushSetup,
    PushWindow,
    RepetitionDelay,
    TransportService,
)
from dcud.cosem.references import parse_candidates
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.cosem_time import NOT_SPECIFIED, YEAR_NOT_SPECIFIED, CosemDateTime

PUSH_FORMS = f"""\
--to is SERVICE:DESTINATION. The service is a manufacturer's number, 200..255, or one of
{", ".join(SERVICES)}.
For tcp and udp the destination is HOST:PORT; for others it is text, or hex:0102, or left out, as in
--to hdlc.

--object is what dcud read takes: CLASS/OBIS/ATTRIBUTE, an OBIS code alone, clock.time. The objects
given, in their order, replace all that were pushed; one that was pushed in part before, as the last
rows of a profile, stays so. Receivers know a push by the name of its setup, if that is told first:
--object {INTERVAL_PUSH}/logical_name.

--window is START..END, as 02:00..04:30 for every day or *-*-01T00:00..*-*-02T00:00 for the first of
every month, in the meter's own time; or the word {ALWAYS}."""

_MOMENT = re.compile(
    r"(?:(?P<year>\*|\d{4})-(?P<month>\*|\d\d)-(?P<day>\*|\d\d)T)?"
    r"(?P<hour>\*|\d\d):(?P<minute>\*|\d\d)(?::(?P<second>\*|\d\d))?"
)
_RANGES: Mapping[str, tuple[int, int]] = {
    "year": (1, 9999),
    "month": (1, 12),
    "day": (1, 31),
    "hour": (0, 23),
    "minute": (0, 59),
    "second": (0, 59),
}
_MANUFACTURERS = range(200, 256)
_WITH_PORT = frozenset({TransportService.TCP, TransportService.UDP})
_HEX = "hex:"


@dataclass(frozen=True, slots=True, kw_only=True)
class PushChoice:
    """What is wanted of a push setup.

    Attributes:
        setup: what is to be changed, but for the objects; its destination keeps the message type.
        objects: what is to be pushed, its class perhaps still to be found; None for what is now.
    """

    setup: PushSetup
    objects: tuple[Wanted, ...] | None

    @property
    def changes(self) -> bool:
        """Tell whether anything is to be changed."""
        return self.objects is not None or self.setup != PushSetup()

    def beside(self, before: PushSetup, objects: Sequence[AttributeDescriptor]) -> PushSetup:
        """Return what to write to a meter that has `before`, given the objects as they were found.

        An object that is pushed already stays as it is; so does the type of the messages.
        """
        destination = self.setup.destination
        if destination is not None and before.destination is not None:
            destination = replace(destination, message=before.destination.message)
        return replace(
            self.setup,
            destination=destination,
            objects=None if self.objects is None else _pushed(objects, before.objects or ()),
        )


def _pushed(
    attributes: Sequence[AttributeDescriptor], before: Sequence[PushObject]
) -> tuple[PushObject, ...]:
    held = {each.captured.descriptor: each for each in reversed(before)}
    return tuple(held.get(each) or PushObject(captured=_whole(each)) for each in attributes)


def _whole(attribute: AttributeDescriptor) -> CaptureObject:
    return CaptureObject(
        class_id=attribute.class_id,
        logical_name=attribute.logical_name,
        attribute=attribute.attribute,
    )


def add_choice_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be changed of a push setup, and which one is meant."""
    parser.add_argument("--to", type=_destination, metavar="WHERE", help="where it is sent to")
    parser.add_argument(
        "--object", action="append", metavar="REFERENCE", help="what is sent; may be repeated"
    )
    parser.add_argument(
        "--window",
        action="append",
        type=_windows,
        metavar="START..END",
        help="when it may be sent; may be repeated",
    )
    parser.add_argument(
        "--randomisation",
        type=_number(0xFFFF),
        metavar="SECONDS",
        help="wait at random for up to so long before it is sent",
    )
    parser.add_argument(
        "--repetitions",
        type=_number(0xFF),
        metavar="NUMBER",
        help="how often it is sent again where it can not be delivered",
    )
    parser.add_argument(
        "--repetition-delay", type=_number(0xFFFF), metavar="SECONDS", help="how long after"
    )
    parser.add_argument(
        "--setup",
        type=obis_argument,
        default=INTERVAL_PUSH,
        metavar="OBIS",
        help="the Push setup object (default: %(default)s)",
    )


def push_choice(arguments: argparse.Namespace, meter: model.Meter) -> PushChoice:
    """Return what is wanted of this meter.

    Raises:
        UsageError: the arguments contradict each other.
        ReferenceSyntaxError: an object names nothing.
    """
    delay = arguments.repetition_delay
    return PushChoice(
        setup=PushSetup(
            destination=arguments.to,
            windows=_joined(arguments.window),
            randomisation_start_interval=arguments.randomisation,
            number_of_retries=arguments.repetitions,
            repetition_delay=None if delay is None else RepetitionDelay.constant(delay),
        ),
        objects=_objects(arguments.object, known_words(meter)),
    )


def _joined(windows: Sequence[tuple[PushWindow, ...]] | None) -> tuple[PushWindow, ...] | None:
    if windows is None:
        return None
    if len(windows) > 1 and () in windows:
        raise UsageError(f"{ALWAYS} leaves no room for other windows", remedy="give one of both")
    return tuple(each for several in windows for each in several)


def _objects(
    references: Sequence[str] | None, words: Mapping[str, Wanted]
) -> tuple[Wanted, ...] | None:
    if references is None:
        return None
    return tuple(_object(each, words) for each in references)


def _object(text: str, words: Mapping[str, Wanted]) -> Wanted:
    if text in words:
        return words[text]
    named = parse_candidates(text)
    candidates = tuple(each for each in named if isinstance(each, AttributeDescriptor))
    if not candidates:
        raise UsageError(f"{text} is a method", remedy="an attribute can be pushed")
    name = candidates[0].logical_name
    return Wanted(candidates=candidates, name=obis_name(name) or str(name))


def _destination(text: str) -> PushDestination:
    word, _, rest = text.partition(":")
    service = _service(word)
    if service in _WITH_PORT and not rest.startswith(_HEX):
        _check_port(rest, text)
    return PushDestination(service=service, destination=_octets(rest))


def _service(word: str) -> TransportService | int:
    if word in SERVICES:
        return SERVICES[word]
    if word.isdecimal() and int(word) in _MANUFACTURERS:
        return int(word)
    raise argparse.ArgumentTypeError(
        f"{word!r} is no service: write {', '.join(SERVICES)} or 200..255"
    )


def _check_port(place: str, text: str) -> None:
    host, _, port = place.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) <= 0xFFFF:
        raise argparse.ArgumentTypeError(f"{text!r} is not SERVICE:HOST:PORT")


def _octets(text: str) -> bytes:
    if not text.startswith(_HEX):
        return text.encode()
    try:
        return bytes.fromhex(text.removeprefix(_HEX))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} holds something else than hex") from None


def _windows(text: str) -> tuple[PushWindow, ...]:
    if text == ALWAYS:
        return ()
    start, mark, end = text.partition("..")
    if not mark:
        raise argparse.ArgumentTypeError(f"{text!r} is neither START..END nor {ALWAYS}")
    return (PushWindow(start=_moment(start), end=_moment(end)),)


def _moment(text: str) -> CosemDateTime:
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no moment: write it as 02:00, or as *-*-01T02:00"
        )
    fields = {name: _field(name, digits) for name, digits in match.groupdict().items() if digits}
    return CosemDateTime(**{"second": 0, **fields})


def _field(name: str, digits: str) -> int:
    if digits == "*":
        return YEAR_NOT_SPECIFIED if name == "year" else NOT_SPECIFIED
    low, high = _RANGES[name]
    if not low <= int(digits) <= high:
        raise argparse.ArgumentTypeError(f"{digits} is no {name}")
    return int(digits)


def _number(highest: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and int(text) <= highest):
            raise argparse.ArgumentTypeError(f"{text!r} is no number of 0..{highest}")
        return int(text)

    return number
