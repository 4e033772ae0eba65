import asyncio

import pytest

from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.apdu.action import ActionResult, MethodDescriptor
from dcud.dlms.association import Associated
from dcud.dlms.conformance import Conformance
from dcud.dlms.connection import Opened
from dcud.dlms.data import null_data
from dcud.dlms.errors import (
    BlockTransferError,
    EncodeError,
    LinkLostError,
    MisuseError,
    NoAnswerError,
    SecurityError,
)
from dcud.dlms.exchange import Answered, Request
from dcud.dlms.messages import ActUnconfirmed
from dcud.dlms.obis import Obis
from dcud.dlms.requests import Get, GetMany
from dcud.dlms.short_names import UnknownNameError
from dcud.line.errors import PortError, StalledError
from dcud.line.session import Session, SessionTiming, Watch, unheard
from dcud.line.tracer import NoTracer
from tests.support.scripted_line import (
    EVENTS,
    OPENED,
    PromptScriptedPort,
    Recorder,
    ScriptedConnection,
    ScriptedPort,
    octet_by_octet,
)
from tests.support.short_names import FewNames

pytestmark = pytest.mark.looptime

ENERGY = AttributeDescriptor(3, Obis.parse("1.0.1.8.0.255"), 2)
OPEN = {b"OPEN": [(0.1, b"opened;")]}
RELEASE = {b"RELEASE": [(0.1, b"released;")]}
GET = b"GET 3/1.0.1.8.0.255/2"


async def session_over(
    port: ScriptedPort,
    connection: ScriptedConnection | None = None,
    *,
    recorder: Recorder | None = None,
    timing: SessionTiming | None = None,
    notes: list[bytes] | None = None,
) -> Session:
    await port.open()
    return Session(
        port,
        connection or ScriptedConnection(),
        watch=Watch(
            tracer=recorder or NoTracer(),
            bus="b",
            meter="m",
            notified=unheard if notes is None else notes.append,
        ),
        timing=timing,
    )


def now() -> float:
    return asyncio.get_running_loop().time()


def words(port: ScriptedPort) -> list[bytes]:
    return [octets for _, octets in port.written]


async def test_a_session_opens_reads_and_releases() -> None:
    port = ScriptedPort({**OPEN, **RELEASE, GET: [(0.1, b"data 0600000001;")]})
    session = await session_over(port)
    states = [(session.is_open, session.opened)]
    await session.open()
    states.append((session.is_open, session.opened))
    assert await session.get(ENERGY) == bytes.fromhex("0600000001")
    states.append((session.is_open, session.opened))
    await session.close()
    states.append((session.is_open, session.opened))
    assert states == [(False, None), (True, OPENED), (True, OPENED), (False, OPENED)]
    assert words(port) == [b"OPEN", GET, b"RELEASE"]


async def test_a_refusal_is_a_value_and_the_association_goes_on() -> None:
    port = ScriptedPort({**OPEN, GET: [(0.1, b"refused 03;")]})
    session = await session_over(port)
    await session.open()
    assert await session.get(ENERGY) == DataAccessResult(3)
    assert session.is_open


async def test_a_selection_goes_with_the_request() -> None:
    asked = GET + b" part 1"
    port = ScriptedPort({**OPEN, asked: [(0.1, b"data 00;")]})
    session = await session_over(port)
    await session.open()
    assert await session.get(ENERGY, Selection(1, null_data())) == b"\x00"


async def test_blocks_are_asked_for_one_by_one_and_told_of() -> None:
    port = ScriptedPort(
        {**OPEN, GET: [(0.1, b"block 28;")], b"NEXT": [(0.1, b"block 50;")]},
    )
    session = await session_over(port)
    await session.open()
    totals: list[int] = []

    def progress(total: int) -> None:
        totals.append(total)
        if len(totals) == 2:
            port.answers[b"NEXT"] = [(0.1, b"data CAFE;")]

    assert await session.get(ENERGY, progress=progress) == b"\xca\xfe"
    assert totals == [0x28, 0x50]
    assert words(port) == [b"OPEN", GET, b"NEXT", b"NEXT"]


async def test_blocks_pass_where_nobody_asks_for_progress() -> None:
    port = ScriptedPort({**OPEN, GET: [(0.1, b"block 28;")], b"NEXT": [(0.1, b"data 01;")]})
    session = await session_over(port)
    await session.open()
    assert await session.get(ENERGY) == b"\x01"


