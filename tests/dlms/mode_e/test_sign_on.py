from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import MisuseError, ProtocolError
from dcud.dlms.mode_e.actions import (
    Action,
    Done,
    Failed,
    MessageHeard,
    OctetsDiscarded,
    SetLine,
    Transmit,
)
from dcud.dlms.mode_e.errors import (
    ModeEUnavailableError,
    NoIdentificationError,
    SignOnError,
    WrongMeterError,
)
from dcud.dlms.mode_e.parameters import Head, ModeEParameters
from dcud.dlms.mode_e.parity import with_parity
from dcud.dlms.mode_e.sign_on import Input, SignOn, State

REQUEST = bytes.fromhex("2F3F210D0A")
LANDIS = b"/LGZ5\\2ZMD3104407.B32\r\n"
SILENT_ABOUT_IT = b"/LGZ5ZMD3104407.B32\r\n"
OPTION_9600 = bytes.fromhex("063235320D0A")
OPTION_9600_AS_8N1 = bytes.fromhex("06B235B28D0A")
BREAK = bytes.fromhex("0142300371")
NAK = b"\x15"
STX = b"\x020.0.0(1)\r\n"

Script = list[tuple[bytes, float, bytes]]
"""What is heard after what was sent: (sent, seconds, heard)."""


@dataclass
class Run:
    """A sign-on on a virtual clock, where every octet takes no time."""

    machine: SignOn
    script: Script
    now: float = 100.0
    actions: list[tuple[float, Action]] = field(default_factory=list)
    pending: list[tuple[float, bytes]] = field(default_factory=list)

    def to_its_end(self) -> "Run":
        self.carry_out(self.machine.start(self.now))
        for _ in range(1000):
            deadline = self.machine.next_timeout()
            if deadline is None:
                return self
            heard = min(self.pending, default=(deadline, b""))
            if heard[1] and heard[0] <= deadline:
                self.pending.remove(heard)
                self.now = heard[0]
                self.carry_out(self.machine.receive_data(heard[1], self.now))
            else:
                self.now = deadline
                self.carry_out(self.machine.handle_timeout(self.now))
        raise AssertionError("the sign-on doesn't end")

    def carry_out(self, actions: list[Action]) -> None:
        for action in actions:
            self.actions.append((self.now, action))
            if isinstance(action, Transmit):
                assert action is actions[-1]
                self.hear_what_follows(action.octets)
                self.carry_out(self.machine.transmitted(self.now))

    def hear_what_follows(self, sent: bytes) -> None:
        for entry in self.script:
            if entry[0] == sent:
                self.script.remove(entry)
                self.pending.append((self.now + entry[1], entry[2]))
                return

    @property
    def done_to_the_line(self) -> list[Action]:
        watched = (MessageHeard, OctetsDiscarded)
        return [action for _, action in self.actions if not isinstance(action, watched)]

    @property
    def last(self) -> Action:
        return self.actions[-1][1]

    @property
    def error(self) -> ProtocolError:
        assert isinstance(self.last, Failed)
        return self.last.error

    @property
    def baud(self) -> int:
        assert isinstance(self.last, Done)
        return self.last.baud

    def moment(self, wanted: Action) -> float:
        return next(moment for moment, action in self.actions if action == wanted) - 100.0

    def heard(self, kind: type[MessageHeard | OctetsDiscarded]) -> list[bytes]:
        return [action.octets for _, action in self.actions if isinstance(action, kind)]


def run(script: Script, parameters: ModeEParameters | None = None) -> Run:
    return Run(SignOn(parameters or ModeEParameters()), script).to_its_end()


def good(option: bytes = OPTION_9600, confirmation: bytes | None = None) -> Script:
    return [(REQUEST, 0.3, LANDIS), (option, 0.25, confirmation or option)]


def test_a_sign_on_as_the_standard_has_it() -> None:
    done = run(good())
    assert done.done_to_the_line[:-1] == [
        SetLine(300, "7E1"),
        Transmit(REQUEST),
        Transmit(OPTION_9600),
        SetLine(9600, "8N1"),
    ]
    assert isinstance(done.last, Done)
    assert done.last.identification.name == "ZMD3104407.B32"
    assert done.baud == 9600
    assert done.heard(MessageHeard) == [LANDIS, OPTION_9600]
    assert done.machine.next_timeout() is None


def test_the_times_between_are_kept() -> None:
    done = run(good())
    assert done.moment(Transmit(OPTION_9600)) == pytest.approx(0.3 + 0.25)
    # The meter confirms from 200 ms after the option select on: the line has its speed before.
    assert done.moment(SetLine(9600, "8N1")) == pytest.approx(0.55 + 0.02)
    assert done.moment(done.last) == pytest.approx(0.55 + 0.25 + 0.3)


