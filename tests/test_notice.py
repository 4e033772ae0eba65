from dataclasses import replace
from datetime import UTC, datetime

from dcud.notice import Notice, NoticedValue

NOTICE = Notice(
    meter="m",
    bus="b",
    received=datetime(2026, 3, 1, tzinfo=UTC),
    kind="data-notification",
    octets=b"\x0f\x01",
    value=NoticedValue(type="null-data", value=None),
)


def test_copies_have_one_id_and_others_have_others() -> None:
    first = NOTICE.message_id("gw")
    assert replace(NOTICE).message_id("gw") == first
    others = {
        NOTICE.message_id("gw-2"),
        replace(NOTICE, meter="n").message_id("gw"),
        replace(NOTICE, octets=b"\x0f\x02").message_id("gw"),
        replace(NOTICE, received=datetime(2026, 3, 2, tzinfo=UTC)).message_id("gw"),
    }
    assert len(others | {first}) == 5


def test_octets_may_hold_what_no_log_should() -> None:
    assert "octets" not in repr(NOTICE)
