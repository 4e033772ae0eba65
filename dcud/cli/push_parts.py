"""The parts of a push setup, as they are shown."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeVar

from dcud.collect.values import text_or_hex
from dcud.cosem.obis_names import obis_name
from dcud.cosem.push_setup import (
    ByDate,
    MessageType,
    PushDestination,
    PushObject,
    PushSetup,
    PushWindow,
    RepetitionDelay,
    Restriction,
    TransportService,
)
from dcud.dlms.cosem_time import NOT_SPECIFIED, CosemDate, CosemDateTime

ALWAYS = "always"
"""What stands for no window at all: nothing holds a push back."""
SERVICES: Mapping[str, TransportService] = {
    "tcp": TransportService.TCP,
    "udp": TransportService.UDP,
    "ftp": TransportService.FTP,
    "smtp": TransportService.SMTP,
    "sms": TransportService.SMS,
    "hdlc": TransportService.HDLC,
    "m-bus": TransportService.M_BUS,
    "zigbee": TransportService.ZIGBEE,
    "gateway": TransportService.DLMS_GATEWAY,
    "coap": TransportService.COAP_RELIABLE,
    "coap-unreliable": TransportService.COAP_UNRELIABLE,
}
"""By the words that people write for them."""

_WORDS = {service: word for word, service in SERVICES.items()}
_MESSAGES = {MessageType.A_XDR: "a-xdr", MessageType.XML: "xml"}
_ANY_DATE = CosemDate()

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a setup says.

    Attributes:
        text: what it says.
        name: of the object that it is about, "" where it is about none.
    """

    text: str
    name: str = ""

    def __str__(self) -> str:
        """Return text and name."""
        return f"{self.text} {self.name}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A part of one setup beside the same part of another.

    Attributes:
        part: what it is: "object", "destination", "window".
        number: which one, from 1; None where there is but one.
        before: in the first setup; None where it has none, or does not tell.
        after: in the second one.
    """

    part: str
    number: int | None
    before: Part | None
    after: Part | None

    @property
    def title(self) -> str:
        """Return the part with its number."""
        return self.part if self.number is None else f"{self.part} {self.number}"

    @property
    def differs(self) -> bool:
        """Tell whether it is another one after than before."""
        return self.before != self.after


def compare(before: PushSetup, after: PushSetup) -> Iterator[Compared]:
    """Yield all parts of two setups, those beside one another that have the same place."""
    firsts, seconds = _parts(before), _parts(after)
    for part, first in firsts.items():
        second = seconds[part]
        is_alone = max(len(first), len(second)) == 1
        for number, (one, other) in enumerate(zip_longest(first, second), 1):
            yield Compared(part=part, number=None if is_alone else number, before=one, after=other)


def _parts(setup: PushSetup) -> Mapping[str, Sequence[Part]]:
    """Return the parts of each kind; none where the setup does not tell."""
    return {
        "object": [_object(each) for each in setup.objects or ()],
        "destination": _alone(setup.destination, _destination),
        "message": _alone(setup.destination, _message),
        "window": _windows(setup.windows),
        "randomisation": _alone(setup.randomisation_start_interval, lambda each: f"{each} s"),
        "repetitions": _alone(setup.number_of_retries, str),
        "repetition delay": _alone(setup.repetition_delay, _delay),
    }


def _alone(value: T | None, tell: Callable[[T], str]) -> Sequence[Part]:
    return () if value is None else (Part(tell(value)),)


def _object(pushed: PushObject) -> Part:
    captured = pushed.captured
    text = str(captured.descriptor)
    if captured.data_index:
        text += f" data-index {captured.data_index}"
    if pushed.restriction is not None:
        text += f" {_restriction(pushed.restriction)}"
    if pushed.columns:
        text += f" columns {', '.join(str(each.descriptor) for each in pushed.columns)}"
    return Part(text, obis_name(captured.logical_name))


def _restriction(restriction: Restriction) -> str:
    if isinstance(restriction, ByDate):
        return f"from {_moment(restriction.start)} to {_moment(restriction.end)}"
    return f"entries {restriction.start} to {restriction.end}"


def _destination(destination: PushDestination) -> str:
    service = destination.service
    word = _WORDS[service] if isinstance(service, TransportService) else f"service {service}"
    return f"{word} {text_or_hex(destination.destination)}".rstrip()


def _message(destination: PushDestination) -> str:
    message = destination.message
    return _MESSAGES[message] if isinstance(message, MessageType) else f"message {message}"


def _windows(windows: Sequence[PushWindow] | None) -> Sequence[Part]:
    if windows is None:
        return ()
    spans = [f"{_moment(each.start)}..{_moment(each.end)}" for each in windows]
    return [Part(each) for each in spans or (ALWAYS,)]


def _moment(moment: CosemDateTime) -> str:
    """Return a moment; of one that comes every day the time alone."""
    text = str(moment)
    if moment.date == _ANY_DATE:
        return text.removeprefix(f"{moment.date} ")
    if moment.day_of_week == NOT_SPECIFIED:
        return text
    return f"{text} day-of-week {moment.day_of_week}"


def _delay(delay: RepetitionDelay) -> str:
    if delay == RepetitionDelay.constant(delay.minimum):
        return f"{delay.minimum} s"
    return f"{delay.minimum} s, each time {delay.exponent} %, at most {delay.maximum} s"
