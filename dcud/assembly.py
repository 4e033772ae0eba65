"""From the configuration's model to the parts that the rooms are given."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, assert_never
from zoneinfo import ZoneInfo

from dcud.collect.breaker import Breaker, BreakerLimits
from dcud.collect.job import Job
from dcud.collect.meter_memory import MeterMemory
from dcud.collect.poller import Meter
from dcud.collect.profile_job import Position, ProfileJob
from dcud.collect.profile_reader import ProfileAccess, ProfileQuirks, ProfileReader
from dcud.collect.register_job import Item, RegisterJob
from dcud.collect.schedule import Alignment
from dcud.config import model
from dcud.cosem.clock import ClockConvention, TimeEncoding
from dcud.cosem.profile_columns import NullData
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.authentication import NO_SECURITY, AuthenticationMechanism, LowLevelSecurity
from dcud.dlms.connection import ClientConnection
from dcud.dlms.cosem_time import DeviationSign
from dcud.dlms.datalink import ClientSap, DataLink
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.hdlc.parameters import HdlcParameters
from dcud.dlms.secret import Secret
from dcud.line.bus import Bus, BusParameters, Target
from dcud.line.far_end import FarEnd
from dcud.line.port import Port
from dcud.line.serial_port import Rs485Parameters, SerialParameters, SerialPort
from dcud.line.session import SessionTiming
from dcud.line.tcp_port import TcpParameters, TcpPort
from dcud.publish.parameters import MqttParameters, ProtocolChoice, TlsParameters

if TYPE_CHECKING:
    from dcud.dlms.gateway import GatewayAddress
    from dcud.line.sign_on import SignOn

_SIGNS = {
    "utc-minus-local": DeviationSign.UTC_MINUS_LOCAL,
    "local-minus-utc": DeviationSign.LOCAL_MINUS_UTC,
}


def port(bus: model.Bus) -> Port:
    """Return the port of a bus, not opened yet."""
    line = bus.line
    match line:
        case model.Serial():
            return SerialPort(_serial_parameters(line))
        case model.Tcp():
            return TcpPort(
                TcpParameters(host=line.host, port=line.port, connect_timeout=line.connect_timeout)
            )
        case model.Rfc2217():
            return _rfc2217_port(line)
        case model.Udp():
            from dcud.line.udp_port import UdpPort  # noqa: PLC0415  # most have none: start-up

            return UdpPort(FarEnd(host=line.host, port=line.port))
        case _:
            assert_never(line)


def _rfc2217_port(line: model.Rfc2217) -> Port:
    from dcud.line.rfc2217_port import Rfc2217Parameters, Rfc2217Port  # noqa: PLC0415  # likewise

    server = FarEnd(host=line.host, port=line.port, connect_timeout=line.connect_timeout)
    return Rfc2217Port(Rfc2217Parameters(server=server, baud=line.baud, format=line.format))


def _serial_parameters(serial: model.Serial) -> SerialParameters:
    return SerialParameters(
        device=serial.device,
        baud=serial.baud,
        format=serial.format,
        rs485=None if serial.rs485 is None else _rs485_parameters(serial.rs485),
    )


def _rs485_parameters(rs485: model.Rs485) -> Rs485Parameters:
    return Rs485Parameters(
        rts_level_for_tx=rs485.rts_on_send,
        rts_level_for_rx=rs485.rts_after_send,
        delay_before_tx=rs485.delay_before_send,
        delay_before_rx=rs485.delay_after_send,
        loopback=rs485.receive_own,
    )


def bus_parameters(bus: model.Bus) -> BusParameters:
    """Return how a bus treats its port."""
    # Over the wrapper an association ends with its TCP connection. [IEC 62056-4-7: wrapper]
    return BusParameters(keep_open=bus.framing == "hdlc")


def target(
    bus: model.Bus,
    meter: model.Meter,
    password: Secret | None,
    notified: Callable[[bytes], None] | None = None,
) -> Target:
    """Return how the meter is reached on its bus."""
    association = AssociationParameters(
        authentication=_authentication(meter, password),
        max_receive_pdu_size=_max_receive_pdu_size(meter),
        release_with_rlrq=meter.release,
    )

    def connect() -> ClientConnection:
        return ClientConnection(_link(bus, meter), association)

    return Target(
        meter=meter.id,
        connect=connect,
        sign_on=_sign_on(meter),
        timing=SessionTiming(turnaround=_turnaround(bus, meter)),
        notified=notified,
    )


def _sign_on(meter: model.Meter) -> "SignOn | None":
    if meter.mode_e is None:
        return None
    from dcud.dlms.mode_e.parameters import Head, ModeEParameters  # noqa: PLC0415  # most have none
    from dcud.line.sign_on import SignOn  # noqa: PLC0415  # likewise

    asked = meter.mode_e
    parameters = ModeEParameters(
        device_address=asked.device_address,
        expected=asked.identification,
        initial_baud=asked.initial_baud,
        max_baud=asked.max_baud,
        force=asked.force,
        head=Head(asked.head),
        software_parity=asked.software_parity,
        wake_up=asked.wake_up,
        reaction_time=asked.reaction_time,
        answer_timeout=asked.answer_timeout,
        attempts=asked.attempts,
        break_first=asked.break_first,
        link_delay=asked.link_delay,
    )
    return SignOn.to(ClientSap(meter.client_sap), _hdlc_address(meter), parameters)


def _hdlc_address(meter: model.Meter) -> ServerAddress:
    address = meter.server_address
    return ServerAddress(logical=address.logical, physical=address.physical, size=address.size)


def _turnaround(bus: model.Bus, meter: model.Meter) -> float:
    """Return the silence before each frame; the wrapper's network has no line to turn around."""
    if meter.turnaround is not None:
        return meter.turnaround
    return 0.0 if bus.framing == "wrapper" else bus.turnaround


