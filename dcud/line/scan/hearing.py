"""What the octets mean that follow a question to one HDLC address.

An answer is a UA, DM or FRMR from the server that was asked to the client that asked. Our own
frames that come back are skipped. Everything else is somebody else: a server that answers from
another address, or another master with the servers that it talks to.
"""

from dataclasses import dataclass, field
from enum import Enum, auto

from dcud.dlms import llc
from dcud.dlms.datalink import ClientSap
from dcud.dlms.hdlc.address import ServerAddress, client_octets
from dcud.dlms.hdlc.delimiter import Delimited, Delimiter, Discarded
from dcud.dlms.hdlc.frame import Defect, FrameKind, HdlcFrame, unnumbered
from dcud.line.scan.search import Verdict

_COMMANDS = frozenset((FrameKind.SNRM, FrameKind.DISC))
_ANSWERS = frozenset((FrameKind.UA, FrameKind.DM, FrameKind.FRMR))


class Direction(Enum):
    """Who sent a frame."""

    CLIENT = auto()
    SERVER = auto()
    UNKNOWN = auto()


def direction(frame: HdlcFrame) -> Direction:
    """Tell who sent a frame, by its kind, by what only clients have, or by its LLC header."""
    kind = frame.control.kind
    if kind in _COMMANDS or frame.information.startswith(llc.COMMAND):
        return Direction.CLIENT
    if kind in _ANSWERS or frame.information.startswith(llc.RESPONSE):
        return Direction.SERVER
    if len(frame.destination) == len(frame.source):
        return Direction.UNKNOWN
    return Direction.CLIENT if len(frame.source) == 1 else Direction.SERVER


@dataclass(slots=True)
class Traffic:
    """What was heard that has nothing to do with us.

    Attributes:
        masters: clients that were heard asking, as their octets.
        servers: servers that were heard or asked.
        frames: good frames.
        damaged: octets that were no good frame.
    """

    masters: set[bytes] = field(default_factory=set)
    servers: dict[ServerAddress, None] = field(default_factory=dict)
    frames: int = 0
    damaged: int = 0

    def take(self, part: Delimited | Discarded) -> None:
        """Count what a delimiter found."""
        if isinstance(part, Discarded):
            if part.reason is not Defect.IDLE:
                self.damaged += len(part.octets)
            return
        self.frames += 1
        match direction(part.frame):
            case Direction.CLIENT:
                self.masters.add(part.frame.source)
                self.servers[ServerAddress.from_octets(part.frame.destination)] = None
            case Direction.SERVER:
                self.servers[ServerAddress.from_octets(part.frame.source)] = None
            case Direction.UNKNOWN:
                pass

    @property
    def words(self) -> str:
        """What to tell people."""
        parts = []
        if self.masters:
            clients = ", ".join(str(each[0] >> 1) for each in sorted(self.masters))
            parts.append(f"client {clients} asking")
        if self.servers:
            parts.append(f"server {', '.join(map(str, self.servers))}")
        if self.frames and not parts:
            parts.append(f"{self.frames} frames")
        if self.damaged:
            parts.append(f"{self.damaged} octets that are no frame at this speed and format")
        return "; ".join(parts) or "nothing"


class Hearing:
    """Takes the octets after one question.

    Args:
        client: the client that asks.
        address: the server that is asked.
        traffic: takes what is another master's.
    """

    def __init__(self, client: int, address: ServerAddress, traffic: Traffic) -> None:
        self.address = address
        self._own = client_octets(ClientSap(client))
        self._server = address.octets
        self._traffic = traffic
        self._delimiter = Delimiter()
        self._answers: list[FrameKind] = []
        self._seconds: float | None = None
        self._strangers: dict[ServerAddress, None] = {}
        self._damaged = 0
        self.echoes = 0
        """Our own frames that came back."""

    @property
    def snrm(self) -> bytes:
        """The question, without an information field, which every server takes."""
        return self._build(FrameKind.SNRM)

    @property
    def disc(self) -> bytes:
        """What takes the link down again."""
        return self._build(FrameKind.DISC)

    @property
    def is_answered(self) -> bool:
        """Whether the server that was asked has answered."""
        return bool(self._answers)

    @property
    def is_between_frames(self) -> bool:
        """Whether nothing is awaited that has begun."""
        return not self._delimiter.partial

    def receive(self, octets: bytes, seconds: float) -> list[Delimited | Discarded]:
        """Take octets that arrived so many seconds after the question; return what they are."""
        parts = self._delimiter.feed(octets)
        for part in parts:
            self._take(part, seconds)
        return parts

    def give_up(self) -> list[Delimited | Discarded]:
        """Wait no longer for the end of what has begun; return what it is."""
        parts = self._delimiter.flush()
        for part in parts:
            self._take(part, 0.0)
        return parts

    @property
    def verdict(self) -> Verdict:
        """What all of it means."""
        return Verdict(
            answer=self._answers[0] if self._answers else "",
            answers=len(self._answers),
            damaged=self._damaged,
            strangers=tuple(self._strangers),
            seconds=self._seconds,
        )

    def _build(self, kind: FrameKind) -> bytes:
        return HdlcFrame(self._server, self._own, unnumbered(kind)).build()

    def _take(self, part: Delimited | Discarded, seconds: float) -> None:
        if isinstance(part, Discarded):
            if part.reason is not Defect.IDLE:
                self._damaged += len(part.octets)
            return
        frame = part.frame
        if direction(frame) is Direction.CLIENT and frame.source == self._own:
            self.echoes += 1
        elif frame.destination == self._own and direction(frame) is not Direction.CLIENT:
            self._hear_server(frame, seconds)
        else:
            self._traffic.take(part)
            self._note_stranger(frame)

    def _hear_server(self, frame: HdlcFrame, seconds: float) -> None:
        kind = frame.control.kind
        if frame.source != self._server:
            self._note_stranger(frame)
        elif kind in _ANSWERS:
            self._answers.append(kind)
            self._seconds = seconds if self._seconds is None else self._seconds

    def _note_stranger(self, frame: HdlcFrame) -> None:
        sender = direction(frame)
        octets = frame.destination if sender is Direction.CLIENT else frame.source
        if sender is Direction.UNKNOWN or octets == self._server:
            return
        # A delimiter lets no other addresses through than those that exist.
        address = ServerAddress.from_octets(octets)
        if address.logical:
            self._strangers[address] = None
