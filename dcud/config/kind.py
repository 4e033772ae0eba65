"""The kinds of value that a configuration key can take."""

import math
import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TypeAlias, cast
from zoneinfo import ZoneInfo

from dcud.config import quantity
from dcud.dlms.obis import Obis, ObisSyntaxError

_CRON_FIELDS = 5

Raw: TypeAlias = object
"""What TOML gives: text, number, boolean, date or time, list, table."""


class UnfitError(Exception):
    """A value that a key can't take.

    Attributes:
        message: what is wrong with it.
        remedy: what to write instead; may be empty.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketAddress:
    """Where to listen: `host` is a name, or an address without brackets."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return the form that the configuration takes."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def quoted(text: object) -> str:
    """Return `text` as a TOML basic string, cut where it is long."""
    shown = str(text)
    shown = shown if len(shown) <= 200 else shown[:200] + "..."
    escaped = shown.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of value.

    Attributes:
        words: what may be written, for the documentation: "whole number, 1 to 65535".
        read: turns what TOML gives into what the model holds, or raises `UnfitError`.
        write: turns what the model holds into the TOML that `read` takes back.
        is_path: whether a value that is not absolute counts from the directory of its file.
    """

    words: str
    read: Callable[[Raw], Hashable]
    write: Callable[[object], str] = quoted
    is_path: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of keys, told by a dataclass of the model."""

    model: type
    words: str = "table"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tables:
    """A list of tables, each told by a dataclass of the model.

    Attributes:
        variants: the dataclasses by the word that stands under the key `kind`; a single one under
            "" where there is no choice.
    """

    variants: Mapping[str, type]
    words: str = "list of tables"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTables:
    """Tables under names of the operator's choice, told by the shareable keys of a dataclass."""

    model: type
    words: str = "tables by name"


AnyKind: TypeAlias = Kind | Table | Tables | NamedTables


def text() -> Kind:
    """Return the kind of any text on one line that is not empty."""
    return Kind(words="text", read=_line)


def path() -> Kind:
    """Return the kind of a file's path."""
    return Kind(words="path", read=_line, is_path=True)


def name() -> Kind:
    """Return the kind of a name that fits MQTT topics, metric labels, file names alike."""
    return Kind(words='name: up to 64 letters, digits, ".", "-", "_"', read=_name)


def names() -> Kind:
    """Return the kind of one name or a list of names; the model holds a tuple."""

    def read(raw: Raw) -> tuple[str, ...]:
        return tuple(map(_name, raw if isinstance(raw, list) else [raw]))

    def write(value: object) -> str:
        return f"[{', '.join(map(quoted, value if isinstance(value, tuple) else ()))}]"

    return Kind(words="name, or list of names", read=read, write=write)


def choice(*words: str) -> Kind:
    """Return the kind that is one of `words`."""
    known = ", ".join(map(quoted, words))

    def read(raw: Raw) -> str:
        word = _text(raw)
        if word not in words:
            raise UnfitError(f"{quoted(word)} is not known", f"write one of {known}")
        return word

    return Kind(words=f"one of {known}", read=read)


def choices(*words: str) -> Kind:
    """Return the kind of a list of some of `words`; the model holds a tuple."""
    one = choice(*words)

    def read(raw: Raw) -> tuple[str, ...]:
        if not isinstance(raw, list):
            raise UnfitError(f"must be a list, not {kind_of(raw)}", f"write [{quoted(words[0])}]")
        return tuple(str(one.read(each)) for each in raw)

    def write(value: object) -> str:
        return f"[{', '.join(map(quoted, value if isinstance(value, tuple) else ()))}]"

    known = ", ".join(map(quoted, words))
    return Kind(words=f"list of some of {known}", read=read, write=write)


def number_choice(*numbers: int) -> Kind:
    """Return the kind that is one of `numbers`."""
    known = ", ".join(map(str, numbers))

    def read(raw: Raw) -> int:
        number = _whole(raw)
        if number not in numbers:
            raise UnfitError(f"{_cut(number)} is not possible", f"write one of {known}")
        return number

    return Kind(words=f"one of {known}", read=read, write=str)


