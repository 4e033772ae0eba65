"""Configurations for the meters of gurux-dlms, and what has to come of them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.support.gurux_peer import Peer, PeerMeter
from tests.support.subscriber import Heard
from tests.support.toml_text import TomlValue

Table = dict[str, TomlValue]

LINES = ("pty", "hdlc", "wrapper")

SYMBOLS = {27: "W", 30: "Wh", 32: "varh", 33: "A", 35: "V"}
"""By number. [IEC 62056-6-2: enumerated values for physical units]"""

STATUS = "0.0.96.10.1.255"
VALUE = 2


def bus(peer: Peer, line: str, **amended: TomlValue) -> Table:
    """Return the bus, named as its line, that leads to the peer's meters."""
    table: Table = {"id": line, "turnaround": "0 s"}
    if line == "pty":
        table["serial"] = {"device": peer.pty}
    else:
        host, port = peer.hdlc if line == "hdlc" else peer.wrapper
        table |= {"tcp": {"host": host, "port": port}, "framing": line}
    return {**table, **amended}


def meter(peer: Peer, line: str, number: int, jobs: Sequence[Table], *, lls: bool = False) -> Table:
    """Return a meter by its index among the peer's, named as `meter_id` says."""
    served = peer.meters[number]
    address: Table = (
        {"logical": served.wrapper_sap}
        if line == "wrapper"
        else {"logical": 1, "physical": served.physical}
    )
    return {
        "id": meter_id(line, number),
        "bus": line,
        "server_address": address,
        "client_sap": peer.reading_client if lls else peer.public_client,
        "authentication": "lls" if lls else "none",
        "response_timeout": "2 s",
        "job": list(jobs),
    }


def dead_meter(line: str, **amended: TomlValue) -> Table:
    """Return a meter at an address that nobody has."""
    table: Table = {
        "id": "dead",
        "bus": line,
        "server_address": {"logical": 1, "physical": 99},
        "response_timeout": "100 ms",
        "hdlc": {"retries": 1},
        "breaker": {"failures": 2, "duration": "0 s", "first_pause": "1 s", "longest_pause": "2 s"},
        "job": [registers_job([])],
    }
    return {**table, **amended}


def meter_id(line: str, number: int) -> str:
    """Return the configured id of the peer's meter on a line."""
    return f"{line}-{number}"


def registers_job(served: Sequence[PeerMeter], **amended: TomlValue) -> Table:
    """Return a job that reads all registers that the first of `served` has, at start."""
    objects: list[TomlValue] = [
        {"obis": register.logical_name, "class_id": register.class_id}
        for each in served[:1]
        for register in each.registers
    ]
    table: Table = {
        "kind": "registers",
        "name": "registers",
        "interval": "365 d",
        "objects": objects or [{"obis": "1.0.1.8.0.255"}],
    }
    return {**table, **amended}


def profile_job(served: PeerMeter, **amended: TomlValue) -> Table:
    """Return a job that reads the whole load profile in steps, at start."""
    begin = served.rows[0][0]
    history = datetime.now(UTC) - begin  # noqa: TID251  # the daemon's clock is the real one
    table: Table = {
        "kind": "profile",
        "name": "load-profile",
        "interval": "365 d",
        "logical_name": served.load_profile,
        "initial_history": f"{int(history.total_seconds()) + 60} s",
    }
    return {**table, **amended}


def expected_registers(served: PeerMeter) -> list[tuple[str, str, str]]:
    """Return logical name, exact value and unit of each register."""
    return [
        (
            register.logical_name,
            exact(register.value, register.scaler),
            SYMBOLS[register.unit],
        )
        for register in served.registers
    ]


def expected_entries(served: PeerMeter) -> dict[datetime, list[tuple[str, int | str, str]]]:
    """Return for each time of capture logical name, exact value and unit of each column."""
    scaled = {register.logical_name: register for register in served.registers}
    columns = [
        scaled[name]
        for name in (
            "1.0.1.8.0.255",
            "1.0.2.8.0.255",
            "1.0.3.8.0.255",
            "1.0.4.8.0.255",
            "1.0.12.7.0.255",
            "1.0.11.7.0.255",
        )
    ]
    return {
        captured: [
            (STATUS, row[0], ""),
            *(
                (column.logical_name, exact(value, column.scaler), SYMBOLS[column.unit])
                for column, value in zip(columns, row[1:], strict=True)
            ),
        ]
        for captured, row in served.rows
    }


def exact(value: int, scaler: int) -> str:
    """Return a scaled value with all its digits and no exponent."""
    return format(Decimal(value).scaleb(scaler), "f")


def values_of(body: dict[str, Any]) -> list[tuple[str, Any, str]]:
    """Return what a reading says, as the expectations here are written."""
    for value in body["values"]:
        assert value["quality"] == "good", value
        assert value["attribute"] == VALUE, value
    return [(value["obis"], value["value"], value["unit"]) for value in body["values"]]


def readings_of(heard: Sequence[Heard], meter: str, job: str) -> list[dict[str, Any]]:
    """Return the readings of one job of one meter, in the order in which they came."""
    topic = f"dcud/v1/gw/meter/{meter}/reading/{job}"
    return [message.body for message in heard if message.topic == topic]


def has_entries(meter: str, count: int) -> Callable[[list[Heard]], bool]:
    """Return the condition that so many entries of a load profile were heard, doubles aside."""
    topic = f"dcud/v1/gw/meter/{meter}/reading/load-profile"

    def holds(heard: list[Heard]) -> bool:
        # Looked at after each message: the payloads are compared as they are.
        return len({message.payload for message in heard if message.topic == topic}) >= count

    return holds


def captured(body: dict[str, Any]) -> datetime:
    """Return when the entry of a profile was captured."""
    return datetime.fromisoformat(body["capture_time"])


def entries_of(heard: Sequence[Heard], meter: str) -> dict[datetime, list[dict[str, Any]]]:
    """Return what was heard of each entry of a load profile: more than one where it came twice."""
    entries: dict[datetime, list[dict[str, Any]]] = {}
    for body in readings_of(heard, meter, "load-profile"):
        entries.setdefault(captured(body), []).append(body)
    return entries
