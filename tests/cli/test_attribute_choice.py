import argparse

import pytest

from dcud.cli.attribute_choice import (
    Wanted,
    configured_attributes,
    known_words,
    obis_argument,
    parse,
)
from dcud.cli.main import UsageError
from dcud.config import model
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.obis import Obis

METER = model.Meter(
    id="m",
    bus="b",
    clock=model.Clock(logical_name=Obis.parse("0.0.1.0.1.255")),
    job=(
        model.RegistersJob(
            name="r",
            interval=900.0,
            objects=(
                model.ObjectAttribute(obis=Obis.parse("1.0.1.8.0.255"), name="energy"),
                model.ObjectAttribute(obis=Obis.parse("1.0.1.7.0.255")),
            ),
        ),
        model.ProfileJob(name="p", interval=900.0, logical_name=Obis.parse("1.0.99.1.0.255")),
    ),
)
WORDS = known_words(METER)


def asked(text: str) -> list[list[str]]:
    return [[str(each) for each in wanted.candidates] for wanted in parse(text, WORDS)]


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("3/1.0.1.8.0.255/2", [["3/1.0.1.8.0.255/2"]]),
        ("3/1.0.1.8.0.255/value", [["3/1.0.1.8.0.255/2"]]),
        ("3/1-0:1.8.0/scaler_unit", [["3/1.0.1.8.0.255/3"]]),
        ("3/1.0.1.8.0.255", [["3/1.0.1.8.0.255/2"]]),
        ("3/1.0.1.8.0.255/-1", [["3/1.0.1.8.0.255/-1"]]),
        ("demand_register/1.0.1.4.0.255/period", [["5/1.0.1.4.0.255/8"]]),
        ("9999/1.0.1.4.0.255/7", [["9999/1.0.1.4.0.255/7"]]),
        ("1/0.0.42.0.0.255/all", [["1/0.0.42.0.0.255/1"], ["1/0.0.42.0.0.255/2"]]),
        (
            "1.0.1.8.0.255",
            [[f"{class_id}/1.0.1.8.0.255/2" for class_id in (3, 1, 4, 5, 8)]],
        ),
        (
            "0.0.96.1.0.255",
            [[f"{class_id}/0.0.96.1.0.255/2" for class_id in (1, 3, 4, 8, 5)]],
        ),
        ("0.0.1.0.0.255", [[f"{class_id}/0.0.1.0.0.255/2" for class_id in (8, 1, 3)]]),
        # Only the classes that have such an attribute, each with its number for it.
        ("1.0.1.6.0.255/capture_time", [["4/1.0.1.6.0.255/5", "5/1.0.1.6.0.255/6"]]),
        ("1.0.99.1.0.255/entries_in_use", [["7/1.0.99.1.0.255/7"]]),
        ("clock.time_zone", [["8/0.0.1.0.0.255/3"]]),
        ("profile.capture_period", [["7/1.0.99.1.0.255/4"]]),
        ("70/0.0.96.3.10.255/output_state", [["70/0.0.96.3.10.255/2"]]),
        ("clock", [["8/0.0.1.0.1.255/2"]]),
        ("name", [["1/0.0.42.0.0.255/2"]]),
        ("serial", [["1/0.0.96.1.0.255/2"]]),
        ("energy", [["3/1.0.1.8.0.255/2"]]),
        ("active_power_import", [["3/1.0.1.7.0.255/2"]]),
    ],
)
def test_what_a_text_names(text: str, candidates: list[list[str]]) -> None:
    assert asked(text) == candidates


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("energi", 'did you mean "energy"?'),
        ("", "names no object"),
        ("a/b", "names no object"),
        ("1/2/3/4", "has more parts than class, object and member"),
        ("3/energy/2", "names no object"),
        ("registr/1.0.1.8.0.255/2", "'registr' is no interface class; did you mean"),
        ("70000/1.0.1.8.0.255/2", "'70000' is no interface class"),
        ("3/1.0.1.8.0.255/valu", "has no attribute or method 'valu'; did you mean"),
        ("3/1.0.1.8.0.255/128", "no attribute or method '128'; write an attribute's number"),
        ("9999/1.0.1.8.0.255/value", "class 9999 (not known here)"),
        ("9999/1.0.1.8.0.255/all", "the attributes of class 9999 are not known here"),
        ("1.0.1.8.0.255/buffer", "which has no attribute or method 'buffer'"),
        ("clock.shift_time", "clock.shift_time is a method; dcud call calls it"),
        ("1.0.99.1.0.255", "is a profile; dcud read --profile 1.0.99.1.0.255"),
        ("1.0.99.1.0.255/2", "is a profile"),
        ("profile.buffer", "is a profile"),
    ],
)
def test_what_names_nothing_is_told_with_the_remedy(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text, WORDS)
    assert said in str(caught.value)


def test_register_jobs_name_their_attributes() -> None:
    assert configured_attributes(METER) == [
        Wanted(candidates=(AttributeDescriptor(3, Obis.parse("1.0.1.8.0.255"), 2),), name="energy"),
        Wanted(
            candidates=(AttributeDescriptor(3, Obis.parse("1.0.1.7.0.255"), 2),),
            name="active_power_import",
        ),
    ]


def test_an_argument_that_is_an_obis_code() -> None:
    assert obis_argument("1-0:1.8.0") == Obis.parse("1.0.1.8.0.255")
    with pytest.raises(argparse.ArgumentTypeError, match=r"'1\.8\.0' is no OBIS code"):
        obis_argument("1.8.0")
