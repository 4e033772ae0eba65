"""What must hold between keys, beyond what each key says alone."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from dcud.config.bind import Part
from dcud.config.kind import Network
from dcud.config.model import (
    HARMLESS,
    HDLC_CLIENT_SAPS,
    LINES,
    MODE_E_BAUDS,
    WITH_HDLC,
    Breaker,
    Bus,
    ClockJob,
    CommandRule,
    Commands,
    IdentityJob,
    Job,
    Listener,
    Meter,
    Metrics,
    ModeE,
    Mqtt,
    ObjectsJob,
    ProfileJob,
    RegistersJob,
    Serial,
    ServerAddress,
    Sparkplug,
    Udp,
    Uplink,
    is_loopback,
)
from dcud.config.report import Place, Report
from dcud.config.security import WITH_CURVES, Security

_FRAMINGS = {
    "serial": ("hdlc", "s-fsk", "s-fsk-hdlc"),
    "tcp": ("hdlc", "wrapper", "s-fsk", "s-fsk-hdlc", "prime"),
    "rfc2217": ("hdlc", "s-fsk", "s-fsk-hdlc"),
    "udp": ("wrapper",),
}
"""What goes over which line."""


@dataclass(frozen=True, slots=True)
class Told:
    """An object of the model and the table that told of it last."""

    part: Part


@dataclass(frozen=True, slots=True)
class ToldBus(Told):
    """A bus."""

    bus: Bus


@dataclass(frozen=True, slots=True)
class ToldMeter(Told):
    """A meter, with its bus where that is sound."""

    meter: Meter
    bus: Bus | None


def report_doubles(
    items: Iterable[tuple[Hashable, Place]], report: Report, message: str, remedy: str
) -> None:
    """Report each of `items`, pairs of an identity and its place, whose identity came before.

    `message` holds a `{}` for the place of the first.
    """
    first: dict[Hashable, Place] = {}
    for identity, place in items:
        earlier = first.setdefault(identity, place)
        if earlier is not place:
            line = earlier.document.line(earlier.path)
            report.add(place, message.format(f"{earlier.document.name}:{line}"), remedy)


def check_mqtt(mqtt: Mqtt, part: Part, report: Report) -> None:
    """Report contradictions about the broker."""
    pair = ("certificate_file", "private_key_file")
    given = [name for name in pair if name in part.values]
    if len(given) == 1:
        other = pair[1 - pair.index(given[0])]
        report.add(part.place / given[0], f"is useless without {other}", f"write {other} as well")
    if not mqtt.tls:
        for name in (*given, *(["ca_file"] if mqtt.ca_file else [])):
            report.add(part.place / name, "is useless without TLS", "write tls = true")


SECRET_SOURCES = ("key_file", "credential", "key_command")


def check_secret_source(part: Part, report: Report) -> None:
    """Report a table that names two sources for its secrets."""
    named = [name for name in SECRET_SOURCES if name in part.values]
    for name in named[1:]:
        report.add(part.place / name, f"contradicts {named[0]}", "keep one of the two")


def check_buses(buses: Sequence[ToldBus], report: Report) -> None:
    """Report buses without a line, or with another's."""
    lines: list[tuple[Hashable, Place]] = []
    for told in buses:
        named = [name for name in LINES if getattr(told.bus, name) is not None]
        for name in named[1:]:
            report.add(told.part.place / name, f"contradicts {named[0]}", "keep one of the two")
        if named:
            lines.append((_line(told.bus), told.part.place / named[0]))
            _check_framing(told, named[0], report)
        else:
            remedy = 'write serial = { device = "..." } or tcp = { host = "..." }'
            report.add(told.part.place, "has none of serial, tcp, rfc2217 and udp", remedy)
    report_doubles(lines, report, "is the line of another bus, at {}", "make them one bus")


