import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.publish.topics import Topics, topic_level

_NAMES = st.text(st.characters(codec=None), min_size=1, max_size=20)


def test_the_tree_is_the_documented_one() -> None:
    topics = Topics("gw-1")
    assert topics.gateway_state() == "dcud/v1/gw-1/state"
    assert topics.gateway_event() == "dcud/v1/gw-1/event"
    assert topics.meter_state("m1") == "dcud/v1/gw-1/meter/m1/state"
    assert topics.meter_event("m1") == "dcud/v1/gw-1/meter/m1/event"
    assert topics.notification("m1") == "dcud/v1/gw-1/meter/m1/notification"
    assert topics.reading("m1", "load_profile") == "dcud/v1/gw-1/meter/m1/reading/load_profile"


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("meter-1.a_b", "meter-1.a_b"),
        ("a/b", "a%2Fb"),
        ("+", "%2B"),
        ("#", "%23"),
        ("100%", "100%25"),
        ("a\x00b\n", "a%00b%0A"),
        ("Zähler 3", "Zähler 3"),
        ("\ud800", "%ED%A0%80"),
    ],
)
def test_a_name_becomes_one_level(name: str, level: str) -> None:
    assert topic_level(name) == level


@pytest.mark.parametrize("name", ["", "x" * 256, "/" * 86])
def test_names_that_make_no_level_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="1 to 255 octets"):
        topic_level(name)


@given(name=_NAMES)
def test_no_name_gets_out_of_its_level(name: str) -> None:
    level = topic_level(name)
    assert not set(level) & set("/+#\x00")
    level.encode("utf-8")


@given(one=_NAMES, other=_NAMES)
def test_different_names_are_different_levels(one: str, other: str) -> None:
    assert (topic_level(one) == topic_level(other)) == (one == other)