async def test_octets_may_come_one_by_one() -> None:
    port = ScriptedPort(
        {
            b"OPEN": octet_by_octet(b"opened;", 0.2),
            GET: octet_by_octet(b"block 28;", 0.2),
            b"NEXT": octet_by_octet(b"data CAFE;", 0.1),
        }
    )
    session = await session_over(port)
    await session.open()
    assert await session.get(ENERGY) == b"\xca\xfe"


async def test_the_time_of_an_answer_is_told_once_and_not_that_of_an_echo() -> None:
    echo = b"frame " + GET.hex().encode() + b";"
    answer = [(0.01, echo), (0.4, b"frame 7E;"), (0.1, b"frame 7E;"), (0.0, b"data 01;")]
    port = ScriptedPort({**OPEN, GET: answer})
    recorder = Recorder()
    session = await session_over(port, recorder=recorder)
    await session.open()
    recorder.answer_times.clear()
    await session.get(ENERGY)
    assert [round(seconds, 3) for seconds in recorder.answer_times] == [0.41]


async def test_a_lost_answer_is_asked_for_again() -> None:
    port = ScriptedPort({**OPEN})
    recorder = Recorder()
    session = await session_over(port, recorder=recorder)
    await session.open()
    asyncio.get_running_loop().call_later(2.5, port.hear, b"data 01;")
    assert await session.get(ENERGY) == b"\x01"
    assert words(port) == [b"OPEN", GET, GET]
    assert "b retransmitted m 1" in recorder.told


async def test_silence_ends_in_the_machines_typed_error_at_its_own_time() -> None:
    port = ScriptedPort(OPEN)
    session = await session_over(port, timing=SessionTiming(turnaround=0.0))
    await session.open()
    began = now()
    with pytest.raises(NoAnswerError):
        await session.get(ENERGY)
    assert now() - began == pytest.approx(4.0, abs=0.01)  # 2 s, a repetition, 2 s
    assert not session.is_open


async def test_response_time_runs_from_when_the_octets_have_left() -> None:
    port = ScriptedPort({}, write_time=3.0)
    session = await session_over(port, timing=SessionTiming(turnaround=0.0))
    with pytest.raises(NoAnswerError):
        await session.open()
    assert now() == pytest.approx(10.0, abs=0.01)  # twice 3 s for sending and 2 s of patience


async def test_the_line_is_left_quiet_between_hearing_and_sending() -> None:
    port = ScriptedPort({**OPEN, GET: [(0.1, b"data 01;")]})
    session = await session_over(port, timing=SessionTiming(turnaround=0.05))
    await session.open()
    heard = now()
    await session.get(ENERGY)
    first, second = (moment for moment, _ in port.written)
    assert first == pytest.approx(0.05)
    assert second == pytest.approx(heard + 0.05)


async def test_no_pause_is_added_to_a_line_that_was_quiet_for_long_enough() -> None:
    port = ScriptedPort({**OPEN, GET: [(0.1, b"data 01;")]})
    session = await session_over(port)
    await session.open()
    await asyncio.sleep(10.0)
    asked = now()
    await session.get(ENERGY)
    assert port.written[1][0] == asked


class NeverSilentPort(ScriptedPort):
    """Has octets at every look, so that no read ever runs out of time."""

    def __init__(self, chatter: bytes) -> None:
        super().__init__(OPEN)
        self.chatter = chatter
        self.is_noisy = False

    async def read(self, within: float) -> bytes:
        if not self.is_noisy:
            return await super().read(within)
        await asyncio.sleep(0.25)
        return self.chatter


async def test_a_line_that_is_never_silent_does_not_stop_the_clock() -> None:
    port = NeverSilentPort(b"noise 00;")
    session = await session_over(port)
    await session.open()
    port.is_noisy = True
    began = now()
    with pytest.raises(NoAnswerError):
        await session.get(ENERGY)
    assert now() - began == pytest.approx(4.5, abs=0.5)


async def test_a_meter_that_never_comes_to_the_point_is_left() -> None:
    port = NeverSilentPort(b"frame 7E;")
    connection = ScriptedConnection(response_timeout=1000.0)
    session = await session_over(port, connection, timing=SessionTiming(stall_limit=30.0))
    await session.open()
    port.is_noisy = True
    began = now()
    with pytest.raises(StalledError, match="meter m brought nothing new in 30 s") as caught:
        await session.get(ENERGY)
    assert caught.value.code == "stalled"
    assert now() - began == pytest.approx(30.0, abs=0.3)


