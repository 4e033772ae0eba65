import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.classes import interface_classes
from dcud.cosem.references import (
    ReferenceSyntaxError,
    class_names,
    parse_candidates,
    parse_reference,
    snake_cased,
)
from dcud.cosem.well_known_objects import WELL_KNOWN, NamedObject
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.apdu.action import MethodDescriptor
from dcud.dlms.obis import Obis


def attribute(class_id: int, code: str, index: int) -> AttributeDescriptor:
    return AttributeDescriptor(class_id, Obis.parse(code), index)


def method(class_id: int, code: str, index: int) -> MethodDescriptor:
    return MethodDescriptor(class_id, Obis.parse(code), index)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("clock", attribute(8, "0.0.1.0.0.255", 2)),
        (" clock.time ", attribute(8, "0.0.1.0.0.255", 2)),
        ("clock/time_zone", attribute(8, "0.0.1.0.0.255", 3)),
        ("clock/4", attribute(8, "0.0.1.0.0.255", 4)),
        ("clock.shift_time", method(8, "0.0.1.0.0.255", 6)),
        ("1.0.1.8.0.255", attribute(3, "1.0.1.8.0.255", 2)),
        ("1.0.1.8.0.255/3", attribute(3, "1.0.1.8.0.255", 3)),
        ("1.0.1.8.0.255.scaler_unit", attribute(3, "1.0.1.8.0.255", 3)),
        ("1.0.1.8.0.255/scaler_unit", attribute(3, "1.0.1.8.0.255", 3)),
        ("1.0.1.6.0.255/capture_time", attribute(4, "1.0.1.6.0.255", 5)),
        ("1.0.1.4.0.255/period", attribute(5, "1.0.1.4.0.255", 8)),
        ("1-0:1.8.0*255", attribute(3, "1.0.1.8.0.255", 2)),
        ("1-0:1.8.0*255.scaler_unit", attribute(3, "1.0.1.8.0.255", 3)),
        ("0100010800FF/3", attribute(3, "1.0.1.8.0.255", 3)),
        ("profile.buffer", attribute(7, "1.0.99.1.0.255", 2)),
        ("1.0.99.1.0.255", attribute(7, "1.0.99.1.0.255", 2)),
        ("disconnect_control.remote_disconnect", method(70, "0.0.96.3.10.255", 1)),
        ("0.0.96.3.10.255.remote_reconnect", method(70, "0.0.96.3.10.255", 2)),
        ("disconnect_control.method:2", method(70, "0.0.96.3.10.255", 2)),
        ("disconnect_control/method:-1", method(70, "0.0.96.3.10.255", -1)),
        ("image_transfer.image_activate", method(18, "0.0.44.0.0.255", 4)),
        ("association.object_list", attribute(15, "0.0.40.0.0.255", 2)),
        ("3/1.0.1.8.0.255/2", attribute(3, "1.0.1.8.0.255", 2)),
        ("3/1.0.1.8.0.255", attribute(3, "1.0.1.8.0.255", 2)),
        ("3/1.0.1.8.0.255.reset", method(3, "1.0.1.8.0.255", 1)),
        ("extended_register/1.0.1.6.0.255/status", attribute(4, "1.0.1.6.0.255", 4)),
        ("m_bus_client/0.1.24.1.0.255/alarm", attribute(72, "0.1.24.1.0.255", 12)),
        ("9999/1.0.1.8.0.255/-3", attribute(9999, "1.0.1.8.0.255", -3)),
        ("1/clock/2", attribute(1, "0.0.1.0.0.255", 2)),
        ("3/1.0.1.8.0.255/0", attribute(3, "1.0.1.8.0.255", 0)),
    ],
)
def test_a_reference_names_an_attribute_or_method(
    text: str, expected: AttributeDescriptor | MethodDescriptor
) -> None:
    assert parse_reference(text) == expected


