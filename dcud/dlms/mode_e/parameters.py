"""What can be chosen about a sign-on."""

from dataclasses import dataclass
from enum import StrEnum

from dcud.dlms.errors import EncodeError
from dcud.dlms.mode_e.baud import baud_character
from dcud.dlms.mode_e.messages import SignOnRequest


class Head(StrEnum):
    """What lies between our port and the meter, as far as speed goes."""

    SWITCHING = "switching"  # the port's own speed and format are the meter's
    FIXED = "fixed"  # the line has one speed, so the meter is asked to stay at it
    FOLLOWING = "following"  # the head follows the sign-on by itself; the port stays as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeEParameters:
    """A client's choices; times in seconds.

    Attributes:
        device_address: whom to ask; empty for any meter.
        expected: what the identification must hold somewhere, as "LGZ" or a type; empty for any.
        initial_baud: speed at which the sign-on begins; with a fixed head the one there is.
        max_baud: fastest speed to ask for.
        force: whether mode E is asked for also where the meter doesn't announce it.
        head: what changes its speed.
        software_parity: whether the parity bit is made here, for a port that only has 8N1.
        wake_up: how long NULs are sent before the request; 0 for never.
        wake_up_pause: silence after them.
        reaction_time: silence between the identification and our answer; None follows the meter.
        answer_timeout: from the end of the request to the identification's first octet.
        inter_character_timeout: silence that ends an unfinished message.
        message_limit: how long a message may go on altogether.
        attempts: how often a meter is asked to identify itself.
        quiet: silence before it is asked again.
        break_first: whether a break is sent before it is asked again; after NAK it always is.
        switch_delay: from the end of the option select to the change of speed, for what the
            adapter holds.
        confirmation_timeout: for the meter's confirmation, which may be missing.
        link_delay: from the confirmation to the first frame.
    """

    device_address: str = ""
    expected: str = ""
    initial_baud: int = 300
    max_baud: int = 19_200
    force: bool = False
    head: Head = Head.SWITCHING
    software_parity: bool = False
    wake_up: float = 0.0
    wake_up_pause: float = 1.6
    reaction_time: float | None = None
    answer_timeout: float = 2.0
    inter_character_timeout: float = 1.5
    message_limit: float = 10.0
    attempts: int = 3
    quiet: float = 1.7
    break_first: bool = False
    switch_delay: float = 0.02
    confirmation_timeout: float = 2.0
    link_delay: float = 0.3

    def __post_init__(self) -> None:
        """Refuse what can't be sent, never ends or leads nowhere.

        Raises:
            EncodeError: one of the choices is impossible.
        """
        SignOnRequest(device_address=self.device_address)
        baud_character(self.initial_baud)
        baud_character(self.max_baud)
        reaction = self.reaction_time or 0.0
        pauses = [self.wake_up, self.wake_up_pause, reaction, self.quiet, self.switch_delay]
        pauses += [self.confirmation_timeout, self.link_delay]
        limits = (self.answer_timeout, self.inter_character_timeout, self.message_limit)
        if min(pauses) < 0 or min(limits) <= 0:
            raise EncodeError("a time of the sign-on isn't positive")
        if self.attempts < 1:
            raise EncodeError("a sign-on wants at least one attempt")

    @property
    def sign_on_format(self) -> str:
        """The character format of our port until HDLC begins."""
        return "8N1" if self.software_parity else "7E1"
