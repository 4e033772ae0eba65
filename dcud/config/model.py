"""The configuration as the daemon holds it.

Each annotation is the one place where a key's type, range, default, unit and sentence stand. Fields
are named as the keys are. Durations are held in seconds, sizes in octets; a path is absolute once
loaded.
"""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Annotated

from dcud.config import kind
from dcud.config.kind import DayTimes, Network, SocketAddress
from dcud.config.note import Note
from dcud.config.security import Security
from dcud.dlms.conformance import IMPLEMENTED, IMPLEMENTED_BY_SHORT_NAMES
from dcud.dlms.obis import Obis

SERVICES = tuple(bit.words for bit in IMPLEMENTED | IMPLEMENTED_BY_SHORT_NAMES)
"""What is proposed to meters, by the specification's words."""

REFERENCINGS = ("logical-names", "short-names")
COMPANIONS = ("none", "idis", "dsmr", "esmr5", "is15959", "spodes", "prime-iberia")

HDLC_CLIENT_SAPS = 127
"""The highest client address that seven bits hold. [IEC 62056-46: client address]"""

_METRICS_LISTENER = SocketAddress(host="127.0.0.1", port=9415)
_PUSH_LISTENER = SocketAddress(host="127.0.0.1", port=4059)
_LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_CLOCK = Obis.parse("0.0.1.0.0.255")
_ASSOCIATION = Obis.parse("0.0.40.0.0.255")
MODE_E_BAUDS = (300, 600, 1200, 2400, 4800, 9600, 19200)
"""The speeds that a sign-on has characters for. [IEC 62056-21: baud rate identification]"""
_FORMATS = ("8N1", "7E1", "8E1", "8O1", "7O1", "8N2")

MEDIA = ("rs485", "optical", "plc", "network")
"""Each has its file in media/, with what it asks of a bus and of its meters."""

AUTHENTICATIONS = (
    "none",
    "lls",
    "hls",
    "hls-md5",
    "hls-sha1",
    "hls-gmac",
    "hls-sha256",
    "hls-ecdsa",
)
"""In the order of the mechanisms' registered numbers."""

WITH_HDLC = frozenset(("hdlc", "s-fsk-hdlc"))
"""The framings below or within which HDLC is spoken."""

LINES = ("serial", "tcp", "rfc2217", "udp")
"""The keys of a bus that tell how it is reached; one of them it must have."""