async def test_blocks_are_progress_however_long_they_take() -> None:
    port = ScriptedPort({**OPEN, GET: [(20.0, b"block 01;")], b"NEXT": [(20.0, b"data 01;")]})
    connection = ScriptedConnection(response_timeout=1000.0)
    session = await session_over(port, connection, timing=SessionTiming(stall_limit=30.0))
    await session.open()
    assert await session.get(ENERGY) == b"\x01"


async def test_a_machine_that_waits_for_nothing_is_left_at_the_stall_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ScriptedConnection, "next_timeout", lambda _: None)
    session = await session_over(ScriptedPort({}))
    with pytest.raises(StalledError):
        await session.open()
    assert now() == pytest.approx(300.0, abs=0.1)


async def test_failure_of_the_machine_is_raised_as_it_is() -> None:
    port = ScriptedPort({b"OPEN": [(0.1, b"fail;")]})
    session = await session_over(port)
    with pytest.raises(NoAnswerError, match="the meter is silent"):
        await session.open()
    assert not session.is_open


@pytest.mark.parametrize(("answer", "call"), [(b"released;", "open"), (b"opened;", "get")])
async def test_an_outcome_that_nobody_asked_for_is_our_own_misuse(answer: bytes, call: str) -> None:
    port = ScriptedPort({**OPEN, GET: [(0.1, answer)]})
    if call == "open":
        port.answers[b"OPEN"] = [(0.1, answer)]
    session = await session_over(port)

    async def open_and_get() -> None:
        await session.open()
        await session.get(ENERGY)

    with pytest.raises(MisuseError, match="when it was not asked to"):
        await open_and_get()


async def test_a_request_that_broke_down_leaves_the_association_for_the_next_one() -> None:
    port = ScriptedPort({**OPEN, **RELEASE, GET: [(0.1, b"broken;")]})
    session = await session_over(port)
    await session.open()
    with pytest.raises(BlockTransferError):
        await session.get(ENERGY)
    assert session.is_open
    port.answers[GET] = [(0.1, b"data 01;")]
    assert await session.get(ENERGY) == b"\x01"
    await session.close()
    assert words(port)[-1] == b"RELEASE"


async def test_a_request_that_cannot_be_made_leaves_the_association_for_the_next_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise EncodeError("the request is too large")

    port = ScriptedPort({**OPEN, **RELEASE})
    session = await session_over(port)
    await session.open()
    with monkeypatch.context() as patched:
        patched.setattr(ScriptedConnection, "ask", refuse)
        with pytest.raises(EncodeError):
            await session.get(ENERGY)
    assert session.is_open
    await session.close()
    assert words(port) == [b"OPEN", b"RELEASE"]


async def test_after_a_failure_there_is_nothing_to_take_down() -> None:
    port = ScriptedPort({b"OPEN": [(0.1, b"fail;")]})
    session = await session_over(port)
    with pytest.raises(NoAnswerError):
        await session.open()
    await session.close()
    assert words(port) == [b"OPEN"]


async def test_a_request_without_an_association_is_our_own_misuse() -> None:
    session = await session_over(ScriptedPort({}))
    with pytest.raises(MisuseError, match="without an association"):
        await session.get(ENERGY)


async def test_a_port_that_vanishes_passes_its_error_and_is_not_written_to_again() -> None:
    port = ScriptedPort({**OPEN, GET: [(0.1, None)]})
    session = await session_over(port)
    await session.open()
    with pytest.raises(PortError, match="vanished"):
        await session.get(ENERGY)
    assert not session.is_open
    await session.close()
    assert words(port) == [b"OPEN", GET]


