"""Requests and their answers, with a real store; what is done is a stand-in."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from dcud.assembly.commands.intake import CommandMeans, Commands, Done, Prepared
from dcud.assembly.commands.parameters import ParameterError
from dcud.collect.order import MeterGoneError, OrderExpiredError, OrderInterruptedError
from dcud.config import model
from dcud.dlms.errors import NoAnswerError
from dcud.publish.command_request import Request
from dcud.publish.incidents import Incidents
from dcud.publish.publication import Publication, Received
from dcud.store.errors import StoreError
from dcud.store.rows import CursorMove, OutboxLimits
from dcud.store.store import Store

NOW = 1_800_000_000.0
COMMAND = "dcud/v1/gw/command"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEYS = {"head-end": KEY.public_key().public_bytes_raw()}


@dataclass
class FakeDoer:
    """Does what tests have it do, and counts."""

    act: Callable[[Request], Awaitable[Done]]
    done: list[str] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def groups(self, request: Request) -> Sequence[str]:
        if request.meter == "nobody":
            raise MeterGoneError("there is no meter nobody")
        return ["north"] if request.meter.startswith("n") else []

    def prepare(self, request: Request) -> Prepared:
        if request.parameters:
            raise ParameterError("it takes no parameters")

        async def act(expires: float) -> Done:
            self.done.append(request.id)
            self.news.set()
            assert expires > NOW
            return await self.act(request)

        return act


class Incidence:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def report(self, meter: str, code: str, text: str) -> None:
        assert (meter, code) == ("", "command_refused")
        self.texts.append(text)


class Counts:
    def __init__(self) -> None:
        self.counted: list[tuple[str, str]] = []

    def commanded(self, verb: str, outcome: str) -> None:
        self.counted.append((verb, str(outcome)))


async def nothing(request: Request) -> Done:
    return Done({"meter": request.meter})


async def hang(_: Request) -> Done:
    await asyncio.Event().wait()
    raise AssertionError


class Site:
    """Requests in, answers out."""

    def __init__(self, store: Store, clock: "Clock", **options: Any) -> None:
        self.store, self.clock = store, clock
        self.doer = FakeDoer(nothing)
        self.incidents, self.counts = Incidence(), Counts()
        self.said: list[Publication] = []
        self.answered = asyncio.Event()
        rules = (
            model.CommandRule(verbs=("read", "pause"), groups=("all",)),
            model.CommandRule(verbs=("write",), groups=("north",), unsigned=True),
            model.CommandRule(verbs=("disconnect",), groups=("all",), signed_by=("head-end",)),
        )
        means = CommandMeans(
            gateway="gw",
            doer=self.doer,
            store=store,
            incidents=cast("Incidents", self.incidents),
            observer=self.counts,
            clock=clock,
        )
        configured = model.Commands(enabled=True, allow=rules, **options)
        self.monotonic = 0.0
        self.commands = Commands(configured, KEYS, means, lambda: self.monotonic)

    def hear(self, payload: bytes, **more: Any) -> None:
        message = Received(topic=COMMAND, payload=payload, **more)
        self.commands.heard(message, self._say)

    def _say(self, publication: Publication) -> None:
        self.said.append(publication)
        self.answered.set()

    async def ask(self, payload: bytes, **more: Any) -> dict[str, Any]:
        """Return the answer to a request."""
        self.answered.clear()
        self.hear(payload, **more)
        async with asyncio.timeout(10):
            await self.answered.wait()
        answer: dict[str, Any] = json.loads(self.said[-1].payload)
        return answer

    async def begun(self, count: int) -> None:
        """Wait until so many were begun."""
        async with asyncio.timeout(10):
            while len(self.doer.done) < count:
                self.doer.news.clear()
                await self.doer.news.wait()

    async def events(self) -> list[dict[str, Any]]:
        return [json.loads(row.payload) for row in await self.store.oldest(100)]


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def site(tmp_path: Path, **options: Any) -> AsyncIterator[Site]:
    clock = Clock()
    async with await Store.open(tmp_path / "dcud.db", OutboxLimits(), clock) as store:
        opened = Site(store, clock, **options)
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(opened.commands.run())
            yield opened
            serving.cancel()


def request(**members: object) -> bytes:
    return json.dumps({"id": "a", "verb": "read", "meter": "n1", **members}).encode()


def at(seconds: float) -> str:
    return (datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=seconds)).isoformat()


def signed(key: str = "head-end", signer: Ed25519PrivateKey = KEY, **members: object) -> bytes:
    text = request(verb="disconnect", gateway="gw", expires=at(60)).decode()
    if members:
        text = request(
            **{"verb": "disconnect", "gateway": "gw", "expires": at(60), **members}
        ).decode()
    signature = base64.b64encode(signer.sign(text.encode())).decode()
    return json.dumps({"request": text, "key": key, "signature": signature}).encode()


async def test_what_is_allowed_is_done_answered_and_recorded(tmp_path: Path) -> None:
    async with site(tmp_path) as at_site:
        answer = await at_site.ask(request())
        assert answer == {
            "schema_version": 1,
            "gateway": "gw",
            "id": "a",
            "verb": "read",
            "meter": "n1",
            "outcome": "done",
            "at": "2027-01-15T08:00:00.000Z",
            "result": {"meter": "n1"},
        }
        assert at_site.said[0].topic == "dcud/v1/gw/reply/a"
        (event,) = await at_site.events()
        assert (event["code"], event["meter"]) == ("command_done", "n1")
        assert event["text"] == "read of n1, request a: done"
        assert at_site.counts.counted == [("read", "done")]


async def test_the_answer_goes_where_it_is_wanted_with_its_mark(tmp_path: Path) -> None:
    async with site(tmp_path) as at_site:
        await at_site.ask(request(), response_topic="head-end/answers", correlation=b"7")
        assert at_site.said[0].topic == "head-end/answers"
        assert at_site.said[0].correlation == b"7"


@pytest.mark.parametrize(
    "topic", ["dcud/v1/gw/state", "dcud/v1/other/reply/a", "$SYS/x", "a/+", "a/#", "", "a\0"]
)
async def test_an_answer_goes_nowhere_where_gateways_say_something_else(
    tmp_path: Path, topic: str
) -> None:
    async with site(tmp_path) as at_site:
        await at_site.ask(request(), response_topic=topic)
        assert at_site.said[0].topic == "dcud/v1/gw/reply/a"
        await at_site.ask(request(), response_topic="dcud/v1/gw/reply/mine")
        assert at_site.said[1].topic == "dcud/v1/gw/reply/mine"


async def test_what_is_repeated_is_answered_from_memory(tmp_path: Path) -> None:
    async with site(tmp_path) as at_site:
        first = await at_site.ask(request())
        at_site.clock.now += 30
        assert await at_site.ask(request()) == first
        assert at_site.doer.done == ["a"]
    async with site(tmp_path) as again:  # dcud was started anew
        assert await again.ask(request()) == first
        assert again.doer.done == []


async def test_what_is_repeated_while_it_runs_is_not_begun_again(tmp_path: Path) -> None:
    async with site(tmp_path) as at_site:
        go = asyncio.Event()

        async def wait(_: Request) -> Done:
            await go.wait()
            return Done({})

        at_site.doer.act = wait
        at_site.hear(request())
        await at_site.begun(1)
        assert (await at_site.ask(request()))["outcome"] == "running"
        assert (await at_site.ask(request(meter="n2")))["code"] == "id_reused"
        at_site.answered.clear()
        go.set()
        await at_site.answered.wait()
        assert json.loads(at_site.said[-1].payload)["outcome"] == "done"
        assert at_site.doer.done == ["a"]


async def test_an_id_is_for_one_request(tmp_path: Path) -> None:
    async with site(tmp_path) as at_site:
        await at_site.ask(request())
        answer = await at_site.ask(request(meter="n2"))
        assert (answer["outcome"], answer["code"]) == ("refused", "id_reused")
        assert at_site.doer.done == ["a"]


async def test_what_a_stop_cut_short_is_never_done_again(tmp_path: Path) -> None:
    async with site(tmp_path) as at_site:
        at_site.doer.act = hang
        at_site.hear(request())
        await at_site.begun(1)
    async with site(tmp_path) as again:
        answer = await again.ask(request())
        assert (answer["outcome"], answer["code"]) == ("unknown", "interrupted")
        assert again.doer.done == []


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"{", "malformed"),
        (b"\xff\x00", "malformed"),
        (request(extra=1), "malformed"),
        (request(parameters={"x": 1}), "parameters"),
        (request(expires=at(0)), "expired"),
        (request(expires=at(-1000)), "expired"),
        (request(expires=at(86_401)), "expires_late"),
        (request(gateway="other"), "wrong_gateway"),
        (request(verb="erase"), "unknown_verb"),
        (request(verb="reload"), "forbidden"),
        (request(verb="write", meter="s1"), "forbidden"),
        (request(meter="nobody"), "unknown_meter"),
        (request(verb="disconnect"), "signature"),
        (signed(key="other"), "signature"),
        (signed(signer=Ed25519PrivateKey.from_private_bytes(bytes(32))), "signature"),
        (signed(gateway=""), "signature"),
        (signed(gateway="gw2"), "wrong_gateway"),
    ],
)
async def test_what_may_not_be_is_refused_with_its_reason(
    tmp_path: Path, payload: bytes, code: str
) -> None:
    async with site(tmp_path) as at_site:
        answer = await at_site.ask(payload)
        assert (answer["outcome"], answer["code"]) == ("refused", code)
        assert answer["text"]
        assert at_site.doer.done == []
        assert len(at_site.incidents.texts) == 1
        assert code in at_site.incidents.texts[0]
        assert await at_site.events() == []


async def test_what_is_signed_as_wanted_is_done(tmp_path: Path) -> None:
    async with site(tmp_path) as at_site:
        assert (await at_site.ask(signed()))["outcome"] == "done"
        (event,) = await at_site.events()
        assert event["text"] == "disconnect of n1, request a, signed by head-end: done"
        # The envelope around the same text does not make it another request.
        assert (await at_site.ask(signed()))["outcome"] == "done"
        assert at_site.doer.done == ["a"]


@pytest.mark.parametrize(
    ("error", "outcome", "code"),
    [
        (NoAnswerError("silence"), "failed", "no_answer"),
        (OrderExpiredError("too late"), "refused", "expired"),
        (MeterGoneError("gone"), "refused", "unknown_meter"),
        (OrderInterruptedError("stopped"), "unknown", "interrupted"),
        (ValueError("a fault of ours"), "failed", "internal"),
    ],
)
async def test_what_was_begun_and_failed_is_told_recorded_and_remembered(
    tmp_path: Path, error: Exception, outcome: str, code: str
) -> None:
    async with site(tmp_path) as at_site:

        async def fail(_: Request) -> Done:
            raise error

        at_site.doer.act = fail
        answer = await at_site.ask(request())
        assert (answer["outcome"], answer["code"]) == (outcome, code)
        (event,) = await at_site.events()
        assert (event["code"], event["severity"]) == ("command_failed", "warning")
        assert await at_site.ask(request()) == answer
        assert at_site.doer.done == ["a"]


async def test_a_fault_of_ours_before_it_is_begun_costs_one_request(tmp_path: Path) -> None:
    async with site(tmp_path) as at_site:
        at_site.doer.prepare = None  # type: ignore[assignment,method-assign]  # the fault
        assert (await at_site.ask(request()))["outcome"] == "refused"
        assert (await at_site.ask(request(verb="reload")))["code"] == "forbidden"


async def test_what_can_not_be_remembered_is_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with site(tmp_path) as at_site:

        async def full(*_: object) -> bool:
            raise StoreError("the disk is full")

        async def no_room(*_: object) -> bool:
            return False

        monkeypatch.setattr(at_site.store, "begin_command", full)
        assert (await at_site.ask(request()))["outcome"] == "refused"
        monkeypatch.setattr(at_site.store, "begin_command", no_room)
        assert (await at_site.ask(request()))["code"] == "busy"
        assert at_site.doer.done == []


async def test_an_answer_that_can_not_be_kept_is_given_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with site(tmp_path) as at_site:

        async def full(*_: object) -> None:
            raise StoreError("the disk is full")

        monkeypatch.setattr(at_site.store, "answer_command", full)
        assert (await at_site.ask(request()))["outcome"] == "done"
        assert "is not kept" in caplog.text


async def test_what_is_to_be_remembered_is_kept_with_the_answer(tmp_path: Path) -> None:
    async with site(tmp_path) as at_site:

        async def move(_: Request) -> Done:
            return Done({}, [CursorMove(meter="n1", key="k", position="p")])

        at_site.doer.act = move
        await at_site.ask(request())
        cursor = await at_site.store.cursor("n1", "k")
        assert cursor is not None
        assert cursor.position == "p"


async def test_only_so_many_wait(tmp_path: Path) -> None:
    async with site(tmp_path, waiting=3) as at_site:
        at_site.doer.act = hang
        for n in range(3):
            at_site.hear(request(id=f"r{n}"))
        answer = await at_site.ask(request(id="r3"))
        assert (answer["outcome"], answer["code"]) == ("refused", "busy")


async def test_a_flood_is_refused_counted_and_over_when_it_is_over(tmp_path: Path) -> None:
    async with site(tmp_path, per_minute=10, waiting=1000) as at_site:
        for n in range(1000):
            at_site.hear(request(id=f"r{n}"))
        async with asyncio.timeout(10):
            while len(at_site.said) < 20:
                at_site.answered.clear()
                await at_site.answered.wait()
        assert len(at_site.incidents.texts) == 990
        refusals = [
            each for each in at_site.said if json.loads(each.payload).get("code") == "flood"
        ]
        assert len(refusals) == 10
        at_site.monotonic += 6
        assert (await at_site.ask(request(id="later")))["outcome"] == "done"
        assert len(at_site.doer.done) == 11


async def test_a_retained_request_is_no_request_of_now(tmp_path: Path) -> None:
    async with site(tmp_path) as at_site:
        at_site.hear(request(), retained=True)
        await asyncio.sleep(0)
        assert at_site.doer.done == []
        assert "retained" in at_site.incidents.texts[0]


async def test_what_comes_under_another_topic_is_for_others(tmp_path: Path) -> None:
    async with site(tmp_path) as at_site:
        at_site.commands.heard(Received(topic="homeassistant/status", payload=b"online"), print)
        assert at_site.incidents.texts == []
        assert [each.topics for each in at_site.commands.subscriptions] == [COMMAND]


async def test_other_rules_hold_from_the_change_on(tmp_path: Path) -> None:
    async with site(tmp_path) as at_site:
        at_site.commands.change(model.Commands(enabled=False), {})
        assert (await at_site.ask(request()))["code"] == "forbidden"


@given(st.lists(st.binary(max_size=40) | st.just(request()) | st.just(signed()), max_size=20))
@settings(max_examples=30, deadline=None)
def test_whatever_comes_is_answered_and_nothing_is_done_twice(payloads: list[bytes]) -> None:
    class Memory:
        """A store without a disk."""

        def __init__(self) -> None:
            self.known: dict[str, Any] = {}

        async def known_command(self, command_id: str) -> Any:
            return self.known.get(command_id)

        async def begin_command(self, command_id: str, digest: bytes, until: float) -> bool:
            self.known[command_id] = (digest, until)
            return True

        async def answer_command(self, *_: object) -> None:
            return None

    async def run() -> None:
        at_site = Site(cast("Store", Memory()), Clock())
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(at_site.commands.run())
            for payload in payloads:
                at_site.hear(payload)
            for _ in range(100):
                await asyncio.sleep(0)
            serving.cancel()
        assert len(at_site.doer.done) == len(set(at_site.doer.done))
        assert min(len(payloads), 10) <= len(at_site.said) <= len(payloads)

    asyncio.run(run())
