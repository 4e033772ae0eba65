"""Finds new meters on an S-FSK line, and gives each a MAC address.

[IEC 61334-4-511: discover and register] Discover asks all new meters to report; with a probability
below 100 per cent and many slots to pick from, many of them don't drown each other out. Each that
reports is told its address by Register, which nobody answers, so Ping asks at that address whether
it took it. Rounds of this follow each other until nothing new is heard.

```
  ASKING: Discover -> reports -> time is up -> someone to register? -> REGISTERING
     ^                                         nobody, often enough -> FINISHED
     |                                                                    ^
     +--- no more to register --- REGISTERING: Register, Ping, next ------+  (no addresses left)
```
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from dcud.dlms.datalink import Frame, FrameReceived, OctetsDiscarded
from dcud.dlms.errors import DecodeError, EncodeError, MisuseError
from dcud.dlms.fields import check_field
from dcud.dlms.llc_432 import DL_DATA, HEADER_SIZE, LlcPdu, decode_llc
from dcud.dlms.sfsk.ciase import (
    TITLE_SIZE,
    Ciase,
    DiscoverReport,
    DiscoverRequest,
    PingRequest,
    PingResponse,
    RegisterRequest,
    Registration,
    decode_ciase,
)
from dcud.dlms.sfsk.delimiter import SfskDelimiter
from dcud.dlms.sfsk.framing import MacFrameHeard, Noise, Unit
from dcud.dlms.sfsk.mac import ALL_PHYSICAL, NEW, MacFrame
from dcud.dlms.sfsk.parameters import SfskParameters


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryParameters:
    """What can be chosen about discovery.

    Attributes:
        link: of which framing, initiator, credits, timing and inter_octet_timeout count.
        request: what meters are asked, repeated in each round.
        initiator_title: our own system title, six octets over IEC 61334-4-32 LLC.
        server_lsap: of a meter's configuration service; one public source.
        client_lsap: of ours; one public source.
        quiet_rounds: how many rounds in a row without a new meter end discovery, 1 or more.
        max_rounds: how many rounds end it in any case.
        ping: whether a meter must answer Ping at its new address to count as registered; if not,
            whoever was told an address has it.
        register_retries: how often Register is repeated for a meter that doesn't answer Ping.
    """

    initiator_title: bytes
    link: SfskParameters = field(default_factory=SfskParameters)
    request: DiscoverRequest = field(default_factory=DiscoverRequest)
    server_lsap: int = 0
    client_lsap: int = 1
    quiet_rounds: int = 2
    max_rounds: int = 20
    ping: bool = True
    register_retries: int = 2

    def __post_init__(self) -> None:
        """Refuse what would never end or doesn't fit."""
        check_field("quiet_rounds", self.quiet_rounds, 1, 1000)
        check_field("max_rounds", self.max_rounds, 1, 1000)
        check_field("register_retries", self.register_retries, 0, 1000)
        if len(self.initiator_title) != TITLE_SIZE:
            raise EncodeError(
                f"an initiator's system title has {TITLE_SIZE} octets over this LLC,"
                f" not {len(self.initiator_title)}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterDiscovered:
    """A meter reported; told once for each.

    Attributes:
        system_title: its own, six octets.
        alarm: its alarm descriptor, None where it has none.
        mac_address: which it reports from; `NEW` (FFE) before it is registered.
    """

    system_title: bytes
    alarm: int | None
    mac_address: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterRegistered:
    """A meter has its MAC address."""

    system_title: bytes
    mac_address: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationFailed:
    """A new meter has no MAC address; `reason` is "no_answer" or "no_address"."""

    system_title: bytes
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryFinished:
    """Nothing more will come; `rounds` have been made."""

    rounds: int


DiscoveryEvent = (
    MeterDiscovered
    | MeterRegistered
    | RegistrationFailed
    | DiscoveryFinished
    | FrameReceived
    | OctetsDiscarded
)


class Stage(Enum):
    """Where discovery stands."""

    IDLE = auto()
    ASKING = auto()
    REGISTERING = auto()
    PINGING = auto()
    FINISHED = auto()


_NOBODY: Final = b""


class Discovery:
    """One discovery on one line, on which nothing else is asked meanwhile.

    Like a data link it is driven by `frames_to_send`, `frames_sent`, `receive_data`,
    `next_timeout` and `handle_timeout`; it ends with `DiscoveryFinished`.

    Args:
        parameters: what was chosen.
        addresses: free MAC addresses in the order in which they are given away.
        known: MAC addresses by system title; a meter that is new again gets its old one back.
    """

    def __init__(
        self,
        parameters: DiscoveryParameters,
        addresses: Iterable[int],
        known: Mapping[bytes, int] | None = None,
    ) -> None:
        self._parameters = parameters
        self._addresses = deque(addresses)
        self._given = dict(known or {})
        self._delimiter = SfskDelimiter(parameters.link.framing)
        self._outgoing: list[Frame] = []
        self._stage = Stage.IDLE
        self._waiting: deque[bytes] = deque()
        self._told: set[tuple[bytes, bool]] = set()
        self._settled: set[bytes] = set()
        self._current = _NOBODY
        self._tries = self._rounds = self._quiet = 0
        self._patience = 0.0
        self._deadline: float | None = None
        self._silence_at: float | None = None

    @property
    def stage(self) -> Stage:
        """Where discovery stands."""
        return self._stage

    @property
    def rounds(self) -> int:
        """How many rounds have begun."""
        return self._rounds

    @property
    def given(self) -> dict[bytes, int]:
        """The addresses by system title: of meters that were known, and of all told of one."""
        return dict(self._given)

    def seconds_left(self) -> float:
        """Return how long the rest takes if nobody else reports, with all of the present step."""
        if self._stage is Stage.FINISHED:
            return 0.0
        parameters = self._parameters
        is_asking = self._stage is Stage.ASKING
        asked = parameters.quiet_rounds - self._quiet
        if is_asking and self._waiting:
            asked = parameters.quiet_rounds + 1
        rounds = min(asked, parameters.max_rounds - self._rounds + is_asking)
        meters = len(self._waiting) + (self._current != _NOBODY)
        return rounds * self._round_seconds() + meters * self._registration_seconds()

    def _round_seconds(self) -> float:
        size = len(self._parameters.request.encode())
        return self._transmission(size) + self._reports_in()

    def _registration_seconds(self) -> float:
        parameters = self._parameters
        register = 2 + 2 * TITLE_SIZE + 2
        seconds = self._transmission(register) + parameters.link.timing.server_delay
        if parameters.ping:
            seconds += self._transmission(1 + TITLE_SIZE) + self._answer_in()
        return seconds

    def _transmission(self, pdu_octets: int) -> float:
        link = self._parameters.link
        return link.timing.transmission(HEADER_SIZE + pdu_octets, link.credits.initial)

    def start(self) -> None:
        """Begin the first round.

        Raises:
            MisuseError: when it was started before.
        """
        if self._stage is not Stage.IDLE:
            raise MisuseError("a discovery is started once; make a new one")
        self._ask()

    def frames_to_send(self) -> list[Frame]:
        """Take (and forget) the frames that are to go out now."""
        frames, self._outgoing = self._outgoing, []
        return frames

    def frames_sent(self, now: float) -> None:
        """Begin to wait for what they bring about."""
        if self._stage not in {Stage.IDLE, Stage.FINISHED} and self._deadline is None:
            self._deadline = now + self._patience

    def next_timeout(self) -> float | None:
        """Return when `handle_timeout` wants to be called, on the clock of `now`, or None."""
        times = (self._deadline, self._silence_at)
        return min((each for each in times if each is not None), default=None)

    def receive_data(self, octets: bytes, now: float) -> list[DiscoveryEvent]:
        """Take octets as they come, cut anywhere."""
        events = self._take(self._delimiter.feed(octets))
        pending = self._delimiter.pending
        timeout = self._parameters.link.inter_octet_timeout
        self._silence_at = now + timeout if pending else None
        return events

    def handle_timeout(self, now: float) -> list[DiscoveryEvent]:
        """Act on time that has passed; harmless when called early."""
        events: list[DiscoveryEvent] = []
        if self._silence_at is not None and now >= self._silence_at:
            self._silence_at = None
            events += self._take(self._delimiter.give_up())
        if self._deadline is not None and now >= self._deadline:
            self._deadline = None
            events += self._go_on()
        return events

    def _take(self, units: Iterable[Unit | Noise]) -> list[DiscoveryEvent]:
        events: list[DiscoveryEvent] = []
        for unit in units:
            if isinstance(unit, Noise):
                events.append(OctetsDiscarded(reason=unit.reason, octets=unit.octets))
                continue
            events.append(FrameReceived(Frame(unit.octets)))
            if isinstance(unit, MacFrameHeard):
                events += self._heed(unit.frame)
        return events

    def _heed(self, frame: MacFrame) -> list[DiscoveryEvent]:
        if frame.destination not in {self._parameters.link.initiator, ALL_PHYSICAL}:
            return []
        said = _content(frame.m_sdu)
        if isinstance(said, DiscoverReport) and said.system_titles:
            return self._note(said.system_titles[0], said.alarm, frame.source)
        if isinstance(said, PingResponse) and self._is_awaited(said, frame.source):
            return self._settle()
        return []

    def _is_awaited(self, said: PingResponse, source: int) -> bool:
        """Tell whether the meter in hand answers, and from the address that it was given."""
        title = said.system_title
        is_in_hand = self._stage is Stage.PINGING and title == self._current
        return is_in_hand and source == self._given[title]

    def _note(self, title: bytes, alarm: int | None, source: int) -> list[DiscoveryEvent]:
        """Take a report; a meter that was registered before can only tell its alarm."""
        is_new = source == NEW
        in_hand = (*self._settled, *self._waiting, self._current)
        if is_new and title not in in_hand:
            self._waiting.append(title)
        if (title, is_new) in self._told:
            return []
        self._told.add((title, is_new))
        return [MeterDiscovered(system_title=title, alarm=alarm, mac_address=source)]

    def _go_on(self) -> list[DiscoveryEvent]:
        """Take the next step, now that the time for the last one is over."""
        if self._stage is Stage.ASKING:
            self._quiet = 0 if self._waiting else self._quiet + 1
            return self._next_meter()
        if self._stage is Stage.REGISTERING:
            if not self._parameters.ping:
                return self._settle()
            self._ping()
            return []
        if self._tries <= self._parameters.register_retries:
            self._register()
            return []
        failed = RegistrationFailed(system_title=self._current, reason="no_answer")
        self._settled.add(self._current)
        return [failed, *self._next_meter()]

    def _settle(self) -> list[DiscoveryEvent]:
        title = self._current
        self._settled.add(title)
        self._deadline = None
        registered = MeterRegistered(system_title=title, mac_address=self._given[title])
        return [registered, *self._next_meter()]

    def _next_meter(self) -> list[DiscoveryEvent]:
        events: list[DiscoveryEvent] = []
        self._current = _NOBODY
        while self._waiting:
            title = self._waiting.popleft()
            if title in self._given or self._addresses:
                if title not in self._given:
                    self._given[title] = self._addresses.popleft()
                self._current = title
                self._tries = 0
                self._register()
                return events
            self._settled.add(title)
            events.append(RegistrationFailed(system_title=title, reason="no_address"))
        parameters = self._parameters
        if self._quiet >= parameters.quiet_rounds or self._rounds >= parameters.max_rounds:
            self._stage = Stage.FINISHED
            return [*events, DiscoveryFinished(rounds=self._rounds)]
        self._ask()
        return events

    def _ask(self) -> None:
        self._rounds += 1
        self._stage = Stage.ASKING
        self._send(self._parameters.request, ALL_PHYSICAL, self._reports_in())

    def _reports_in(self) -> float:
        """Return the seconds within which all reports come."""
        request = self._parameters.request
        timing = self._parameters.link.timing
        slots = request.allowed_time_slots * timing.slot
        return slots + timing.answer(request.report_credit & 7, _REPORT_SIZE)

    def _register(self) -> None:
        title = self._current
        self._tries += 1
        self._stage = Stage.REGISTERING
        registration = Registration(title, self._given[title])
        request = RegisterRequest(
            initiator=self._parameters.initiator_title, registrations=(registration,)
        )
        self._send(request, ALL_PHYSICAL, self._parameters.link.timing.server_delay)

    def _ping(self) -> None:
        self._stage = Stage.PINGING
        ping = PingRequest(system_title=self._current)
        self._send(ping, self._given[self._current], self._answer_in())

    def _answer_in(self) -> float:
        link = self._parameters.link
        return link.timing.answer(link.credits.initial, _REPORT_SIZE)

    def _send(self, pdu: Ciase, destination: int, patience: float) -> None:
        """Queue a PDU; `patience` runs from when the line has been through with it."""
        link = self._parameters.link
        llc = LlcPdu(self._parameters.server_lsap, self._parameters.client_lsap, pdu.encode())
        frame = MacFrame(
            source=link.initiator,
            destination=destination,
            m_sdu=llc.encode(),
            credits=link.credits,
        )
        self._outgoing.append(Frame(link.framing.build(frame)))
        self._patience = patience + link.timing.transmission(len(frame.m_sdu), link.credits.initial)
        self._deadline = None


_REPORT_SIZE: Final = 16
"""Octets that a report or a ping response takes, LLC included: one sub-frame."""


def _content(m_sdu: bytes) -> Ciase | None:
    """Return the CIASE PDU in a frame, whatever its LSAPs; None where it holds none."""
    try:
        pdu = decode_llc(m_sdu)
        return decode_ciase(pdu.apdu) if pdu.control == DL_DATA else None
    except DecodeError:
        return None
