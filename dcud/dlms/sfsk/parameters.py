"""What can be chosen about a client's S-FSK link."""

from dataclasses import dataclass, field

from dcud.dlms.errors import EncodeError
from dcud.dlms.fields import check_field
from dcud.dlms.llc_432 import HEADER_SIZE
from dcud.dlms.sfsk.framing import Framing
from dcud.dlms.sfsk.mac import FIRST_INITIATOR, MAX_M_SDU, Credits
from dcud.dlms.sfsk.modem_framing import MODEM
from dcud.dlms.sfsk.timing import SlotTiming


@dataclass(frozen=True, slots=True, kw_only=True)
class SfskParameters:
    """A client's choices; times in seconds.

    Attributes:
        framing: how the modem wants MAC frames.
        initiator: our own MAC address.
        credits: of the frames that we send; answers are expected to have the same.
        timing: how long the line takes, from which the response timeout follows.
        response_timeout: in place of what follows, from the last octet sent to the whole answer;
            None for what follows.
        retries: how often a request that stays unanswered is repeated, where it asks for a value
            or for the association, so that nothing happens twice; one that the modem refused to
            transmit is repeated as often, whatever it asks.
        busy_pause: before what the modem refused is given to it again.
        match_invoke_id: whether an answer that bears another request's invoke id is a late one;
            some meters always answer with the same id.
        acknowledge: whether frames from the modem are acknowledged; the modem takes silence for an
            acknowledgement as well.
        inter_octet_timeout: silence that ends an unfinished frame.
        max_apdu: the most octets that a request may have; a public library keeps to 131.
    """

    framing: Framing = MODEM
    initiator: int = FIRST_INITIATOR
    credits: Credits = field(default_factory=Credits)
    timing: SlotTiming = field(default_factory=SlotTiming)
    response_timeout: float | None = None
    retries: int = 2
    busy_pause: float = 1.0
    match_invoke_id: bool = True
    acknowledge: bool = False
    inter_octet_timeout: float = 0.5
    max_apdu: int = MAX_M_SDU - HEADER_SIZE

    def __post_init__(self) -> None:
        """Refuse what would never send or never end."""
        check_field("initiator MAC address", self.initiator, 1, 0xFFD)
        check_field("max_apdu", self.max_apdu, 12, MAX_M_SDU - HEADER_SIZE)
        check_field("retries", self.retries, 0, 1000)
        times = (self.inter_octet_timeout, self.response_timeout or 1.0)
        if min(times) <= 0 or self.busy_pause < 0:
            raise EncodeError("an S-FSK timeout isn't positive")

    def exchange(self, m_sdu_octets: int) -> float:
        """Return the seconds from the last octet given to the modem to the end of the answer."""
        if self.response_timeout is not None:
            return self.response_timeout
        return self.timing.exchange(m_sdu_octets, self.credits.initial)

    def rest(self, m_sdu_octets: int) -> float:
        """Return the same from where the modem tells that it has sent a frame once."""
        if self.response_timeout is not None:
            return self.response_timeout
        return self.exchange(m_sdu_octets) - self.timing.transmission(m_sdu_octets, 0)
