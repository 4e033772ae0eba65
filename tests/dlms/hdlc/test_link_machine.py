"""Our client against our server on a bad line, as a state machine that hypothesis drives."""

from random import Random

from hypothesis import event as note
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dcud.dlms import llc
from dcud.dlms.datalink import (
    ApduReceived,
    LinkClosed,
    LinkConnected,
    LinkEvent,
    LinkFailed,
    NotificationReceived,
)
from dcud.dlms.errors import LinkError
from dcud.dlms.hdlc.frame import FrameKind, parse
from dcud.dlms.hdlc.link import HdlcLink, State
from dcud.dlms.hdlc.negotiation import LinkSizes
from dcud.dlms.hdlc.outgoing import cut
from dcud.dlms.hdlc.parameters import HdlcParameters, Recovery
from dcud.dlms.hdlc.station import StationParameters
from dcud.line.impairment import ImpairedWay, Impairment, Mishap
from tests.support.impaired_line import ImpairedLine
from tests.support.moody_meter import CLIENT, SERVER, MoodyMeter, answer_to, request

INACTIVITY = 120.0
WITHIN = 400.0
"""Virtual seconds in which every procedure has ended, however bad the line."""

LONGEST_DELAY = 5.0
FAIR = Impairment()

mishaps = st.dictionaries(st.sampled_from(Mishap), st.floats(0, 0.16), max_size=6)
weather = st.builds(
    lambda corruption, shares, longest: Impairment(
        corruption=corruption, longest_delay=longest, **{str(key): shares[key] for key in shares}
    ),
    st.sampled_from([0.0, 0.0, 0.002, 0.01, 0.05]),
    mishaps,
    st.sampled_from([0.3, 1.5, LONGEST_DELAY]),
)
windows = st.integers(1, 7)
infos = st.sampled_from([32, 33, 64, 128, 255, 256, 1024])
sizes_of_a_side = st.builds(
    LinkSizes,
    max_info_transmit=infos,
    max_info_receive=infos,
    window_transmit=windows,
    window_receive=windows,
)


def check_segments(apdu: bytes, sent: list[bytes]) -> None:
    """However often it was sent: the same information goes under the same number."""
    frames = [parse(octets[1:-1]) for octets in sent]
    frames = [frame for frame in frames if frame.control.kind is FrameKind.I]
    if not frames:  # the link failed before
        return
    first = frames[0]
    assert first.control.send_sequence is not None
    size = len(first.information)
    segments = cut(llc.add_command(apdu), size, (), first.control.send_sequence)
    allowed = {(segment.number, segment.information, segment.more) for segment in segments}
    for frame in frames:
        assert (frame.control.send_sequence, frame.information, frame.segmented) in allowed


