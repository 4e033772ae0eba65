"""What holds for every table of event codes."""

import re
from collections.abc import Mapping

from dcud.cosem.event_tables.event_log import EventTable
from dcud.dlms.obis import Obis

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ():,.'-]*[A-Za-z0-9)]")
"""No text can pass for an unsure one, or break a row of CSV."""


def assert_well_formed(table: EventTable) -> None:
    for logical_name, log in table.logs.items():
        assert str(Obis.parse(logical_name)) == logical_name
        assert _PLAIN.fullmatch(log.name)
        assert not log.texts.keys() & log.unsure.keys()
        _assert_plain({**log.texts, **log.unsure})
    if table.one_numbering:
        _assert_numbered_once(table)


def _assert_plain(texts: Mapping[int, str]) -> None:
    for code, text in texts.items():
        assert 0 < code < 0x10000
        assert _PLAIN.fullmatch(text), text
        assert len(text) <= 50, text


def _assert_numbered_once(table: EventTable) -> None:
    seen: dict[int, str] = {}
    for logical_name, log in table.logs.items():
        for code in (*log.texts, *log.unsure):
            text = table.text(logical_name, code)
            assert text is not None
            assert seen.setdefault(code, text) == text, code
