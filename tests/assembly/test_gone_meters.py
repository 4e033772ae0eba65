from pathlib import Path

from dcud.assembly.gone_meters import gone_meters
from dcud.store.rows import OutboxLimits
from dcud.store.store import Store

DAY = 86_400.0


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


async def test_a_meter_that_is_no_longer_configured_is_taken_back_for_a_while(
    tmp_path: Path,
) -> None:
    clock = Clock()
    async with await Store.open(tmp_path / "s.db", OutboxLimits(), clock) as store:

        async def after(days: float, *configured: str) -> set[str]:
            clock.now += days * DAY
            return await gone_meters(store, configured, clock.now)

        assert await after(0, "a", "b") == set()
        assert await after(700, "a") == {"b"}  # it had been there for years
        assert await after(80, "a", "c") == {"b"}
        assert await after(1, "a", "b", "c") == set()
        assert await after(1, "a") == {"b", "c"}
        assert await after(91, "a") == set()
        assert await after(1) == {"a"}
