"""A simulated line that is as bad as the user wished."""

import argparse
from random import Random

from dcud.line.impairment import CORRUPTION, ImpairedWay, Impairment, Mishap
from dcud.sim.serving import Line

KINDS = (CORRUPTION, *(mishap.value for mishap in Mishap if mishap is not Mishap.DELAY))
"""What can be wished; not delay, since a simulated line answers at once or not at all."""


class ImpairedLine:
    """Lets the octets of both directions meet the mishaps of a bad line."""

    def __init__(self, line: Line, impairment: Impairment, random: Random) -> None:
        self._line = line
        self._outward = ImpairedWay(impairment, random)
        self._inward = ImpairedWay(impairment, random)

    def receive(self, octets: bytes, now: float) -> bytes | None:
        """Return what becomes of the answer to what becomes of `octets`; None to hang up."""
        said = self._line.receive(_joined(self._outward, octets), now)
        return said and _joined(self._inward, said)


def _joined(way: ImpairedWay, octets: bytes) -> bytes:
    return b"".join(passage.octets for passage in way.carry(octets))


def impairment(text: str) -> Impairment:
    """Read `corruption=0.01,loss=0.02` as a command line's argument."""
    shares: dict[str, float] = {}
    for part in text.split(","):
        kind, _, share = part.partition("=")
        if kind not in KINDS:
            raise argparse.ArgumentTypeError(f"{kind!r} is none of {', '.join(KINDS)}")
        try:
            shares[kind] = float(share)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{part!r} is no share, as {kind}=0.01 is") from None
    try:
        return Impairment(**shares)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
