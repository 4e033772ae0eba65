"""The options that tell of a meter by its line, each with the key of the configuration it is."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dcud.config import model
from dcud.config.document import RawTable
from dcud.config.security import FORMS, GUARDS

THE_LINE: Final = "(line)"
"""In a path: the key of the line that was chosen."""

_WITH_SPEED = ("serial", "rfc2217")


@dataclass(frozen=True, slots=True)
class Option:
    """An option that stands for keys of the configuration.

    Attributes:
        path: of the key, or of the table where `read` gives one; `THE_LINE` stands for the line.
        read: from the argument to what TOML would give.
        lines: those that it means something for; every one where there are none.
        framings: the same of framings; with these it must be given.
        bare: what it stands for by itself; None where it takes an argument.
    """

    flag: str
    metavar: str
    path: tuple[str, ...]
    read: Callable[[str], object]
    words: str
    lines: tuple[str, ...] = ()
    framings: tuple[str, ...] = ()
    bare: object = None

    @property
    def destination(self) -> str:
        """The name under which argparse keeps it."""
        return self.flag.lstrip("-").replace("-", "_")


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number")
    return int(text)


def _duration(text: str) -> object:
    """Return a bare number as the seconds that the configuration takes it for."""
    try:
        return float(text)
    except ValueError:
        return text


def _far_end(text: str) -> RawTable:
    host, colon, port = text.rpartition(":")
    if not colon or (text.startswith("[") and text.endswith("]")):
        return {"host": text.strip("[]")}
    if not host:
        raise argparse.ArgumentTypeError(f"{text!r} is no HOST:PORT")
    return {"host": host.strip("[]"), "port": _number(port)}


def _server(text: str) -> RawTable:
    logical, slash, physical = text.partition("/")
    address: RawTable = {"logical": _number(logical)}
    if slash:
        address["physical"] = _number(physical)
    return address


def _behind(text: str) -> RawTable:
    network, slash, address = text.rpartition("/")
    place: RawTable = {"device_address": address}
    if slash:
        place["network_id"] = _number(network)
    return place


OPTIONS: Final = (
    Option("--serial", "DEVICE", ("bus", "serial", "device"), str, "serial port of the meter"),
    Option("--tcp", "HOST:PORT", ("bus", "tcp"), _far_end, "serial server, or meter (port: 4059)"),
    Option(
        "--rfc2217",
        "HOST:PORT",
        ("bus", "rfc2217"),
        _far_end,
        "serial server that is set from here (port: 2217)",
    ),
    Option("--udp", "HOST:PORT", ("bus", "udp"), _far_end, "meter (port: 4059)"),
    Option("--baud", "N", ("bus", THE_LINE, "baud"), _number, "bit/s (default: 9600)", _WITH_SPEED),
    Option(
        "--line-format",
        "8N1|7E1|...",
        ("bus", THE_LINE, "format"),
        str,
        "data bits, parity, stop bits (default: 8N1)",
        _WITH_SPEED,
    ),
    Option(
        "--framing",
        "hdlc|wrapper|s-fsk|s-fsk-hdlc|prime",
        ("bus", "framing"),
        str,
        "(default: hdlc, over UDP the wrapper)",
    ),
    Option(
        "--medium",
        "|".join(model.MEDIA),
        ("bus", "medium"),
        str,
        "decides times and sizes (default: follows from line and framing)",
    ),
    Option(
        "--server",
        "LOGICAL[/PHYSICAL]",
        ("meter", "server_address"),
        _server,
        "address of the meter; over the wrapper its port number (default: 1)",
    ),
    Option(
        "--address-size",
        "1|2|4",
        ("meter", "server_address", "size"),
        _number,
        "octets of that address (default: the least that fits)",
    ),
    Option(
        "--mode-e",
        "",
        ("meter", "mode_e"),
        str,
        "sign on by IEC 62056-21 mode E first",
        bare={},
    ),
    Option(
        "--device-address",
        "TEXT",
        ("meter", "mode_e", "device_address"),
        str,
        "whom to sign on to (default: whichever meter is there)",
    ),
    Option(
        "--head",
        "switching|fixed|following",
        ("meter", "mode_e", "head"),
        str,
        "who changes speed after the sign-on (default: switching, the port and the meter)",
    ),
    Option(
        "--sign-on-baud",
        "N",
        ("meter", "mode_e", "initial_baud"),
        _number,
        "where it begins (default: 300; with a fixed head the port's)",
    ),
    Option(
        "--software-parity",
        "",
        ("meter", "mode_e", "software_parity"),
        str,
        "make 7E1 of the sign-on here, for ports that know only 8N1",
        bare=True,
    ),
    Option(
        "--gateway",
        "[NETWORK/]ADDRESS",
        ("meter", "gateway"),
        _behind,
        'behind a concentrator at --server: the meter\'s own address, as text or "hex:..."',
    ),
    Option(
        "--mac-address",
        "N",
        ("meter", "sfsk", "mac_address"),
        _number,
        "address of the meter on its S-FSK power line",
        framings=("s-fsk", "s-fsk-hdlc"),
    ),
    Option(
        "--node",
        "NAME",
        ("meter", "prime", "node"),
        str,
        'DLMS identifier of the meter on its PRIME power line, or its EUI-48 as "hex:..."',
        framings=("prime",),
    ),
    Option(
        "--short-names",
        "",
        ("meter", "referencing"),
        str,
        "the meter knows its objects by short names",
        bare="short-names",
    ),
    Option(
        "--companion",
        "PROFILE",
        ("meter", "companion"),
        str,
        f"whose event codes it has: {', '.join(model.COMPANIONS)} (default: the first of these)",
    ),
    Option(
        "--client",
        "N",
        ("meter", "client_sap"),
        _number,
        "address to ask from (default: 16, the public client)",
    ),
    Option(
        "--authentication",
        "HOW",
        ("meter", "authentication"),
        str,
        f"{', '.join(model.AUTHENTICATIONS)} (default: lls with a key file, else none)",
    ),
    Option(
        "--prove-to",
        "OBIS",
        ("meter", "association"),
        str,
        "association object that the proof of identity goes to (default: 0.0.40.0.0.255)",
    ),
    Option(
        "--system-title",
        "TITLE",
        ("meter", "client_system_title"),
        str,
        "dcud's own, as 16 hexadecimal digits; no other client of the meter may have it",
    ),
    Option(
        "--suite",
        "N",
        ("meter", "security", "suite"),
        _number,
        "security suite 0, 1 or 2; protects requests, with the keys of the key file",
    ),
    Option(
        "--protection",
        "WHAT",
        ("meter", "security", "requests"),
        str,
        f"{', '.join(GUARDS)} (default: the last of these)",
    ),
    Option(
        "--form",
        "FORM",
        ("meter", "security", "form"),
        str,
        f"how protected APDUs look: {', '.join(FORMS)} (default: the first of these)",
    ),
    Option(
        "--dedicated-key",
        "",
        ("meter", "security", "dedicated_key"),
        str,
        "protect by a fresh key for this association",
        bare=True,
    ),
    Option(
        "--frame-counter",
        "OBIS",
        ("meter", "security", "frame_counter"),
        str,
        "object that shows a public client the last counter that the meter took",
    ),
    Option(
        "--response-timeout",
        "TIME",
        ("meter", "response_timeout"),
        _duration,
        'for an answer to begin (default: "3 s")',
    ),
    Option(
        "--retries",
        "N",
        ("meter", "hdlc", "retries"),
        _number,
        "repetitions of an HDLC frame that nothing answers (default: 3)",
    ),
    Option(
        "--max-pdu",
        "OCTETS",
        ("meter", "max_receive_pdu_size"),
        _number,
        "largest APDU offered to take (default: 65535)",
    ),
    Option(
        "--time-zone",
        "ZONE",
        ("meter", "clock", "time_zone"),
        str,
        "of a clock that tells no deviation (default: UTC)",
    ),
    Option(
        "--deviation",
        "SIGN",
        ("meter", "clock", "deviation"),
        str,
        "utc-minus-local (default), or local-minus-utc",
    ),
)
