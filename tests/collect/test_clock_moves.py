from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dcud.collect.clock_moves import AT_MOST, KEY, Repeated, from_text, noted, to_text
from dcud.store.rows import Cursor

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def stretch(hour: int = 0) -> Repeated:
    first = NOON + timedelta(hours=hour)
    return Repeated(first=first, last=first + timedelta(minutes=30), noted=first)


def test_a_stretch_is_past_once_its_last_entry_is_in_the_profile() -> None:
    last = stretch().last
    assert not stretch().is_past(last + timedelta(seconds=60))
    assert stretch().is_past(last + timedelta(seconds=61))


async def test_the_latest_are_remembered() -> None:
    kept: dict[tuple[str, str], Cursor] = {}

    async def position(meter: str, key: str) -> Cursor | None:
        return kept.get((meter, key))

    for hour in range(AT_MOST + 3):
        move = await noted(position, "m1", stretch(hour))
        kept[move.meter, move.key] = Cursor(position=move.position, moved_at=0.0)
    assert list(kept) == [("m1", KEY)]
    expected = [stretch(hour) for hour in range(3, AT_MOST + 3)]
    assert from_text(kept["m1", KEY].position) == expected


moments = st.datetimes(timezones=st.just(UTC))


@given(st.lists(st.builds(Repeated, first=moments, last=moments, noted=moments)))
def test_what_is_noted_is_read_back(stretches: list[Repeated]) -> None:
    assert from_text(to_text(stretches)) == stretches