def test_a_meter_that_says_it_is_quick_is_answered_quickly() -> None:
    quick = b"/LGz5\\2ZMD\r\n"
    done = run([(REQUEST, 0.05, quick), (OPTION_9600, 0.05, OPTION_9600)])
    assert done.moment(Transmit(OPTION_9600)) == pytest.approx(0.05 + 0.025)
    assert done.moment(SetLine(9600, "8N1")) < 0.05 + 0.025 + 0.02
    configured = ModeEParameters(reaction_time=0.5)
    done = run([(REQUEST, 0.05, quick), (OPTION_9600, 0.05, OPTION_9600)], configured)
    assert done.moment(Transmit(OPTION_9600)) == pytest.approx(0.55)


def test_a_device_address_is_asked_for() -> None:
    request = bytes.fromhex("2F3F3132333435363738210D0A")
    script: Script = [(request, 0.3, LANDIS), (OPTION_9600, 0.25, OPTION_9600)]
    assert run(script, ModeEParameters(device_address="12345678")).baud == 9600


@pytest.mark.parametrize(
    ("limit", "option", "baud"),
    [(19_200, b"\x06252\r\n", 9600), (4800, b"\x06242\r\n", 4800), (300, b"\x06202\r\n", 300)],
)
def test_the_speed_is_the_meters_best_within_our_limit(
    limit: int, option: bytes, baud: int
) -> None:
    done = run(good(option), ModeEParameters(max_baud=limit))
    assert done.baud == baud
    assert SetLine(baud, "8N1") in done.done_to_the_line


def test_a_confirmation_with_parity_bits_is_one() -> None:
    done = run(good(confirmation=OPTION_9600_AS_8N1))
    assert done.moment(done.last) == pytest.approx(0.55 + 0.25 + 0.3)
    assert done.heard(MessageHeard)[-1] == OPTION_9600


@pytest.mark.parametrize("heard", [b"", b"\xf8\x06\x80", b"\x0625\r\n"])
def test_a_confirmation_that_is_missing_or_damaged_changes_nothing(heard: bytes) -> None:
    script = good()[:1]
    if heard:
        script.append((OPTION_9600, 0.25, heard))
    done = run(script)
    assert done.baud == 9600
    assert done.moment(done.last) <= 0.55 + 0.02 + 2.0 + 1.5


def test_a_meter_that_does_not_answer_is_asked_three_times_with_silence_between() -> None:
    failed = run([])
    assert isinstance(failed.error, NoIdentificationError)
    assert "the meter at the head doesn't identify itself" in str(failed.error)
    assert "inactivity timeout" in failed.error.remedy
    asked = [moment for moment, action in failed.actions if action == Transmit(REQUEST)]
    assert asked == pytest.approx([100.0, 103.7, 107.4])
    assert failed.now == pytest.approx(109.4)


def test_a_meter_that_answers_at_the_second_time_is_read() -> None:
    script: Script = [(REQUEST, 5.0, b""), *good()]
    assert run(script).baud == 9600


def test_the_silent_meters_address_is_named() -> None:
    failed = run([], ModeEParameters(device_address="4711", attempts=1))
    assert "device address 4711 doesn't identify itself" in str(failed.error)


def test_a_break_comes_before_the_next_attempt_where_it_shall() -> None:
    failed = run([], ModeEParameters(break_first=True, attempts=2))
    assert [action for action in failed.done_to_the_line if isinstance(action, Transmit)] == [
        Transmit(REQUEST),
        Transmit(BREAK),
        Transmit(REQUEST),
        Transmit(BREAK),
    ]


def test_octets_that_are_no_identification_are_told_from_silence() -> None:
    failed = run([(REQUEST, 0.3, b"\x7e\xa0\x07")] * 3)
    assert isinstance(failed.error, NoIdentificationError)
    assert "what was heard at 300 baud is no identification" in str(failed.error)
    assert failed.heard(OctetsDiscarded) == [b"\x7e\x20\x07"] * 3
    garbled = run([(REQUEST, 0.3, b"/L1Z5\r\n")] * 3)
    assert "is no identification" in str(garbled.error)


def test_garbage_before_the_identification_is_skipped() -> None:
    done = run([(REQUEST, 0.3, b"\x00\xff\x81" + LANDIS), good()[1]])
    assert done.baud == 9600
    assert done.heard(OctetsDiscarded) == [b"\x00\x7f\x01"[:2], b"\x01"]


def test_an_identification_in_pieces_has_a_character_time_of_its_own() -> None:
    machine = SignOn(ModeEParameters())
    machine.start(0.0)
    machine.transmitted(0.0)
    for number, octet in enumerate(LANDIS[:-1], 1):
        assert machine.receive_data(bytes((octet,)), 0.4 * number) == []
        assert machine.next_timeout() == pytest.approx(max(2.0, min(0.4 * number + 1.5, 10.0)))
        if number == 20:
            break
    cut = SignOn(ModeEParameters(attempts=1))
    cut.start(0.0)
    cut.transmitted(0.0)
    cut.receive_data(LANDIS[:8], 1.0)
    assert cut.handle_timeout(2.4) == []
    assert cut.handle_timeout(2.5)[0] == OctetsDiscarded(LANDIS[:8])
    assert cut.state is State.FAILED


