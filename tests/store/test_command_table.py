"""Requests that were begun, in a real file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dcud.store import command_table
from dcud.store.rows import CursorMove, KnownCommand, OutboxLimits, OutboxMessage
from dcud.store.store import Store


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "dcud.db", OutboxLimits(), clock) as opened:
        yield opened


async def test_what_was_begun_and_answered_is_known_after_a_restart(
    tmp_path: Path, store: Store, clock: Clock
) -> None:
    assert await store.known_command("a") is None
    assert await store.begin_command("a", b"digest", clock.now + 60)
    assert await store.known_command("a") == KnownCommand(digest=b"digest", reply=None)
    event = OutboxMessage(message_id="e", topic="t", payload=b"{}")
    move = CursorMove(meter="m", key="k", position="p")
    await store.answer_command("a", b"reply", [event], [move])
    await store.close()
    async with await Store.open(tmp_path / "dcud.db", OutboxLimits(), clock) as again:
        assert await again.known_command("a") == KnownCommand(digest=b"digest", reply=b"reply")
        assert [row.message_id for row in await again.oldest(10)] == ["e"]
        cursor = await again.cursor("m", "k")
        assert cursor is not None
        assert cursor.position == "p"


async def test_it_is_forgotten_when_its_time_is_over(store: Store, clock: Clock) -> None:
    assert await store.begin_command("a", b"", clock.now + 60)
    clock.now += 60
    assert await store.begin_command("b", b"", clock.now + 60)
    assert await store.known_command("a") is None


async def test_there_is_room_for_so_many(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_table, "MOST", 2)
    for name, fits in (("a", True), ("b", True), ("c", False)):
        assert await store.begin_command(name, b"", clock.now + 60) is fits
    assert await store.known_command("c") is None
    clock.now += 61
    assert await store.begin_command("c", b"", clock.now + 60)
