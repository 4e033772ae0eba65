from datetime import datetime
from pathlib import Path

import pytest

from dcud.observe.log_line import Record, line, timestamp
from dcud.observe.mask import Mask


@pytest.mark.parametrize(
    ("unix", "text"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1795370584.123, "2026-11-22T18:03:04.123Z"),
        (1795370584.9996, "2026-11-22T18:03:05.000Z"),
    ],
)
def test_times_are_rfc_3339_in_utc(unix: float, text: str) -> None:
    assert timestamp(unix) == text


def test_a_frame_is_one_line() -> None:
    record = Record(
        at=1795370584.123,
        bus="rs485-1",
        mark="tx",
        meter="meter-7",
        octets=bytes.fromhex("7ea0070321930f017e"),
        secret=((3, 5),),
    )
    assert (
        line(record, Mask()) == "2026-11-22T18:03:04.123Z rs485-1 tx meter-7 7EA007****930F017E\n"
    )


def test_a_discard_tells_its_reason_before_the_octets() -> None:
    record = Record(at=0.0, bus="b", mark="rx!", meter="m", note="noise", octets=b"\x00\xff")
    assert line(record, Mask()) == "1970-01-01T00:00:00.000Z b rx! m noise 00FF\n"


def test_what_is_unknown_keeps_its_column() -> None:
    record = Record(at=0.0, bus="", mark="!", meter="", note="2 lines dropped")
    assert line(record, Mask()) == "1970-01-01T00:00:00.000Z - ! - 2 lines dropped\n"


def test_no_name_breaks_a_line_or_its_columns() -> None:
    record = Record(at=0.0, bus="a b", mark="tx", meter="m\nforged\x1b", octets=b"\x00")
    assert line(record, Mask()) == "1970-01-01T00:00:00.000Z a_b tx m_forged_ 00\n"


def test_known_secrets_are_masked_in_every_column() -> None:
    mask = Mask()
    mask.add(b"secret")
    record = Record(
        at=0.0, bus="asecret", mark="rx!", meter="secret", note="is secret", octets=b"\x01secret"
    )
    assert line(record, mask) == (
        "1970-01-01T00:00:00.000Z a****** rx! ****** is ****** 01************\n"
    )


def test_the_lines_that_the_document_shows_are_such() -> None:
    document = (Path(__file__).parents[2] / "docs" / "frame-log.md").read_text()
    shown = [text for text in document.splitlines() if text.startswith("2026-")]
    assert len(shown) == 2
    for text in shown:
        at, bus, mark, meter, octets = text.split()
        seconds = datetime.fromisoformat(at).timestamp()
        record = Record(at=seconds, bus=bus, mark=mark, meter=meter, octets=bytes.fromhex(octets))
        assert line(record, Mask()) == text + "\n"