def _authentication(meter: model.Meter, password: Secret | None) -> AuthenticationMechanism:
    if meter.authentication == "none" or password is None:
        return NO_SECURITY
    return LowLevelSecurity(password)


def _max_receive_pdu_size(meter: model.Meter) -> int:
    behind = _gateway_address(meter)
    size = meter.max_receive_pdu_size
    return size if behind is None else behind.reduced(size)


def _gateway_address(meter: model.Meter) -> "GatewayAddress | None":
    if meter.gateway is None:
        return None
    from dcud.dlms.gateway import GatewayAddress  # noqa: PLC0415  # most have none: start-up

    behind = meter.gateway
    return GatewayAddress(network_id=behind.network_id, device_address=behind.device_address)


def _link(bus: model.Bus, meter: model.Meter) -> DataLink:
    link = _wrapper_link(bus, meter) if bus.framing == "wrapper" else _hdlc_link(meter)
    address = _gateway_address(meter)
    if address is None:
        return link
    from dcud.dlms.gateway import GatewayLink  # noqa: PLC0415  # likewise

    return GatewayLink(link, address, patience=meter.response_timeout)


def _wrapper_link(bus: model.Bus, meter: model.Meter) -> DataLink:
    from dcud.dlms.wrapper import WrapperLink, WrapperVariant  # noqa: PLC0415  # likewise

    return WrapperLink(
        client_sap=ClientSap(meter.client_sap),
        server_sap=meter.server_address.logical,
        response_timeout=meter.response_timeout,
        variant=WrapperVariant(
            datagrams=bus.udp is not None,
            retries=meter.wrapper.retries if bus.udp else 0,
            swapped_ports=meter.wrapper.swapped_ports,
            llc_header=meter.wrapper.llc_header,
        ),
    )


def _hdlc_link(meter: model.Meter) -> DataLink:
    return HdlcLink(
        client_sap=ClientSap(meter.client_sap),
        server_address=_hdlc_address(meter),
        parameters=_hdlc_parameters(meter),
    )


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
        poll_limit=hdlc.busy_polls,
    )


