"""Simulated meters that demand security, in processes of their own."""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.apdu import aarq, release
from dcud.dlms.apdu.aarq import AssociateRequest
from dcud.dlms.apdu.release import ReleaseRequest
from dcud.dlms.datalink import ClientSap
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from dcud.dlms.secret import Secret
from dcud.dlms.security.cipher import BodyCipher
from dcud.dlms.wrapper import Wpdu, WrapperDelimiter
from dcud.sim.meter import MeterParameters, SimulatedMeter
from tests.support.simulate import simulate
from tests.support.toml_text import TomlValue, toml_text

Table = dict[str, TomlValue]

CLIENT = "4443550000000001"
"""The daemon's system title."""
FRAME_COUNTER = "0.0.43.1.0.255"
SERIAL_NUMBER = "0.0.96.1.0.255"
ENERGY = "1.0.1.8.0.255"
HISTORY = 3600
"""Seconds that the meters have counted energy for."""

_GLO_INITIATE, _GLO_GET, _GLO_ACTION = 0x21, 0xC8, 0xCB


def fresh_keys(size: int = 16) -> dict[str, str]:
    """Return symmetric keys of so many octets, as a key file has them."""
    return {name: secrets.token_hex(size) for name in ("unicast_key", "authentication_key")}


def write_key_file(path: Path, tables: Mapping[str, TomlValue]) -> Path:
    """Write a key file that nobody else can read."""
    path.touch(0o600)
    path.write_text(toml_text(tables), encoding="utf-8")
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Meters that share their keys.

    Attributes:
        line: "hdlc" or "wrapper".
        place: where they are served.
    """

    line: str
    place: Mapping[str, Any]

    def bus(self, name: str) -> Table:
        """Return a bus that leads to them."""
        tcp: Table = {"host": self.place["host"], "port": int(self.place["port"])}
        return {"id": name, "turnaround": "0 s", "tcp": tcp, "framing": self.line}

    def meter(self, name: str, bus: str, number: int, **amended: TomlValue) -> Table:
        """Return the meter of this number, 1.., which wants HLS with GMAC and suite 0."""
        address: Table = {"logical": number}
        if self.line == "hdlc":
            address = {"logical": 1, "physical": 16 + number}
        table: Table = {
            "id": name,
            "bus": bus,
            "server_address": address,
            "client_sap": 1,
            "authentication": "hls-gmac",
            "security": security(),
            "response_timeout": "2 s",
            "job": [registers_job()],
        }
        return {**table, **amended}


def security(**amended: TomlValue) -> Table:
    """Return the table `security` of a meter, for suite 0 where nothing else is said."""
    return {"suite": 0, "frame_counter": FRAME_COUNTER, **amended}


def registers_job(interval: str = "365 d") -> Table:
    """Return a job that reads serial number and energy, at start and then at times."""
    objects: list[TomlValue] = [
        {"obis": SERIAL_NUMBER, "class_id": 1},
        {"obis": ENERGY, "class_id": 3},
    ]
    return {"kind": "registers", "name": "registers", "interval": interval, "objects": objects}


@contextmanager
def secured_site(
    line: str, keys: Path, *options: str, meters: int = 1, suite: int | None = 0
) -> Iterator[Site]:
    """Serve meters whose keys stand under [meter.simulated] of a key file."""
    demanded = [] if suite is None else ["--suite", str(suite)]
    with simulate(
        *("--tcp", "127.0.0.1:0", "--framing", line, "--meters", str(meters)),
        *("--history", f"{HISTORY} s", "--key-file", str(keys), *demanded, *options),
    ) as (place, _):
        yield Site(line=line, place=place)


def energy_at(number: int, now: float, installed: float) -> int:
    """Return what a simulated meter's energy register holds, unscaled."""
    meter = SimulatedMeter(MeterParameters(number=number, installed=installed), lambda: now)
    answer = meter.serve(AttributeDescriptor(3, Obis.parse(ENERGY), 2), None, ClientSap(1))
    value: int = answer.value  # type: ignore[union-attr,assignment]  # a number of a register
    return value


@dataclass(frozen=True, slots=True)
class Protected:
    """One use of a key: what a body of this counter was made for."""

    system_title: bytes
    counter: int
    body: bytes


def wrapped_apdus(octets: bytes) -> list[bytes]:
    """Return the APDUs in what was sent over one connection; one cut off at the end is left out."""
    return [unit.apdu for unit in WrapperDelimiter().feed(octets) if isinstance(unit, Wpdu)]


def uses_of_global_key(apdus: Iterable[bytes], keys: Mapping[str, str]) -> list[Protected]:
    """Return every use of a unicast key for what we sent, in its order.

    Each body is deciphered; one that is not ours fails. A GMAC proof within an action-request is
    one, too.
    """
    cipher = BodyCipher(
        *(Secret(bytes.fromhex(keys[name])) for name in ("unicast_key", "authentication_key"))
    )
    title = bytes.fromhex(CLIENT)
    uses = []
    for apdu in apdus:
        body = _body(apdu)
        if body is None:
            continue
        uses.append(Protected(title, int.from_bytes(body[1:5], "big"), body))
        plain = cipher.decipher(body, title)
        if plain[0] == 0xC3 and plain[11:14] == b"\x01\x01\x09":  # reply_to_HLS_authentication
            proof = plain[15:]
            uses.append(Protected(title, int.from_bytes(proof[1:5], "big"), proof))
    return uses


def _body(apdu: bytes) -> bytes | None:
    """Return what is under the global key in a request; None where nothing is."""
    if apdu[0] == aarq.TAG:
        return _body(AssociateRequest.decode(apdu).user_information or b"\0")
    if apdu[0] == release.REQUEST_TAG:
        return _body(ReleaseRequest.decode(apdu).user_information or b"\0")
    if apdu[0] in {_GLO_INITIATE, _GLO_GET, _GLO_ACTION}:
        cursor = Cursor(apdu[1:])
        return cursor.take(cursor.count())
    return None


def good_values(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a reading by their logical names; none may be missing."""
    assert all(value["quality"] == "good" for value in body["values"]), body
    return {value["obis"]: value["value"] for value in body["values"]}
