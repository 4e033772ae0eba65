"""From a bus of the configuration to the links by which its meters are spoken to."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakSet

from dcud.config import model
from dcud.dlms.datalink import ClientSap, DataLink
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.habits import Habits
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.hdlc.negotiation import SizeForm
from dcud.dlms.hdlc.parameters import HdlcParameters, Recovery

if TYPE_CHECKING:
    from dcud.cosem.short_names import LearnedNames
    from dcud.dlms.gateway import GatewayAddress
    from dcud.dlms.prime.network import PrimeNetwork
    from dcud.dlms.sfsk.parameters import SfskParameters

MakeLink = Callable[[], DataLink]
"""A link is made anew for each session."""


class Links:
    """Makes the links of one bus, and keeps what they share."""

    def __init__(self, bus: model.Bus) -> None:
        self.bus = bus
        self._network: PrimeNetwork | None = None
        self._names: dict[str, WeakSet[LearnedNames]] = {}

    def port_opened(self) -> None:
        """Forget what was known of the far end of a connection that is no more."""
        if self._network is not None:
            self._network.clear()

    def short_names(self, meter: model.Meter) -> "LearnedNames | None":
        """Return a memory of the meter's short names; None where it knows logical names."""
        if meter.referencing != "short-names":
            return None
        from dcud.cosem.short_names import LearnedNames  # noqa: PLC0415  # most need none

        names = LearnedNames()
        # Clients of one meter may be told of different objects; whoever asks keeps theirs.
        self._names.setdefault(meter.id, WeakSet()).add(names)
        return names

    def doubt_names(self, meter: str) -> None:
        """Have the short names of a meter's objects learned anew by its next session."""
        for names in self._names.get(meter, ()):
            names.doubt()

    def to(self, meter: model.Meter) -> MakeLink:
        """Return what makes links to the meter."""
        make = _MAKERS[self.bus.framing](self, meter)
        address = _gateway_address(meter)
        if address is None:
            return make
        from dcud.dlms.gateway import GatewayLink  # noqa: PLC0415  # most have none: start-up

        return lambda: GatewayLink(make(), address, patience=meter.response_timeout)

    def max_receive_pdu_size(self, meter: model.Meter) -> int:
        """Return the octets of the largest APDU that the meter may send."""
        size = meter.max_receive_pdu_size
        if self.bus.framing == "s-fsk":
            size = min(size, self._sfsk().max_apdu)
        address = _gateway_address(meter)
        return size if address is None else address.reduced(size)

    def _hdlc(self, meter: model.Meter) -> MakeLink:
        habits = Habits()  # of the meter, whichever link it's spoken to by
        return lambda: HdlcLink(
            client_sap=ClientSap(meter.client_sap),
            server_address=hdlc_address(meter),
            parameters=_hdlc_parameters(meter),
            habits=habits,
        )

    def _wrapper(self, meter: model.Meter) -> MakeLink:
        from dcud.dlms.wrapper import WrapperLink, WrapperVariant  # noqa: PLC0415  # likewise

        variant = WrapperVariant(
            datagrams=self.bus.udp is not None,
            retries=meter.wrapper.retries if self.bus.udp else 0,
            swapped_ports=meter.wrapper.swapped_ports,
            llc_header=meter.wrapper.llc_header,
        )
        return lambda: WrapperLink(
            client_sap=ClientSap(meter.client_sap),
            server_sap=meter.server_address.logical,
            response_timeout=meter.response_timeout,
            variant=variant,
        )

    def _sfsk_llc(self, meter: model.Meter) -> MakeLink:
        from dcud.dlms.sfsk.link import SfskLink  # noqa: PLC0415  # likewise

        assert meter.sfsk is not None  # noqa: S101  # rules.check_meters
        mac_address = meter.sfsk.mac_address
        parameters = self._sfsk(meter)
        return lambda: SfskLink(
            client_sap=ClientSap(meter.client_sap),
            server_sap=meter.server_address.logical,
            mac_address=mac_address,
            parameters=parameters,
        )

    def _sfsk_hdlc(self, meter: model.Meter) -> MakeLink:
        from dcud.dlms.sfsk.hdlc_link import SfskHdlcLink  # noqa: PLC0415  # likewise

        assert meter.sfsk is not None  # noqa: S101  # rules.check_meters
        mac_address = meter.sfsk.mac_address
        parameters, make = self._sfsk(), self._hdlc(meter)
        return lambda: SfskHdlcLink(make(), mac_address=mac_address, parameters=parameters)

    def _prime(self, meter: model.Meter) -> MakeLink:
        from dcud.dlms.prime.link import PrimeLink, PrimeParameters  # noqa: PLC0415  # likewise
        from dcud.dlms.prime.network import PrimeNetwork  # noqa: PLC0415  # likewise

        asked = meter.prime
        assert asked is not None  # noqa: S101  # rules.check_meters
        network = self._network = self._network or PrimeNetwork()
        parameters = PrimeParameters(
            response_timeout=meter.response_timeout,
            registration_timeout=asked.registration_timeout,
            retries=asked.retries,
            auto_close=asked.auto_close,
            match_invoke_id=meter.match_invoke_id,
        )
        return lambda: PrimeLink(
            client_sap=ClientSap(meter.client_sap),
            node=asked.node,
            parameters=parameters,
            network=network,
        )

    def _sfsk(self, meter: model.Meter | None = None) -> "SfskParameters":
        return sfsk_parameters(self.bus.sfsk, meter)


