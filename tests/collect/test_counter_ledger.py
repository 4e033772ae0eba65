import asyncio
import hashlib
import logging
from collections.abc import Mapping

import pytest

from dcud.collect.counter_ledger import (
    HIGHEST_TAKEN_OVER,
    CounterAccount,
    CounterBoundError,
    CounterLedger,
    CounterUnknownError,
    Dealing,
    MeterCounters,
    Trust,
)
from dcud.dlms.errors import CountersSpentError
from dcud.dlms.secret import Secret
from dcud.store.counter_rows import COUNTER_END, CounterRecord, FloorKey, Refusal, Reservation
from dcud.store.errors import StoreError

_KEY = Secret(bytes(range(16)))
_TITLE = b"DCU\0\0\0\0\1"
_METER_TITLE = b"MTR\0\0\0\0\1"
_TRUST = Trust(margin=1000, spread=100, step=5000)


class Kept:
    """A store in memory, which lets others run in the middle of each act."""

    def __init__(self) -> None:
        self.salt = b"salt"
        self.next: dict[tuple[str, bytes], int] = {}
        self.untrusted: set[tuple[str, bytes]] = set()
        self.floors: dict[FloorKey, int] = {}
        self.reserved = 0
        self.flushed: list[dict[FloorKey, int]] = []
        self.broken = False

    async def _wait(self) -> None:
        await asyncio.sleep(0)
        if self.broken:
            raise StoreError("disk full")

    async def reserve(self, fingerprint: str, title: bytes, count: int) -> Reservation | Refusal:
        await self._wait()
        at = (fingerprint, title)
        self.reserved += 1
        if at not in self.next:
            return Refusal.UNKNOWN
        if at in self.untrusted:
            return Refusal.UNTRUSTED
        first = self.next[at]
        end = min(first + count, COUNTER_END)
        if end <= first:
            return Refusal.EXHAUSTED
        self.next[at] = end
        return Reservation(first=first, count=end - first, remaining=COUNTER_END - end)

    async def rebase(self, fingerprint: str, title: bytes, at_least: int) -> None:
        await self._wait()
        at = (fingerprint, title)
        self.next[at] = max(self.next.get(at, 0), at_least)
        self.untrusted.discard(at)

    async def begin(self, fingerprint: str, title: bytes, first: int = 0) -> bool:
        await self._wait()
        known = (fingerprint, title) in self.next
        self.next.setdefault((fingerprint, title), first)
        return not known

    async def record(self, fingerprint: str, title: bytes) -> CounterRecord | None:
        await self._wait()
        at = (fingerprint, title)
        if at not in self.next:
            return None
        return CounterRecord(
            fingerprint=fingerprint,
            title=title,
            next=self.next[at],
            trusted=at not in self.untrusted,
            reserved_at=0.0,
        )

    async def floor(self, key: FloorKey) -> int:
        await self._wait()
        return self.floors.get(key, 0)

    async def raise_floors(self, floors: Mapping[FloorKey, int]) -> None:
        await self._wait()
        self.flushed.append(dict(floors))
        self.floors.update(floors)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def ledger(kept: Kept) -> CounterLedger:
    return CounterLedger(kept, Dealing(block=20, low_water=5, draw=lambda below: below // 10))


@pytest.fixture
def account(ledger: CounterLedger) -> CounterAccount:
    return ledger.account(_KEY, _TITLE)


def _take(account: CounterAccount, count: int) -> list[int]:
    return [account.counter.next() for _ in range(count)]


def _set(kept: Kept, ledger: CounterLedger, first: int) -> None:
    kept.next[ledger.fingerprint(_KEY), _TITLE] = first


def test_a_key_is_named_by_what_tells_nothing_of_it(ledger: CounterLedger, kept: Kept) -> None:
    name = ledger.fingerprint(_KEY)
    assert len(bytes.fromhex(name)) == 8
    assert not hashlib.sha256(_KEY.octets).hexdigest().startswith(name)
    assert ledger.fingerprint(Secret(bytes(16))) != name
    kept.salt = b"of another store"
    assert ledger.fingerprint(_KEY) != name


def test_all_associations_under_a_key_share_one_counter(ledger: CounterLedger) -> None:
    account = ledger.account(_KEY, _TITLE)
    assert ledger.account(Secret(bytes(range(16))), _TITLE) is account
    assert ledger.account(_KEY, _METER_TITLE) is not account
    assert ledger.account(Secret(bytes(16)), _TITLE) is not account


async def test_nothing_is_dealt_out_where_nothing_is_known(account: CounterAccount) -> None:
    assert not await account.load()
    assert account.left is None
    with pytest.raises(CounterUnknownError, match=r"security\.frame_counter.*dcud keys counter"):
        await account.refill()
    with pytest.raises(CountersSpentError):
        account.counter.next()


async def test_counters_are_had_ahead_and_in_order(account: CounterAccount, kept: Kept) -> None:
    await account.begin(100)
    low = [account.is_low]
    await account.refill()
    low.append(account.is_low)
    assert _take(account, 15) == list(range(100, 115))
    low.append(account.is_low)
    assert low == [True, False, False]
    assert await account.load()
    assert kept.reserved == 1  # nothing was missing
    assert _take(account, 1) == [115]
    await account.refill()
    assert _take(account, 24) == list(range(116, 140))
    assert account.left == COUNTER_END - 140


async def test_refilling_at_the_same_time_reserves_once(
    account: CounterAccount, kept: Kept
) -> None:
    await account.begin()
    await asyncio.gather(*(account.refill() for _ in range(10)))
    assert kept.reserved == 1


async def test_beginning_leaves_a_known_counter_alone(account: CounterAccount) -> None:
    await account.begin(100)
    await account.begin(0)
    await account.refill()
    assert _take(account, 1) == [100]


async def test_the_store_may_fail_as_long_as_counters_are_at_hand(
    account: CounterAccount, kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    await account.begin()
    await account.refill()
    _take(account, 18)
    kept.broken = True
    assert await account.load()
    assert "no more invocation counters for now: disk full" in caplog.text
    assert _take(account, 2) == [18, 19]
    with pytest.raises(StoreError, match="disk full"):
        await account.load()


async def test_counters_at_hand_are_given_up_when_the_store_is_no_longer_trusted(
    account: CounterAccount, kept: Kept, ledger: CounterLedger
) -> None:
    await account.begin()
    await account.refill()
    _take(account, 18)
    kept.untrusted.add((ledger.fingerprint(_KEY), _TITLE))
    assert not await account.load()
    assert account.counter.remaining == 0
    assert account.left is None


async def test_the_end_is_told_in_time_then_it_stops(
    account: CounterAccount, kept: Kept, ledger: CounterLedger, caplog: pytest.LogCaptureFixture
) -> None:
    _set(kept, ledger, 0xFFFFFFFF - 22)
    with caplog.at_level(logging.WARNING, "dcud.collect"):
        await account.refill()
        _take(account, 18)
        await account.refill()
    assert caplog.text.count("only 22 invocation counters are left") == 1
    assert "dcud keys transfer" in caplog.text
    await account.refill()  # exhausted, but some are at hand
    assert account.left == 4
    assert _take(account, 4) == [0xFFFFFFFB, 0xFFFFFFFC, 0xFFFFFFFD, 0xFFFFFFFE]
    with pytest.raises(CountersSpentError, match=r"all invocation counters are used.*transfer"):
        await account.load()


# --- The meter's frame counter ------------------------------------------------------------------


async def test_an_unknown_counter_goes_on_beyond_the_meters(account: CounterAccount) -> None:
    assert not await account.rebase(5000, _TRUST)
    assert _take(account, 1) == [6011]


async def test_an_untrusted_counter_is_not_lowered(
    account: CounterAccount, kept: Kept, ledger: CounterLedger
) -> None:
    _set(kept, ledger, 9000)
    kept.untrusted.add((ledger.fingerprint(_KEY), _TITLE))
    assert not await account.rebase(5000, _TRUST)
    assert _take(account, 1) == [9000]


async def test_a_known_counter_that_is_ahead_stays(account: CounterAccount) -> None:
    await account.begin(1000)
    await account.load()
    assert not await account.rebase(999, _TRUST)
    assert _take(account, 1) == [1000]


async def test_a_known_counter_that_is_behind_is_raised_and_that_is_told(
    account: CounterAccount,
) -> None:
    await account.begin(1000)
    await account.load()
    assert await account.rebase(1020, _TRUST)
    assert _take(account, 1) == [2031]


async def test_what_a_command_took_in_between_is_passed_over(
    account: CounterAccount, kept: Kept, ledger: CounterLedger
) -> None:
    await account.begin(1000)
    await account.load()
    await kept.reserve(ledger.fingerprint(_KEY), _TITLE, 50)  # by hand: 1020 to 1069
    assert not await account.rebase(1060, _TRUST)
    assert _take(account, 1) == [1070]


async def test_a_known_counter_of_which_nothing_is_at_hand_stays(account: CounterAccount) -> None:
    await account.begin(1000)
    assert not await account.rebase(900, _TRUST)
    await account.load()
    assert _take(account, 1) == [1000]


async def test_where_the_next_stands_is_known_across_blocks(
    account: CounterAccount, kept: Kept, ledger: CounterLedger
) -> None:
    await account.begin()
    await account.load()
    _take(account, 16)
    await kept.reserve(ledger.fingerprint(_KEY), _TITLE, 100)  # by hand: 20 to 119
    await account.load()  # 16 to 19, 120 to 139
    assert not await account.follow(16, _TRUST)
    assert await account.follow(17, _TRUST)
    assert _take(account, 1) == [140]
    assert not await account.follow(141, _TRUST)
    _take(account, 15)
    await account.load()
    _take(account, 5)
    assert not await account.follow(161, _TRUST)
    assert await account.follow(162, _TRUST)


async def test_a_store_that_is_lost_twice_goes_on_elsewhere_each_time(kept: Kept) -> None:
    begun = []
    for _ in range(3):
        kept.next.clear()  # and the meter has heard nothing: it shows the same again
        account = CounterLedger(kept).account(_KEY, _TITLE)
        await account.rebase(5000, Trust())
        begun.append(account.counter.next())
    assert min(begun) > 15_000
    assert max(begun) <= 1_015_000
    assert len(set(begun)) == 3


# --- What the meter says that it expects --------------------------------------------------------


async def test_a_hint_is_followed_upwards(account: CounterAccount) -> None:
    await account.begin(1000)
    await account.load()
    assert await account.follow(6020, _TRUST)  # the store's next is 1020, the step 5000
    assert _take(account, 1) == [6020]


async def test_a_hint_below_ours_changes_nothing(account: CounterAccount) -> None:
    await account.begin(1000)
    await account.load()
    assert not await account.follow(5, _TRUST)
    assert not await account.follow(1000, _TRUST)
    assert _take(account, 1) == [1000]


async def test_a_hint_too_far_is_refused(account: CounterAccount) -> None:
    await account.begin(1000)
    await account.load()
    with pytest.raises(CounterBoundError, match=r"more than 5000.*dcud keys counter"):
        await account.follow(6021, _TRUST)
    assert _take(account, 1) == [1000]


async def test_a_hint_helps_where_nothing_is_known_with_the_margin(
    account: CounterAccount,
) -> None:
    assert await account.follow(70_000, _TRUST)
    assert _take(account, 1) == [71_010]


async def test_no_meters_word_takes_a_counter_near_the_end(account: CounterAccount) -> None:
    for word in (
        account.rebase(HIGHEST_TAKEN_OVER - 1010, _TRUST),
        account.follow(HIGHEST_TAKEN_OVER - 1009, _TRUST),
    ):
        with pytest.raises(CounterBoundError, match="could use the key up; rotate"):
            await word
    assert not await account.rebase(HIGHEST_TAKEN_OVER - 1011, _TRUST)
    assert _take(account, 1) == [HIGHEST_TAKEN_OVER]


# --- The meter's own counters -------------------------------------------------------------------


async def test_a_meters_counter_begins_where_it_was_kept(ledger: CounterLedger, kept: Kept) -> None:
    at = FloorKey(
        meter="m1", fingerprint=ledger.fingerprint(_KEY), title=_METER_TITLE, which="unicast"
    )
    kept.floors[at] = 50
    received = await ledger.received("m1", _KEY, _METER_TITLE, "unicast")
    assert received.floor == 50
    assert (await ledger.received("m1", _KEY, _METER_TITLE)).floor == 0


async def test_a_meters_counter_is_one_for_all(ledger: CounterLedger) -> None:
    ask = (ledger.received("m1", _KEY, _METER_TITLE) for _ in range(3))
    first, second, third = await asyncio.gather(*ask)
    assert first is second is third
    assert await ledger.received("m1", _KEY, _METER_TITLE) is first


async def test_what_rose_is_made_durable_once(ledger: CounterLedger, kept: Kept) -> None:
    received = await ledger.received("m1", _KEY, _METER_TITLE)
    other = await ledger.received("m2", _KEY, _METER_TITLE)
    await ledger.settle("m1")
    assert kept.flushed == []
    received.advance(9)
    other.advance(99)
    await ledger.settle("m1")
    await ledger.settle("m1")
    assert [list(floors.values()) for floors in kept.flushed] == [[10]]


async def test_what_could_not_be_made_durable_is_tried_again(
    ledger: CounterLedger, kept: Kept
) -> None:
    received = await ledger.received("m1", _KEY, _METER_TITLE)
    received.advance(9)
    kept.broken = True
    with pytest.raises(StoreError):
        await ledger.settle("m1")
    kept.broken = False
    await ledger.settle("m1")
    assert list(kept.floors.values()) == [10]


async def test_a_meter_sees_its_account_and_its_own(
    ledger: CounterLedger, account: CounterAccount, kept: Kept
) -> None:
    counters = MeterCounters(ledger, "m1", account, _TRUST)
    assert not await counters.load()
    assert not await counters.rebase(5000)
    assert await counters.load()
    await counters.follow(7000)
    assert _take(account, 1) == [7000]
    (await ledger.received("m1", _KEY, _METER_TITLE)).advance(9)
    await counters.settle()
    assert list(kept.floors.values()) == [10]