class LinkMachine(RuleBasedStateMachine):
    """Every request is answered rightly or ends in a typed error, and is carried out once at most.

    However bad it was: once the line is good again, the link works again.
    """

    @initialize(
        own=sizes_of_a_side,
        theirs=sizes_of_a_side,
        recovery=st.sampled_from(Recovery),
        disc_first=st.booleans(),
        keep_alive=st.sampled_from([0.0, 50.0]),
        outward=weather,
        inward=weather,
        chunk=st.sampled_from([0, 0, 1, 5, 64]),
        seed=st.integers(0, 1 << 16),
    )
    def begin(
        self,
        own: LinkSizes,
        theirs: LinkSizes,
        recovery: Recovery,
        disc_first: bool,  # noqa: FBT001  # hypothesis draws it
        keep_alive: float,
        outward: Impairment,
        inward: Impairment,
        chunk: int,
        seed: int,
    ) -> None:
        self.meter = MoodyMeter(StationParameters(sizes=theirs, inactivity_timeout=INACTIVITY))
        self.link = HdlcLink(
            client_sap=CLIENT,
            server_address=SERVER,
            parameters=HdlcParameters(
                max_info_transmit=own.max_info_transmit,
                max_info_receive=own.max_info_receive,
                window_transmit=own.window_transmit,
                window_receive=own.window_receive,
                disc_first=disc_first,
                keep_alive=keep_alive,
                response_timeout=1.0,
                poll_limit=20,
                recovery=recovery,
            ),
        )
        random = Random(seed)  # noqa: S311  # a seed is the point
        self.ways = [ImpairedWay(outward, random), ImpairedWay(inward, random)]
        self.line: ImpairedLine[LinkEvent] = ImpairedLine(
            self.link, self.meter.serve, outward=self.ways[0], inward=self.ways[1], chunk=chunk
        )
        self.serial = 0
        self.asked: list[bytes] = []
        self.pushed: list[bytes] = []

    def is_up(self) -> bool:
        return self.link.state is State.IDLE

    def run_until(self, *outcomes: type) -> LinkEvent:
        events = self.line.run(outcomes, within=WITHIN)
        for event in events:
            if isinstance(event, NotificationReceived):
                assert event.apdu in self.pushed
        (outcome,) = (event for event in events if isinstance(event, outcomes))
        note(type(outcome).__name__)
        if isinstance(outcome, LinkFailed):
            note(type(outcome.error).__name__)
            assert isinstance(outcome.error, LinkError)
            assert self.link.state is State.DISCONNECTED
        return outcome

    @rule(outward=weather, inward=weather)
    def change_the_weather(self, outward: Impairment, inward: Impairment) -> None:
        self.ways[0].impairment, self.ways[1].impairment = outward, inward

    @rule()
    def clear_up(self) -> None:
        self.change_the_weather(FAIR, FAIR)

    def connect(self) -> bool:
        if self.link.state is State.DISCONNECTED:
            # A UA bears no number: one that is late from the link before is as good as the right
            # one, so whoever sets a link up anew waits until nothing of the old one is on its way.
            self.line.rest(2 * LONGEST_DELAY)
            self.link.connect(self.line.now)
            self.run_until(LinkConnected, LinkFailed)
        return self.link.state is State.IDLE

    def send(self, size: int, answer_size: int) -> bytes:
        self.serial += 1
        apdu = request(self.serial, size, answer_size)
        self.asked.append(apdu)
        self.link.send_apdu(apdu, self.line.now)
        return apdu

    @rule(
        size=st.sampled_from([0, 20, 130, 300]),
        answer_size=st.sampled_from([1, 90, 260, 700]),
        times=st.integers(1, 4),
    )
    def ask(self, size: int, answer_size: int, times: int) -> None:
        for _ in range(times):
            if not self.connect():
                return
            before = len(self.line.sent)
            apdu = self.send(size, answer_size)
            outcome = self.run_until(ApduReceived, LinkFailed)
            check_segments(apdu, self.line.sent[before:])
            if isinstance(outcome, ApduReceived):
                assert outcome.apdu == answer_to(apdu)
                assert self.meter.carried_out[-1] == apdu

    @rule(size=st.integers(0, 300), steps=st.integers(0, 6))
    def give_up_midway(self, size: int, steps: int) -> None:
        if not self.connect():
            return
        self.send(size, 500)
        for _ in range(steps):
            if self.link.state in {State.AWAITING, State.PAUSING}:
                self.line.step()
        self.disconnect()

    @rule()
    def disconnect(self) -> None:
        if self.link.state is not State.DISCONNECTED:
            self.link.disconnect(self.line.now)
            self.run_until(LinkClosed)

    @rule(moods=st.lists(st.sampled_from(["not yet", "busy"]), min_size=1, max_size=6))
    def be_moody(self, moods: list[str]) -> None:
        self.meter.moods.extend(moods)

    @rule(size=st.sampled_from([1, 20]))  # in one frame: nothing tells lost segments of UI
    def push(self, size: int) -> None:
        apdu = b"\x0f" + len(self.pushed).to_bytes(2, "big") + bytes(size)
        self.pushed.append(apdu)
        self.line.carry(self.meter.push(apdu), to_server=False)

    @rule(seconds=st.sampled_from([10.0, 70.0, INACTIVITY + 80]))
    def leave_alone(self, seconds: float) -> None:
        if self.connect():
            for event in self.line.rest(seconds):
                assert not isinstance(event, LinkFailed) or isinstance(event.error, LinkError)

    @rule()
    def lose_power(self) -> None:
        self.meter.restart()

    @invariant()
    def nothing_is_carried_out_twice(self) -> None:
        carried_out = self.meter.carried_out if hasattr(self, "meter") else []
        assert len(set(carried_out)) == len(carried_out)
        assert set(carried_out) <= set(getattr(self, "asked", []))

    def teardown(self) -> None:
        if not hasattr(self, "meter"):
            return
        self.clear_up()
        self.meter.moods.clear()
        self.disconnect()
        assert self.connect()
        apdu = self.send(400, 400)
        assert self.run_until(ApduReceived, LinkFailed) == ApduReceived(apdu=answer_to(apdu))


TestLinkMachine = LinkMachine.TestCase
TestLinkMachine.settings = settings(stateful_step_count=20)
