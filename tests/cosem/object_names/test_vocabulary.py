from dcud.cosem.object_names.vocabulary import (
    NOT_USED,
    Entities,
    entity,
    join,
    listed,
    numbered,
    rate_name,
)

TABLE: Entities = {(0, 0): "clock", (1, 0): {NOT_USED: "all", **listed(3, "a", "b")}}


def test_one_name_for_all_e_gets_its_number() -> None:
    assert entity(TABLE, 0, 0, 0) == "clock"
    assert entity(TABLE, 0, 0, 127) == "clock_127"
    assert entity(TABLE, 0, 0, 128) == ""


def test_names_by_e_hold_for_those_alone() -> None:
    assert entity(TABLE, 1, 0, 255) == "all"
    assert entity(TABLE, 1, 0, 4) == "b"
    assert entity(TABLE, 1, 0, 0) == ""
    assert entity(TABLE, 2, 0, 0) == ""


def test_names_are_joined_and_counted() -> None:
    assert join("a", "", "b") == "a_b"
    assert numbered(10, 2, "x") == {10: "x_1", 11: "x_2"}
    assert listed(3, "a", "b") == {3: "a", 4: "b"}


def test_rates_are_0_to_63() -> None:
    assert [rate_name(e) for e in (0, 1, 63, 64)] == ["", "rate_1", "rate_63", None]