def _line(bus: Bus) -> Hashable:
    """Return what no two buses can both have."""
    line = bus.line
    if isinstance(line, Serial):
        return line.device
    return ("udp" if isinstance(line, Udp) else "tcp", line.host, line.port)


def _check_framing(told: ToldBus, line: str, report: Report) -> None:
    framing = told.bus.framing
    suitable = _FRAMINGS[line]
    if framing not in suitable:
        report.add(
            told.part.place / "framing",
            f'"{framing}" does not go over {line}',
            f'write "{suitable[0]}"' + "".join(f' or "{other}"' for other in suitable[1:]),
        )


def check_meters(meters: Sequence[ToldMeter], report: Report) -> None:
    """Report meters that can't be asked, or can't be told from others."""
    for told in meters:
        for rule in METER_RULES:
            rule(told, report)
    stations: list[tuple[Hashable, Place]] = [
        (_station(told.meter), _address_place(told)) for told in meters if told.meter.enabled
    ]
    report_doubles(
        stations,
        report,
        "the meter at {} has the same bus, server_address and client_sap",
        "give each meter on a bus an address of its own",
    )


def check_pushing(meters: Sequence[ToldMeter], listener: Listener, report: Report) -> None:
    """Report pushing meters that the listener would never hear, or can't tell from others."""
    if not listener.enabled:
        return
    by_logical: dict[int, list[tuple[Network, int]]] = {}
    for number, told in enumerate(meters):
        if told.meter.enabled and told.meter.push_from:
            _check_allowed(told, listener, report)
            places = by_logical.setdefault(told.meter.server_address.logical, [])
            places += [(network, number) for network in told.meter.push_from]
    for places in by_logical.values():
        _check_told_apart(places, meters, report)


def _check_told_apart(
    places: Sequence[tuple[Network, int]], meters: Sequence[ToldMeter], report: Report
) -> None:
    """Report networks of different meters that overlap; each with the meter's number."""
    ordered = sorted(places, key=lambda each: (each[0].version, int(each[0][0]), each[0].prefixlen))
    widest, first = ordered[0]
    for network, number in ordered[1:]:
        if not widest.overlaps(network):
            widest, first = network, number
        elif first != number:
            other, culprit = sorted((first, number))
            report.add(
                meters[culprit].part.place / "push_from",
                f'overlaps with that of meter "{meters[other].meter.id}", which has the same'
                " logical address",
                "write the address that each of them pushes from, or correct server_address",
            )


def _check_allowed(told: ToldMeter, listener: Listener, report: Report) -> None:
    for network in told.meter.push_from:
        if not any(_holds(allowed, network) for allowed in listener.allow_from):
            report.add(
                told.part.place / "push_from",
                f'"{network}" lies outside of all that the listener allows',
                "add its network to listener.allow_from",
            )


def _holds(allowed: Network, network: Network) -> bool:
    if isinstance(allowed, IPv4Network):
        return isinstance(network, IPv4Network) and network.subnet_of(allowed)
    return isinstance(network, IPv6Network) and network.subnet_of(allowed)


def _station(meter: Meter) -> Hashable:
    address = meter.server_address
    place = (meter.gateway, meter.sfsk, meter.prime)
    return (meter.bus, *place, address.logical, address.physical, meter.client_sap)


def _address_place(told: ToldMeter) -> Place:
    own = "server_address" in told.part.values
    return told.part.place / "server_address" if own else told.part.place


def _client_sap(told: ToldMeter, report: Report) -> None:
    if told.bus and told.bus.framing in WITH_HDLC and told.meter.client_sap > HDLC_CLIENT_SAPS:
        report.add(
            told.part.place / "client_sap",
            f"{told.meter.client_sap} has no room in an HDLC address",
            f"write a number up to {HDLC_CLIENT_SAPS}",
        )