def flag() -> Kind:
    """Return the kind of yes and no."""

    def read(raw: Raw) -> bool:
        if not isinstance(raw, bool):
            raise UnfitError(f"must be true or false, not {kind_of(raw)}", "write true or false")
        return raw

    return Kind(words="true or false", read=read, write=lambda value: str(value).lower())


def integer(low: int, high: int) -> Kind:
    """Return the kind of whole numbers from `low` to `high`, both included."""

    def read(raw: Raw) -> int:
        number = _whole(raw)
        if not low <= number <= high:
            raise UnfitError(
                f"{_cut(number)} is out of range", f"write a number from {low} to {high}"
            )
        return number

    return Kind(words=f"whole number, {low} to {high}", read=read, write=str)


def duration(low: str, high: str) -> Kind:
    """Return the kind of times from `low` to `high`, both included; the model holds seconds."""
    shortest, longest = quantity.parse_duration(low), quantity.parse_duration(high)

    def read(raw: Raw) -> float:
        seconds = _seconds(raw)
        if not shortest <= seconds <= longest:
            raise UnfitError(
                f"{_cut(raw)} is out of range", f"write a duration from {low} to {high}"
            )
        return seconds

    return Kind(
        words=f"duration, {low} to {high}; a bare number counts seconds",
        read=read,
        write=lambda value: quoted(quantity.format_duration(float(str(value)))),
    )


def size(low: str, high: str) -> Kind:
    """Return the kind of storage from `low` to `high`, both included; the model holds octets."""
    smallest, largest = quantity.parse_size(low), quantity.parse_size(high)

    def read(raw: Raw) -> int:
        octets = _octets(raw)
        if not smallest <= octets <= largest:
            raise UnfitError(f"{_cut(raw)} is out of range", f"write a size from {low} to {high}")
        return octets

    return Kind(
        words=f"size, {low} to {high}; a bare number counts octets",
        read=read,
        write=lambda value: quoted(quantity.format_size(int(str(value)))),
    )


HEX_PREFIX = "hex:"
"""Before octets that are written as digits."""


def octets(least: int, most: int) -> Kind:
    """Return the kind of octets, so many of them, written as text or as hexadecimal digits."""

    def read(raw: Raw) -> bytes:
        try:
            found = parse_octets(_text(raw))
        except ValueError:
            raise UnfitError(
                "holds something else than hexadecimal digits",
                f'write text, or "{HEX_PREFIX}" and pairs of hexadecimal digits',
            ) from None
        if not least <= len(found) <= most:
            raise UnfitError(f"has {len(found)} octets", f"write {least} to {most} octets")
        return found

    return Kind(
        words=f'{least} to {most} octets, as text or as "{HEX_PREFIX}01 AB"',
        read=read,
        write=lambda value: quoted(HEX_PREFIX + bytes(cast("bytes", value)).hex(" ").upper()),
    )


def parse_octets(text: str) -> bytes:
    """Return what octets written as text or as hexadecimal digits are.

    Raises:
        ValueError: behind the prefix stands something else than pairs of hexadecimal digits.
    """
    if text.startswith(HEX_PREFIX):
        return bytes.fromhex(text.removeprefix(HEX_PREFIX))
    return text.encode()


SYSTEM_TITLE_SIZE = 8
"""Octets. [IEC 62056-5-3: system title]"""


def system_title() -> Kind:
    """Return the kind of system titles, written as 16 digits, as `octets` are, or as 8 letters."""

    def read(raw: Raw) -> bytes:
        title = _text(raw)
        for digits in (title.removeprefix(HEX_PREFIX), title.encode().hex()):
            try:
                found = bytes.fromhex(digits)
            except ValueError:
                continue
            if len(found) == SYSTEM_TITLE_SIZE:
                return found
        raise UnfitError(
            f"{quoted(title)} is no system title",
            'write 16 hexadecimal digits, as "4D4D4D0000000001", or 8 letters and digits',
        )

    return Kind(
        words='8 octets: "4D4D4D0000000001"',
        read=read,
        write=lambda value: quoted(bytes(cast("bytes", value)).hex().upper()),
    )


