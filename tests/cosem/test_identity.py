"""Which templates are proposed for which meters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.config import shipped
from dcud.cosem.identity import COMPANIONS, MEDIA, Identity, Proposal, propose
from dcud.dlms.obis import Obis


def identity_of(name: str, *objects: str) -> Identity:
    return Identity(
        logical_device_name=name, objects=frozenset(Obis.parse(each) for each in objects)
    )


def proposed(name: str, *objects: str) -> tuple[str, ...]:
    proposal = propose(identity_of(name, *objects))
    return proposal.templates if proposal else ()


IDIS = ("1.0.1.8.0.255", "0.0.99.98.1.255", "1.0.99.2.0.255", "0.0.97.98.0.255")

EVENTS = "a log of fraud (0.0.99.98.1.255), a daily profile (1.0.99.2.0.255)"


@pytest.mark.parametrize(
    ("objects", "templates"),
    [
        (("1.0.1.8.0.255",), ("generic-electricity",)),
        (("7.0.3.0.0.255",), ("generic-gas",)),
        (("6.0.1.0.0.255",), ("generic-heat",)),
        (("6.0.1.0.0.255", "5.0.1.0.0.255"), ("generic-heat", "generic-cooling")),
        (("8.0.1.0.0.255",), ("generic-water",)),
        (("9.0.1.0.0.255",), ("generic-hot-water",)),
        (IDIS, ("generic-electricity", "idis")),
        ((*IDIS, "0.0.43.1.0.255"), ("generic-electricity", "idis", "idis-secured")),
        ((*IDIS, "0.1.24.1.0.255"), ("generic-electricity", "idis", "mbus")),
        ((*IDIS, "1.0.94.31.3.255"), ("generic-electricity", "dsmr")),
        (
            (*IDIS, "1.0.94.31.3.255", "0.0.43.1.0.255", "0.1.24.2.1.255"),
            ("generic-electricity", "dsmr", "dsmr-secured", "mbus"),
        ),
        (
            (*IDIS, "1.0.94.31.3.255", "0.0.97.98.2.255", "0.0.43.1.0.255"),
            ("generic-electricity", "esmr5"),
        ),
        (("1.0.1.8.0.255", "1.0.94.7.0.255", "1.0.98.2.0.255"), ("generic-electricity", "spodes")),
        (("1.0.12.7.0.255", "1.0.94.91.0.255"), ("is15959-single-phase",)),
        (("1.0.52.7.0.255", "0.0.94.91.9.255"), ("is15959-three-phase",)),
        (
            ("1.0.52.7.0.255", "0.0.94.91.9.255", "0.0.43.1.3.255"),
            ("is15959-three-phase", "is15959-smart"),
        ),
        (("1.0.1.8.0.255", "1.1.94.34.100.255"), ("generic-electricity", "prime-iberia")),
        (("7.0.13.2.0.255", "0.0.94.39.1.255"), ("uni-ts-11291",)),
        (("0.0.1.0.0.255", "0.1.24.1.0.255"), ()),
    ],
)
def test_templates_by_objects(objects: tuple[str, ...], templates: tuple[str, ...]) -> None:
    assert proposed("XXX0000000000001", *objects) == templates


def test_the_reasons_name_what_was_found() -> None:
    proposal = propose(identity_of("ISK1020304050607", *IDIS, "0.0.43.1.0.255"))
    assert proposal == Proposal(
        templates=("generic-electricity", "idis", "idis-secured"),
        reasons=(
            "a register of electricity (1.0.1.8.0.255)",
            f"{EVENTS}, alarm register 1 (0.0.97.98.0.255), made by ISK",
            "an invocation counter (0.0.43.1.0.255)",
        ),
    )


@pytest.mark.parametrize(
    ("name", "templates"),
    [("ISK0000000000001", ("idis",)), ("ZIV0000000000001", ()), ("", ())],
)
def test_without_objects_the_manufacturer_decides(name: str, templates: tuple[str, ...]) -> None:
    assert proposed(name) == templates


@pytest.mark.parametrize(
    ("name", "letters"),
    [("ISK102", "ISK"), ("isk102", "ISK"), ("IS", ""), ("1SK", ""), ("ÄSK1", ""), ("", "")],
)
def test_the_manufacturers_letters(name: str, letters: str) -> None:
    assert Identity(logical_device_name=name).manufacturer == letters


def test_the_first_object_of_a_pattern_is_the_lowest() -> None:
    identity = identity_of("", "1.0.2.8.0.255", "1.0.1.8.0.255", "1.0.1.7.0.255")
    assert str(identity.first("1.*.*.8.0.255")) == "1.0.1.8.0.255"
    assert identity.first("7.*.*.*.*.*") is None


def test_every_template_that_a_rule_names_is_shipped() -> None:
    rules = (*MEDIA, *COMPANIONS)
    named = {rule.template for rule in rules} | {rule.secured for rule in rules} - {""}
    assert named | {"mbus"} == set(shipped.shipped())


@given(
    st.text(max_size=20),
    st.frozensets(st.binary(min_size=6, max_size=6).map(Obis), max_size=20),
)
def test_any_identity_gives_shipped_templates_each_with_a_reason(
    name: str, objects: frozenset[Obis]
) -> None:
    proposal = propose(Identity(logical_device_name=name, objects=objects))
    if proposal is not None:
        assert set(proposal.templates) <= set(shipped.shipped())
        assert len(proposal.templates) == len(proposal.reasons) == len(set(proposal.templates))
        assert all(proposal.reasons)