def _server_address(told: ToldMeter, report: Report) -> None:
    place = told.part.place / "server_address"
    address = told.meter.server_address
    if told.bus and told.bus.framing not in WITH_HDLC:
        for name in ("physical", "size"):
            if getattr(address, name) is not None:
                report.add(
                    place / name, f'does not exist with framing "{told.bus.framing}"', "remove it"
                )


_PLACES = {"s-fsk": "sfsk", "s-fsk-hdlc": "sfsk", "prime": "prime"}
"""By framing: the key that says where on the line a meter is."""


def _place(told: ToldMeter, report: Report) -> None:
    if told.bus is None:
        return
    framing = told.bus.framing
    wanted = _PLACES.get(framing)
    if wanted is not None and getattr(told.meter, wanted) is None:
        example = "{ mac_address = 100 }" if wanted == "sfsk" else '{ node = "ABC0012345678" }'
        report.add(
            told.part.place,
            f'is on a bus with framing "{framing}", and nothing says where',
            f"write {wanted} = {example}",
        )


def _sign_on(told: ToldMeter, report: Report) -> None:
    meter = told.meter
    place = told.part.place / "mode_e"
    if meter.mode_e is None or told.bus is None:
        return
    if told.bus.framing != "hdlc":
        report.add(
            place, f'leads to HDLC, and the bus has framing "{told.bus.framing}"', "remove it"
        )
    elif told.bus.tcp and meter.mode_e.head == "switching":
        report.add(
            place / "head",
            '"switching" needs a port whose speed can be set, which tcp has not',
            'write "fixed" or "following", or reach the serial server by rfc2217',
        )
    elif meter.mode_e.head == "fixed" and meter.mode_e.initial_baud is None:
        _fixed_speed(told.bus, place, report)


def _fixed_speed(bus: Bus, place: Place, report: Report) -> None:
    """Report a head of which nothing says at what speed it is, or one that no sign-on names."""
    line = bus.serial or bus.rfc2217
    if line is not None and line.baud in MODE_E_BAUDS:
        return
    why = "nothing else tells" if line is None else f"a sign-on can't name {line.baud} as"
    report.add(
        place / "initial_baud",
        f"is missing: {why} the speed of a fixed head",
        "write the speed that head and port have, as 9600",
    )


def _secret(told: ToldMeter, report: Report) -> None:
    meter = told.meter
    wants = _wants_secrets(meter)
    if wants and not (meter.key_file or meter.credential or meter.key_command):
        report.add(
            told.part.place,
            f"{wants} needs a secret, and no key file is named",
            "write key_file here or under [gateway]",
        )


def _wants_secrets(meter: Meter) -> str:
    """Return what needs a secret; empty where nothing does."""
    if meter.authentication != "none":
        return f'authentication "{meter.authentication}"'
    return "security" if meter.security is not None else ""


_BY_CURVES = "hls-ecdsa"


def _mechanism(told: ToldMeter, report: Report) -> None:
    suite = told.meter.security.suite if told.meter.security else 0
    if told.meter.authentication == _BY_CURVES and suite == 0:
        report.add(
            told.part.place / "authentication",
            f'"{_BY_CURVES}" does not exist in security suite 0',
            "write security = { suite = 1 }, or 2, as the meter's certificates say",
        )


_WANT_TITLES = frozenset(("hls-gmac", "hls-sha256", "hls-ecdsa"))
"""The mechanisms in whose proofs the system titles stand."""


def _system_title(told: ToldMeter, report: Report) -> None:
    meter = told.meter
    if meter.security is None and meter.authentication not in _WANT_TITLES:
        return
    if meter.client_system_title is None:
        report.add(
            told.part.place,
            f"{_wants_secrets(meter)} needs a system title of dcud's, and there is none",
            "write system_title under [gateway]: 8 octets that no other client has",
        )


