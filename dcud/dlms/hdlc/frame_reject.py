"""What a station says when it rejects a frame.

[ISO/IEC 13239: FRMR] Three octets: the control octet of the rejected frame; V(R), C/R and V(S) of
the station, placed like N(R), P/F and N(S); and the causes, a bit each, W the lowest.
[field: the same bits from the top down] Where only the upper four bits are set they are read so.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dcud.dlms.hdlc.frame import CONTROLS, Control


class Cause(StrEnum):
    """Why a frame was rejected, in the order W, X, Y, Z."""

    UNDEFINED_CONTROL = "a control octet that it doesn't know or can't take now"
    INFORMATION_NOT_PERMITTED = "an information field where there may be none"
    INFORMATION_TOO_LONG = "an information field longer than it takes"
    INVALID_RECEIVE_SEQUENCE = "an N(R) that acknowledges what it never sent"


_REMEDIES: Final = {
    Cause.UNDEFINED_CONTROL: "set the link up anew; see whether another client has the meter",
    Cause.INFORMATION_NOT_PERMITTED: "let SNRM go without parameters",
    Cause.INFORMATION_TOO_LONG: "lower max_info_transmit",
    Cause.INVALID_RECEIVE_SEQUENCE: "set the link up anew; lower the windows if it comes again",
}
_NO_CAUSE: Final = "set the link up anew; see whether sizes and window suit the meter"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameReject:
    """The information field of a FRMR frame, as much of it as there is.

    Attributes:
        octets: as they came.
        rejected: the control octet of the rejected frame, taken apart.
        send_sequence: the station's V(S).
        receive_sequence: the station's V(R).
        was_response: whether the rejected frame was a response (C/R).
        causes: in words; empty where none is told.
    """

    octets: bytes
    rejected: Control | None = None
    send_sequence: int | None = None
    receive_sequence: int | None = None
    was_response: bool = False
    causes: tuple[Cause, ...] = ()

    @classmethod
    def parse(cls, information: bytes) -> "FrameReject":
        """Read an information field of any length; what is missing stays untold."""
        if not information:
            return cls(octets=information)
        rejected = CONTROLS[information[0]]
        if len(information) < 3:
            return cls(octets=information, rejected=rejected)
        place = information[1]
        return cls(
            octets=information,
            rejected=rejected,
            send_sequence=place >> 1 & 7,
            receive_sequence=place >> 5,
            was_response=bool(place & 0x10),
            causes=_causes(information[2]),
        )

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return _REMEDIES[self.causes[-1]] if self.causes else _NO_CAUSE

    def __str__(self) -> str:
        if self.rejected is None:
            return "without a reason"
        raw = self.octets.hex(" ").upper()
        if self.send_sequence is None:
            return f"{raw}: {_told(self.rejected)}"
        side = "response" if self.was_response else "command"
        causes = " and ".join(self.causes) or "no cause told"
        return (
            f"{raw}: {_told(self.rejected)}, a {side}, at V(S)={self.send_sequence}"
            f" V(R)={self.receive_sequence}, for {causes}"
        )


def _causes(octet: int) -> tuple[Cause, ...]:
    bits = octet & 0x0F
    if bits:
        return tuple(cause for place, cause in enumerate(Cause) if bits >> place & 1)
    return tuple(cause for place, cause in enumerate(Cause) if octet >> 7 - place & 1)


def _told(control: Control) -> str:
    numbers = ""
    if control.send_sequence is not None:
        numbers += f" N(S)={control.send_sequence}"
    if control.receive_sequence is not None:
        numbers += f" N(R)={control.receive_sequence}"
    return f"it rejects {control.kind.value}{numbers}"
