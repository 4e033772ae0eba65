"""Several brokers, each with what waits for it."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.store import outbox as outbox_module
from dcud.store.errors import StoreRefusedError
from dcud.store.outbox import Outbox
from dcud.store.rows import OutboxLimits, OutboxMessage, Uplink
from dcud.store.schema import migrate, migrations
from dcud.store.store import Store

NOW = 1_800_000_000.0
A, B = Uplink("a"), Uplink("b")


def connect(path: str = ":memory:") -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, Path(path))
    return connection


def message(n: int, kind: str = "reading", meter: str = "m") -> OutboxMessage:
    return OutboxMessage(message_id=f"m{n}", topic="t", payload=b"{}", kind=kind, meter=meter)


def opened(connection: sqlite3.Connection, *uplinks: Uplink) -> Outbox:
    return Outbox(connection, OutboxLimits(), uplinks)


def put(outbox: Outbox, *messages: OutboxMessage) -> None:
    with outbox.transaction():
        outbox.append(messages, [], NOW)


def ids(outbox: Outbox, uplink: str | None = None) -> list[str]:
    return [row.message_id for row in outbox.oldest(1000, -1, 1 << 20, uplink)]


def deliver(outbox: Outbox, uplink: str, names: Sequence[str]) -> int:
    rows = {row.message_id: row.row_id for row in outbox.oldest(1000, -1, 1 << 20)}
    with outbox.transaction():
        return outbox.delivered(uplink, [rows[name] for name in names])


def test_a_message_stays_until_everybody_has_it() -> None:
    with closing(connect()) as connection:
        outbox = opened(connection, A, B)
        put(outbox, message(1), message(2))
        assert outbox.stats.waiting == {"a": 2, "b": 2}
        assert deliver(outbox, "a", ["m1", "m2"]) == 2
        assert (ids(outbox, "a"), ids(outbox, "b")) == ([], ["m1", "m2"])
        assert deliver(outbox, "a", ["m1"]) == 0  # it has it already
        assert deliver(outbox, "b", ["m1"]) == 1
        assert ids(outbox) == ["m2"]
        assert (outbox.stats.depth, outbox.stats.waiting) == (1, {"a": 0, "b": 1})


def test_a_broker_has_the_kinds_that_it_wants() -> None:
    with closing(connect()) as connection:
        outbox = opened(connection, Uplink("a", frozenset({"event"})), B)
        put(outbox, message(1), message(2, "event"))
        assert (ids(outbox, "a"), ids(outbox, "b")) == (["m2"], ["m1", "m2"])
    with closing(connect()) as connection:
        outbox = opened(connection, Uplink("a", frozenset({"event"})))
        put(outbox, message(1))
        assert outbox.stats.depth == 0


def test_a_new_broker_has_what_comes_and_one_that_goes_keeps_nothing_waiting() -> None:
    with closing(connect()) as connection:
        put(opened(connection, A), message(1))
        both = opened(connection, A, B)
        put(both, message(2))
        assert (ids(both, "a"), ids(both, "b")) == (["m1", "m2"], ["m2"])
        only = opened(connection, B)
        assert ids(only) == ["m2"]
        assert only.stats.waiting == {"b": 1}
        again = opened(connection, A, B)
        assert ids(again, "a") == []


def test_the_first_broker_has_what_an_older_version_kept(tmp_path: Path) -> None:
    path = tmp_path / "dcud.db"
    (_, first), *_ = migrations("dcud.store.migrations")
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.executescript(first)
        old.execute("PRAGMA application_id = 0x64637564")
        old.execute("PRAGMA user_version = 1")
        for n, (topic, payload) in enumerate(
            [
                ("dcud/v1/gw/meter/x/reading/j", b'{"meter":{"id":"x"}}'),
                ("dcud/v1/gw/meter/y/event", b'{"meter":"y"}'),
                ("dcud/v1/gw/event", b'{"code":"c"}'),
                ("dcud/v1/gw/meter/z/notification", b'{"meter":"z"}'),
                ("t", b"\xff no JSON"),
            ]
        ):
            old.execute(
                "INSERT INTO outbox (message_id, stored_at, size, topic, payload)"
                " VALUES (?, ?, 100, ?, ?)",
                (f"m{n}", NOW, topic, payload),
            )
    with closing(connect(str(path))) as connection:
        outbox = opened(connection, Uplink("mqtt"), B)
        rows = outbox.oldest(10, -1, 1 << 20, "mqtt")
        assert [(row.kind, row.meter) for row in rows] == [
            ("reading", "x"),
            ("event", "y"),
            ("event", ""),
            ("notification", "z"),
            ("reading", ""),
        ]
        assert ids(outbox, "b") == []


def test_what_is_parked_waits_no_more_until_it_is_tried_again() -> None:
    with closing(connect()) as connection:
        outbox = opened(connection, A, B)
        put(outbox, message(1, "event", "x"), message(2))
        (row, _) = outbox.oldest(10, -1, 1 << 20)
        with outbox.transaction():
            outbox.park("a", [row.row_id], NOW)
        assert (ids(outbox, "a"), ids(outbox, "b")) == (["m2"], ["m1", "m2"])
        assert outbox.stats.parked == {"a": 1, "b": 0}
        outbox = opened(connection, A, B)
        assert outbox.stats.parked == {"a": 1, "b": 0}
        with outbox.transaction():
            assert outbox.unpark("a", NOW) == 1
        assert ids(outbox, "a") == ["m1", "m2"]
        assert outbox.stats.waiting == {"a": 2, "b": 2}
        deliver(outbox, "b", ["m1", "m2"])
        with outbox.transaction():
            outbox.park("a", [row.row_id], NOW)
        assert ids(outbox) == ["m2"]
        with outbox.transaction():
            assert outbox.unpark("a", NOW) == 1
        (_, back) = outbox.oldest(10, -1, 1 << 20, "a")
        assert (back.message_id, back.kind, back.meter) == ("m1", "event", "x")
        assert outbox.stats.parked == {"a": 0, "b": 0}


def test_only_so_many_are_parked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "MOST_PARKED", 2)
    with closing(connect()) as connection:
        outbox = opened(connection, A)
        put(outbox, *[message(n) for n in range(4)])
        for at, row in enumerate(outbox.oldest(10, -1, 1 << 20)):
            with outbox.transaction():
                outbox.park("a", [row.row_id], NOW + at)
        assert outbox.stats.parked == {"a": 2}
        with outbox.transaction():
            outbox.unpark("a", NOW)
        assert ids(outbox) == ["m2", "m3"]


def test_too_many_brokers_are_refused_and_nothing_is_changed() -> None:
    with closing(connect()) as connection:
        put(opened(connection, A), message(1))
        with pytest.raises(StoreRefusedError, match="17"):
            opened(connection, *[Uplink(f"u{n}") for n in range(17)])
        assert ids(opened(connection, A), "a") == ["m1"]


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 9)),
        st.tuples(st.sampled_from("ab"), st.integers(0, 9)),
        st.tuples(st.sampled_from(["park a", "park b", "unpark a", "unpark b"]), st.integers(0, 9)),
    ),
    max_size=40,
)


@given(ACTS)
def test_each_broker_gets_each_message_once_whatever_the_other_does(
    acts: list[tuple[str, int]],
) -> None:
    """The model: what is owed to each, by names."""
    owed: dict[str, set[str]] = {"a": set(), "b": set()}
    aside: dict[str, set[str]] = {"a": set(), "b": set()}
    with closing(connect()) as connection:
        outbox = opened(connection, A, B)
        for act, n in acts:
            name = f"m{n}"
            rows = {row.message_id: row.row_id for row in outbox.oldest(100, -1, 1 << 20)}
            if act == "put":
                if name not in rows:
                    put(outbox, message(n))
                    owed["a"].add(name)
                    owed["b"].add(name)
            elif act in owed:
                if name in rows:
                    deliver(outbox, act, [name])
                    owed[act].discard(name)
            elif act.startswith("park"):
                who = act[-1]
                if name in owed[who]:
                    with outbox.transaction():
                        outbox.park(who, [rows[name]], NOW)
                    owed[who].discard(name)
                    aside[who].add(name)
            else:
                who = act[-1]
                with outbox.transaction():
                    outbox.unpark(who, NOW)
                owed[who] |= aside[who]
                aside[who].clear()
            assert {who: set(ids(outbox, who)) for who in "ab"} == owed
            assert outbox.stats.waiting == {who: len(names) for who, names in owed.items()}
            assert outbox.stats.depth == len(owed["a"] | owed["b"])
            assert outbox.stats.parked == {who: len(names) for who, names in aside.items()}


async def test_each_has_an_outbox_of_its_own(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "s.db", OutboxLimits(), lambda: NOW, (A, B)) as store:
        await store.append([message(1), message(2)])
        first, second = store.uplink("a"), store.uplink("b")
        (row, _) = await first.oldest(10)
        assert await first.delete([row.row_id]) == 1
        assert (first.stats().depth, second.stats().depth) == (1, 2)
        assert [each.message_id for each in await second.oldest(10, row.row_id)] == ["m2"]
        await second.park([row.row_id])
        assert await second.unpark() == 1
        assert second.stats().depth == 2