def test_a_line_that_babbles_does_not_hold_us_for_ever() -> None:
    machine = SignOn(ModeEParameters())
    machine.start(0.0)
    machine.transmitted(0.0)
    now = 0.0
    while machine.state is State.LISTENING:
        now += 0.5
        machine.receive_data(b"\x55", now)
        machine.handle_timeout(now)
    assert now == 10.0


def test_nak_is_met_with_a_break_and_another_attempt() -> None:
    done = run([(REQUEST, 0.3, NAK), *good()])
    assert done.done_to_the_line[:4] == [
        SetLine(300, "7E1"),
        Transmit(REQUEST),
        Transmit(BREAK),
        SetLine(300, "7E1"),
    ]
    assert done.baud == 9600
    failed = run([(REQUEST, 0.3, NAK)] * 3)
    assert isinstance(failed.error, SignOnError)
    assert "(NAK)" in str(failed.error)


def test_a_break_after_the_switch_has_its_parity_made_here() -> None:
    done = run([(REQUEST, 0.3, LANDIS), (OPTION_9600, 0.25, NAK), *good()])
    assert Transmit(with_parity(BREAK)) in done.done_to_the_line
    assert done.baud == 9600


def test_another_meter_than_expected_is_sent_a_break() -> None:
    failed = run(good(), ModeEParameters(expected="ISK"))
    assert isinstance(failed.error, WrongMeterError)
    assert "/LGZ5\\2ZMD3104407.B32 answered where 'ISK' was expected" in str(failed.error)
    assert failed.done_to_the_line[-2:-1] == [Transmit(BREAK)]
    assert run(good(), ModeEParameters(expected="ZMD310")).baud == 9600


@pytest.mark.parametrize(("character", "mode"), [(b"Z", "mode A"), (b"C", "mode B")])
def test_a_meter_of_another_mode_is_left_alone(character: bytes, mode: str) -> None:
    failed = run([(REQUEST, 0.3, b"/OLD" + character + b"METER\r\n")])
    assert isinstance(failed.error, ModeEUnavailableError)
    assert mode in str(failed.error)


def test_mode_e_that_is_not_announced_can_be_forced() -> None:
    script: Script = [(REQUEST, 0.3, SILENT_ABOUT_IT), good()[1]]
    failed = run(list(script))
    assert isinstance(failed.error, ModeEUnavailableError)
    assert "mode_e.force" in failed.error.remedy
    assert run(script, ModeEParameters(force=True)).baud == 9600


@pytest.mark.parametrize("answer", [STX, b"\x06050\r\n"])
def test_a_meter_that_falls_back_to_a_readout_is_told(answer: bytes) -> None:
    failed = run([(REQUEST, 0.3, LANDIS), (OPTION_9600, 0.25, answer)])
    assert isinstance(failed.error, ModeEUnavailableError)
    assert "data readout instead of speaking HDLC" in str(failed.error)


def test_a_readout_after_the_confirmation_is_one_as_well() -> None:
    failed = run([(REQUEST, 0.3, LANDIS), (OPTION_9600, 0.25, OPTION_9600 + STX)])
    assert isinstance(failed.error, ModeEUnavailableError)


def test_what_the_head_brings_back_is_no_answer() -> None:
    done = run([(REQUEST, 0.3, REQUEST + LANDIS), (OPTION_9600, 0.01, OPTION_9600)])
    # The echo came before the switch; the confirmation never did.
    assert done.moment(done.last) == pytest.approx(0.55 + 0.02 + 2.0)
    script: Script = [(REQUEST, 0.1, REQUEST)] * 3
    assert isinstance(run(script).error, NoIdentificationError)


def test_at_a_fixed_speed_the_echo_may_come_late() -> None:
    fixed = ModeEParameters(head=Head.FIXED, initial_baud=9600)
    echoing: Script = [
        (REQUEST, 0.3, REQUEST + LANDIS),
        (OPTION_9600, 0.1, OPTION_9600 + OPTION_9600),
    ]
    done = run(echoing, fixed)
    assert done.moment(done.last) == pytest.approx(0.55 + 0.1 + 0.3)
    only_echo: Script = [(REQUEST, 0.3, REQUEST + LANDIS), (OPTION_9600, 0.1, OPTION_9600)]
    done = run(only_echo, fixed)
    assert done.moment(done.last) == pytest.approx(0.55 + 0.02 + 2.0)


