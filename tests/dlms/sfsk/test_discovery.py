from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.datalink import Frame, FrameReceived, OctetsDiscarded
from dcud.dlms.errors import EncodeError, MisuseError
from dcud.dlms.llc_432 import LlcPdu, decode_llc
from dcud.dlms.sfsk.ciase import (
    Ciase,
    DiscoverReport,
    DiscoverRequest,
    PingRequest,
    PingResponse,
    RegisterRequest,
    decode_ciase,
)
from dcud.dlms.sfsk.delimiter import SfskDelimiter
from dcud.dlms.sfsk.discovery import (
    Discovery,
    DiscoveryEvent,
    DiscoveryFinished,
    DiscoveryParameters,
    MeterDiscovered,
    MeterRegistered,
    RegistrationFailed,
    Stage,
)
from dcud.dlms.sfsk.framing import MacFrameHeard
from dcud.dlms.sfsk.mac import NEW, Credits, MacFrame
from dcud.dlms.sfsk.modem_framing import MODEM
from dcud.dlms.sfsk.parameters import SfskParameters
from dcud.dlms.sfsk.timing import SlotTiming

TITLE = b"DCU\x00\x00\x01"
ONE, TWO = b"MET\x00\x00\x01", b"MET\x00\x00\x02"
ONCE = Credits(initial=0, current=0)
LINK = SfskParameters(credits=ONCE, timing=SlotTiming(server_delay=1.0, margin=0.5))


def parameters(**chosen: int) -> DiscoveryParameters:
    return DiscoveryParameters(initiator_title=TITLE, link=LINK, **chosen)  # type: ignore[arg-type]  # all of them are numbers


def said(pdu: Ciase | bytes, source: int = NEW, destination: int = 0xC00) -> bytes:
    apdu = pdu if isinstance(pdu, bytes) else pdu.encode()
    m_sdu = LlcPdu(0xFD, 0, apdu).encode()
    frame = MacFrame(source=source, destination=destination, m_sdu=m_sdu, credits=ONCE)
    return MODEM.mirrored.build(frame)


class Meters:
    """Meters that do what they should, except those that are deaf to some requests."""

    def __init__(self, *titles: bytes) -> None:
        self.addresses = dict.fromkeys(titles, NEW)
        self.alarms: dict[bytes, int] = {}
        self.heard: list[Ciase] = []
        self.deaf: Callable[[Ciase], bool] = lambda _: False
        self._delimiter = SfskDelimiter(MODEM.mirrored)

    def answers(self, octets: bytes) -> bytes:
        answer = b""
        for unit in self._delimiter.feed(octets):
            assert isinstance(unit, MacFrameHeard)
            pdu = decode_ciase(decode_llc(unit.frame.m_sdu).apdu)
            self.heard.append(pdu)
            if not self.deaf(pdu):
                answer += self._answer(pdu, unit.frame.destination)
        return answer

    def _answer(self, pdu: Ciase, destination: int) -> bytes:
        match pdu:
            case DiscoverRequest():
                return b"".join(
                    said(DiscoverReport(system_titles=(title,), alarm=self.alarms.get(title)), at)
                    for title, at in self.addresses.items()
                    if at == NEW or title in self.alarms
                )
            case RegisterRequest(registrations=registrations):
                for each in registrations:
                    self.addresses[each.system_title] = each.mac_address
            case PingRequest(system_title=title) if self.addresses[title] == destination:
                return said(PingResponse(system_title=title), destination)
        return b""


def run(discovery: Discovery, meters: Meters) -> list[DiscoveryEvent]:
    """Let discovery have its way; time passes when nothing is said."""
    events: list[DiscoveryEvent] = []
    now = 0.0
    while discovery.stage is not Stage.FINISHED:
        frames = discovery.frames_to_send()
        discovery.frames_sent(now)
        answer = meters.answers(b"".join(frame.octets for frame in frames))
        events += discovery.receive_data(answer, now)
        timeout = discovery.next_timeout()
        if timeout is not None and not frames:
            now = max(now, timeout)
            events += discovery.handle_timeout(now)
    assert discovery.next_timeout() is None
    return [event for event in events if not isinstance(event, FrameReceived)]


def test_new_meters_get_an_address_each() -> None:
    meters = Meters(ONE, TWO)
    meters.alarms[TWO] = 0x82
    discovery = Discovery(parameters(quiet_rounds=1), [100, 101, 102])
    discovery.start()
    assert run(discovery, meters) == [
        MeterDiscovered(system_title=ONE, alarm=None, mac_address=NEW),
        MeterDiscovered(system_title=TWO, alarm=0x82, mac_address=NEW),
        MeterRegistered(system_title=ONE, mac_address=100),
        MeterRegistered(system_title=TWO, mac_address=101),
        MeterDiscovered(system_title=TWO, alarm=0x82, mac_address=101),
        DiscoveryFinished(rounds=2),
    ]
    assert meters.addresses == {ONE: 100, TWO: 101}


