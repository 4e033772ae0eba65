import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.profile_generic import CaptureObject
from dcud.cosem.push_setup import (
    GROWING,
    INTERVAL_PUSH,
    NOTHING_TO_SAY,
    PUSH_SETUP,
    ByDate,
    ByEntry,
    MessageType,
    PushAttribute,
    PushDestination,
    PushMethod,
    PushObject,
    PushSetup,
    PushWindow,
    RepetitionDelay,
    TransportService,
    spoken_version,
)
from dcud.dlms.cosem_time import CosemDateTime
from dcud.dlms.data import Data, decode_data, encode_data
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from tests.support.data_strategies import data as any_data

OBJECTS, DESTINATION, WINDOW, INTERVAL, RETRIES, DELAY = PushAttribute

ENERGY = CaptureObject(class_id=3, logical_name=Obis.parse("1.0.1.8.0.255"), attribute=2)
PROFILE = CaptureObject(
    class_id=7, logical_name=Obis.parse("1.0.99.1.0.255"), attribute=2, data_index=0x1001
)
ENERGY_OCTETS = "12 0003 09 06 0100010800FF 0F 02 12 0000"
PROFILE_OCTETS = "12 0007 09 06 0100630100FF 0F 02 12 1001"
TWO = CosemDateTime(hour=2, minute=0, second=0)
SIX = CosemDateTime(hour=6, minute=30, second=0)
TWO_OCTETS = "09 0C FFFF FF FF FF 02 00 00 FF 8000 FF"
SIX_OCTETS = "09 0C FFFF FF FF FF 06 1E 00 FF 8000 FF"

U8, U16, U32 = st.integers(0, 0xFF), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF_FFFF)
MOMENTS = st.builds(CosemDateTime, year=U16, month=U8, day=U8, hour=U8, minute=U8, status=U8)
CAPTURED = st.builds(
    CaptureObject,
    class_id=U16,
    logical_name=st.builds(Obis, st.binary(min_size=6, max_size=6)),
    attribute=st.integers(-128, 127),
    data_index=U16,
)
RESTRICTIONS = st.one_of(
    st.none(),
    st.builds(ByDate, start=MOMENTS, end=MOMENTS),
    st.builds(ByEntry, start=U32, end=U32),
)
COLUMNS = st.lists(CAPTURED, max_size=2).map(tuple)
DESTINATIONS = st.builds(
    PushDestination, service=U8, destination=st.binary(max_size=20), message=U8
)
WINDOWS = st.lists(st.builds(PushWindow, start=MOMENTS, end=MOMENTS), max_size=2).map(tuple)


def setups(
    objects: st.SearchStrategy[PushObject], delays: st.SearchStrategy[RepetitionDelay]
) -> st.SearchStrategy[PushSetup]:
    return st.builds(
        PushSetup,
        objects=st.none() | st.lists(objects, max_size=3).map(tuple),
        destination=st.none() | DESTINATIONS,
        windows=st.none() | WINDOWS,
        randomisation_start_interval=st.none() | U16,
        number_of_retries=st.none() | U8,
        repetition_delay=st.none() | delays,
    )


FIRST_SETUPS = setups(
    st.builds(PushObject, captured=CAPTURED), st.builds(RepetitionDelay.constant, U16)
)
LATER_SETUPS = setups(
    st.builds(PushObject, captured=CAPTURED, restriction=RESTRICTIONS, columns=COLUMNS),
    st.builds(RepetitionDelay, minimum=U16, exponent=U16, maximum=U16),
)


def decoded(octets: str) -> Data:
    cursor = Cursor(bytes.fromhex(octets))
    data = decode_data(cursor)
    cursor.expect_end()
    return data


def told(**octets: str) -> dict[PushAttribute, Data]:
    return {PushAttribute[name]: decoded(each) for name, each in octets.items()}


def test_the_numbers_are_those_of_the_standard() -> None:
    assert PUSH_SETUP == 40
    assert INTERVAL_PUSH.octets.hex() == "0000190900ff"
    assert [each.value for each in PushAttribute] == [2, 3, 4, 5, 6, 7]
    assert PushAttribute(6) is PushAttribute.NUMBER_OF_RETRIES
    assert [(each.name, each.value) for each in PushMethod] == [("PUSH", 1), ("RESET", 2)]
    assert [each.value for each in TransportService] == list(range(11))
    assert TransportService(5) is TransportService.HDLC
    assert TransportService(8) is TransportService.DLMS_GATEWAY
    assert encode_data(NOTHING_TO_SAY) == bytes.fromhex("0F 00")


def test_objects_of_the_first_versions() -> None:
    octets = f"01 02 02 04 {ENERGY_OCTETS} 02 04 {PROFILE_OCTETS}"
    setup = PushSetup(objects=(PushObject(captured=ENERGY), PushObject(captured=PROFILE)))
    assert PushSetup.from_data(told(PUSH_OBJECT_LIST=octets)) == setup
    for version in (0, 1):
        assert encode_data(setup.to_data(version)[OBJECTS]) == bytes.fromhex(octets)


