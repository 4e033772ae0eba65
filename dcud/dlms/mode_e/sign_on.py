"""The client's side of a sign-on, as a machine without clock or line.

Theory of operation. [IEC 62056-21: mode E] The client asks at 300 baud who is there (7E1). The
meter says who it is and how fast it can be. The client selects HDLC and a speed; from the end of
that message the meter needs at least 200 ms (20 ms, if it says so) to answer at the new speed, and
within that time the line has to be switched. What the meter then says is a mere confirmation, which
may get lost in the switch, so that its absence changes nothing. After it, HDLC begins in 8N1.

    IDLE         nothing has begun
    WAKING       NULs are on their way, for a meter that sleeps
    STARTING     the meter is left to wake up
    ASKING       the request is on its way
    LISTENING    the identification is awaited
    REACTING     the meter is given time to turn round
    SELECTING    the option select message is on its way
    SWITCHING    what the adapter may still hold is leaving
    CONFIRMING   the line has the new speed; the confirmation is awaited
    SETTLING     the meter is given time to start its HDLC
    BREAKING     a break is on its way; then the line rests, or the sign-on has failed
    RESTING      silence before the next attempt
    DONE         HDLC may begin
    FAILED       it may not

The line goes to 8N1 in one step with the speed and parity is masked here, rather than by way of 7E1
at the new speed: one switch less in a window of 200 ms, and nothing is lost by it.

What a two-wire head brings back of our own is told by its form: only clients send requests and
breaks. The option select alone looks like its confirmation; its echo is over before the speed is
switched, and where the speed stays it is expected if the request came back as well.

Nothing goes on for ever: silence is bounded by the deadlines, babble by `message_limit`, the whole
by `attempts`. The table at the end of the class holds what every input means in every state.
"""

from collections.abc import Callable
from enum import Enum, IntEnum, auto
from typing import ClassVar, Final

from dcud.dlms.errors import DecodeError, MisuseError, ProtocolError
from dcud.dlms.mode_e.actions import (
    Action,
    Done,
    Failed,
    MessageHeard,
    OctetsDiscarded,
    SetLine,
    Transmit,
)
from dcud.dlms.mode_e.baud import baud_character, fastest
from dcud.dlms.mode_e.delimiter import Delimiter, Kind, Part
from dcud.dlms.mode_e.errors import (
    ModeEUnavailableError,
    NoIdentificationError,
    SignOnError,
    WrongMeterError,
)
from dcud.dlms.mode_e.identification import Identification, parse_identification
from dcud.dlms.mode_e.messages import BREAK, OptionSelect, SignOnRequest, parse_option_select
from dcud.dlms.mode_e.parameters import Head, ModeEParameters
from dcud.dlms.mode_e.parity import with_parity

HDLC_FORMAT: Final = "8N1"
_BITS_PER_CHARACTER: Final = 10
_REACTION: Final = 0.25
_QUICK_REACTION: Final = 0.025
"""Seconds; the standard's lower limits are 200 ms and 20 ms."""
_QUICK_SWITCH: Final = 0.005
"""Seconds from the option select to the change of speed, for a meter that confirms after 20 ms."""
_REQUEST_START: Final = b"/?"


class State(Enum):
    """Where a sign-on stands."""

    IDLE = auto()
    WAKING = auto()
    STARTING = auto()
    ASKING = auto()
    LISTENING = auto()
    REACTING = auto()
    SELECTING = auto()
    SWITCHING = auto()
    CONFIRMING = auto()
    SETTLING = auto()
    BREAKING = auto()
    RESTING = auto()
    DONE = auto()
    FAILED = auto()


class Input(IntEnum):
    """What a sign-on can meet: the columns of its table."""

    START = 0
    SENT = 1
    IDENTIFICATION = 2
    OPTION = 3
    NAK = 4
    READOUT = 5
    TIMEOUT = 6


_LISTENING_STATES: Final = frozenset((State.LISTENING, State.CONFIRMING))
_HEARD: Final = {Kind.NAK: Input.NAK, Kind.READOUT: Input.READOUT}
_NOBODY: Final = Identification(manufacturer="???", baud_character="0")

