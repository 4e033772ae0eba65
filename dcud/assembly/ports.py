"""From a bus of the configuration to the port that leads to its meters."""

from typing import assert_never

from dcud.config import model
from dcud.line.far_end import FarEnd
from dcud.line.port import Port
from dcud.line.serial_port import Rs485Parameters, SerialParameters, SerialPort
from dcud.line.tcp_port import TcpPort


def port(bus: model.Bus) -> Port:
    """Return the port of a bus, not opened yet."""
    line = bus.line
    match line:
        case model.Serial():
            return SerialPort(_serial_parameters(line))
        case model.Tcp():
            far_end = FarEnd(host=line.host, port=line.port, connect_timeout=line.connect_timeout)
            return TcpPort(far_end, serial_server=bus.framing == "hdlc")
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