@pytest.mark.parametrize(
    ("octets", "pushed"),
    [
        (f"02 06 {ENERGY_OCTETS} 02 02 16 00 00 01 00", PushObject(captured=ENERGY)),
        (
            f"02 06 {PROFILE_OCTETS} 02 02 16 01 02 02 {TWO_OCTETS} {SIX_OCTETS} 01 00",
            PushObject(captured=PROFILE, restriction=ByDate(start=TWO, end=SIX)),
        ),
        (
            f"02 06 {PROFILE_OCTETS} 02 02 16 02 02 02 06 00000001 06 00000064 01 01 02 04"
            + ENERGY_OCTETS,
            PushObject(captured=PROFILE, restriction=ByEntry(start=1, end=100), columns=(ENERGY,)),
        ),
    ],
)
def test_objects_of_later_versions(octets: str, pushed: PushObject) -> None:
    assert PushObject.from_data(decoded(octets)) == pushed
    for version in (2, 3):
        assert encode_data(pushed.to_data(version)) == bytes.fromhex(octets)


def test_a_destination() -> None:
    octets = "02 03 16 00 09 0E 3139322E302E322E313A34303539 16 00"
    destination = PushDestination(service=TransportService.TCP, destination=b"192.0.2.1:4059")
    assert PushDestination.from_data(decoded(octets)) == destination
    assert encode_data(destination.to_data()) == bytes.fromhex(octets)


def test_a_destination_that_is_the_manufacturers() -> None:
    octets = "02 03 16 C8 09 00 16 80"
    destination = PushDestination.from_data(decoded(octets))
    assert destination == PushDestination(service=200, message=128)
    assert encode_data(destination.to_data()) == bytes.fromhex(octets)


def test_what_is_known_of_a_destination_has_its_name() -> None:
    destination = PushDestination.from_data(decoded("02 03 16 05 09 00 16 01"))
    assert destination.service is TransportService.HDLC
    assert destination.message is MessageType.XML


def test_windows() -> None:
    octets = f"01 01 02 02 {TWO_OCTETS} {SIX_OCTETS}"
    setup = PushSetup(windows=(PushWindow(start=TWO, end=SIX),))
    assert PushSetup.from_data(told(COMMUNICATION_WINDOW=octets)) == setup
    assert encode_data(setup.to_data(0)[WINDOW]) == bytes.fromhex(octets)
    assert PushSetup.from_data(told(COMMUNICATION_WINDOW="01 00")) == PushSetup(windows=())


def test_what_is_told_as_a_number() -> None:
    octets = {
        "RANDOMISATION_START_INTERVAL": "12 012C",
        "NUMBER_OF_RETRIES": "11 03",
        "REPETITION_DELAY": "12 003C",
    }
    setup = PushSetup(
        randomisation_start_interval=300,
        number_of_retries=3,
        repetition_delay=RepetitionDelay.constant(60),
    )
    assert PushSetup.from_data(told(**octets)) == setup
    assert {each.name: encode_data(data) for each, data in setup.to_data(1).items()} == {
        name: bytes.fromhex(each) for name, each in octets.items()
    }


def test_a_delay_that_grows() -> None:
    octets = "02 03 12 003C 12 0096 12 0258"
    delay = RepetitionDelay(minimum=60, exponent=150, maximum=600)
    assert RepetitionDelay.from_data(decoded(octets)) == delay
    assert encode_data(delay.to_data(2)) == bytes.fromhex(octets)


def test_a_constant_delay_where_delays_may_grow() -> None:
    octets = "02 03 12 003C 12 0064 12 003C"
    assert encode_data(RepetitionDelay.constant(60).to_data(2)) == bytes.fromhex(octets)
    assert RepetitionDelay.from_data(decoded(octets)) == RepetitionDelay.constant(60)


def test_what_meters_do_otherwise_is_understood() -> None:
    odd = told(
        SEND_DESTINATION_AND_METHOD="02 03 11 01 09 00 11 00",
        COMMUNICATION_WINDOW=f"01 01 02 02 19 {TWO_OCTETS[6:]} {SIX_OCTETS}",
        NUMBER_OF_RETRIES="12 0003",
        REPETITION_DELAY="06 0000003C",
    )
    assert PushSetup.from_data(odd) == PushSetup(
        destination=PushDestination(service=TransportService.UDP),
        windows=(PushWindow(start=TWO, end=SIX),),
        number_of_retries=3,
        repetition_delay=RepetitionDelay.constant(60),
    )