def test_the_first_words() -> None:
    discovery = Discovery(parameters(), [100])
    discovery.start()
    (frame,) = discovery.frames_to_send()
    # to all stations, LSAPs 00 and 01: 100 per cent, 10 slots, credits 0
    assert frame.octets.hex() == "02115100c00fff009000011d64000a00004c03"
    discovery.frames_sent(1.0)
    # one slot for it, ten to pick from, a second for the meter, one for the report, the margin
    assert discovery.next_timeout() == pytest.approx(1.0 + 0.15 + 1.5 + 1.0 + 0.15 + 0.5)
    with pytest.raises(MisuseError):
        discovery.start()


def test_a_meter_that_comes_back_gets_its_old_address() -> None:
    meters = Meters(TWO)
    discovery = Discovery(parameters(), [], {TWO: 55})
    discovery.start()
    assert MeterRegistered(system_title=TWO, mac_address=55) in run(discovery, meters)


def test_no_address_is_left() -> None:
    meters = Meters(ONE, TWO)
    discovery = Discovery(parameters(), [7])
    discovery.start()
    events = run(discovery, meters)
    assert MeterRegistered(system_title=ONE, mac_address=7) in events
    assert RegistrationFailed(system_title=TWO, reason="no_address") in events


def lost(meters: Meters, kind: type[Ciase], times: int) -> None:
    """Let the first so many requests of a kind go unheard."""
    left = [None] * times

    def deaf(pdu: Ciase) -> bool:
        if isinstance(pdu, kind) and left:
            left.pop()
            return True
        return False

    meters.deaf = deaf


@pytest.mark.parametrize("kind", [RegisterRequest, PingRequest])
def test_what_is_lost_is_said_again(kind: type[Ciase]) -> None:
    meters = Meters(ONE)
    lost(meters, kind, 2)
    discovery = Discovery(parameters(register_retries=2), [100])
    discovery.start()
    assert MeterRegistered(system_title=ONE, mac_address=100) in run(discovery, meters)
    assert sum(isinstance(pdu, RegisterRequest) for pdu in meters.heard) == 3


def test_a_meter_that_never_answers_is_given_up() -> None:
    meters = Meters(ONE)
    lost(meters, PingRequest, 99)
    discovery = Discovery(parameters(register_retries=1, quiet_rounds=1), [100])
    discovery.start()
    assert run(discovery, meters)[-2:] == [
        RegistrationFailed(system_title=ONE, reason="no_answer"),
        DiscoveryFinished(rounds=2),
    ]


def test_without_ping_being_told_is_enough() -> None:
    meters = Meters(ONE)
    discovery = Discovery(parameters(ping=False), [100])
    discovery.start()
    assert MeterRegistered(system_title=ONE, mac_address=100) in run(discovery, meters)
    assert not any(isinstance(pdu, PingRequest) for pdu in meters.heard)


def test_rounds_are_limited() -> None:
    meters = Meters(ONE)
    discovery = Discovery(parameters(max_rounds=1), [100])
    discovery.start()
    assert run(discovery, meters)[-1] == DiscoveryFinished(rounds=1)


def asking(*addresses: int) -> Discovery:
    discovery = Discovery(parameters(), addresses)
    discovery.start()
    discovery.frames_to_send()
    discovery.frames_sent(0.0)
    return discovery


@pytest.mark.parametrize(
    "octets",
    [
        said(DiscoverReport(system_titles=(ONE,)), destination=0xC01),
        said(DiscoverReport(system_titles=())),
        said(b"\xc4\x01"),
        said(b""),
        said(PingResponse(system_title=ONE), source=100),
        b"\x06",
        MODEM.mirrored.build(
            MacFrame(source=NEW, destination=0xC00, m_sdu=b"\xc0\xfd\x00\x1e", credits=ONCE)
        ),
    ],
    ids=["initiator", "empty", "apdu", "nothing", "ping", "modem", "control"],
)
def test_what_is_no_report_is_heard_only(octets: bytes) -> None:
    (event,) = asking(100).receive_data(octets, 0.1)
    assert event == FrameReceived(frame=Frame(octets))


def registering() -> Discovery:
    """Return one that pings meter ONE at 100."""
    discovery = asking(100)
    discovery.receive_data(said(DiscoverReport(system_titles=(ONE,))), 0.1)
    for _ in range(2):
        timeout = discovery.next_timeout()
        assert timeout is not None
        discovery.handle_timeout(timeout)
        discovery.frames_to_send()
        discovery.frames_sent(timeout)
    assert discovery.stage is Stage.PINGING
    return discovery


def without_frames(events: Sequence[DiscoveryEvent]) -> list[DiscoveryEvent]:
    return [event for event in events if not isinstance(event, FrameReceived)]