def is_loopback(host: str) -> bool:
    """Return whether `host` is this machine, as far as its name or address tells."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in {"localhost", "localhost.localdomain", "ip6-localhost"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """This concentrator."""

    id: Annotated[
        str,
        kind.name(),
        Note(
            "Name of the gateway in MQTT topics; different for each gateway.", example="gateway-1"
        ),
    ]
    time_zone: Annotated[
        str,
        kind.time_zone(),
        Note("Time zone of meters that don't tell their deviation from UTC."),
    ] = "UTC"
    state_directory: Annotated[str, kind.path(), Note("Where dcud keeps what must last.")] = (
        "/var/lib/dcud"
    )
    key_file: Annotated[
        str | None,
        kind.path(),
        Note("Key file for everything that names neither a key file nor a credential of its own."),
    ] = None
    credential: Annotated[
        str | None,
        kind.name(),
        Note("The same as a systemd credential, by its name."),
    ] = None
    key_command: Annotated[
        tuple[str, ...] | None,
        kind.command(),
        Note(
            "Program that prints a key file, asked when a meter is first used; {meter} becomes the"
            " meter's id.",
            example=("/usr/local/bin/get-keys", "{meter}"),
        ),
    ] = None
    key_command_timeout: Annotated[
        float, kind.duration("100 ms", "5 min"), Note("How long that program may take.")
    ] = 10.0
    system_title: Annotated[
        bytes | None,
        kind.system_title(),
        Note(
            "dcud's system title at the meters, which no other client of theirs may have: three"
            " letters of the manufacturer and a serial number.",
            example=b"DCU\x00\x00\x00\x00\x01",
        ),
    ] = None
    certificates: Annotated[
        str | None,
        kind.path(),
        Note("Directory with the certificates, PEM or DER, of meters and of their authorities."),
    ] = None
    trusted_certificates: Annotated[
        str | None,
        kind.path(),
        Note("Directory or file with the certificates that are trusted without proof."),
    ] = None


PAYLOADS = ("json", "cbor", "home-assistant", "sparkplug-b")
"""The forms in which brokers are told things."""

SENT = ("readings", "events", "notifications", "states")

FIRST_BROKER = "mqtt"
"""The name of the broker that `[mqtt]` tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sparkplug:
    """A Sparkplug edge node, whose devices are the meters."""

    group: Annotated[str, kind.name(), Note("Group of edge nodes that it belongs to.")] = "dcud"
    edge_node: Annotated[
        str | None, kind.name(), Note("Its name in the group.", derived="the gateway's id")
    ] = None
    primary_host: Annotated[
        str | None,
        kind.name(),
        Note("Host without which nothing is said; what there is waits in the outbox."),
    ] = None
    qos: Annotated[
        int,
        kind.number_choice(0, 1),
        Note("Of births and data; 0 is the letter of the standard, and can lose some."),
    ] = 1
    historical_after: Annotated[
        float,
        kind.duration("1 s", "30 d"),
        Note("Age from which a value is told as historical."),
    ] = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mqtt:
    """The broker that readings go to."""

    host: Annotated[str, kind.text(), Note("Name or address of the broker.")] = "127.0.0.1"
    port: Annotated[
        int,
        kind.integer(1, 65535),
        Note("TCP port of the broker.", derived="8883 with TLS, else 1883"),
    ] = 1883
    client_id: Annotated[
        str, kind.name(), Note("MQTT client id.", derived='"dcud-" and the gateway\'s id')
    ] = "dcud"
    tls: Annotated[
        bool,
        kind.flag(),
        Note("Whether to use TLS.", derived="true, unless the broker is on this machine"),
    ] = False
    ca_file: Annotated[
        str | None,
        kind.path(),
        Note("PEM file of the authorities that may vouch for the broker.", derived="the system's"),
    ] = None
    certificate_file: Annotated[
        str | None, kind.path(), Note("PEM file of the client certificate.")
    ] = None
    private_key_file: Annotated[
        str | None,
        kind.path(),
        Note("PEM file of the client certificate's key; mode 600, as a key file."),
    ] = None
    username: Annotated[str | None, kind.text(), Note("User name at the broker.")] = None
    key_file: Annotated[
        str | None,
        kind.path(),
        Note("Key file with the password at the broker.", derived="the gateway's"),
    ] = None
    credential: Annotated[
        str | None,
        kind.name(),
        Note("The same as a systemd credential, by its name.", derived="the gateway's"),
    ] = None
    protocol: Annotated[
        str,
        kind.choice("auto", "5", "3.1.1"),
        Note('MQTT version; "auto" tries 5, then 3.1.1.'),
    ] = "auto"
    keepalive: Annotated[
        float, kind.duration("5 s", "18 h"), Note("Longest silence towards the broker.")
    ] = 60.0
    connect_timeout: Annotated[
        float, kind.duration("1 s", "5 min"), Note("How long a connection may take to come about.")
    ] = 15.0
    reconnect_pause: Annotated[
        float,
        kind.duration("1 s", "1 h"),
        Note("Longest pause before a lost connection is tried again."),
    ] = 60.0
    message_expiry: Annotated[
        float | None,
        kind.duration("1 s", "365 d"),
        Note("Age at which the broker drops a reading nobody fetched (MQTT 5).", derived="never"),
    ] = None
    in_flight: Annotated[
        int, kind.integer(1, 1000), Note("Messages sent ahead of the broker's acknowledgement.")
    ] = 20
    payload: Annotated[
        str, kind.choice(*PAYLOADS), Note("The form in which the broker is told things.")
    ] = "json"
    discovery_prefix: Annotated[
        str,
        kind.text(),
        Note("Where Home Assistant looks for what there is, with its payload."),
    ] = "homeassistant"
    sparkplug: Annotated[
        Sparkplug, kind.Table(model=Sparkplug), Note("Who it is to Sparkplug hosts.")
    ] = Sparkplug()
    send: Annotated[
        tuple[str, ...],
        kind.choices(*SENT),
        Note("What the broker is told; its own connection it always shows.", example=("readings",)),
    ] = SENT
    hear: Annotated[
        bool, kind.flag(), Note("Whether requests are heard from it, where they are enabled.")
    ] = True
    session_expiry: Annotated[
        float,
        kind.duration("0 s", "7 d"),
        Note("How long it keeps requests while dcud is away (MQTT 5); 0 s: not at all."),
    ] = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplink(Mqtt):
    """A further broker; it gets everything that is stored from its first start on."""

    id: Annotated[
        str, kind.name(), Note('Name of the broker; "mqtt" is the first.', example="cloud")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """The Prometheus page."""

    enabled: Annotated[bool, kind.flag(), Note("Whether there is a page.")] = True
    listen: Annotated[
        SocketAddress, kind.listener(), Note("Where the page is served; port 0 takes a free one.")
    ] = _METRICS_LISTENER
    certificate_file: Annotated[
        str | None,
        kind.path(),
        Note("PEM file of the page's own certificate; with it the page is served in TLS."),
    ] = None
    private_key_file: Annotated[
        str | None,
        kind.path(),
        Note("PEM file of its key; mode 600, as a key file."),
    ] = None
    username: Annotated[
        str | None, kind.text(), Note("Name that a client has to tell, with the password.")
    ] = None
    key_file: Annotated[
        str | None,
        kind.path(),
        Note("Key file with that password, under [metrics].", derived="the gateway's"),
    ] = None
    credential: Annotated[
        str | None,
        kind.name(),
        Note("The same as a systemd credential, by its name.", derived="the gateway's"),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Where meters are heard that push over the network, in the DLMS wrapper."""

    enabled: Annotated[
        bool, kind.flag(), Note("Whether meters are heard whose push_from tells where they are.")
    ] = False
    listen: Annotated[
        SocketAddress, kind.listener(), Note("Where to listen; 4059 is the wrapper's own port.")
    ] = _PUSH_LISTENER
    tcp: Annotated[bool, kind.flag(), Note("Whether TCP connections are taken.")] = True
    udp: Annotated[bool, kind.flag(), Note("Whether UDP datagrams are taken.")] = True
    allow_from: Annotated[
        tuple[Network, ...],
        kind.networks(),
        Note("Networks within which every meter's push_from must lie."),
    ] = _LOOPBACK
    connections: Annotated[
        int, kind.integer(1, 400), Note("TCP connections that may stand at the same time.")
    ] = 200
    connections_per_address: Annotated[
        int,
        kind.integer(1, 400),
        Note("Those of them that one address may have; more where meters share one (NAT)."),
    ] = 8
    max_apdu_size: Annotated[
        int, kind.integer(64, 65535), Note("Octets of the longest APDU that is taken.")
    ] = 65535
    idle_timeout: Annotated[
        float,
        kind.duration("1 s", "1 h"),
        Note("Time after which a connection is closed that brought no whole APDU."),
    ] = 180.0
    pushes_per_minute: Annotated[
        int,
        kind.integer(1, 60_000),
        Note("How much a meter may push; beyond, TCP is slowed down and UDP is dropped."),
    ] = 120


VERBS = (
    "read",
    "read_profile",
    "write",
    "execute",
    "set_clock",
    "connect",
    "disconnect",
    "identify",
    "refresh",
    "rescan",
    "pause",
    "resume",
    "reload",
)
"""What can be asked for over MQTT."""

HARMLESS = frozenset({"read", "read_profile", "identify", "refresh"})
"""Those of them that change nothing but what dcud knows."""

EVERYTHING = "all"
"""The group of every meter, every bus, and the gateway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRule:
    """What may be asked for of whom, by whom."""

    verbs: Annotated[
        tuple[str, ...],
        kind.choices(*VERBS),
        Note("What may be asked for.", example=("read", "identify")),
    ]
    groups: Annotated[
        tuple[str, ...],
        kind.names(),
        Note(
            'Groups of the meters and buses it holds for; "all" is every one, and the gateway.',
            example=("all",),
        ),
    ]
    signed_by: Annotated[
        tuple[str, ...],
        kind.names(),
        Note(
            "Names of the keys one of which has to sign it; each stands in the key file as"
            " [command.NAME] with its public_key.",
            derived="nobody; then unsigned = true is wanted for whatever changes something",
            example=("head-end",),
        ),
    ] = ()
    unsigned: Annotated[
        bool,
        kind.flag(),
        Note("Whether what changes something may be asked for without a signature."),
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """What may be asked for over MQTT; nothing, unless it is allowed here."""

    enabled: Annotated[bool, kind.flag(), Note("Whether requests are heard.")] = False
    allow: Annotated[
        tuple[CommandRule, ...],
        kind.Tables(variants={"": CommandRule}),
        Note("What is allowed; whatever no rule allows is refused."),
    ] = ()
    key_file: Annotated[
        str | None,
        kind.path(),
        Note("File with the public keys, mode 600.", derived="gateway.key_file"),
    ] = None
    credential: Annotated[
        str | None,
        kind.text(),
        Note("systemd credential with the public keys.", derived="gateway.credential"),
    ] = None
    waiting: Annotated[
        int, kind.integer(1, 1000), Note("Requests that may wait or run at the same time.")
    ] = 50
    per_minute: Annotated[
        int, kind.integer(1, 6000), Note("Requests that are taken in a minute; more are refused.")
    ] = 120
    usual_lifetime: Annotated[
        float,
        kind.duration("1 s", "1 h"),
        Note("By when a request that doesn't say so has to be begun, from its arrival."),
    ] = 120.0
    longest_lifetime: Annotated[
        float,
        kind.duration("1 min", "30 d"),
        Note("How far ahead a request may expire; so long, and an hour, it is remembered."),
    ] = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What is logged where."""

    level: Annotated[
        str,
        kind.choice("debug", "info", "warning", "error"),
        Note("The least important message that the program's own log shows."),
    ] = "info"
    frames: Annotated[bool, kind.flag(), Note("Whether each frame is logged.")] = True
    frame_log: Annotated[
        str,
        kind.path(),
        Note("File of the frame log; opened anew on SIGHUP, for log rotation."),
    ] = "/var/log/dlms_client.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """What waits for the broker."""

    path: Annotated[
        str,
        kind.path(),
        Note("SQLite file.", derived="dcud.db in the gateway's state_directory"),
    ] = "/var/lib/dcud/dcud.db"
    max_size: Annotated[
        int,
        kind.size("64 KiB", "1024 GiB"),
        Note("Size from which the oldest readings are dropped, counted and logged."),
    ] = 64 << 20
    max_age: Annotated[
        float,
        kind.duration("1 min", "3650 d"),
        Note("Age from which readings are dropped, counted and logged."),
    ] = 30 * 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rs485:
    """RS-485 mode of the serial driver; leave it out where the hardware turns around by itself."""

    rts_on_send: Annotated[bool, kind.flag(), Note("Level of RTS while sending.")] = True
    rts_after_send: Annotated[bool, kind.flag(), Note("Level of RTS while receiving.")] = False
    delay_before_send: Annotated[
        float, kind.duration("0 s", "1 s"), Note("From the turn of RTS to the first octet.")
    ] = 0.0
    delay_after_send: Annotated[
        float, kind.duration("0 s", "1 s"), Note("From the last octet to the turn of RTS.")
    ] = 0.0
    receive_own: Annotated[
        bool, kind.flag(), Note("Whether the receiver stays on while sending.")
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Serial:
    """A serial port."""

    device: Annotated[
        str,
        kind.path(),
        Note(
            "Device file; the stable names under /dev/serial/by-id survive a replug.",
            example="/dev/serial/by-id/usb-adapter-if00-port0",
        ),
    ]
    baud: Annotated[int, kind.integer(300, 4_000_000), Note("Speed in bit/s.")] = 9600
    format: Annotated[str, kind.choice(*_FORMATS), Note("Data bits, parity, stop bits.")] = "8N1"
    rs485: Annotated[
        Rs485 | None, kind.Table(model=Rs485), Note("RS-485 mode.", derived="left to the hardware")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tcp:
    """A serial server in raw mode, or a meter with a network port."""

    host: Annotated[
        str, kind.text(), Note("Name or address to connect to.", example="meter-1.example")
    ]
    port: Annotated[int, kind.integer(1, 65535), Note("TCP port.")] = 4059
    connect_timeout: Annotated[
        float, kind.duration("100 ms", "5 min"), Note("How long a connection may take.")
    ] = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rfc2217:
    """A serial server that lets its port be set from here (Telnet with RFC 2217)."""

    host: Annotated[
        str, kind.text(), Note("Name or address to connect to.", example="server-1.example")
    ]
    port: Annotated[int, kind.integer(1, 65535), Note("TCP port.")] = 2217
    baud: Annotated[int, kind.integer(300, 4_000_000), Note("Speed in bit/s.")] = 9600
    format: Annotated[str, kind.choice(*_FORMATS), Note("Data bits, parity, stop bits.")] = "8N1"
    connect_timeout: Annotated[
        float, kind.duration("100 ms", "5 min"), Note("How long a connection may take.")
    ] = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Udp:
    """A meter that takes the wrapper over UDP."""

    host: Annotated[str, kind.text(), Note("Name or address to ask.", example="meter-2.example")]
    port: Annotated[int, kind.integer(1, 65535), Note("UDP port.")] = 4059


@dataclass(frozen=True, slots=True, kw_only=True)
class SfskLine:
    """An S-FSK modem of IEC 61334 and the power line behind it."""

    frame: Annotated[
        str,
        kind.choice("modem", "padded", "line"),
        Note(
            "How the modem wants frames: as the usual chips, the same with padding and another"
            " check, or as they stand on the line."
        ),
    ] = "modem"
    initiator: Annotated[
        int, kind.integer(1, 4093), Note("dcud's own address on the line (MAC).")
    ] = 0xC00
    credit: Annotated[
        int,
        kind.integer(0, 7),
        Note("How often all stations repeat a frame; 7 reaches farthest and takes longest."),
    ] = 7
    bit_rate: Annotated[int, kind.integer(300, 2880), Note("Speed on the power line in bit/s.")] = (
        2400
    )
    server_delay: Annotated[
        float, kind.duration("0 s", "1 min"), Note("How long a meter may need for an answer.")
    ] = 1.0
    acknowledge: Annotated[
        bool, kind.flag(), Note("Whether frames from the modem are acknowledged to it.")
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bus:
    """A line with meters; each line works by itself, whatever the others do."""

    id: Annotated[str, kind.name(), Note("Name of the bus.", example="rs485")]
    groups: Annotated[
        tuple[str, ...],
        kind.names(),
        Note("Groups it belongs to, for [[commands.allow]].", own=True, example=("lines",)),
    ] = ()
    serial: Annotated[
        Serial | None, kind.Table(model=Serial), Note("The serial port; this or another of four.")
    ] = None
    tcp: Annotated[Tcp | None, kind.Table(model=Tcp), Note("The TCP connection.")] = None
    rfc2217: Annotated[
        Rfc2217 | None, kind.Table(model=Rfc2217), Note("The serial server that is set from here.")
    ] = None
    udp: Annotated[Udp | None, kind.Table(model=Udp), Note("Where datagrams go.")] = None
    framing: Annotated[
        str,
        kind.choice("hdlc", "wrapper", "s-fsk", "s-fsk-hdlc", "prime"),
        Note(
            "HDLC; the wrapper of IEC 62056-4-7; S-FSK power line with its own LLC or with HDLC;"
            " the base node of a PRIME power line.",
            derived='"wrapper" over UDP, else "hdlc"',
        ),
    ] = "hdlc"
    medium: Annotated[
        str,
        kind.choice(*MEDIA),
        Note(
            "What lies between here and the meters; most times and sizes follow from it.",
            derived='"plc" with S-FSK or PRIME, "rs485" by serial or rfc2217, else "network"',
        ),
    ] = "rs485"
    turnaround: Annotated[
        float,
        kind.duration("0 s", "5 s"),
        Note(
            "Least silence between a received frame and the next one sent; none over the wrapper.",
            derived="by medium, and at least three characters",
        ),
    ] = 0.005
    sfsk: Annotated[
        SfskLine, kind.Table(model=SfskLine), Note("Its modem, with S-FSK framing.")
    ] = SfskLine()
    read_at_start: Annotated[
        bool,
        kind.flag(),
        Note("Whether each job runs once at start, before its first scheduled instant."),
    ] = True

    @property
    def line(self) -> Serial | Tcp | Rfc2217 | Udp:
        """Return what the bus is reached by; the configuration's check saw to it that it's one."""
        line = self.serial or self.tcp or self.rfc2217 or self.udp
        assert line is not None  # noqa: S101  # rules.check_buses
        return line


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAddress:
    """Where the meter is on its bus."""

    logical: Annotated[
        int,
        kind.integer(1, 16383),
        Note("Logical device (upper address); over the wrapper, the server's port number."),
    ] = 1
    physical: Annotated[
        int | None,
        kind.integer(0, 16383),
        Note("Physical device (lower address); HDLC only.", derived="no lower address"),
    ] = None
    size: Annotated[
        int | None,
        kind.number_choice(1, 2, 4),
        Note("Octets of the address; some meters answer only to 4.", derived="the least that fits"),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hdlc:
    """How the data link to the meter is kept."""

    max_info_transmit: Annotated[
        int,
        kind.integer(32, 2030),
        Note(
            "Octets of information proposed for frames to the meter.", derived="128, less over PLC"
        ),
    ] = 128
    max_info_receive: Annotated[
        int,
        kind.integer(32, 2030),
        Note(
            "Octets of information proposed for frames from the meter.",
            derived="128, less over PLC",
        ),
    ] = 128
    window_transmit: Annotated[
        int, kind.integer(1, 7), Note("Frames proposed to stay unacknowledged towards the meter.")
    ] = 1
    window_receive: Annotated[
        int, kind.integer(1, 7), Note("Frames proposed to stay unacknowledged from the meter.")
    ] = 1
    parameters: Annotated[
        str,
        kind.choice("auto", "never"),
        Note('Whether SNRM carries sizes; "auto" leaves them out where nothing answers to them.'),
    ] = "auto"
    disc_first: Annotated[
        bool, kind.flag(), Note("Whether DISC precedes SNRM; some meters must hear it.")
    ] = False
    retries: Annotated[
        int,
        kind.integer(0, 20),
        Note("Repetitions of a frame that nothing answers.", derived="by medium"),
    ] = 3
    inter_octet_timeout: Annotated[
        float,
        kind.duration("20 ms", "6 s"),
        Note(
            "Silence within a frame that ends it; wide enough for USB and network bridges.",
            derived="by medium",
        ),
    ] = 0.5
    size_form: Annotated[
        str,
        kind.choice("auto", "one", "two"),
        Note('Octets that SNRM writes sizes in; "auto" tries what the meter understands.'),
    ] = "auto"
    recovery: Annotated[
        str,
        kind.choice("alternate", "ask", "resend"),
        Note("What follows silence: asking (RR), sending again, or both in turns."),
    ] = "alternate"
    keep_alive: Annotated[
        float,
        kind.duration("0 s", "1 h"),
        Note(
            "Silence after which a link that is held open is kept alive; 0 for never. Polls hold"
            " none open while nothing is asked."
        ),
    ] = 0.0
    poll_interval: Annotated[
        float,
        kind.duration("0 s", "1 min"),
        Note("Pause before a meter is asked again that has no answer yet (RR)."),
    ] = 0.2
    busy_interval: Annotated[
        float,
        kind.duration("0 s", "1 min"),
        Note("Pause before a meter is asked again that is busy (RNR)."),
    ] = 1.0
    response_limit: Annotated[
        float,
        kind.duration("1 s", "1 h"),
        Note("How long a meter may go on saying so, and a babbling line put off a timeout."),
    ] = 60.0
    busy_polls: Annotated[
        int,
        kind.integer(1, 1000),
        Note("Times in a row that the meter may say it has no answer yet (RR, RNR)."),
    ] = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeE:
    """How the meter is brought to speak HDLC by IEC 62056-21 mode E, as behind an optical head.

    An empty table, `mode_e = {}`, will do for most; without it dcud speaks HDLC from the first
    octet.
    """

    device_address: Annotated[
        str, kind.text(), Note("Whom to ask.", derived="whichever meter is there", example="12345")
    ] = ""
    identification: Annotated[
        str,
        kind.text(),
        Note(
            "What the meter's identification must hold; another meter is left alone.",
            derived="any",
            example="LGZ",
        ),
    ] = ""
    initial_baud: Annotated[
        int | None,
        kind.number_choice(*MODE_E_BAUDS),
        Note(
            "Speed at which the sign-on begins; with a fixed head, where it stays.",
            derived="300; with a fixed head, the port's",
        ),
    ] = None
    max_baud: Annotated[
        int, kind.number_choice(*MODE_E_BAUDS), Note("Fastest speed to ask the meter for.")
    ] = 19200
    force: Annotated[
        bool,
        kind.flag(),
        Note("Whether to ask for HDLC also where the identification doesn't announce it."),
    ] = False
    head: Annotated[
        str,
        kind.choice("switching", "fixed", "following"),
        Note(
            "Who changes speed: the port and the meter; nobody; or the head by itself, which"
            " follows the sign-on."
        ),
    ] = "switching"
    software_parity: Annotated[
        bool, kind.flag(), Note("Whether dcud makes 7E1 itself, for ports that know only 8N1.")
    ] = False
    wake_up: Annotated[
        float,
        kind.duration("0 s", "10 s"),
        Note("How long NULs are sent first, for meters on batteries; usually 2.2 s, or never."),
    ] = 0.0
    reaction_time: Annotated[
        float | None,
        kind.duration("0 s", "1500 ms"),
        Note("Silence before dcud answers the identification.", derived="as the meter says"),
    ] = None
    answer_timeout: Annotated[
        float, kind.duration("500 ms", "10 s"), Note("How long the identification may take.")
    ] = 2.0
    attempts: Annotated[
        int, kind.integer(1, 20), Note("How often the meter is asked to identify itself.")
    ] = 3
    break_first: Annotated[
        bool, kind.flag(), Note("Whether a break goes before each further try.")
    ] = False
    link_delay: Annotated[
        float,
        kind.duration("0 s", "2 s"),
        Note("Silence between the meter's confirmation and the first frame."),
    ] = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapper:
    """How the wrapper to the meter is spoken, on a bus with that framing."""

    retries: Annotated[
        int,
        kind.integer(0, 20),
        Note("Repetitions of a request that nothing answers; over UDP alone, TCP has its own."),
    ] = 3
    swapped_ports: Annotated[
        bool,
        kind.flag(),
        Note("Whether answers are taken that bear the wrapper ports in the request's order."),
    ] = False
    llc_header: Annotated[
        bool,
        kind.flag(),
        Note("Whether answers may bear the LLC header of HDLC, as some concentrators leave it."),
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SfskMeter:
    """The meter's place on an S-FSK power line."""

    mac_address: Annotated[
        int,
        kind.integer(1, 4094),
        Note("Its address on the line, as registered (dcud scan).", example=100),
    ]
    retries: Annotated[
        int,
        kind.integer(0, 20),
        Note("Repetitions of a request that nothing answers; not with HDLC, which has its own."),
    ] = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Prime:
    """The meter's place on a PRIME power line."""

    node: Annotated[
        bytes,
        kind.octets(6, 32),
        Note("Its DLMS identifier, or its EUI-48.", example=b"ABC0012345678"),
    ]
    registration_timeout: Annotated[
        float,
        kind.duration("1 s", "10 min"),
        Note("How long the base node may take to tell of the meter."),
    ] = 30.0
    retries: Annotated[
        int, kind.integer(0, 20), Note("Repetitions of a request that nothing answers.")
    ] = 1
    auto_close: Annotated[
        bool,
        kind.flag(),
        Note("Whether the base node ends its connection to the meter when dcud's ends."),
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """A meter behind another concentrator, which `bus` and `server_address` lead to.

    It is reached by the gateway protocol: a prefix before each APDU names the meter.
    """

    network_id: Annotated[
        int, kind.integer(0, 255), Note("The concentrator's network that the meter is on.")
    ] = 0
    device_address: Annotated[
        bytes,
        kind.octets(1, 127),
        Note("The meter's address on that network.", example=b"\x00\x01"),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What the meter's clock means."""

    logical_name: Annotated[Obis, kind.logical_name(), Note("The clock object.")] = _CLOCK
    deviation: Annotated[
        str,
        kind.choice("utc-minus-local", "local-minus-utc"),
        Note(
            "Sign of the deviation: the standard's, or the reverse of several companion profiles."
        ),
    ] = "utc-minus-local"
    ignore_deviation: Annotated[
        bool,
        kind.flag(),
        Note("Whether the deviation is wrong and the time zone holds in its place."),
    ] = False
    time_zone: Annotated[
        str,
        kind.time_zone(),
        Note("Time zone where the deviation is not specified.", derived="the gateway's"),
    ] = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """When a meter that doesn't answer is left alone."""

    failures: Annotated[
        int, kind.integer(1, 1000), Note("Failed polls in a row before the meter counts as down.")
    ] = 2
    duration: Annotated[
        float,
        kind.duration("0 s", "1 d"),
        Note("Time of failing before the meter counts as down."),
    ] = 3.0
    first_pause: Annotated[
        float, kind.duration("1 s", "1 d"), Note("Pause after the first failure; then doubled.")
    ] = 10.0
    longest_pause: Annotated[
        float, kind.duration("1 s", "1 d"), Note("Where the doubling ends.")
    ] = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectAttribute:
    """One attribute to read."""

    obis: Annotated[Obis, kind.logical_name(), Note("Logical name.", example="1.0.1.8.0.255")]
    class_id: Annotated[
        int,
        kind.integer(1, 65535),
        Note(
            "Interface class: 1 data, 3 register, 4 extended register, 5 demand register, 8 clock."
        ),
    ] = 3
    attribute: Annotated[int, kind.integer(1, 127), Note("Attribute index.")] = 2
    name: Annotated[
        str,
        kind.text(),
        Note("Name under which the value is published.", derived="the OBIS code"),
    ] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A name for one column of a profile."""

    obis: Annotated[
        Obis,
        kind.logical_name(),
        Note("Logical name of the captured object.", example="1.0.1.8.0.255"),
    ]
    attribute: Annotated[
        int | None, kind.integer(1, 127), Note("Captured attribute.", derived="any")
    ] = None
    name: Annotated[
        str, kind.text(), Note("Name under which the value is published.", example="energy")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """What all jobs have."""

    name: Annotated[
        str,
        kind.name(),
        Note("Name of the job in topics; a job of the same name is amended.", example="registers"),
    ]
    enabled: Annotated[
        bool, kind.flag(), Note("Whether it runs; turns off a template's job for one meter.")
    ] = True
    interval: Annotated[
        float | None,
        kind.duration("1 s", "366 d"),
        Note("Time between two runs, aligned to the clock; this or cron.", example=900.0),
    ] = None
    cron: Annotated[
        str | None,
        kind.cron(),
        Note(
            "When it runs, as a cron expression; it holds instead of interval.",
            example="5 0 1 * *",
        ),
    ] = None
    time_zone: Annotated[
        str | None,
        kind.time_zone(),
        Note("Whose clock interval or cron go by.", derived="that of the meter's clock"),
    ] = None
    offset: Annotated[
        float, kind.duration("0 s", "366 d"), Note("How long after the instant it runs.")
    ] = 0.0
    spread: Annotated[
        float,
        kind.duration("0 s", "1 d"),
        Note("Time over which the meters of a bus are spread, each with a delay of its own."),
    ] = 0.0
    deadline: Annotated[
        float | None,
        kind.duration("1 s", "366 d"),
        Note(
            "How long after its instant it is to be done; what is later is counted and told of.",
            derived="until the next instant",
        ),
    ] = None
    priority: Annotated[
        str,
        kind.choice("low", "normal", "high"),
        Note("What goes first where a bus is short of time."),
    ] = "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistersJob(_Job):
    """Attributes read together; one message for each run."""

    objects: Annotated[
        tuple[ObjectAttribute, ...],
        kind.Tables(variants={"": ObjectAttribute}),
        Note("What to read."),
    ]
    read_clock: Annotated[bool, kind.flag(), Note("Whether the meter's clock is read along.")] = (
        True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileJob(_Job):
    """A load profile read from where the last reading ended; one message for each entry."""

    logical_name: Annotated[
        Obis, kind.logical_name(), Note("The profile.", example="1.0.99.1.0.255")
    ]
    access: Annotated[
        str,
        kind.choice("range", "entry", "whole"),
        Note("How to ask for new entries: by range of time, by entry number, or always for all."),
    ] = "range"
    initial_history: Annotated[
        float, kind.duration("0 s", "3650 d"), Note("How far back to read the first time.")
    ] = 7 * 86400.0
    max_range: Annotated[
        float | None,
        kind.duration("1 min", "3650 d"),
        Note("Longest time that one request may span.", derived="no limit"),
    ] = None
    range_bounds: Annotated[
        str,
        kind.choice("octet-string", "date-time"),
        Note("Data type of the bounds of a range; a few meters demand the second."),
    ] = "octet-string"
    range_step: Annotated[
        float | None,
        kind.duration("1 s", "1 d"),
        Note("Instants that the bounds must fall on, as the full hour.", derived="any"),
    ] = None
    range_end: Annotated[
        str,
        kind.choice("now", "far-future"),
        Note("Upper bound of the last range; one make accepts only the far future."),
    ] = "now"
    capture_period: Annotated[
        float | None,
        kind.duration("1 s", "366 d"),
        Note("Time between entries.", derived="as the meter says"),
    ] = None
    null_value: Annotated[
        str,
        kind.choice("previous", "missing"),
        Note(
            "What null-data means: as in the entry before (its time: a period later), or nothing."
        ),
    ] = "previous"
    tell_events: Annotated[
        bool,
        kind.flag(),
        Note("Whether each entry of an event log is told as an event of the meter as well."),
    ] = False
    columns: Annotated[
        tuple[Column, ...],
        kind.Tables(variants={"": Column}),
        Note("Names for columns; the others go by their OBIS codes."),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityJob(_Job):
    """What a meter says of itself; an exchanged meter is told as an event."""

    objects: Annotated[
        tuple[ObjectAttribute, ...],
        kind.Tables(variants={"": ObjectAttribute}),
        Note("What to read.", derived="serial numbers and versions of firmware"),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectsJob(_Job):
    """Which objects a meter has; others than before are told as an event, and learned anew."""

    versions: Annotated[
        tuple[ObjectAttribute, ...],
        kind.Tables(variants={"": ObjectAttribute}),
        Note(
            "What to read first; the list itself is read only where one of them is not as it was.",
            derived="none: the list is read each time",
        ),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockJob(_Job):
    """The meter's clock compared with the gateway's; corrected where that is wanted."""

    discipline: Annotated[
        str,
        kind.choice("observe", "shift", "set"),
        Note(
            "What may be done about a clock that is wrong: nothing, shift it, or set it as well;"
            " nothing is done while the kernel doesn't call the gateway's own clock synchronised."
        ),
    ] = "observe"
    tolerance: Annotated[
        float,
        kind.duration("1 s", "1 h"),
        Note("How far off it may be, beside the uncertainty of link and gateway."),
    ] = 10.0
    max_shift: Annotated[
        float,
        kind.duration("0 s", "15 min"),
        Note("Up to here it is shifted, beyond it set; 0 for meters that can't shift."),
    ] = 60.0
    max_set: Annotated[
        float,
        kind.duration("1 s", "36500 d"),
        Note("Up to here it is set; what is more is only told: something befell the meter."),
    ] = 3600.0
    set_by: Annotated[
        str,
        kind.choice("time", "preset"),
        Note("How it is set: by its time, or by its preset, for meters that know no other way."),
    ] = "time"
    changes_a_day: Annotated[
        int, kind.integer(1, 100), Note("How often a day it may be corrected.")
    ] = 2
    windows: Annotated[
        tuple[DayTimes, ...],
        kind.day_times(),
        Note(
            "Times of day at which it may be corrected, by time_zone; else it waits for them.",
            derived="any",
            example=((60, 300),),
        ),
    ] = ()
    across_captures: Annotated[
        bool,
        kind.flag(),
        Note(
            "Whether a correction may skip or repeat a capture of a profile; else it waits until"
            " none is near."
        ),
    ] = False
    capture_period: Annotated[
        float | None,
        kind.duration("1 s", "366 d"),
        Note(
            "Time between captures that no correction may touch, beside midnight.",
            derived="those of the meter's profile jobs",
        ),
    ] = None


Job = RegistersJob | ProfileJob | IdentityJob | ObjectsJob | ClockJob

JOB_KINDS: dict[str, type] = {
    "registers": RegistersJob,
    "profile": ProfileJob,
    "identity": IdentityJob,
    "objects": ObjectsJob,
    "clock": ClockJob,
}
"""What a job's key `kind` may say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushSetup:
    """What a push setup of the meter pushes, so that alarms are known in what comes."""

    logical_name: Annotated[
        Obis,
        kind.logical_name(),
        Note("The push setup; pushes are known by its name in them.", example="0.4.25.9.0.255"),
    ]
    objects: Annotated[
        tuple[Obis, ...],
        kind.logical_names(),
        Note(
            "The objects of which it pushes something, in their order; dcud push tells them.",
            example=(
                Obis.parse("0.0.42.0.0.255"),
                Obis.parse("0.4.25.9.0.255"),
                Obis.parse("0.0.97.98.20.255"),
            ),
        ),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """A meter: what its templates say, in their order, amended by its own keys."""

    id: Annotated[str, kind.name(), Note("Name of the meter.", own=True, example="meter-1")]
    bus: Annotated[
        str, kind.name(), Note("Id of the bus that it is on.", own=True, example="rs485")
    ]
    template: Annotated[
        tuple[str, ...],
        kind.names(),
        Note(
            "Templates, of this configuration or shipped with dcud; later ones amend earlier ones.",
            own=True,
            example=("generic-electricity",),
        ),
    ] = ()
    enabled: Annotated[bool, kind.flag(), Note("Whether it is polled.", own=True)] = True
    key_file: Annotated[
        str | None,
        kind.path(),
        Note("Key file with its secrets.", own=True, derived="the gateway's"),
    ] = None
    credential: Annotated[
        str | None,
        kind.name(),
        Note("The same as a systemd credential, by its name.", own=True, derived="the gateway's"),
    ] = None
    key_command: Annotated[
        tuple[str, ...] | None,
        kind.command(),
        Note("The same as the output of a program.", own=True, derived="the gateway's"),
    ] = None
    companion: Annotated[
        str,
        kind.choice(*COMPANIONS),
        Note("Companion profile whose event codes it has; shipped templates tell theirs."),
    ] = "none"
    alarm_registers: Annotated[
        tuple[Obis, ...],
        kind.logical_names(),
        Note(
            "Objects each of whose bits is an alarm, told as an event when it is set or cleared;"
            " those that the companion profile knows are such anyway.",
            example=(Obis.parse("0.0.97.98.0.255"),),
        ),
    ] = ()
    server_address: Annotated[
        ServerAddress, kind.Table(model=ServerAddress), Note("Its address.")
    ] = ServerAddress()
    client_sap: Annotated[
        int,
        kind.integer(1, 65535),
        Note("Address that dcud asks from: 16 is the public client; 127 at most over HDLC."),
    ] = 16
    authentication: Annotated[
        str,
        kind.choice(*AUTHENTICATIONS),
        Note(
            "How dcud proves itself: not at all, by the password lls_password of the key file, or"
            " by one of the mechanisms by which the meter proves itself, too."
        ),
    ] = "none"
    client_system_title: Annotated[
        bytes | None,
        kind.system_title(),
        Note("dcud's system title at this meter.", derived="the gateway's"),
    ] = None
    association: Annotated[
        Obis, kind.logical_name(), Note("The association object that the proof is sent to.")
    ] = _ASSOCIATION
    user_id: Annotated[
        int | None, kind.integer(0, 255), Note("Number of the user in the meter's user list.")
    ] = None
    hls_function: Annotated[
        str,
        kind.text(),
        Note(
            'What authentication "hls" computes: a function that dcud knows, or one of yours, as'
            ' "package.module:name".'
        ),
    ] = "aes-128-ecb"
    short_challenges: Annotated[
        bool,
        kind.flag(),
        Note("Whether challenges shorter than the standard's 8 octets are borne."),
    ] = False
    security: Annotated[
        Security | None,
        kind.Table(model=Security),
        Note("How its APDUs are protected.", derived="not at all"),
    ] = None
    max_receive_pdu_size: Annotated[
        int, kind.integer(64, 65535), Note("Octets of the largest APDU that dcud offers to take.")
    ] = 65535
    referencing: Annotated[
        str,
        kind.choice(*REFERENCINGS),
        Note("How the meter knows its objects; most know them by logical names."),
    ] = "logical-names"
    avoid: Annotated[
        tuple[str, ...],
        kind.choices(*SERVICES),
        Note(
            "Services that are not proposed to the meter, since it does them badly.",
            example=("general-block-transfer", "multiple-references"),
        ),
    ] = ()
    longest_list: Annotated[
        int,
        kind.integer(1, 255),
        Note("Attributes asked for at once, at most; 1 for a meter that takes no lists."),
    ] = 20
    block_window: Annotated[
        int,
        kind.integer(1, 63),
        Note("Blocks of general block transfer taken in one go."),
    ] = 5
    confirm_notifications: Annotated[
        bool,
        kind.flag(),
        Note("Whether data-notifications that ask for it are confirmed, within an association."),
    ] = False
    match_invoke_id: Annotated[
        bool,
        kind.flag(),
        Note(
            "Whether late answers are known by their invoke id; false for meters that answer, or"
            " refuse, under an id of their own."
        ),
    ] = True
    release: Annotated[
        bool,
        kind.flag(),
        Note("Whether associations end with RLRQ; false for meters that know only DISC."),
    ] = True
    response_timeout: Annotated[
        float,
        kind.duration("50 ms", "5 min"),
        Note("How long an answer may take to begin.", derived="by medium"),
    ] = 3.0
    turnaround: Annotated[
        float | None,
        kind.duration("0 s", "5 s"),
        Note("Silence before each frame to this meter.", derived="the bus's"),
    ] = None
    release_timeout: Annotated[
        float,
        kind.duration("100 ms", "2 min"),
        Note("How long the meter may take to end an association.", derived="by medium"),
    ] = 2.0
    hdlc: Annotated[Hdlc, kind.Table(model=Hdlc), Note("Its data link.")] = Hdlc()
    wrapper: Annotated[Wrapper, kind.Table(model=Wrapper), Note("Its wrapper.")] = Wrapper()
    sfsk: Annotated[
        SfskMeter | None, kind.Table(model=SfskMeter), Note("Its place on an S-FSK line.")
    ] = None
    prime: Annotated[Prime | None, kind.Table(model=Prime), Note("Its place on a PRIME line.")] = (
        None
    )
    gateway: Annotated[
        Behind | None,
        kind.Table(model=Behind),
        Note("Its place behind another concentrator.", derived="on the bus itself"),
    ] = None
    mode_e: Annotated[
        ModeE | None,
        kind.Table(model=ModeE),
        Note("Its sign-on.", derived="none: HDLC from the first octet"),
    ] = None
    clock: Annotated[Clock, kind.Table(model=Clock), Note("Its clock.")] = Clock()
    breaker: Annotated[Breaker, kind.Table(model=Breaker), Note("Its breaker.")] = Breaker()
    groups: Annotated[
        tuple[str, ...],
        kind.names(),
        Note("Groups it belongs to, for [[commands.allow]].", example=("north",)),
    ] = ()
    push_from: Annotated[
        tuple[Network, ...],
        kind.networks(),
        Note(
            "Addresses or networks from which it pushes to the listener; several meters in one"
            " network are told apart by the logical part of their server_address.",
            own=True,
            example=(ip_network("192.0.2.7"),),
        ),
    ] = ()
    push_setup: Annotated[
        tuple[PushSetup, ...],
        kind.Tables(variants={"": PushSetup}),
        Note("What it pushes by which push setup."),
    ] = ()
    job: Annotated[
        tuple[Job, ...], kind.Tables(variants=JOB_KINDS), Note("What is asked of it, and when.")
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Everything, checked: names are unique, references lead somewhere, every job is enabled."""

    gateway: Gateway
    mqtt: Mqtt = Mqtt()
    uplinks: tuple[Uplink, ...] = ()
    metrics: Metrics = Metrics()
    listener: Listener = Listener()
    commands: Commands = Commands()
    log: Log = Log()
    outbox: Outbox = Outbox()
    buses: tuple[Bus, ...] = ()
    meters: tuple[Meter, ...] = ()

    def brokers(self) -> tuple[tuple[str, Mqtt], ...]:
        """Return all brokers by their names, the first one first."""
        return ((FIRST_BROKER, self.mqtt), *((uplink.id, uplink) for uplink in self.uplinks))

    def polled_meters(self, bus: str) -> tuple[Meter, ...]:
        """Return the meters of the bus with that id that are enabled and may be asked something.

        One that only pushes may have no jobs; it is asked where requests are heard.
        """
        asked = self.commands.enabled
        return tuple(
            meter
            for meter in self.meters
            if meter.enabled and meter.bus == bus and (meter.job or asked)
        )

    def pushing_meters(self) -> tuple[Meter, ...]:
        """Return the meters that the listener hears; none where there is no listener."""
        if not self.listener.enabled:
            return ()
        return tuple(meter for meter in self.meters if meter.enabled and meter.push_from)
