"""docs/services.md says of every APDU what is so."""

import re
from importlib import import_module
from pathlib import Path

import pytest

import dcud.dlms.apdu
from dcud.dlms.conformance import IMPLEMENTED, IMPLEMENTED_BY_SHORT_NAMES, Conformance

ROOT = Path(__file__).parents[1]
DOCUMENT = (ROOT / "docs" / "services.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| ([^|]+) \| ([0-9A-F, ]+) \| (`[^|]+`) \| ([^|]*)\|$", re.MULTILINE)
ROWS = _ROW.findall(DOCUMENT)
MODULES = {name for row in ROWS for name in re.findall(r"`(\w+)`", row[2])}


def test_every_module_of_apdus_stands_in_the_table() -> None:
    (folder,) = map(Path, dcud.dlms.apdu.__path__)
    assert {path.stem for path in folder.glob("[a-z]*.py")} == MODULES


@pytest.mark.parametrize("name", sorted(MODULES))
def test_each_has_both_ways_and_tests_with_properties(name: str) -> None:
    module = import_module(f"dcud.dlms.apdu.{name}")
    members = {attribute for each in vars(module).values() for attribute in dir(each)}
    functions = " ".join(vars(module)) + " ".join(members)
    assert "encode" in functions
    assert "decode" in functions
    tests = (ROOT / "tests" / "dlms" / "apdu" / f"test_{name}.py").read_text(encoding="utf-8")
    assert "@given" in tests


def test_the_proposed_conformance_is_that_of_the_table() -> None:
    known = {bit.words: bit for bit in Conformance}
    told = Conformance.PRIORITY_MGMT_SUPPORTED
    for row in ROWS:
        for word in filter(None, map(str.strip, row[3].split(","))):
            told |= known[word]
    assert told == IMPLEMENTED | IMPLEMENTED_BY_SHORT_NAMES


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+\.py)`", DOCUMENT))))
def test_the_tests_that_it_names_are_there(name: str) -> None:
    assert list((ROOT / "tests").rglob(name))
