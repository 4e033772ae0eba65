import pytest

from dcud.cosem.notification import parse_notification
from dcud.cosem.profile_generic import CLOCK_TIME, CaptureObject
from dcud.cosem.push_setup import (
    ByEntry,
    PushAttribute,
    PushDestination,
    PushObject,
    PushSetup,
    TransportService,
)
from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.constructors import array, null_data, structure, unsigned
from dcud.dlms.data import encode_data
from dcud.dlms.data_types import Data
from dcud.dlms.errors import DecodeError
from dcud.dlms.obis import Obis
from dcud.sim.push import Push, notification

ENERGY = CaptureObject(class_id=3, logical_name=Obis.parse("1.0.1.8.0.255"), attribute=2)
THERE = PushDestination(service=TransportService.TCP, destination=b"192.0.2.1:4059")


def setup_of(push: Push) -> PushSetup:
    return PushSetup.from_data({each: push.attribute(each) for each in PushAttribute})


def test_when_new_it_tells_clock_and_energies_over_its_own_line() -> None:
    setup = setup_of(Push())
    names = [str(each.captured.descriptor) for each in setup.objects or ()]
    assert names == [
        "40/0.0.25.9.0.255/1",
        "8/0.0.1.0.0.255/2",
        "3/1.0.1.8.0.255/2",
        "3/1.0.2.8.0.255/2",
    ]
    assert setup.destination == PushDestination(service=TransportService.HDLC)
    assert setup.windows == ()


def test_what_is_written_is_kept_beside_what_was_there() -> None:
    push = Push()
    before = setup_of(push)
    assert push.write(3, THERE.to_data()) is DataAccessResult.SUCCESS
    after = setup_of(push)
    assert after.destination == THERE
    assert after.objects == before.objects


def test_what_is_of_another_form_is_not_taken() -> None:
    push = Push()
    before = setup_of(push)
    with pytest.raises(DecodeError):
        push.write(3, unsigned(1))
    last = PushObject(captured=ENERGY, restriction=ByEntry(start=1, end=1))
    of_version_2 = array([last.to_data(2)])
    assert push.write(2, of_version_2) is DataAccessResult.TYPE_UNMATCHED
    assert setup_of(push) == before


def test_it_pushes_what_it_is_set_up_to() -> None:
    push = Push()
    push.write(2, array([PushObject(captured=ENERGY).to_data(0)]))
    assert push.take_due() is None
    push.act()
    assert push.take_due() == (PushObject(captured=ENERGY),)
    assert push.take_due() is None


def test_what_goes_elsewhere_is_not_told_here() -> None:
    push = Push()
    push.write(3, THERE.to_data())
    push.act()
    assert push.take_due() is None


def test_a_notification_tells_what_can_be_read() -> None:
    values: dict[str, Data | bytes | DataAccessResult] = {
        "8/0.0.1.0.0.255/2": encode_data(unsigned(7)),
        "3/1.0.1.8.0.255/2": unsigned(42),
    }

    def read(
        attribute: AttributeDescriptor, selection: Selection | None
    ) -> Data | bytes | DataAccessResult:
        assert selection is None
        return values.get(str(attribute), DataAccessResult.OBJECT_UNDEFINED)

    nowhere = CaptureObject(class_id=1, logical_name=ENERGY.logical_name, attribute=2)
    objects = [PushObject(captured=each) for each in (CLOCK_TIME, ENERGY, nowhere)]
    told = parse_notification(notification(9, objects, read))
    assert (told.kind, told.invoke_id, told.time) == ("data-notification", 9, None)
    assert told.value == structure([unsigned(7), unsigned(42), null_data()])
