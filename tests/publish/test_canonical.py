import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.publish.canonical import canonical_json, rfc3339


def test_members_keep_their_order_and_no_space_is_spent() -> None:
    assert (
        canonical_json({"b": 1, "a": [None, True, "é"]}) == '{"b":1,"a":[null,true,"é"]}'.encode()
    )


@given(text=st.text(st.characters(codec=None)))
def test_any_text_is_valid_utf_8_that_reads_back(text: str) -> None:
    octets = canonical_json({"text": text})
    assert json.loads(octets.decode("utf-8")) == {"text": text}


def test_an_instant_is_told_in_utc_to_the_millisecond() -> None:
    east = timezone(timedelta(hours=2))
    assert (
        rfc3339(datetime(2026, 3, 1, 14, 0, 3, 250_999, tzinfo=east)) == "2026-03-01T12:00:03.250Z"
    )
    assert rfc3339(datetime(2026, 3, 1, tzinfo=UTC)) == "2026-03-01T00:00:00.000Z"


def test_a_local_time_is_no_instant() -> None:
    with pytest.raises(ValueError, match="offset"):
        rfc3339(datetime(2026, 3, 1))  # noqa: DTZ001  # the point
