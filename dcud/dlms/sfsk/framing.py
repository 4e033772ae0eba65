"""What every way to put MAC frames onto a modem's octet stream has to offer."""

from dataclasses import dataclass
from typing import Protocol

from dcud.dlms.sfsk.mac import MacFrame


@dataclass(frozen=True, slots=True)
class MacFrameHeard:
    """A good MAC frame, whoever it is for."""

    octets: bytes
    frame: MacFrame


@dataclass(frozen=True, slots=True)
class TransmissionReported:
    """The modem tells what became of the frame it was given.

    Attributes:
        octets: the whole local frame.
        status: FF for sent, anything else for why not.
    """

    octets: bytes
    status: int


@dataclass(frozen=True, slots=True)
class ModemSpoke:
    """Something else that the modem said and that is well formed."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class Noise:
    """Octets that are part of nothing.

    Attributes:
        octets: what was dropped.
        reason: "noise", "frame_check" or "truncated".
    """

    octets: bytes
    reason: str


Unit = MacFrameHeard | TransmissionReported | ModemSpoke
"""What a framing makes of the octets of one whole frame."""


class Framing(Protocol):
    """One way to put MAC frames onto a stream of octets."""

    @property
    def m_sdu_offset(self) -> int:
        """Where in a built frame the M_sdu begins."""
        ...

    @property
    def check_size(self) -> int:
        """How many octets at the end of a built frame are its check sequence."""
        ...

    def build(self, frame: MacFrame) -> bytes:
        """Return the octets that go out."""
        ...

    def measure(self, octets: bytes) -> int:
        """Return how long the frame is that begins here, as far as these octets tell.

        A result above `len(octets)` may grow with more of them; 0 says that none begins here.
        """
        ...

    def parse(self, octets: bytes) -> Unit | None:
        """Return what as many octets as `measure` wanted hold; None where the check fails."""
        ...
