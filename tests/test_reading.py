from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.reading import MeterTime, Quality, Quantity, Reading, Value

_READ = datetime(2026, 3, 1, 12, 0, 3, 250_000, tzinfo=UTC)
_CAPTURED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def _reading(
    *,
    meter: str = "m1",
    job: str = "load",
    read_time: datetime = _READ,
    capture_time: datetime | None = _CAPTURED,
) -> Reading:
    return Reading(
        meter=meter,
        logical_device_name="ABC0000000000001",
        bus="rs485-1",
        job=job,
        read_time=read_time,
        capture_time=capture_time,
        values=(
            Value(
                obis="1.0.1.8.0.255",
                attribute=2,
                name="active_energy_import",
                value=Quantity(magnitude=Decimal("1234.5")),
                unit="Wh",
            ),
        ),
    )


def test_the_identity_never_changes_between_versions() -> None:
    # Receivers keep these ids: an id that changes makes doubles of what they have.
    assert _reading().message_id("gw") == UUID("f20505ed-86e8-5954-86a1-e2b28e8863b3")
    instantaneous = _reading(capture_time=None)
    assert instantaneous.message_id("gw") == UUID("aaca4b27-7de3-5b64-a0e6-f74354d47aa4")


def test_a_captured_entry_is_the_same_message_however_often_it_is_read() -> None:
    later = _reading(read_time=_READ + timedelta(days=1))
    assert later.message_id("gw") == _reading().message_id("gw")


def test_an_instant_is_the_same_in_every_zone() -> None:
    elsewhere = _CAPTURED.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert _reading(capture_time=elsewhere).message_id("gw") == _reading().message_id("gw")


def test_whatever_makes_another_reading_makes_another_message() -> None:
    ids = {
        _reading().message_id("gw"),
        _reading().message_id("gw2"),
        _reading(meter="m2").message_id("gw"),
        _reading(job="daily").message_id("gw"),
        _reading(capture_time=_CAPTURED + timedelta(minutes=15)).message_id("gw"),
        _reading(capture_time=None).message_id("gw"),
        _reading(capture_time=None, read_time=_CAPTURED).message_id("gw"),
    }
    assert len(ids) == 7


@given(one=st.datetimes(timezones=st.just(UTC)), other=st.datetimes(timezones=st.just(UTC)))
def test_messages_are_one_exactly_if_their_instants_are(one: datetime, other: datetime) -> None:
    same = _reading(capture_time=one).message_id("g") == _reading(capture_time=other).message_id(
        "g"
    )
    assert same == (one == other)


@pytest.mark.parametrize("field", ["read_time", "capture_time"])
def test_a_time_without_offset_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match="offset from UTC"):
        _reading(**{field: datetime(2026, 3, 1, 12)})  # type: ignore[arg-type]  # noqa: DTZ001  # the point


def test_a_value_is_good_unless_it_says_otherwise() -> None:
    value = Value(obis="1.0.1.8.0.255", attribute=2, name="energy", value=3)
    assert value.quality is Quality.GOOD
    assert (value.unit, value.reason) == ("", "")
    assert MeterTime(time=_READ).status == ()