def convention(meter: model.Meter) -> ClockConvention:
    """Return what the meter means by its times."""
    clock = meter.clock
    sign = DeviationSign.IGNORED if clock.ignore_deviation else _SIGNS[clock.deviation]
    return ClockConvention(sign=sign, zone=ZoneInfo(clock.time_zone))


def polled_meter(
    bus: Bus,
    configured: model.Bus,
    meter: model.Meter,
    password: Secret | None,
    position: Position,
) -> Meter:
    """Return the meter as its bus's poller asks it."""
    reached = target(configured, meter, password)
    memory = meter_memory(meter)
    limits = meter.breaker
    return Meter(
        id=meter.id,
        associate=lambda: bus.session(reached),
        jobs=[_job(job, memory, position) for job in meter.job],
        breaker=Breaker(
            BreakerLimits(
                failures=limits.failures,
                duration=limits.duration,
                first_pause=limits.first_pause,
                longest_pause=limits.longest_pause,
            )
        ),
    )


def meter_memory(meter: model.Meter) -> MeterMemory:
    """Return a memory of the meter that holds nothing yet but what is configured."""
    return MeterMemory(
        meter=meter.id,
        bus=meter.bus,
        convention=convention(meter),
        clock_name=meter.clock.logical_name,
    )


def _job(job: model.Job, memory: MeterMemory, position: Position) -> Job:
    alignment = Alignment(interval=job.interval, offset=job.offset + _delay(job, memory.meter))
    match job:
        case model.RegistersJob():
            return RegisterJob(
                name=job.name,
                alignment=alignment,
                items=items(job),
                memory=memory,
                with_clock=job.read_clock,
            )
        case model.ProfileJob():
            return ProfileJob(
                name=job.name,
                alignment=alignment,
                profile=profile_reader(job, memory),
                access=ProfileAccess(job.access),
                initial_history=timedelta(seconds=job.initial_history),
                max_range=None if job.max_range is None else timedelta(seconds=job.max_range),
                names={(column.obis, column.attribute): column.name for column in job.columns},
                position=position,
            )
        case _:
            assert_never(job)


def _delay(job: model.Job, meter: str) -> float:
    """Return the meter's own place within the spread: the same at every start."""
    digest = blake2b(f"{meter}/{job.name}".encode(), digest_size=8).digest()
    return job.spread * int.from_bytes(digest) / 2**64


def items(job: model.RegistersJob) -> list[Item]:
    """Return what a registers job reads."""
    return [
        Item(
            attribute=AttributeDescriptor(each.class_id, each.obis, each.attribute),
            name=each.name or str(each.obis),
        )
        for each in job.objects
    ]


def profile_reader(job: model.ProfileJob, memory: MeterMemory) -> ProfileReader:
    """Return the reader of a profile job's profile."""
    return ProfileReader(
        logical_name=job.logical_name,
        memory=memory,
        quirks=ProfileQuirks(
            bounds=TimeEncoding(job.range_bounds),
            step=job.range_step or 0.0,
            far_end=job.range_end == "far-future",
            capture_period=None if job.capture_period is None else int(job.capture_period),
            null_data=NullData.REPEATED if job.null_value == "previous" else NullData.NO_VALUE,
        ),
    )


def mqtt_parameters(mqtt: model.Mqtt, password: Secret | None) -> MqttParameters:
    """Return how the broker is reached."""

    def path(name: str | None) -> Path | None:
        return None if name is None else Path(name)

    return MqttParameters(
        host=mqtt.host,
        port=mqtt.port,
        client_id=mqtt.client_id,
        tls=TlsParameters(
            ca_file=path(mqtt.ca_file),
            certificate_file=path(mqtt.certificate_file),
            private_key_file=path(mqtt.private_key_file),
        )
        if mqtt.tls
        else None,
        username=mqtt.username,
        password=password,
        protocol=ProtocolChoice(mqtt.protocol),
        keepalive=mqtt.keepalive,
        connect_timeout=mqtt.connect_timeout,
        message_expiry=mqtt.message_expiry,
        window=mqtt.in_flight,
    )
