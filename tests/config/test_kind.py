import contextlib
import datetime as dt
import sys
from collections.abc import Hashable
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.config import kind
from dcud.config.kind import Kind, SocketAddress, UnfitError
from dcud.dlms.obis import Obis

KINDS = {
    "text": kind.text(),
    "path": kind.path(),
    "name": kind.name(),
    "names": kind.names(),
    "choice": kind.choice("a", "b"),
    "number_choice": kind.number_choice(1, 2, 4),
    "flag": kind.flag(),
    "integer": kind.integer(1, 127),
    "duration": kind.duration("1 s", "1 d"),
    "size": kind.size("1 KiB", "1 GiB"),
    "octets": kind.octets(1, 4),
    "logical_name": kind.logical_name(),
    "logical_names": kind.logical_names(),
    "time_zone": kind.time_zone(),
    "listener": kind.listener(),
    "networks": kind.networks(),
    "system_title": kind.system_title(),
    "command": kind.command(),
    "choices": kind.choices("a", "b"),
}


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("text", "a b", "a b"),
        ("path", "/var/lib", "/var/lib"),
        ("name", "meter-1.a_B", "meter-1.a_B"),
        ("names", "one", ("one",)),
        ("names", ["one", "two"], ("one", "two")),
        ("names", [], ()),
        ("choice", "b", "b"),
        ("number_choice", 4, 4),
        ("flag", True, True),
        ("integer", 127, 127),
        ("duration", "15 min", 900.0),
        ("duration", 2, 2.0),
        ("duration", 2.5, 2.5),
        ("size", "64 MiB", 67108864),
        ("size", 4096, 4096),
        ("octets", "12", b"12"),
        ("octets", "hex:00 ff", b"\x00\xff"),
        ("logical_name", "1-0:1.8.0*255", Obis(bytes((1, 0, 1, 8, 0, 255)))),
        ("logical_names", "0-0:97.98.0", (Obis(bytes((0, 0, 97, 98, 0, 255))),)),
        ("logical_names", ["0.0.97.98.2.255"], (Obis(bytes((0, 0, 97, 98, 2, 255))),)),
        ("logical_names", [], ()),
        ("time_zone", "Europe/Berlin", "Europe/Berlin"),
        ("listener", "127.0.0.1:9415", SocketAddress(host="127.0.0.1", port=9415)),
        ("system_title", "4D4D4D0000bc614e", bytes.fromhex("4D4D4D0000BC614E")),
        ("system_title", "hex:4D 4D 4D 00 00 BC 61 4E", bytes.fromhex("4D4D4D0000BC614E")),
        ("system_title", "DCU00001", b"DCU00001"),
        ("system_title", "12345678", b"12345678"),
        ("choices", ["b", "a"], ("b", "a")),
        ("choices", [], ()),
        ("command", ["/bin/k", "{meter}"], ("/bin/k", "{meter}")),
        ("networks", "192.0.2.7", (ip_network("192.0.2.7/32"),)),
        ("networks", ["10.0.0.0/8", "::1"], (ip_network("10.0.0.0/8"), ip_network("::1/128"))),
        ("networks", [], ()),
        ("listener", "[::1]:0", SocketAddress(host="::1", port=0)),
    ],
)
def test_what_fits_is_taken_and_survives_being_written(
    name: str, raw: object, value: Hashable
) -> None:
    import tomli  # noqa: PLC0415  # the writer's judge

    assert KINDS[name].read(raw) == value
    written = tomli.loads(f"key = {KINDS[name].write(value)}")["key"]
    assert KINDS[name].read(written) == value


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        ("text", 3, "must be text, not a whole number"),
        ("text", "", "is empty or holds control characters"),
        ("text", "a\nb", "is empty or holds control characters"),
        ("name", "a/b", '"a/b" is no name'),
        ("name", "#", '"#" is no name'),
        ("name", "a" * 65, "is no name"),
        ("names", [1], "must be text"),
        ("choice", "c", '"c" is not known'),
        ("number_choice", 3, "3 is not possible"),
        ("flag", 1, "must be true or false, not a whole number"),
        ("integer", 0, "0 is out of range"),
        ("integer", True, "must be a whole number, not true or false"),
        ("integer", 1.0, "not a number with a fraction"),
        ("integer", 10**4000, "out of range"),
        ("duration", "0 s", "0 s is out of range"),
        ("duration", float("nan"), "nan is out of range"),
        ("duration", float("inf"), "inf is out of range"),
        ("duration", 10**4000, "out of range"),
        ("duration", True, "must be a duration, not true or false"),
        ("duration", "1 minute", '"1 minute" is no duration'),
        ("size", 1.5, "must be a size"),
        ("size", True, "must be a size"),
        ("size", "1 B", "1 B is out of range"),
        ("size", "much", '"much" is no size'),
        ("logical_name", "1.8.0", '"1.8.0" is no OBIS code'),
        ("logical_name", ["1.8.0"], "must be text, not a list"),
        ("time_zone", "../../etc/passwd", "this system knows no time zone"),
        ("time_zone", "a\0b", "this system knows no time zone"),
        ("listener", "9415", "is no address with a port"),
        ("listener", "h:65536", "is no address with a port"),
        ("networks", "meter.example", '"meter.example" is no IP address or network'),
        ("networks", "10.0.0.1/8", '"10.0.0.1/8" is no IP address or network'),
        ("networks", ["10.0.0.0/33"], "is no IP address or network"),
        ("networks", 10, "must be text, not a whole number"),
        ("text", {}, "not a table"),
        ("text", dt.date(2024, 1, 1), "not a date or time"),
        ("octets", "hex:0", "holds something else than hexadecimal digits"),
        ("octets", "", "has 0 octets"),
        ("system_title", "4D4D4D0000BC61", '"4D4D4D0000BC61" is no system title'),
        ("system_title", "MMM", '"MMM" is no system title'),
        ("choices", "a", "must be a list"),
        ("choices", ["a", "c"], '"c" is not known'),
        ("command", "/bin/k", "must be a list"),
        ("command", [], "must be a list"),
        ("command", ["k"], '"k" is no absolute path'),
        ("octets", "12345", "has 5 octets"),
    ],
)
def test_what_does_not_fit_is_refused(name: str, raw: object, message: str) -> None:
    with pytest.raises(UnfitError, match=r".*") as caught:
        KINDS[name].read(raw)
    assert message in caught.value.message
    assert len(caught.value.message) < 400


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.dates()
    | st.datetimes()
    | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("value_kind", KINDS.values(), ids=list(KINDS))