def test_a_fixed_line_makes_the_meter_stay_at_its_speed() -> None:
    fixed = ModeEParameters(head=Head.FIXED, initial_baud=300)
    option = b"\x06202\r\n"
    done = run(good(option), fixed)
    assert done.baud == 300
    assert SetLine(300, "8N1") in done.done_to_the_line
    failed = run(good(), ModeEParameters(head=Head.FIXED, initial_baud=19_200))
    assert isinstance(failed.error, ModeEUnavailableError)
    assert "offers 9600 baud at most, but the line stays at 19200" in str(failed.error)


def test_a_head_that_follows_by_itself_is_left_as_it_is() -> None:
    done = run(good(), ModeEParameters(head=Head.FOLLOWING))
    assert done.done_to_the_line[:-1] == [Transmit(REQUEST), Transmit(OPTION_9600)]
    assert done.baud == 9600


def test_a_port_without_parity_has_it_made_in_software() -> None:
    request, option = with_parity(REQUEST), with_parity(OPTION_9600)
    script: Script = [(request, 0.3, with_parity(LANDIS)), (option, 0.25, option)]
    done = run(script, ModeEParameters(software_parity=True))
    assert done.done_to_the_line[:-1] == [
        SetLine(300, "8N1"),
        Transmit(bytes.fromhex("AF3F218D0A")),
        Transmit(OPTION_9600_AS_8N1),
        SetLine(9600, "8N1"),
    ]
    assert done.heard(MessageHeard) == [LANDIS, OPTION_9600]


def test_a_meter_that_sleeps_is_woken() -> None:
    done = run(good(), ModeEParameters(wake_up=2.3, wake_up_pause=1.6))
    assert done.done_to_the_line[1] == Transmit(bytes(69))  # 2.3 s at 300 baud
    assert done.moment(Transmit(REQUEST)) == pytest.approx(1.6)


def test_time_that_has_not_come_changes_nothing() -> None:
    machine = SignOn(ModeEParameters())
    assert machine.handle_timeout(1.0) == []
    machine.start(0.0)
    machine.transmitted(0.0)
    assert machine.next_timeout() == 2.0
    assert machine.handle_timeout(1.9) == []
    assert machine.state is State.LISTENING


def test_a_break_of_somebody_else_is_none_of_our_business() -> None:
    done = run([(REQUEST, 0.3, BREAK + LANDIS), good()[1]])
    assert done.baud == 9600


def test_it_is_started_once() -> None:
    machine = SignOn(ModeEParameters())
    machine.start(0.0)
    with pytest.raises(MisuseError):
        machine.start(1.0)


def test_the_table_knows_every_input_in_every_state() -> None:
    assert set(SignOn.TABLE) == set(State)
    assert {len(row) for row in SignOn.TABLE.values()} == {len(Input)}
    assert [number.value for number in Input] == list(range(len(Input)))


ENDS = {State.DONE, State.FAILED}


def test_an_end_is_an_end() -> None:
    for state in ENDS:
        assert set(SignOn.TABLE[state]) == {SignOn._ignore}


MESSAGES = st.sampled_from([LANDIS, SILENT_ABOUT_IT, OPTION_9600, NAK, STX, BREAK, REQUEST])
STEPS: dict[str, Callable[[SignOn, float, bytes], list[Action]]] = {
    "heard": lambda machine, now, octets: machine.receive_data(octets, now),
    "sent": lambda machine, now, _: machine.transmitted(now),
    "time": lambda machine, now, _: machine.handle_timeout(now),
}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(STEPS)),
            st.floats(0.0, 3.0),
            MESSAGES | st.binary(max_size=30),
        ),
        max_size=40,
    ),
    st.builds(
        ModeEParameters,
        head=st.sampled_from(Head),
        force=st.booleans(),
        wake_up=st.sampled_from([0.0, 1.0]),
        break_first=st.booleans(),
        software_parity=st.booleans(),
    ),
)
def test_whatever_happens_in_whatever_order_it_ends(
    steps: list[tuple[str, float, bytes]], parameters: ModeEParameters
) -> None:
    machine = SignOn(parameters)
    now = 0.0
    ends = [*filter(is_end, machine.start(now))]
    for name, pause, octets in steps:
        now += pause
        actions = STEPS[name](machine, now, octets)
        assert not any(isinstance(action, Transmit) for action in actions[:-1])
        ends += filter(is_end, actions)
    for _ in range(100):
        deadline = machine.next_timeout()
        actions = machine.transmitted(now) if deadline is None else []
        if deadline is not None:
            now = max(now, deadline)
            actions = machine.handle_timeout(now)
        ends += filter(is_end, actions)
    assert machine.state in ENDS
    assert len(ends) == 1
    assert now < 40 * 3.0 + 60.0


def is_end(action: Action) -> bool:
    return isinstance(action, Done | Failed)