def test_without_a_class_all_likely_ones_are_candidates() -> None:
    code = "1.0.1.8.0.255"
    assert parse_candidates(code) == tuple(attribute(each, code, 2) for each in (3, 1, 4, 5, 8))
    assert parse_candidates(f"{code}.scaler_unit") == (
        attribute(3, code, 3),
        attribute(4, code, 3),
        attribute(5, code, 4),
    )
    assert parse_candidates(f"{code}.reset") == tuple(method(each, code, 1) for each in (3, 4, 5))


def test_objects_may_be_named_by_the_caller() -> None:
    objects = {"boiler": NamedObject(4, Obis.parse("0.1.24.2.1.255"))}
    assert parse_reference("boiler.capture_time", objects) == attribute(4, "0.1.24.2.1.255", 5)
    with pytest.raises(ReferenceSyntaxError, match="names no object"):
        parse_reference("clock", objects)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("clok", "'clok' names no object; did you mean \"clock\""),
        ("clok.time", "'clok.time' names no object; did you mean \"clock\""),
        ("clok/time", "'clok/time' names no object; did you mean \"clock\""),
        (
            "clock.tiem",
            "clock (0.0.1.0.0.255) is of Clock (class 8), which has no attribute or method 'tiem'",
        ),
        ("clock.tiem", "'tiem'; did you mean \"time\""),
        ("3/1.0.1.8.0.255/valu", "1.0.1.8.0.255 is of Register (class 3), which has no"),
        ("9999/1.0.1.8.0.255/value", "is of class 9999 (not known here), which has no"),
        ("0.0.96.3.0.255.buffer", "Data (class 1) or Status mapping (class 63) or Register"),
        ("3/1.0.1.8.0.255/128", "write an attribute's number, -128..127, or method:1"),
        ("3/1.0.1.8.0.255/method:128", "no attribute or method 'method:128'"),
        ("3/1.0.1.8.0.255/", "no attribute or method ''"),
        ("registr/1.0.1.8.0.255/2", "'registr' is no interface class; did you mean \"register\""),
        ("65536/1.0.1.8.0.255/2", "'65536' is no interface class; write its number, 0..65535"),
        ("1/2/3/4", "'1/2/3/4' has more parts than class, object and member; write CLASS/OBJECT"),
        ("1.8.0", "'1.8.0' names no object; write CLASS/OBJECT/MEMBER"),
        ("", "'' names no object; write CLASS/OBJECT/MEMBER"),
    ],
)
def test_what_names_nothing_is_refused_with_what_was_understood(text: str, said: str) -> None:
    with pytest.raises(ReferenceSyntaxError) as caught:
        parse_reference(text)
    assert said in str(caught.value)


def test_a_long_text_is_not_repeated_whole() -> None:
    with pytest.raises(ReferenceSyntaxError) as caught:
        parse_reference("x" * 100_000)
    assert len(str(caught.value)) < 500


def test_no_member_of_a_class_is_both_attribute_and_method() -> None:
    for each in interface_classes():
        assert not {a.name for a in each.attributes} & {m.name for m in each.methods}


def test_classes_are_named_in_snake_case() -> None:
    assert snake_cased("IEC HDLC setup") == "iec_hdlc_setup"
    assert class_names()["profile_generic"] == 7
    assert not set(class_names()) & set(WELL_KNOWN) - {
        name for name, each in WELL_KNOWN.items() if class_names().get(name) == each.class_id
    }


@given(
    st.integers(0, 0xFFFF),
    st.binary(min_size=6, max_size=6),
    st.integers(-0x80, 0x7F),
)
def test_a_descriptor_is_read_back_from_its_text(class_id: int, octets: bytes, index: int) -> None:
    descriptor = AttributeDescriptor(class_id, Obis(octets), index)
    assert parse_reference(str(descriptor)) == descriptor


@given(
    st.one_of(
        st.text(), st.text(alphabet="0123456789./-:*abclockmethd_"), st.sampled_from(["²", "٣"])
    )
)
def test_any_text_gives_a_descriptor_or_the_error(text: str) -> None:
    try:
        parse_reference(text)
    except ReferenceSyntaxError:
        return