@pytest.mark.parametrize(
    ("attributes", "version"),
    [
        ({}, 0),
        ({"REPETITION_DELAY": "12 003C"}, 0),
        ({"REPETITION_DELAY": "02 03 12 003C 12 0096 12 0258"}, GROWING),
        ({"PUSH_OBJECT_LIST": "01 00"}, 0),
        ({"PUSH_OBJECT_LIST": f"01 01 02 04 {ENERGY_OCTETS}"}, 0),
        ({"PUSH_OBJECT_LIST": f"01 01 02 06 {ENERGY_OCTETS} 02 02 16 00 00 01 00"}, GROWING),
        ({"PUSH_OBJECT_LIST": "01 01 11 00", "REPETITION_DELAY": "00"}, 0),
    ],
)
def test_the_version_shows_in_the_form(attributes: dict[str, str], version: int) -> None:
    assert spoken_version(told(**attributes)) == version


@pytest.mark.parametrize(
    "setup",
    [
        PushSetup(objects=(PushObject(captured=PROFILE, restriction=ByEntry(start=1, end=2)),)),
        PushSetup(objects=(PushObject(captured=PROFILE, columns=(ENERGY,)),)),
        PushSetup(repetition_delay=RepetitionDelay(minimum=60, exponent=150, maximum=600)),
        PushSetup(repetition_delay=RepetitionDelay(minimum=60, exponent=100, maximum=61)),
    ],
)
def test_what_an_earlier_version_can_not_say(setup: PushSetup) -> None:
    with pytest.raises(EncodeError, match="version 1 of Push setup"):
        setup.to_data(1)
    assert setup.to_data(2)


@pytest.mark.parametrize(
    ("attribute", "octets"),
    [
        (OBJECTS, "00"),
        (OBJECTS, "01 01 11 00"),
        (OBJECTS, f"01 01 02 06 {ENERGY_OCTETS} 16 00 01 00"),
        (OBJECTS, f"01 01 02 06 {ENERGY_OCTETS} 02 02 16 03 00 01 00"),
        (OBJECTS, f"01 01 02 06 {ENERGY_OCTETS} 02 02 16 01 00 01 00"),
        (OBJECTS, f"01 01 02 06 {ENERGY_OCTETS} 02 02 16 02 00 01 00"),
        (OBJECTS, f"01 01 02 06 {ENERGY_OCTETS} 02 02 16 02 02 01 06 00000001 01 00"),
        (OBJECTS, f"01 01 02 06 {ENERGY_OCTETS} 02 02 16 00 00 01 01 11 00"),
        (OBJECTS, f"01 01 02 06 {ENERGY_OCTETS} 02 02 16 00 00 11 00"),
        (DESTINATION, "02 02 16 00 09 00"),
        (DESTINATION, "02 03 16 00 0A 00 16 00"),
        (DESTINATION, "02 03 12 0000 09 00 16 00"),
        (WINDOW, "02 00"),
        (WINDOW, f"01 01 02 01 {TWO_OCTETS}"),
        (WINDOW, f"01 01 02 02 {TWO_OCTETS} 09 01 00"),
        (WINDOW, f"01 01 02 02 {TWO_OCTETS} 11 00"),
        (INTERVAL, "06 00010000"),
        (RETRIES, "12 0100"),
        (RETRIES, "0F 01"),
        (DELAY, "02 02 12 0000 12 0000"),
        (DELAY, "09 00"),
    ],
)
def test_what_is_of_another_form_is_refused(attribute: PushAttribute, octets: str) -> None:
    with pytest.raises(DecodeError, match=f"^{attribute.name.lower()}: "):
        PushSetup.from_data({attribute: decoded(octets)})


@pytest.mark.parametrize(
    "build",
    [
        lambda: ByEntry(start=-1, end=0),
        lambda: ByEntry(start=0, end=1 << 32),
        lambda: PushDestination(service=256),
        lambda: PushDestination(service=0, message=-1),
        lambda: RepetitionDelay(minimum=1 << 16, exponent=0, maximum=0),
        lambda: RepetitionDelay(minimum=0, exponent=-1, maximum=0),
        lambda: RepetitionDelay(minimum=0, exponent=0, maximum=1 << 16),
        lambda: PushSetup(randomisation_start_interval=1 << 16),
        lambda: PushSetup(number_of_retries=256),
    ],
)
def test_numbers_that_no_octets_hold_are_refused(build: Callable[[], object]) -> None:
    with pytest.raises(EncodeError):
        build()


def through_octets(setup: PushSetup, version: int) -> PushSetup:
    octets = {index: encode_data(data).hex() for index, data in setup.to_data(version).items()}
    return PushSetup.from_data({index: decoded(each) for index, each in octets.items()})


@given(FIRST_SETUPS, st.integers(0, 3))
def test_what_is_written_is_read_again_in_every_version(setup: PushSetup, version: int) -> None:
    assert through_octets(setup, version) == setup


@given(LATER_SETUPS, st.integers(2, 3))
def test_what_is_written_is_read_again_in_later_versions(setup: PushSetup, version: int) -> None:
    assert through_octets(setup, version) == setup


@given(any_data())
def test_any_data_gives_a_value_or_a_typed_error(data: Data) -> None:
    for attribute in PushAttribute:
        with contextlib.suppress(DecodeError):
            PushSetup.from_data({attribute: data})
        spoken_version({attribute: data})