def _certified(told: ToldMeter, report: Report) -> None:
    """Report a meter whose certificates can't be looked up."""
    meter, security = told.meter, told.meter.security
    if security is None or security.server_system_title is not None:
        return
    signs = security.sign_requests or security.signed_answers
    if signs or security.key_info in WITH_CURVES or meter.authentication == _BY_CURVES:
        report.add(
            told.part.place / "security",
            "needs the meter's certificates, and no system title to look them up by",
            'write server_system_title, as "4D4D4D0000000001"',
        )


def _jobs(told: ToldMeter, report: Report) -> None:
    if told.meter.enabled and not told.meter.job and not told.meter.push_from:
        report.add(
            told.part.place,
            "has nothing to be asked",
            'name a template, as template = "generic-electricity", or add a [[meter.job]]; '
            "enabled = false keeps it for reads by hand",
        )


METER_RULES: tuple[Callable[[ToldMeter, Report], None], ...] = (
    _client_sap,
    _server_address,
    _place,
    _sign_on,
    _secret,
    _mechanism,
    _system_title,
    _certified,
    _jobs,
)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What is wrong with one table by itself; `key` names the culprit."""

    key: str
    message: str
    remedy: str


def _size_fault(address: ServerAddress) -> Contradiction | None:
    """Judge whether the address fits its size.

    [IEC 62056-46: server address]
    """
    least = 1 if address.physical is None else 2
    if max(address.logical, address.physical or 0) > 127:
        least = 4
    if address.size is None or address.size >= least:
        return None
    return Contradiction(
        "size", f"{address.size} is too small for this address", f"write size = {least}"
    )


def _listener_fault(listener: Listener) -> Contradiction | None:
    if listener.tcp or listener.udp:
        return None
    return Contradiction("tcp", "is false, and so is udp", "write enabled = false for neither")


def _metrics_fault(metrics: Metrics) -> Contradiction | None:
    if (metrics.certificate_file is None) is not (metrics.private_key_file is None):
        missing = "private_key_file" if metrics.certificate_file else "certificate_file"
        return Contradiction(missing, "is missing", "TLS takes a certificate and its key")
    if metrics.username is None:
        return None
    if not (metrics.key_file or metrics.credential):
        return Contradiction("key_file", "is missing", "name the file with the password")
    if metrics.certificate_file is None and not is_loopback(metrics.listen.host):
        return Contradiction(
            "username",
            "would go over the network in plain text, with the password",
            "give the page a certificate_file, or let it listen on loopback",
        )
    return None


def _commands_fault(commands: Commands) -> Contradiction | None:
    named = any(rule.signed_by for rule in commands.allow)
    if commands.enabled and named and not (commands.key_file or commands.credential):
        return Contradiction(
            "key_file", "is missing", "name the file with the public keys of signed_by"
        )
    return None


def _command_rule_fault(rule: CommandRule) -> Contradiction | None:
    harmful = [verb for verb in rule.verbs if verb not in HARMLESS]
    if harmful and not rule.signed_by and not rule.unsigned:
        return Contradiction(
            "signed_by",
            f'is missing, and "{harmful[0]}" changes something',
            'write signed_by = ["head-end"], or unsigned = true if the broker\'s word is enough',
        )
    if rule.signed_by and rule.unsigned:
        return Contradiction("unsigned", "contradicts signed_by", "leave one of them out")
    return None


def _sparkplug_fault(sparkplug: Sparkplug) -> Contradiction | None:
    if sparkplug.group != "STATE":
        return None
    return Contradiction("group", "is where hosts tell their own state", "take another name")


def _broker_fault(broker: Mqtt) -> Contradiction | None:
    if broker.payload != "sparkplug-b" or broker.message_expiry is None:
        return None
    return Contradiction(
        "message_expiry",
        'would leave gaps in the sequence of payload = "sparkplug-b"',
        "leave it out",
    )


def _breaker_fault(breaker: Breaker) -> Contradiction | None:
    if breaker.first_pause <= breaker.longest_pause:
        return None
    return Contradiction("longest_pause", "is shorter than first_pause", "make it longer")


def _instants_fault(job: Job) -> Contradiction | None:
    if job.interval is not None or job.cron is not None:
        return None
    return Contradiction("interval", "is missing, and so is cron", 'write interval = "15 min"')


def _registers_fault(job: RegistersJob) -> Contradiction | None:
    return _instants_fault(job) or _objects_fault(job)


def _objects_fault(job: RegistersJob) -> Contradiction | None:
    names = [(item.obis, item.attribute) for item in job.objects]
    if not names:
        return Contradiction("objects", "is empty", 'write objects = [{ obis = "..." }]')
    doubles = [name for name in names if names.count(name) > 1]
    if not doubles:
        return None
    obis, attribute = doubles[0]
    message = f"holds attribute {attribute} of {obis} twice"
    return Contradiction("objects", message, "remove one of them")


def _clock_fault(job: ClockJob) -> Contradiction | None:
    return _instants_fault(job) or _limits_fault(job)


def _limits_fault(job: ClockJob) -> Contradiction | None:
    """Judge whether there is anything between the limits that may be corrected."""
    if job.discipline == "shift" and job.max_shift <= job.tolerance:
        return Contradiction(
            "max_shift",
            "is not more than tolerance: nothing is ever shifted",
            'make it longer, or write discipline = "set"',
        )
    if job.discipline == "set" and job.max_set <= max(job.tolerance, job.max_shift):
        return Contradiction(
            "max_set",
            "is not more than tolerance and max_shift: nothing is ever set",
            'make it longer, or write discipline = "shift"',
        )
    return None


def _device_address_fault(asked: ModeE) -> Contradiction | None:
    address = asked.device_address
    if len(address) <= 32 and address.isascii() and not set(address) & {"/", "!"}:
        return None
    return Contradiction(
        "device_address",
        f'"{address}" is none that a sign-on could name',
        'write up to 32 letters or digits, without "/" and "!"',
    )


def _security_fault(security: Security) -> Contradiction | None:
    """Judge whether the suite has the means for what is asked."""
    if security.key_info != "identified" and security.form != "general-ciphering":
        return Contradiction(
            "key_info",
            f'"{security.key_info}" has no place in the form "{security.form}"',
            'write form = "general-ciphering"',
        )
    asked = {
        "key_info": security.key_info in WITH_CURVES,
        "sign_requests": security.sign_requests,
        "signed_answers": security.signed_answers,
    }
    for key, is_asked in asked.items():
        if is_asked and security.suite == 0:
            return Contradiction(key, "does not exist in security suite 0", "write suite = 1 or 2")
    if security.dedicated_key and security.form == "general-ciphering":
        return Contradiction(
            "dedicated_key",
            'has no name in the form "general-ciphering"',
            'write form = "general", or leave it out',
        )
    if security.compress and security.form == "service-specific":
        return Contradiction(
            "compress", f'has no place in the form "{security.form}"', 'write form = "general"'
        )
    return None


_CONTRADICTIONS: Mapping[type, Callable[[Any], Contradiction | None]] = {
    ServerAddress: _size_fault,
    Breaker: _breaker_fault,
    ModeE: _device_address_fault,
    Listener: _listener_fault,
    Metrics: _metrics_fault,
    Commands: _commands_fault,
    CommandRule: _command_rule_fault,
    Sparkplug: _sparkplug_fault,
    Mqtt: _broker_fault,
    Uplink: _broker_fault,
    RegistersJob: _registers_fault,
    ProfileJob: _instants_fault,
    IdentityJob: _instants_fault,
    ObjectsJob: _instants_fault,
    ClockJob: _clock_fault,
    Security: _security_fault,
}


def contradiction(table: object) -> Contradiction | None:
    """Return what is wrong with one object of the model by itself, or None."""
    judge = _CONTRADICTIONS.get(type(table))
    return judge(table) if judge else None
