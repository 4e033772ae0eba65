"""Finds the meter at an optical head, which speaks HDLC only after a sign-on.

[IEC 62056-21: mode E] At most one meter answers a request without an address. Each DISC sends it
back to where it has to be asked to sign on again, so it is asked to twice: once to find its address
in HDLC, once to learn who it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import DecodeError, ProtocolError
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.frame import FrameKind
from dcud.dlms.mode_e.actions import Done
from dcud.dlms.mode_e.identification import Identification, parse_identification
from dcud.dlms.mode_e.parameters import ModeEParameters
from dcud.line.port import Port
from dcud.line.scan.found import Found, SignedOn
from dcud.line.scan.hdlc_prober import HdlcProber
from dcud.line.scan.identification import Acquaintance
from dcud.line.scan.ranges import LineSetting
from dcud.line.scan.search import Probe, ProbeKind
from dcud.line.sign_on import SignOn, sign_on
from dcud.line.tracer import Direction, FrameTracer

SETTING: Final = LineSetting(300, "7E1")
"""Of the line, where a sign-on begins."""

_USUAL: Final = (
    ServerAddress(1, None, 1),
    ServerAddress(1, 16, 2),
    ServerAddress(1, 17, 2),
    ServerAddress(1, 127, 2),
    ServerAddress(1, 17, 4),
    ServerAddress(1, 0x3FFF, 4),
)
"""Where a meter listens that has the line to itself, the likeliest first."""
_ATTEMPTS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeEScout:
    """Asks who is there.

    Attributes:
        open_port: makes the port for a setting of the line.
        prober: puts questions in HDLC.
        acquaintance: asks the meter who it is.
        clients: that it is asked by, the first of them only.
        patience: seconds for an answer in HDLC to begin.
    """

    open_port: Callable[[LineSetting], Port]
    prober: HdlcProber
    acquaintance: Acquaintance
    clients: Sequence[int]
    patience: float

    async def ask(self) -> SignedOn | None:
        """Return who answered; None where nobody did.

        Raises:
            PortError: the line can't be had.
        """
        port = self.open_port(SETTING)
        try:
            await port.open()
            return await self._ask(port)
        finally:
            await self.prober.stop()
            await port.close()

    async def _ask(self, port: Port) -> SignedOn | None:
        identification, done = await self._sign_on(port)
        if identification is None:
            return None
        who = SignedOn(
            identification=str(identification),
            manufacturer=identification.manufacturer,
            baud=identification.baud,
            hdlc=identification.announces_mode_e,
        )
        station = None if done is None else await self._find(port, done.baud)
        if station is None:
            return who
        who = replace(who, address=station.address, client=station.client)
        _, done = await self._sign_on(port)
        if done is None:
            return who
        alone = replace(self.acquaintance, clients=(station.client,))
        return replace(who, identity=await alone.identify(port, station, _nobody_else))

    async def _sign_on(self, port: Port) -> tuple[Identification | None, Done | None]:
        """Return who answered, and the end of the sign-on where that led to HDLC."""
        watch = self.acquaintance.watch
        ear = _Ear(watch.tracer)
        how = SignOn.to(ClientSap(self.clients[0]), _USUAL[0], ModeEParameters(attempts=_ATTEMPTS))
        try:
            done = await sign_on(port, how, replace(watch, tracer=ear, meter="mode-e"))
        except ProtocolError:
            return ear.identification, None
        return done.identification, done

    async def _find(self, port: Port, baud: int) -> Found | None:
        """Return where the meter answers, which has gone to HDLC at this speed."""
        client = self.clients[0]
        for address in _USUAL:
            probe = Probe(ProbeKind.DIRECT, 0, client, address)
            verdict = await self.prober.ask(port, LineSetting(baud), probe, self.patience)
            if verdict.answer == FrameKind.UA:
                seconds = verdict.seconds or 0.0
                return Found(line=0, client=client, address=address, answer="UA", seconds=seconds)
        return None


async def _nobody_else(_client: int) -> str:
    return ""


class _Ear:
    """Passes on what it is told, and remembers who identified himself."""

    def __init__(self, tracer: FrameTracer) -> None:
        self._tracer = tracer
        self.identification: Identification | None = None

    def frame(
        self,
        bus: str,
        direction: Direction,
        meter: str,
        octets: bytes,
        secret: Sequence[tuple[int, int]],
    ) -> None:
        """Take a message of the sign-on."""
        self._tracer.frame(bus, direction, meter, octets, secret)
        if direction == "rx" and self.identification is None and not octets.startswith(b"/?"):
            try:
                self.identification = parse_identification(octets)
            except DecodeError:
                return

    def discarded(self, bus: str, meter: str, reason: str, octets: bytes) -> None:
        """Take octets that are no message."""
        self._tracer.discarded(bus, meter, reason, octets)

    def retransmitted(self, bus: str, meter: str, frames: int) -> None:
        """Take a repetition."""
        self._tracer.retransmitted(bus, meter, frames)

    def answered(self, bus: str, meter: str, seconds: float) -> None:
        """Take the time of an answer."""
        self._tracer.answered(bus, meter, seconds)
