"""Each block of each page is run, or checked for what it is, or says why it can't be.

What to do where a block is found to be neither stands in `tests/support/walk.py` (commands) and
`tests/support/configuration_fragments.py` (configuration). A block of JSON that is a message says
by which schema, `<!-- schema: reading-1 -->`.
"""

import ast
import configparser
import json
import re
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from dcud.config.key_entries import parse_keys
from dcud.config.load import load
from dcud.publish.schema import load_schema
from tests.support.configuration_fragments import completed, is_key_file, key_file_text
from tests.support.documents import ROOT, Block, all_blocks, name_of, pages, prose
from tests.support.shown_commands import calls, fault, unknown_options
from tests.support.toml_text import toml_text
from tests.support.walk import NOT_RUN, SLOW, WALKED, is_walked

BLOCKS = all_blocks()

OWN_TESTS = {
    "docs/by-hand.md": "tests/cli/test_by_hand_doc.py",
    "docs/keys.md": "tests/cli/test_keys_doc.py",
    "docs/library.md": "tests/test_library_doc.py",
    "docs/media.md": "tests/cli/test_media_doc.py",
    "docs/security.md": "tests/cli/test_security_doc.py",
    "docs/templates.md": "tests/cli/test_templates_doc.py",
    "docs/trace.md": "tests/cli/test_trace_doc.py",
    "docs/translate.md": "tests/cli/test_translate_doc.py",
}
"""Pages whose blocks with the word "run" have a test of their own."""

RUN_WHOLE = {"docs/media.md", "docs/security.md", "docs/translate.md"}
"""Those of them whose tests run every command."""

CHECKED = {"toml", "json", "yaml", "ini"}
"""Languages that are checked below wherever they stand."""

SHOWN = {"", "text", "log"}
"""What nobody types: drawings, output, and frames, which the commands around them take."""


def of(*languages: str) -> list[Block]:
    return [block for block in BLOCKS if block.language in languages]


def place(block: Block) -> str:
    return block.place


def is_covered(block: Block) -> bool:
    if block.language in CHECKED | SHOWN:
        return True
    for mark in (NOT_RUN, SLOW):
        if block.remark.startswith(mark):
            return len(block.remark) > len(mark)
    has_own_test = "run" in block.words and block.page in OWN_TESTS
    return has_own_test or block.page in RUN_WHOLE or is_walked(block) or _is_script(block)


def _is_script(block: Block) -> bool:
    """Tell whether it is a program, which its page's test runs, or that is read below."""
    return block.language == "python" or (block.language == "bash" and block.page in OWN_TESTS)


def test_every_block_is_run_or_checked_or_says_why_not() -> None:
    assert [block.place for block in BLOCKS if not is_covered(block)] == []


def test_the_tests_of_pages_are_there() -> None:
    for page, test in OWN_TESTS.items():
        assert Path(page).name in (ROOT / test).read_text(encoding="utf-8"), test
    assert {*WALKED, *RUN_WHOLE} <= {name_of(page) for page in pages()}


@pytest.mark.parametrize("block", of("sh", "bash"), ids=place)
def test_commands_of_dcud_are_right(block: Block) -> None:
    faults = {" ".join(call): fault(call) for call in calls(block.text)}
    assert {call: told for call, told in faults.items() if told} == {}


@pytest.mark.parametrize("name", [name_of(page) for page in pages()])
def test_prose_names_commands_and_options_that_there_are(name: str) -> None:
    spans = re.findall(r"`(dcud [^`\n]+)`", prose(ROOT / name))
    wrong = {span: unknown_options(call) for span in spans for call in calls(span)}
    assert {span: options for span, options in wrong.items() if options} == {}


@pytest.mark.parametrize("block", of("sh", "bash"), ids=place)
def test_scripts_are_such_of_the_shell(block: Block) -> None:
    done = subprocess.run(
        ["bash", "-n"], input=block.text, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("block", of("sh"), ids=place)
def test_targets_of_make_are_there(block: Block) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = re.findall(r"^make ([a-z-]+)", block.text, re.MULTILINE)
    assert [target for target in named if target not in targets] == []


@pytest.mark.parametrize("block", of("toml"), ids=place)
def test_configuration_can_be_loaded(block: Block, tmp_path: Path) -> None:
    if is_key_file(block):
        assert parse_keys(tmp_path, key_file_text(block).encode())
        return
    path = tmp_path / "dcud.toml"
    path.write_text(toml_text(completed(block)), encoding="utf-8")
    assert load(path).gateway.id


@pytest.mark.parametrize("block", of("json"), ids=place)
def test_messages_fit_their_schemas(block: Block) -> None:
    schemas = re.findall(r"[a-z-]+-\d+", block.remark.partition("schema:")[2])
    validators = [Draft202012Validator(load_schema(name)) for name in schemas]
    for value in documents(block.text):
        if validators:
            assert any(validator.is_valid(value) for validator in validators), value
        else:
            assert not {"schema_version", "verb", "signature"} & {*value}, "name its schema"


def documents(text: str) -> Iterator[Any]:
    """Give the values of JSON that stand one after the other."""
    decoder = json.JSONDecoder()
    rest = text.strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        yield value
        rest = rest[end:].lstrip()


@pytest.mark.parametrize("block", of("python"), ids=place)
def test_python_compiles_and_finds_what_it_imports(block: Block) -> None:
    tree = ast.parse(block.text)
    names = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else _names(node))
        if name
    }
    assert [name for name in names if find_spec(name) is None] == []


def _names(node: ast.Import) -> list[str]:
    return [alias.name for alias in node.names]


@pytest.mark.parametrize("block", of("yaml"), ids=place)
def test_yaml_is_what_prometheus_takes(block: Block, tmp_path: Path) -> None:
    told = yaml.safe_load(block.text)
    if isinstance(told, list) and "alert" in told[0]:
        told = {"groups": [{"name": "dcud", "rules": told}]}
    kind = "rules" if "groups" in told else "config" if "scrape_configs" in told else ""
    path = tmp_path / "shown.yml"
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    if kind:
        done = subprocess.run(
            ["promtool", "check", kind, str(path)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("block", of("ini"), ids=place)
def test_drop_ins_have_sections_of_units(block: Block) -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read_string(block.text)
    assert parser.sections()
    assert {*parser.sections()} <= {"Unit", "Service", "Install", "Timer", "Socket"}