@given(raw=ANYTHING)
def test_any_value_is_taken_or_refused(value_kind: Kind, raw: object) -> None:
    with contextlib.suppress(UnfitError):
        hash(value_kind.read(raw))


def test_a_socket_address_is_shown_as_it_is_written() -> None:
    assert str(SocketAddress(host="::1", port=1)) == "[::1]:1"
    assert str(SocketAddress(host="h", port=1)) == "h:1"


class TestDayTimes:
    def test_one_or_several(self) -> None:
        kind_of_times = kind.day_times()
        assert kind_of_times.read("01:00-05:30") == ((60, 330),)
        assert kind_of_times.read(["22:00-04:00", "12:00-13:00"]) == ((1320, 240), (720, 780))
        assert kind_of_times.write(((1320, 240),)) == '["22:00-04:00"]'

    @pytest.mark.parametrize("raw", ["24:00-01:00", "1:00-2:00", "01:60-02:00", "01:00", ""])
    def test_what_is_none(self, raw: str) -> None:
        with pytest.raises(UnfitError, match="is no part of the day"):
            kind.day_times().read(raw)

    def test_a_number_is_none(self) -> None:
        with pytest.raises(UnfitError, match="must be text"):
            kind.day_times().read([5])


def test_a_cron_expression_where_nobody_can_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kind.cron().read("5 0 1 * *") == "5 0 1 * *"
    monkeypatch.setitem(sys.modules, "cronsim", None)  # as if it were not installed
    with pytest.raises(UnfitError, match="wants the Python package cronsim") as raised:
        kind.cron().read("5 0 1 * *")
    assert "interval" in str(raised.value.remedy)
