"""A simulated meter's push setup, with what it says when it pushes.

[IEC 62056-6-2: Push setup]
"""

from collections.abc import Callable, Iterable

from dcud.cosem.profile_generic import CLOCK_TIME, CaptureObject
from dcud.cosem.push_setup import (
    INTERVAL_PUSH,
    PUSH_SETUP,
    PushAttribute,
    PushDestination,
    PushObject,
    PushSetup,
    RepetitionDelay,
    TransportService,
)
from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.apdu.data_notification import DataNotification
from dcud.dlms.constructors import null_data, structure
from dcud.dlms.data import decode_data, encode_data
from dcud.dlms.data_types import Data
from dcud.dlms.errors import EncodeError
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor

OBJECT = (PUSH_SETUP, INTERVAL_PUSH)
_VERSION = 0

Read = Callable[[AttributeDescriptor, Selection | None], Data | bytes | DataAccessResult]
"""What tells the meter's attributes."""

_NEW = PushSetup(
    objects=(
        PushObject(
            captured=CaptureObject(class_id=PUSH_SETUP, logical_name=INTERVAL_PUSH, attribute=1)
        ),
        PushObject(captured=CLOCK_TIME),
        *(
            PushObject(
                captured=CaptureObject(class_id=3, logical_name=Obis.parse(name), attribute=2)
            )
            for name in ("1.0.1.8.0.255", "1.0.2.8.0.255")
        ),
    ),
    destination=PushDestination(service=TransportService.HDLC),
    windows=(),
    randomisation_start_interval=0,
    number_of_retries=3,
    repetition_delay=RepetitionDelay.constant(60),
)


class Push:
    """Tells clock and energies over the line it is on, until a client wants something else."""

    def __init__(self) -> None:
        self._setup = _NEW
        self._due: tuple[PushObject, ...] | None = None

    def attribute(self, index: int) -> Data:
        """Return an attribute, 2..7."""
        return self._setup.to_data(_VERSION)[PushAttribute(index)]

    def write(self, index: int, value: Data) -> DataAccessResult:
        """Take an attribute, 2..7; `DecodeError` where the value is none of its kind."""
        told = self._setup.to_data(_VERSION)
        wanted = PushSetup.from_data({**told, PushAttribute(index): value})
        try:
            wanted.to_data(_VERSION)
        except EncodeError:
            return DataAccessResult.TYPE_UNMATCHED
        self._setup = wanted
        return DataAccessResult.SUCCESS

    def act(self) -> None:
        """Push (method 1): over its own line where it is set up so, else to where nobody is."""
        destination = self._setup.destination
        if destination is not None and destination.service is TransportService.HDLC:
            self._due = self._setup.objects

    def take_due(self) -> tuple[PushObject, ...] | None:
        """Take (and forget) what is to be told now; None for nothing."""
        due, self._due = self._due, None
        return due


def notification(number: int, objects: Iterable[PushObject], read: Read) -> bytes:
    """Return the data-notification that tells these objects; null-data for what can't be read."""
    values = [_value(read(each.captured.descriptor, None)) for each in objects]
    body = encode_data(structure(values))
    return DataNotification(long_invoke_id_and_priority=number, body=body).encode()


def _value(told: Data | bytes | DataAccessResult) -> Data:
    match told:
        case DataAccessResult():
            return null_data()
        case bytes():
            return decode_data(Cursor(told))
        case _:
            return told