def command() -> Kind:
    """Return the kind of programs with their arguments; the model holds a tuple."""

    def read(raw: Raw) -> tuple[str, ...]:
        if not isinstance(raw, list) or not raw:
            raise UnfitError("must be a list", 'write as in ["/usr/local/bin/get-keys", "{meter}"]')
        words = tuple(map(_line, raw))
        if not words[0].startswith("/"):
            raise UnfitError(f"{quoted(words[0])} is no absolute path", "write where it is")
        return words

    def write(value: object) -> str:
        return f"[{', '.join(map(quoted, value if isinstance(value, tuple) else ()))}]"

    return Kind(words="list: a program's absolute path, then its arguments", read=read, write=write)


def logical_name() -> Kind:
    """Return the kind of OBIS codes."""

    def read(raw: Raw) -> Obis:
        code = _text(raw)
        try:
            return Obis.parse(code)
        except ObisSyntaxError as error:
            raise UnfitError(f"{quoted(code)} is no OBIS code", error.remedy) from None

    return Kind(words='OBIS code: "1.0.1.8.0.255", "1-0:1.8.0*255" or "1-0:1.8.0"', read=read)


def logical_names() -> Kind:
    """Return the kind of one OBIS code or a list of them; the model holds a tuple."""
    one = logical_name()

    def read(raw: Raw) -> tuple[Obis, ...]:
        codes = raw if isinstance(raw, list) else [raw]
        return tuple([cast("Obis", one.read(code)) for code in codes])

    def write(value: object) -> str:
        return f"[{', '.join(map(quoted, value if isinstance(value, tuple) else ()))}]"

    return Kind(words='OBIS code, or list of such: "0.0.97.98.0.255"', read=read, write=write)


def time_zone() -> Kind:
    """Return the kind of time zones; the model holds the name."""

    def read(raw: Raw) -> str:
        zone = _text(raw)
        try:
            ZoneInfo(zone)
        except (ValueError, OSError, LookupError):
            raise UnfitError(
                f"this system knows no time zone {quoted(zone)}",
                'write a name as "Europe/Berlin" or "UTC"; Debian has them in the package tzdata',
            ) from None
        return zone

    return Kind(words='time zone by name: "Europe/Berlin"', read=read)


DayTimes: TypeAlias = tuple[int, int]
"""A part of the day: minutes since midnight from which and to which it is; it may go past it."""


def day_times() -> Kind:
    """Return the kind of one part of the day or a list of parts; the model holds a tuple."""

    def read(raw: Raw) -> tuple[DayTimes, ...]:
        return tuple(map(_day_times, raw if isinstance(raw, list) else [raw]))

    def write(value: object) -> str:
        parts = cast("tuple[DayTimes, ...]", value)
        told = [quoted(f"{_minute(begin)}-{_minute(end)}") for begin, end in parts]
        return f"[{', '.join(told)}]"

    return Kind(words='times of day, or list of such: "22:00-04:00"', read=read, write=write)


def _day_times(raw: Raw) -> DayTimes:
    written = _text(raw)
    match = _DAY_TIMES.fullmatch(written)
    if match is None:
        raise UnfitError(f"{quoted(written)} is no part of the day", 'write as in "22:00-04:00"')
    begin_hour, begin, end_hour, end = map(int, match.groups())
    return begin_hour * 60 + begin, end_hour * 60 + end


