"""What can be chosen about a client's HDLC link."""

from dataclasses import dataclass
from enum import StrEnum

from dcud.dlms.errors import EncodeError
from dcud.dlms.hdlc.negotiation import LinkSizes, SizeForm


class Recovery(StrEnum):
    """What a client sends when no answer to its I frames comes.

    Asking (RR) is safe with every request, since the server tells whether it got it; some servers
    don't repeat their answer on RR but only on the I frame itself.
    """

    ALTERNATE = "alternate"  # ask, then resend, and so on
    ASK = "ask"
    RESEND = "resend"


@dataclass(frozen=True, slots=True, kw_only=True)
class HdlcParameters:
    """A client's choices; times in seconds.

    Attributes:
        max_info_transmit: proposed, octets in the information field, 32 to 2,030.
        max_info_receive: likewise.
        window_transmit: proposed, frames, 1 to 7.
        window_receive: likewise.
        propose: whether SNRM tells these sizes; if not, or where the server takes SNRM only
            without, 128 octets and one frame hold.
        size_form: in how many octets SNRM tells the lengths, as long as the server takes it so.
        disc_first: whether DISC goes before SNRM, for meters that hold on to a broken session.
        response_timeout: from the last octet sent to the end of an answer's first frame.
        inter_octet_timeout: silence that ends an unfinished frame.
        retries: how often a request is repeated when nothing valid comes.
        connect_retries: how often SNRM is repeated; the last of them carries no sizes.
        disconnect_retries: how often DISC is repeated.
        recovery: how a request is repeated.
        poll_interval: pause before a server is asked again that answered "not yet" (RR).
        busy_interval: pause before a server is asked again that answered "busy" (RNR).
        poll_limit: how many such answers in a row end the link.
        response_limit: how long a server may go on that way; also how long a babbling line may put
            off a timeout.
        max_apdu: the most octets that an answer or a notification may add up to.
        notification_gap: silence that ends an unfinished notification.
        keep_alive: how long a link that is up stays unused before the server is asked (RR) only so
            that it doesn't forget us; 0 for never. Less than the server's inactivity timeout.
    """

    max_info_transmit: int = 128
    max_info_receive: int = 128
    window_transmit: int = 1
    window_receive: int = 1
    propose: bool = True
    size_form: SizeForm = SizeForm.AUTO
    disc_first: bool = False
    response_timeout: float = 5.0
    inter_octet_timeout: float = 0.5
    retries: int = 3
    connect_retries: int = 3
    disconnect_retries: int = 1
    recovery: Recovery = Recovery.ALTERNATE
    poll_interval: float = 0.2
    busy_interval: float = 1.0
    poll_limit: int = 100
    response_limit: float = 60.0
    max_apdu: int = 1 << 20
    notification_gap: float = 10.0
    keep_alive: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what would never send or never end."""
        times = (self.response_timeout, self.inter_octet_timeout, self.response_limit)
        pauses = (
            self.poll_interval,
            self.busy_interval,
            self.notification_gap,
            self.keep_alive,
        )
        if not (all(time > 0 for time in times) and all(pause >= 0 for pause in pauses)):
            raise EncodeError("an HDLC timeout isn't positive")
        counts = (self.retries, self.connect_retries, self.disconnect_retries, self.poll_limit)
        if min(counts) < 0 or self.max_apdu < 1:
            raise EncodeError("an HDLC count is negative")
        _ = self.sizes

    @property
    def sizes(self) -> LinkSizes:
        """What SNRM proposes.

        Raises:
            EncodeError: when the specification rules it out.
        """
        return LinkSizes(
            max_info_transmit=self.max_info_transmit,
            max_info_receive=self.max_info_receive,
            window_transmit=self.window_transmit,
            window_receive=self.window_receive,
        )