async def test_a_port_that_failed_is_not_asked_to_carry_a_goodbye(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def stuck(_: bytes) -> None:
        raise PortError("takes no octets")

    port = ScriptedPort({**OPEN})
    session = await session_over(port)
    await session.open()
    with monkeypatch.context() as patched:
        patched.setattr(port, "write", stuck)
        with pytest.raises(PortError, match="takes no octets"):
            await session.get(ENERGY)
    await session.close()
    assert words(port) == [b"OPEN"]


async def test_closing_a_session_that_never_began_says_nothing() -> None:
    port = ScriptedPort({})
    session = await session_over(port)
    await session.close()
    assert port.written == []


async def test_closing_twice_releases_once() -> None:
    port = ScriptedPort({**OPEN, **RELEASE})
    session = await session_over(port)
    await session.open()
    await session.close()
    await session.close()
    assert words(port) == [b"OPEN", b"RELEASE"]


async def test_closing_is_bounded_whatever_the_meter_does() -> None:
    port = ScriptedPort({**OPEN, b"RELEASE": [(0.5, b"frame 7E;")] * 1000})
    connection = ScriptedConnection(response_timeout=60.0)
    session = await session_over(port, connection, timing=SessionTiming(release_limit=2.0))
    await session.open()
    began = now()
    await session.close()
    assert now() - began == pytest.approx(2.0, abs=0.01)


async def test_a_cancelled_read_takes_the_link_down_and_leaves_no_stale_octets() -> None:
    port = ScriptedPort({**OPEN, GET: [(1.0, b"data 01;")], b"ABORT": [(0.1, b"released;")]})
    session = await session_over(port)
    await session.open()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await session.get(ENERGY)
    assert not session.is_open
    await session.close()
    assert words(port) == [b"OPEN", GET, b"ABORT"]
    late = b"data 01;"  # the answer to what was cancelled comes all the same
    port.hear(late)

    overheard: list[bytes] = []
    watch = Watch(tracer=NoTracer(), bus="b", meter="m", overheard=overheard.append)
    second = Session(port, ScriptedConnection(), watch=watch)
    await second.open()
    assert second.is_open
    assert overheard == [late]


async def test_nobody_talks_over_an_answer_that_is_not_waited_for_any_more() -> None:
    answer = octet_by_octet(b"data 01;", 0.1)
    port = ScriptedPort({**OPEN, GET: [(0.1, b""), *answer], b"ABORT": [(0.1, b"released;")]})
    session = await session_over(port)
    await session.open()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await session.get(ENERGY)
    began = now()
    await session.close()
    asked, aborted = (moment for moment, _ in port.written[1:])
    assert aborted >= asked + 0.1 + len(answer) * 0.1
    assert now() - began < 2.0


async def test_a_link_that_the_meter_has_taken_down_needs_no_goodbye() -> None:
    port = ScriptedPort({**OPEN, GET: [(0.6, b"released;")]})
    session = await session_over(port)
    await session.open()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await session.get(ENERGY)
    began = now()
    await session.close()
    assert words(port) == [b"OPEN", GET]
    assert now() - began < 0.2


async def test_a_meter_that_does_not_stop_talking_is_talked_over() -> None:
    port = NeverSilentPort(b"frame 7E;")
    session = await session_over(port)
    await session.open()
    port.is_noisy = True
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await session.get(ENERGY)
    began = now()
    await session.close()
    assert words(port)[-1] == b"ABORT"
    assert now() - began == pytest.approx(2.0, abs=0.3)


async def test_closing_may_be_cancelled() -> None:
    port = ScriptedPort(OPEN)
    session = await session_over(port)
    await session.open()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await session.close()
    await session.close()
    assert words(port) == [b"OPEN", b"RELEASE"]


async def test_every_frame_is_traced_in_its_order() -> None:
    recorder, notes = Recorder(), list[bytes]()
    port = ScriptedPort({b"OPEN": [(0.1, b"noise FF00;frame 7EA0;note 0F01;opened;")]})
    session = await session_over(port, recorder=recorder, notes=notes)
    await session.open()
    assert recorder.told == ["b tx m OPEN", "b discarded m noise ff00", "b rx m ~\\xa0"]
    assert notes == [b"\x0f\x01"]


async def test_notifications_that_nobody_wants_are_dropped() -> None:
    port = ScriptedPort({b"OPEN": [(0.1, b"note 0F01;opened;")]})
    session = await session_over(port)
    await session.open()
    assert session.is_open


async def test_a_secret_shows_neither_on_its_way_out_nor_in_its_echo() -> None:
    recorder = Recorder()
    port = ScriptedPort(
        {
            # OPEN is the frame with the secret: its echo comes whole, then damaged.
            b"OPEN": [(0.1, b"echo 4F50454E;hidden 00000000;frame 7E;opened;")],
            GET: [(0.1, b"noise 4F504500;fill 7E;data 01;")],
        }
    )
    session = await session_over(port, ScriptedConnection(secret=True), recorder=recorder)
    await session.open()
    await session.get(ENERGY)
    assert recorder.told == [
        "b tx m withheld [(0, 4)]",
        "b rx m withheld [(0, 4)]",
        "b discarded m noise withheld",
        "b rx m ~",
        f"b tx m {GET.decode()}",
        "b discarded m noise 4f504500",
    ]


async def test_no_tracer_takes_everything() -> None:
    port = ScriptedPort({b"OPEN": [(2.5, b"noise 00;frame 7E;opened;")]})
    session = await session_over(port)
    await session.open()
    assert session.is_open


AT_ONCE = SessionTiming(turnaround=0.0)
BLOCKS = {**OPEN, GET: [(0.1, b"block 28;")], b"NEXT": [(0.1, b"block 50;")]}


async def test_what_wants_only_the_next_frame_is_answered_as_it_comes_in() -> None:
    port = PromptScriptedPort(BLOCKS)
    recorder = Recorder()
    session = await session_over(port, recorder=recorder, timing=AT_ONCE)
    await session.open()
    totals: list[int] = []

    def progress(total: int) -> None:
        totals.append(total)
        if len(totals) == 3:
            port.answers[b"NEXT"] = [(0.1, b"frame 7E;data "), (0.1, b"CAFE;")]

    assert await session.get(ENERGY, progress=progress) == b"\xca\xfe"
    assert totals == [0x28, 0x50, 0x50]
    assert port.at_once == [b"NEXT"] * 3
    assert words(port) == [b"OPEN", GET, *port.at_once]
    assert port.listened == 2  # once for each procedure
    assert recorder.told == [
        *("b tx m OPEN", "b tx m GET 3/1.0.1.8.0.255/2"),
        *["b tx m NEXT"] * 3,
        "b rx m ~",
    ]


async def test_nothing_is_sent_at_once_where_the_line_is_to_be_left_quiet() -> None:
    port = PromptScriptedPort({**BLOCKS, b"NEXT": [(0.1, b"data 01;")]})
    session = await session_over(port, timing=SessionTiming(turnaround=0.05))
    await session.open()
    asked = now() + 0.05
    assert await session.get(ENERGY) == b"\x01"
    assert port.at_once == []
    assert words(port)[-1] == b"NEXT"
    assert port.written[-1][0] == pytest.approx(asked + 0.15)


async def test_nothing_is_sent_at_once_where_earlier_octets_are_held_back() -> None:
    port = PromptScriptedPort({**BLOCKS, b"NEXT": [(0.1, b"data 01;")]})
    port.is_drained = False
    session = await session_over(port, timing=AT_ONCE)
    await session.open()
    assert await session.get(ENERGY) == b"\x01"
    assert port.at_once == []


async def test_an_answer_that_is_lost_after_a_prompt_request_is_asked_for_again() -> None:
    port = PromptScriptedPort({**BLOCKS, b"NEXT": []})
    session = await session_over(port, timing=AT_ONCE)
    await session.open()
    asyncio.get_running_loop().call_later(2.5, port.hear, b"data 01;")
    began = now()
    assert await session.get(ENERGY) == b"\x01"
    assert [round(moment - began, 3) for moment, _ in port.written[1:]] == [0, 0.1, 2.1]
    assert now() - began == pytest.approx(2.5)


async def chatter(port: ScriptedPort, octets: bytes) -> None:
    while True:
        await asyncio.sleep(0.25)
        port.hear(octets)


async def test_a_prompt_line_that_is_never_silent_does_not_stop_the_clock() -> None:
    port = PromptScriptedPort(OPEN)
    session = await session_over(port, timing=AT_ONCE)
    await session.open()
    began = now()
    async with asyncio.TaskGroup() as tasks:
        chattering = tasks.create_task(chatter(port, b"noise 00;"))
        with pytest.raises(NoAnswerError):
            await session.get(ENERGY)
        chattering.cancel()
    assert now() - began == pytest.approx(4.0, abs=0.01)


async def test_a_prompt_meter_that_never_comes_to_the_point_is_left() -> None:
    port = PromptScriptedPort(OPEN)
    connection = ScriptedConnection(response_timeout=1000.0)
    session = await session_over(
        port, connection, timing=SessionTiming(turnaround=0.0, stall_limit=30.0)
    )
    await session.open()
    began = now()
    async with asyncio.TaskGroup() as tasks:
        chattering = tasks.create_task(chatter(port, b"frame 7E;"))
        with pytest.raises(StalledError):
            await session.get(ENERGY)
        chattering.cancel()
    assert now() - began == pytest.approx(30.0, abs=0.01)


async def test_a_fault_while_a_prompt_answer_is_taken_is_raised_to_who_asked() -> None:
    session = await session_over(PromptScriptedPort(BLOCKS), timing=AT_ONCE)
    await session.open()

    def progress(_: int) -> None:
        raise ValueError("no room for that")

    with pytest.raises(ValueError, match="no room"):
        await session.get(ENERGY, progress=progress)
    assert not session.is_open


async def test_a_prompt_port_that_vanishes_passes_its_error() -> None:
    port = PromptScriptedPort({**BLOCKS, b"NEXT": [(0.1, None)]})
    session = await session_over(port, timing=AT_ONCE)
    await session.open()
    with pytest.raises(PortError, match="the device vanished"):
        await session.get(ENERGY)
    await session.close()
    assert words(port) == [b"OPEN", GET, b"NEXT"]


async def test_an_answer_that_comes_with_the_cancelling_does_not_end_the_hearing_out() -> None:
    port = PromptScriptedPort({**OPEN, b"ABORT": [(0.1, b"released;")]})
    session = await session_over(port, timing=AT_ONCE)
    await session.open()
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(session.get(ENERGY))
        loop.call_later(1.0, port.hear, b"data 01;")
        loop.call_later(1.0, reading.cancel)
    await session.close()
    assert words(port) == [b"OPEN", GET, b"ABORT"]


# A link that must be set up anew.


def renewable(port: ScriptedPort) -> Session:
    return Session(
        port,
        ScriptedConnection(),
        watch=Watch(tracer=NoTracer(), bus="b", meter="m"),
        renew=ScriptedConnection,
    )


async def test_a_link_that_was_forgotten_is_set_up_anew_and_asked_once_more() -> None:
    port = ScriptedPort({**OPEN, GET: [(0.1, b"lost;")]})
    await port.open()
    session = renewable(port)
    await session.open()
    loop = asyncio.get_running_loop()
    loop.call_later(0.15, port.answers.update, {GET: [(0.1, b"data 0600000001;")]})
    assert await session.get(ENERGY) == bytes.fromhex("0600000001")
    assert session.is_open
    assert words(port) == [b"OPEN", GET, b"OPEN", GET]


async def test_it_is_set_up_anew_once_only() -> None:
    port = ScriptedPort({**OPEN, GET: [(0.1, b"lost;")]})
    await port.open()
    session = renewable(port)
    await session.open()
    with pytest.raises(LinkLostError):
        await session.get(ENERGY)
    assert not session.is_open
    assert words(port) == [b"OPEN", GET] * 2


async def test_a_meter_that_is_silent_is_not_asked_anew() -> None:
    port = ScriptedPort({**OPEN, GET: [(0.1, b"fail;")]})
    await port.open()
    session = renewable(port)
    await session.open()
    with pytest.raises(NoAnswerError):
        await session.get(ENERGY)
    assert words(port) == [b"OPEN", GET]


async def test_without_a_way_to_renew_it_a_lost_link_is_told() -> None:
    port = ScriptedPort({**OPEN, GET: [(0.1, b"lost;")]})
    session = await session_over(port)
    await session.open()
    with pytest.raises(LinkLostError):
        await session.get(ENERGY)


async def test_segments_are_progress_however_long_they_take() -> None:
    more: list[tuple[float, bytes | None]] = [(8.0, b"more;")] * 5
    port = ScriptedPort({**OPEN, GET: [*more, (8.0, b"data 0600000001;")]})
    session = await session_over(
        port, ScriptedConnection(response_timeout=100.0), timing=SessionTiming(stall_limit=10.0)
    )
    await session.open()
    assert await session.get(ENERGY) == bytes.fromhex("0600000001")


# Nothing is asked.


async def test_an_association_may_be_held() -> None:
    notes: list[bytes] = []
    port = ScriptedPort({b"OPEN": [(0.1, b"opened;"), (60.0, b"note 0F01;")], **RELEASE})
    session = await session_over(port, notes=notes, timing=SessionTiming(stall_limit=20.0))
    await session.open()
    began = now()
    await session.hold(100.0)
    assert now() == pytest.approx(began + 100.0)
    assert notes == [b"\x0f\x01"]
    assert session.is_open
    await session.close()
    assert words(port) == [b"OPEN", b"RELEASE"]


async def test_a_link_that_goes_while_it_is_held_is_noticed() -> None:
    port = ScriptedPort({b"OPEN": [(0.1, b"opened;"), (60.0, b"lost;")]})
    session = await session_over(port)
    await session.open()
    with pytest.raises(LinkLostError):
        await session.hold(100.0)
    assert not session.is_open
    with pytest.raises(MisuseError):
        await session.hold(1.0)


async def test_an_answer_to_nothing_while_it_is_held_is_a_fault() -> None:
    port = ScriptedPort({b"OPEN": [(0.1, b"opened;"), (60.0, b"data 00;")]})
    session = await session_over(port)
    await session.open()
    with pytest.raises(MisuseError):
        await session.hold(100.0)


REPLY = MethodDescriptor(15, Obis.parse("0.0.40.0.0.255"), 1)
CALL = MethodCall(method=REPLY, parameter=b"\x0f\x00")
ACT = b"ACT 15/0.0.40.0.0.255/1 0f00"


@pytest.mark.parametrize(
    ("said", "returned"),
    [
        (b"acted 0F01;", b"\x0f\x01"),
        (b"acted;", None),
        (b"denied 03;", ActionResult.READ_WRITE_DENIED),
    ],
)
async def test_a_method_is_carried_out(said: bytes, returned: bytes | ActionResult | None) -> None:
    port = ScriptedPort({**OPEN, **RELEASE, ACT: [(0.1, said)]})
    session = await session_over(port)
    await session.open()
    assert await session.act(CALL) == returned
    assert session.is_open
    await session.close()


async def test_a_method_that_breaks_down_is_not_called_again() -> None:
    port = ScriptedPort({**OPEN, **RELEASE, ACT: [(0.1, b"undone;")]})
    session = await session_over(port)
    await session.open()
    with pytest.raises(BlockTransferError):
        await session.act(CALL)
    assert session.is_open
    assert words(port).count(ACT) == 1


async def test_a_link_that_is_lost_does_not_call_a_method_again() -> None:
    port = ScriptedPort({**OPEN, ACT: [(0.1, b"lost;")]})
    await port.open()
    session = Session(
        port,
        ScriptedConnection(),
        watch=Watch(tracer=NoTracer(), bus="b", meter="m"),
        renew=ScriptedConnection,
    )
    await session.open()
    with pytest.raises(LinkLostError):
        await session.act(CALL)
    assert words(port).count(ACT) == 1
    with pytest.raises(MisuseError):
        await session.act(CALL)


async def test_an_end_that_nobody_asked_for_is_no_answer() -> None:
    port = ScriptedPort({**OPEN, ACT: [(0.1, b"released;")]})
    session = await session_over(port)
    await session.open()
    with pytest.raises(MisuseError):
        await session.act(CALL)


async def test_what_is_refused_is_told_and_the_wait_goes_on() -> None:
    port = ScriptedPort({**OPEN, GET: [(0.1, b"old 05;"), (0.1, b"data 00;")]})
    await port.open()
    refused: list[SecurityError] = []
    watch = Watch(tracer=NoTracer(), bus="b", meter="m", refused=refused.append)
    session = Session(port, ScriptedConnection(), watch=watch)
    await session.open()
    assert await session.get(ENERGY) == b"\x00"
    assert [error.code for error in refused] == ["replay"]


class Supply:
    """Counters of which so many are left; every frame but the first takes one."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.refills = 0

    @property
    def is_low(self) -> bool:
        return self.left < 1

    async def refill(self) -> None:
        await asyncio.sleep(0.01)
        self.refills += 1
        self.left = 1


class Counting(ScriptedConnection):
    """Takes a counter for whatever it sends."""

    def __init__(self, supply: Supply) -> None:
        super().__init__()
        self.supply = supply

    def _say(self, octets: bytes) -> None:
        assert self.supply.left
        self.supply.left -= 1
        super()._say(octets)


@pytest.mark.parametrize("prompt", [False, True])
async def test_there_is_always_a_counter_for_what_goes_out(*, prompt: bool) -> None:
    script = {
        **OPEN,
        **RELEASE,
        GET: [(0.1, b"block 28;")],
        b"NEXT": [(0.1, b"data 00;")],
        ACT: [(0.1, b"acted;")],
    }
    port = PromptScriptedPort(script) if prompt else ScriptedPort(script)
    await port.open()
    supply = Supply(1)
    session = Session(
        port,
        Counting(supply),
        watch=Watch(tracer=NoTracer(), bus="b", meter="m"),
        timing=SessionTiming(turnaround=0.0),
        supply=supply,
    )
    await session.open()
    assert await session.get(ENERGY) == b"\x00"
    await session.act(CALL)
    supply.left = 1  # a release takes what is there
    await session.close()
    assert words(port) == [b"OPEN", GET, b"NEXT", ACT, b"RELEASE"]


LISTS, GENERAL_BLOCKS = Conformance.MULTIPLE_REFERENCES, Conformance.GENERAL_BLOCK_TRANSFER


@pytest.mark.parametrize(
    ("conformance", "size", "limit"),
    [
        (Conformance.GET, 500, 1),
        (LISTS, 500, 39),
        (LISTS, 65535, 255),
        (LISTS, 0, 255),
        (LISTS, 60, 1),
        (LISTS | GENERAL_BLOCKS, 60, 255),
    ],
)
async def test_how_long_a_list_may_be(
    monkeypatch: pytest.MonkeyPatch, conformance: Conformance, size: int, limit: int
) -> None:
    agreed = Associated(conformance=conformance, server_max_receive_pdu_size=size)
    monkeypatch.setitem(EVENTS, "opened", lambda _: Opened(association=agreed))
    session = await session_over(ScriptedPort(OPEN))
    assert session.list_limit == 1
    await session.open()
    assert session.list_limit == limit


async def test_several_attributes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = (b"\x11\x07", DataAccessResult.READ_WRITE_DENIED)
    monkeypatch.setitem(EVENTS, "data", lambda _: Answered(answer=answer))
    many = b"GETMANY 3/1.0.1.8.0.255/2 3/1.0.1.8.0.255/2"
    session = await session_over(ScriptedPort({**OPEN, many: [(0.1, b"data 00;")]}))
    await session.open()
    assert await session.get_many([ENERGY, ENERGY]) == answer


class Names(FewNames):
    def __init__(self) -> None:
        self.is_known = False
        self.learned: list[bytes] = []

    def learn(self, object_list: bytes) -> None:
        self.learned.append(object_list)
        self.is_known = True


class ShortNamed(ScriptedConnection):
    """One to a meter that knows its objects by short names."""

    def __init__(self, names: Names) -> None:
        super().__init__()
        self.names = names

    def ask(self, request: Request[object], now: float) -> None:
        if request == Get(NAMELESS) or (
            isinstance(request, GetMany) and NAMELESS in [t.attribute for t in request.targets]
        ):
            raise UnknownNameError("no such name")
        super().ask(request, now)


NAMELESS = AttributeDescriptor(1, Obis.parse("1.0.1.8.0.255"), 2)
LIST = b"READ FA08"


async def short_named(
    script: dict[bytes, list[tuple[float, bytes | None]]],
) -> tuple[Session, Names, ScriptedPort]:
    port = ScriptedPort({**OPEN, **script})
    await port.open()
    names = Names()
    watch = Watch(tracer=NoTracer(), bus="b", meter="m")
    timing = SessionTiming(turnaround=0.0)
    return Session(port, ShortNamed(names), watch=watch, timing=timing), names, port


async def test_short_names_are_learned_when_the_session_opens() -> None:
    session, names, port = await short_named({LIST: [(0.1, b"data 0100;")]})
    assert session.knows_short_names
    await session.open()
    assert names.learned == [b"\x01\x00"]
    assert words(port) == [b"OPEN", LIST]


async def test_short_names_are_learned_once() -> None:
    session, names, port = await short_named({GET: [(0.1, b"data 00;")]})
    names.is_known = True
    await session.open()
    assert await session.get(ENERGY) == b"\x00"
    assert words(port) == [b"OPEN", GET]


async def test_a_meter_that_does_not_tell_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    denied = DataAccessResult.READ_WRITE_DENIED
    monkeypatch.setitem(EVENTS, "data", lambda _: Answered(answer=denied))
    session, names, _ = await short_named({LIST: [(0.1, b"data 00;")]})
    with pytest.raises(UnknownNameError, match="read-write-denied"):
        await session.open()
    assert not names.is_known


async def test_what_has_no_short_name_is_not_there() -> None:
    session, names, port = await short_named({GET: [(0.1, b"data 00;")]})
    names.is_known = True
    await session.open()
    undefined = DataAccessResult.OBJECT_UNDEFINED
    assert await session.get(NAMELESS) is undefined
    assert await session.get_many([NAMELESS, ENERGY]) == (undefined, b"\x00")
    assert words(port) == [b"OPEN", GET]


async def test_most_meters_know_logical_names() -> None:
    session = await session_over(ScriptedPort(OPEN))
    assert not session.knows_short_names


async def test_what_wants_no_answer_goes_out_at_once() -> None:
    port = ScriptedPort({**OPEN, GET: [(0.1, b"data 00;")]})
    session = await session_over(port)
    message = ActUnconfirmed(CALL)
    with pytest.raises(MisuseError):
        await session.tell(message)
    await session.open()
    await session.tell(message)
    assert await session.get(ENERGY) == b"\x00"
    assert words(port) == [b"OPEN", b"TELL", GET]