def _minute(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def cron() -> Kind:
    """Return the kind of cron expressions."""

    def read(raw: Raw) -> str:
        expression = _text(raw)
        try:
            from cronsim import CronSim, CronSimError  # noqa: PLC0415  # most jobs have none
        except ImportError:  # as where Debian's packages are all there is
            raise UnfitError(
                "wants the Python package cronsim, which is not installed",
                'install it, or write interval, as "15 min"',
            ) from None
        try:
            next(CronSim(expression, datetime(2000, 1, 1, tzinfo=UTC)))
        except CronSimError as error:
            fault = str(error).replace("Bad", "wrong in its")
        except StopIteration:
            fault = "of a day that never comes"
        else:
            fault = "" if len(expression.split()) == _CRON_FIELDS else "not of five fields"
        if fault:
            raise UnfitError(
                f"{quoted(expression)} is no cron expression: it is {fault}",
                'write minute, hour, day, month, day of the week, as "5 0 1 * *"',
            )
        return expression

    return Kind(words='cron expression of five fields: "5 0 1 * *"', read=read)


def listener() -> Kind:
    """Return the kind of socket addresses to listen on."""

    def read(raw: Raw) -> SocketAddress:
        address = _text(raw)
        match = _LISTENER.fullmatch(address)
        if match is None or int(match[2]) > 65535:
            raise UnfitError(
                f"{quoted(address)} is no address with a port", 'write as in "127.0.0.1:9415"'
            )
        return SocketAddress(host=match[1].strip("[]"), port=int(match[2]))

    return Kind(words='address and port: "127.0.0.1:9415", "[::1]:9415"', read=read)


Network: TypeAlias = IPv4Network | IPv6Network
"""Addresses that begin alike; a single address is one, too."""


def networks() -> Kind:
    """Return the kind of one network or a list of networks; the model holds a tuple."""

    def read(raw: Raw) -> tuple[Network, ...]:
        return tuple(map(_network, raw if isinstance(raw, list) else [raw]))

    def write(value: object) -> str:
        return f"[{', '.join(map(quoted, value if isinstance(value, tuple) else ()))}]"

    return Kind(
        words='IP address or network, or list of such: "192.0.2.7", "10.20.0.0/16"',
        read=read,
        write=write,
    )


_KINDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number with a fraction",
    str: "text",
    list: "a list",
    dict: "a table",
}


def kind_of(raw: Raw) -> str:
    """Return what TOML calls the type of `raw`; shows nothing of the value."""
    return _KINDS.get(type(raw), "a date or time")


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_DAY_TIMES = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_LISTENER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]]+):(\d{1,5})", re.ASCII)


def _cut(raw: Raw) -> str:
    return str(raw)[:40]


def _text(raw: Raw) -> str:
    if not isinstance(raw, str):
        raise UnfitError(f"must be text, not {kind_of(raw)}", "put it in quotation marks")
    return raw


def _line(raw: Raw) -> str:
    line = _text(raw)
    if not line or not line.isprintable():
        raise UnfitError("is empty or holds control characters", "write text on one line")
    return line


def _name(raw: Raw) -> str:
    word = _text(raw)
    if not _NAME.fullmatch(word):
        raise UnfitError(
            f"{quoted(word)} is no name",
            'write up to 64 letters, digits, ".", "-", "_", beginning with a letter or digit',
        )
    return word


def _network(raw: Raw) -> Network:
    network = _text(raw)
    try:
        return ip_network(network)
    except ValueError as error:
        fits = "has host bits set" in str(error)
        remedy = (
            f"write {quoted(ip_network(network, strict=False))}, or the address alone"
            if fits
            else 'write as in "192.0.2.7" or "10.20.0.0/16"'
        )
        raise UnfitError(f"{quoted(network)} is no IP address or network", remedy) from None


def _whole(raw: Raw) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int):
        remedy = "leave out the quotation marks" if isinstance(raw, str) else ""
        raise UnfitError(f"must be a whole number, not {kind_of(raw)}", remedy)
    return raw


def _seconds(raw: Raw) -> float:
    if isinstance(raw, str):
        try:
            return quantity.parse_duration(raw)
        except quantity.QuantityError:
            raise UnfitError(
                f"{quoted(raw)} is no duration",
                'write a number with one of the units ms, s, min, h, d, w, as in "15 min"',
            ) from None
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise UnfitError(f"must be a duration, not {kind_of(raw)}", 'write as in "15 min"')
    try:
        return float(raw)
    except OverflowError:
        return math.inf


def _octets(raw: Raw) -> int:
    if isinstance(raw, str):
        try:
            return quantity.parse_size(raw)
        except quantity.QuantityError:
            raise UnfitError(
                f"{quoted(raw)} is no size",
                'write a number with one of the units B, KiB, MiB, GiB, as in "64 MiB"',
            ) from None
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise UnfitError(f"must be a size, not {kind_of(raw)}", 'write as in "64 MiB"')
    return raw
