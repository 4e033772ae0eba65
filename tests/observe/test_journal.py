import builtins
import io
import logging
import os
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from dcud.errors import DcudError
from dcud.observe.journal import (
    JournalHandler,
    PriorityFormatter,
    fields,
    leads_to_journal,
    log_handler,
    priority,
)


class SilentError(DcudError):
    code = "no_answer"


def record(template: str, *arguments: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("dcud.x", logging.WARNING, "f", 1, template, arguments, None)
    made.__dict__.update(extra)
    return made


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (record("nothing"), {}),
        (record("bus %s: the line works", "b"), {"DCUD_BUS": "b"}),
        (
            record("bus %s: meter %s: %s (failure %d)", "b", "m", SilentError("none"), 3),
            {"DCUD_BUS": "b", "DCUD_METER": "m", "DCUD_CODE": "no_answer"},
        ),
        (
            record("%d %% of bus %s, job %s of meter %s", 5, "b", "j", "m"),
            {"DCUD_BUS": "b", "DCUD_JOB": "j", "DCUD_METER": "m"},
        ),
        (record("%.0f s, bus %s", 1.5, "b"), {"DCUD_BUS": "b"}),
        (
            record("meter %s: %s", "m", "gone", code="meter_gone"),
            {"DCUD_METER": "m", "DCUD_CODE": "meter_gone"},
        ),
        (record("the omnibus %s", "b"), {}),
    ],
)
def test_templates_tell_what_a_line_is_about(
    line: logging.LogRecord, expected: dict[str, str]
) -> None:
    assert fields(line) == expected


def test_arguments_by_name_are_left_alone() -> None:
    line = record("bus %(bus)s")
    line.args = {"bus": "b"}
    assert fields(line) == {}


def test_levels_are_syslogs() -> None:
    levels = (logging.CRITICAL, logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG)
    assert [priority(level) for level in levels] == [2, 3, 4, 6, 7]


def test_an_entry_has_its_fields() -> None:
    sent: list[tuple[str, dict[str, Any]]] = []
    handler = JournalHandler(lambda message, **named: sent.append((message, named)))
    handler.emit(record("bus %s: %s", "b", "odd"))
    ((message, named),) = sent
    assert message == "bus b: odd"
    assert named == {
        "PRIORITY": "4",
        "SYSLOG_IDENTIFIER": "dcud",
        "LOGGER": "dcud.x",
        "DCUD_BUS": "b",
    }


def test_a_journal_that_takes_nothing_stops_nobody(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("full")

    JournalHandler(refuse).emit(record("a line"))
    assert "full" in capsys.readouterr().err


def test_each_line_of_a_stream_has_its_priority() -> None:
    assert PriorityFormatter("%(message)s").format(record("two\nlines")) == "<4>two\n<4>lines"


def environment(stream: Any) -> dict[str, str]:
    found = os.fstat(stream.fileno())
    return {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"}


def test_where_a_stream_leads() -> None:
    with Path(os.devnull).open("w", encoding="utf-8") as stream:
        assert leads_to_journal(stream, environment(stream))
        assert not leads_to_journal(stream, {"JOURNAL_STREAM": "1:2"})
        assert not leads_to_journal(stream, {})
    assert not leads_to_journal(io.StringIO(), {})


def test_a_log_goes_where_the_stream_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path(os.devnull).open("w", encoding="utf-8") as stream:
        plain = log_handler(stream, {}, "at %(message)s")
        assert plain.format(record("a line")) == "at a line"

        journal = types.ModuleType("systemd.journal")
        journal.send = print  # type: ignore[attr-defined]  # a stand-in
        monkeypatch.setitem(sys.modules, "systemd", types.ModuleType("systemd"))
        monkeypatch.setitem(sys.modules, "systemd.journal", journal)
        assert isinstance(log_handler(stream, environment(stream), ""), JournalHandler)

        import_of = builtins.__import__

        def refuse(name: str, *rest: Any) -> Any:
            if name.startswith("systemd"):
                raise ImportError(name)
            return import_of(name, *rest)

        monkeypatch.setattr(builtins, "__import__", refuse)
        marked = log_handler(stream, environment(stream), "")
        assert marked.format(record("a line")) == "<4>dcud.x: a line"