def test_only_the_meter_itself_confirms_its_address() -> None:
    discovery = registering()
    wrong = (
        said(PingResponse(system_title=TWO), 100)
        + said(PingResponse(system_title=ONE), 101)
        + said(DiscoverReport(system_titles=(ONE,)))
    )
    assert without_frames(discovery.receive_data(wrong, 9.0)) == []
    right = said(PingResponse(system_title=ONE), 100)
    assert without_frames(discovery.receive_data(right, 9.1)) == [
        MeterRegistered(system_title=ONE, mac_address=100)
    ]
    assert discovery.stage is Stage.ASKING
    assert without_frames(discovery.receive_data(right, 9.2)) == []


def test_noise_is_told_at_silence() -> None:
    discovery = asking()
    assert discovery.receive_data(b"\xaa", 0.1) == []
    assert discovery.next_timeout() == pytest.approx(0.6)
    assert discovery.handle_timeout(0.5) == []
    assert discovery.handle_timeout(0.6) == [OctetsDiscarded(reason="noise", octets=b"\xaa")]


def test_a_report_without_a_title_tells_of_nobody() -> None:
    nobody = said(DiscoverReport(system_titles=()))
    assert asking().receive_data(nobody, 0.1) == [FrameReceived(Frame(nobody))]


def test_before_and_after_nothing_is_timed() -> None:
    discovery = Discovery(parameters(), [])
    discovery.frames_sent(0.0)
    assert discovery.next_timeout() is None


@given(st.lists(st.binary(max_size=30) | st.just(said(DiscoverReport(system_titles=(ONE,))))))
def test_any_octets_end_in_bounded_time(chunks: list[bytes]) -> None:
    discovery = asking(100)
    now = 0.0
    for chunk in chunks:
        now += 1.0
        discovery.receive_data(chunk, now)
        discovery.handle_timeout(now)
        discovery.frames_to_send()
        discovery.frames_sent(now)
    while (timeout := discovery.next_timeout()) is not None:
        now = max(now, timeout)
        discovery.handle_timeout(now)
        discovery.frames_to_send()
        discovery.frames_sent(now)
    assert discovery.stage is Stage.FINISHED
    assert now < len(chunks) + 100


@pytest.mark.parametrize(
    "wrong",
    [{"quiet_rounds": 0}, {"max_rounds": 0}, {"register_retries": -1}],
    ids=str,
)
def test_what_would_never_end(wrong: dict[str, int]) -> None:
    with pytest.raises(EncodeError):
        parameters(**wrong)


def test_a_title_has_six_octets() -> None:
    with pytest.raises(EncodeError, match="6 octets"):
        DiscoveryParameters(initiator_title=b"12345678")


def test_how_long_the_rest_takes_is_known_from_the_start() -> None:
    discovery = Discovery(parameters(quiet_rounds=2), [100])
    # a slot takes 0.15 s: one for the request, ten for reports, one for the last of them
    a_round = 0.15 + 10 * 0.15 + 1.0 + 0.15 + 0.5
    # a slot to register, one to ping, one for its answer
    a_registration = 0.15 + 1.0 + 0.15 + 1.0 + 0.15 + 0.5
    assert discovery.rounds == 0
    assert discovery.seconds_left() == pytest.approx(2 * a_round)
    discovery.start()
    assert discovery.rounds == 1
    assert discovery.seconds_left() == pytest.approx(2 * a_round)
    discovery.frames_to_send()
    discovery.frames_sent(0.0)
    discovery.receive_data(said(DiscoverReport(system_titles=(ONE,))), 1.0)
    assert discovery.seconds_left() == pytest.approx(3 * a_round + a_registration)
    discovery.handle_timeout(100.0)
    assert discovery.stage is Stage.REGISTERING
    assert discovery.seconds_left() == pytest.approx(2 * a_round + a_registration)
    run(discovery, Meters())
    assert (discovery.rounds, discovery.seconds_left()) == (3, 0.0)


def test_the_rest_is_no_longer_than_the_rounds_that_are_allowed() -> None:
    discovery = Discovery(parameters(quiet_rounds=9, max_rounds=1), [])
    a_round = discovery.seconds_left()
    discovery.start()
    assert discovery.seconds_left() == a_round
    trusting = DiscoveryParameters(initiator_title=TITLE, link=LINK, ping=False)
    discovery = Discovery(trusting, [100])
    discovery.start()
    before = discovery.seconds_left()
    discovery.receive_data(said(DiscoverReport(system_titles=(ONE,))), 1.0)
    assert discovery.seconds_left() == pytest.approx(before + a_round + 0.15 + 1.0)


def test_what_a_meter_was_told_is_known_before_it_answers() -> None:
    discovery = Discovery(parameters(), [100], known={TWO: 7})
    discovery.start()
    discovery.frames_to_send()
    discovery.frames_sent(0.0)
    discovery.receive_data(said(DiscoverReport(system_titles=(ONE,))), 1.0)
    assert discovery.given == {TWO: 7}
    discovery.handle_timeout(100.0)
    assert discovery.stage is Stage.REGISTERING
    assert discovery.given == {TWO: 7, ONE: 100}