_Step = Callable[["SignOn", float], None]


class SignOn:
    """One sign-on, from `start` to `Done` or `Failed`.

    Attributes:
        state: where it stands.
    """

    def __init__(self, parameters: ModeEParameters) -> None:
        self.state = State.IDLE
        self._parameters = parameters
        self._delimiter = Delimiter()
        self._reports: list[Action] = []
        self._actions: list[Action] = []
        self._deadline: float | None = None
        self._message_ends = 0.0
        self._attempts_left = parameters.attempts
        self._heard_noise = False
        self._request_echoed = False
        self._option_echo_due = False
        self._identification = _NOBODY
        self._confirmed = OptionSelect(baud_character="0")
        self._baud = parameters.initial_baud
        self._makes_parity = parameters.software_parity
        self._failure: ProtocolError | None = None

    def start(self, now: float) -> list[Action]:
        """Begin.

        Raises:
            MisuseError: it has begun before.
        """
        if self.state is not State.IDLE:
            raise MisuseError("a sign-on is started once; make a new one")
        return self._meet(Input.START, now)

    def transmitted(self, now: float) -> list[Action]:
        """Learn that what was to be transmitted has left."""
        return self._meet(Input.SENT, now)

    def receive_data(self, octets: bytes, now: float) -> list[Action]:
        """Take octets as they come, cut anywhere."""
        for part in self._delimiter.feed(octets):
            self._hear(part, now)
        if self.state in _LISTENING_STATES and self._deadline is not None:
            patience = max(self._deadline, now + self._parameters.inter_character_timeout)
            self._deadline = min(patience, self._message_ends)
        return self._take_actions()

    def next_timeout(self) -> float | None:
        """Return when `handle_timeout` wants to be called, on the clock of `now`, or None."""
        return self._deadline

    def handle_timeout(self, now: float) -> list[Action]:
        """Act on time that has passed; harmless when called early."""
        if self._deadline is None or now < self._deadline:
            return []
        for part in self._delimiter.flush():
            self._hear(part, now)
        return self._meet(Input.TIMEOUT, now)

    def _hear(self, part: Part, now: float) -> None:
        kind, octets = part
        if kind is Kind.NOISE:
            self._heard_noise = True
            self._reports.append(OctetsDiscarded(octets))
            return
        self._reports.append(MessageHeard(octets))
        if kind is Kind.LINE:
            self._hear_line(octets, now)
        elif kind is Kind.OPTION:
            self._hear_option(octets, now)
        elif kind in _HEARD:
            self._react(_HEARD[kind], now)

    def _hear_line(self, octets: bytes, now: float) -> None:
        if octets.startswith(_REQUEST_START):
            self._request_echoed = True
            return
        try:
            identification = parse_identification(octets)
        except DecodeError:
            self._heard_noise = True
            return
        if self.state is State.LISTENING:
            self._identification = identification
        self._react(Input.IDENTIFICATION, now)

    def _hear_option(self, octets: bytes, now: float) -> None:
        if self._option_echo_due:
            self._option_echo_due = False
            return
        try:
            self._confirmed = parse_option_select(octets)
        except DecodeError:
            return
        self._react(Input.OPTION, now)

    def _meet(self, met: Input, now: float) -> list[Action]:
        self._react(met, now)
        return self._take_actions()

    def _react(self, met: Input, now: float) -> None:
        self.TABLE[self.state][met](self, now)

    def _take_actions(self) -> list[Action]:
        actions = self._reports + self._actions
        self._reports, self._actions = [], []
        return actions

    # What the table names.

    def _ignore(self, now: float) -> None:
        """Let it be: it's too late, or not for us."""

    def _begin(self, now: float) -> None:
        parameters = self._parameters
        self._attempts_left -= 1
        self._heard_noise = False
        self._set_line(parameters.initial_baud, parameters.sign_on_format)
        if parameters.wake_up:
            characters = round(parameters.wake_up * parameters.initial_baud / _BITS_PER_CHARACTER)
            self._transmit(State.WAKING, bytes(characters))
        else:
            self._ask(now)

    def _doze(self, now: float) -> None:
        self._wait(State.STARTING, now + self._parameters.wake_up_pause)

    def _ask(self, _now: float) -> None:
        request = SignOnRequest(device_address=self._parameters.device_address)
        self._transmit(State.ASKING, request.build())

    def _listen(self, now: float) -> None:
        self._message_ends = now + self._parameters.message_limit
        self._wait(State.LISTENING, now + self._parameters.answer_timeout)

    def _judge(self, now: float) -> None:
        identification = self._identification
        refusal = self._refusal(identification)
        if refusal is not None:
            self._fail_after_break(refusal)
            return
        reaction = self._parameters.reaction_time
        if reaction is None:
            reaction = _QUICK_REACTION if identification.is_quick else _REACTION
        self._wait(State.REACTING, now + reaction)

    def _select(self, _now: float) -> None:
        self._baud = self._wanted_baud(self._identification.baud or 0)
        self._option_echo_due = self._request_echoed
        option = OptionSelect(baud_character=baud_character(self._baud))
        self._transmit(State.SELECTING, option.build())

    def _linger(self, now: float) -> None:
        delay = self._parameters.switch_delay
        if self._identification.is_quick:
            delay = min(delay, _QUICK_SWITCH)
        self._wait(State.SWITCHING, now + delay)

    def _switch(self, now: float) -> None:
        if self._parameters.head is Head.SWITCHING:
            self._option_echo_due = False  # it's forgotten, or garbled by the change
        self._set_line(self._baud, HDLC_FORMAT)
        self._message_ends = now + self._parameters.message_limit
        self._wait(State.CONFIRMING, now + self._parameters.confirmation_timeout)

    def _confirm(self, now: float) -> None:
        if not self._confirmed.is_mode_e:
            self._refuse(now)
        else:
            self._wait(State.SETTLING, now + self._parameters.link_delay)

    def _finish(self, _now: float) -> None:
        self._deadline = None
        self.state = State.DONE
        self._actions.append(Done(self._identification, self._baud))

    def _refuse(self, _now: float) -> None:
        self._fail(
            ModeEUnavailableError(
                f"{self._identification} sends a data readout instead of speaking HDLC",
                remedy="the meter has no mode E at this port, or not for this device address; "
                "check its configuration",
            )
        )

    def _unheard(self, now: float) -> None:
        if self._heard_noise:
            error: ProtocolError = NoIdentificationError(
                f"what was heard at {self._parameters.initial_baud} baud is no identification",
                remedy="align the optical head and keep light off it, and check initial_baud; "
                "a meter that is still in HDLC must be left alone until its timeout",
            )
        else:
            error = NoIdentificationError(
                f"{self._asked()} doesn't identify itself",
                remedy="check head, cable and device address; a meter that was left in HDLC must "
                "be left alone until its inactivity timeout, often 2 minutes",
            )
        self._try_again(error, now, after_break=self._parameters.break_first)

    def _refused(self, now: float) -> None:
        error = SignOnError(
            f"{self._asked()} refused what it was sent (NAK)",
            remedy="check the device address, and the head for disturbance",
        )
        self._try_again(error, now, after_break=True)

    def _broke(self, now: float) -> None:
        if self._failure is None:
            self._rest(now)
        else:
            self._fail(self._failure)

    def _rest(self, now: float) -> None:
        self._wait(State.RESTING, now + self._parameters.quiet)

    # What those have in common.

    def _try_again(self, error: ProtocolError, now: float, *, after_break: bool) -> None:
        """Rest and begin anew, or end with `error` where there was no lack of attempts."""
        if not self._attempts_left:
            self._failure = error
        if after_break:
            self._transmit(State.BREAKING, BREAK)
        elif self._failure is None:
            self._rest(now)
        else:
            self._fail(self._failure)

    def _fail_after_break(self, error: ProtocolError) -> None:
        self._failure = error
        self._transmit(State.BREAKING, BREAK)

    def _fail(self, error: ProtocolError) -> None:
        self._deadline = None
        self.state = State.FAILED
        self._actions.append(Failed(error))

    def _refusal(self, identification: Identification) -> ProtocolError | None:
        """Return why this meter isn't switched to HDLC; None where it may be."""
        parameters = self._parameters
        if parameters.expected not in str(identification):
            return WrongMeterError(
                f"{identification} answered where {parameters.expected!r} was expected",
                remedy="check the device address, and which meter the head is on",
            )
        if identification.baud is None:
            return ModeEUnavailableError(
                f"{identification} speaks mode {identification.mode}, which knows no HDLC",
                remedy="if HDLC is spoken there without a sign-on, leave mode_e out",
            )
        if not (identification.announces_mode_e or parameters.force):
            return ModeEUnavailableError(
                f"{identification} doesn't announce mode E",
                remedy="if it has it all the same, set mode_e.force = true",
            )
        if parameters.head is Head.FIXED and identification.baud < parameters.initial_baud:
            return ModeEUnavailableError(
                f"{identification} offers {identification.baud} baud at most, "
                f"but the line stays at {parameters.initial_baud}",
                remedy="set the line's fixed speed to one that the meter offers",
            )
        return None

    def _wanted_baud(self, offered: int) -> int:
        parameters = self._parameters
        if parameters.head is Head.FIXED:
            return parameters.initial_baud
        return fastest(offered, parameters.max_baud)

    def _asked(self) -> str:
        address = self._parameters.device_address
        return f"device address {address}" if address else "the meter at the head"

    def _set_line(self, baud: int, character_format: str) -> None:
        if self._parameters.head is Head.FOLLOWING:
            return
        self._actions.append(SetLine(baud, character_format))
        self._makes_parity = character_format == HDLC_FORMAT

    def _transmit(self, state: State, octets: bytes) -> None:
        self.state = state
        self._deadline = None
        self._actions.append(Transmit(with_parity(octets) if self._makes_parity else octets))

    def _wait(self, state: State, until: float) -> None:
        self.state = state
        self._deadline = until

    # fmt: off
    TABLE: ClassVar[dict[State, tuple[_Step, ...]]] = {
        #                  START    SENT     IDENTIF. OPTION    NAK       READOUT  TIMEOUT
        State.IDLE:       (_begin,  _ignore, _ignore, _ignore,  _ignore,  _ignore, _ignore),
        State.WAKING:     (_ignore, _doze,   _ignore, _ignore,  _ignore,  _ignore, _ignore),
        State.STARTING:   (_ignore, _ignore, _ignore, _ignore,  _ignore,  _ignore, _ask),
        State.ASKING:     (_ignore, _listen, _ignore, _ignore,  _ignore,  _ignore, _ignore),
        State.LISTENING:  (_ignore, _ignore, _judge,  _ignore,  _refused, _ignore, _unheard),
        State.REACTING:   (_ignore, _ignore, _ignore, _ignore,  _ignore,  _ignore, _select),
        State.SELECTING:  (_ignore, _linger, _ignore, _ignore,  _ignore,  _ignore, _ignore),
        State.SWITCHING:  (_ignore, _ignore, _ignore, _ignore,  _ignore,  _ignore, _switch),
        State.CONFIRMING: (_ignore, _ignore, _ignore, _confirm, _refused, _refuse, _finish),
        State.SETTLING:   (_ignore, _ignore, _ignore, _ignore,  _ignore,  _refuse, _finish),
        State.BREAKING:   (_ignore, _broke,  _ignore, _ignore,  _ignore,  _ignore, _ignore),
        State.RESTING:    (_ignore, _ignore, _ignore, _ignore,  _ignore,  _ignore, _begin),
        State.DONE:       (_ignore, _ignore, _ignore, _ignore,  _ignore,  _ignore, _ignore),
        State.FAILED:     (_ignore, _ignore, _ignore, _ignore,  _ignore,  _ignore, _ignore),
    }
    # fmt: on
    """What is done about every input, in the order of `Input`, in every state."""