_MAKERS = {
    "hdlc": Links._hdlc,  # noqa: SLF001  # the class's own table
    "wrapper": Links._wrapper,  # noqa: SLF001  # likewise
    "s-fsk": Links._sfsk_llc,  # noqa: SLF001  # likewise
    "s-fsk-hdlc": Links._sfsk_hdlc,  # noqa: SLF001  # likewise
    "prime": Links._prime,  # noqa: SLF001  # likewise
}


def hdlc_address(meter: model.Meter) -> ServerAddress:
    """Return the meter's HDLC address."""
    address = meter.server_address
    return ServerAddress(logical=address.logical, physical=address.physical, size=address.size)


def sfsk_parameters(line: model.SfskLine, meter: model.Meter | None = None) -> "SfskParameters":
    """Return how a line, and a meter on it, are spoken to by S-FSK."""
    from dcud.dlms.sfsk.framing import Framing  # noqa: PLC0415  # most have none: start-up
    from dcud.dlms.sfsk.line_framing import LineFraming  # noqa: PLC0415  # likewise
    from dcud.dlms.sfsk.mac import Credits  # noqa: PLC0415  # likewise
    from dcud.dlms.sfsk.modem_framing import MODEM, PADDED  # noqa: PLC0415  # likewise
    from dcud.dlms.sfsk.parameters import SfskParameters  # noqa: PLC0415  # likewise
    from dcud.dlms.sfsk.timing import SlotTiming  # noqa: PLC0415  # likewise

    framings: dict[str, Framing] = {"modem": MODEM, "padded": PADDED, "line": LineFraming()}
    habits = (meter and meter.sfsk) or model.SfskMeter(mac_address=1)
    return SfskParameters(
        framing=framings[line.frame],
        initiator=line.initiator,
        credits=Credits(initial=line.credit, current=line.credit),
        timing=SlotTiming(bit_rate=line.bit_rate, server_delay=line.server_delay),
        retries=habits.retries,
        match_invoke_id=meter is None or meter.match_invoke_id,
        acknowledge=line.acknowledge,
    )


def _gateway_address(meter: model.Meter) -> "GatewayAddress | None":
    if meter.gateway is None:
        return None
    from dcud.dlms.gateway import GatewayAddress  # noqa: PLC0415  # most have none: start-up

    behind = meter.gateway
    return GatewayAddress(network_id=behind.network_id, device_address=behind.device_address)


def _hdlc_parameters(meter: model.Meter) -> HdlcParameters:
    hdlc = meter.hdlc
    return HdlcParameters(
        max_info_transmit=hdlc.max_info_transmit,
        max_info_receive=hdlc.max_info_receive,
        window_transmit=hdlc.window_transmit,
        window_receive=hdlc.window_receive,
        propose=hdlc.parameters != "never",
        disc_first=hdlc.disc_first,
        response_timeout=meter.response_timeout,
        inter_octet_timeout=hdlc.inter_octet_timeout,
        retries=hdlc.retries,
        connect_retries=hdlc.retries,
        size_form=SizeForm(hdlc.size_form),
        recovery=Recovery(hdlc.recovery),
        keep_alive=hdlc.keep_alive,
        poll_interval=hdlc.poll_interval,
        busy_interval=hdlc.busy_interval,
        response_limit=hdlc.response_limit,
        poll_limit=hdlc.busy_polls,
    )
