"""The gurux-dlms meters of `tests/peers/gurux_server.py`, in a process of their own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

_SERVER = Path(__file__).parents[1] / "peers" / "gurux_server.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRegister:
    """A register, extended register or demand register; `value` as it stands in attribute 2."""

    class_id: int
    logical_name: str
    value: int
    scaler: int
    unit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerSecurity:
    """What one meter keeps secret.

    Attributes:
        public_key: the meter's for digital signature, x and y.
    """

    suite: int
    server_system_title: bytes
    unicast_key: bytes
    authentication_key: bytes
    master_key: bytes
    hls_secret: bytes
    public_key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerMeter:
    """What one meter serves.

    Attributes:
        physical: lower HDLC address; the upper is 1.
        wrapper_sap: server's SAP over the wrapper.
        attributes: A-XDR octets by class id, logical name, attribute.
        rows: the load profile: aware time of the clock, then status, four and two unsigned values.
        security: None where the meters were started without a suite.
    """

    physical: int
    wrapper_sap: int
    logical_device_name: str
    registers: tuple[PeerRegister, ...]
    attributes: dict[tuple[int, str, int], bytes]
    load_profile: str
    capture_period: int
    rows: tuple[tuple[datetime, tuple[int, ...]], ...]
    security: PeerSecurity | None

    @property
    def secrets(self) -> PeerSecurity:
        """What the meter keeps secret; it was started with a suite."""
        assert self.security is not None
        return self.security


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Where the meters can be reached, and what they serve.

    Attributes:
        first_secured_client: client SAP for mechanism 0; those for 1 to 7 follow.
        frame_counter: logical name of the Data that tells the last counter of the clients'.
    """

    pty: str
    hdlc: tuple[str, int]
    wrapper: tuple[str, int]
    public_client: int
    reading_client: int
    first_secured_client: int
    frame_counter: str
    password: bytes
    meters: tuple[PeerMeter, ...]


@contextmanager
def gurux_peer(**options: int | str) -> Iterator[Peer]:
    """Run the meters.

    Options: meters, rows, begin (unix seconds of the first row), max_info, window, max_pdu, seed,
    password (digits), suite (of security, none unless told), counter (the last one that the meters
    have had of clients under the global key), client_public_key (for digital signature: x and y in
    hex), services (granted beside GET: names of the package's Conformance, joined by spaces).
    """
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    with subprocess.Popen(
        [sys.executable, str(_SERVER), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            yield _peer(json.loads(process.stdout.readline()))
            process.stdin.close()  # which tells it to end
            assert process.wait(timeout=10) == 0
        finally:
            process.kill()


def _peer(ready: dict[str, Any]) -> Peer:
    return Peer(
        pty=ready["pty"],
        hdlc=tuple(ready["hdlc"]),
        wrapper=tuple(ready["wrapper"]),
        public_client=ready["clients"]["none"],
        reading_client=ready["clients"]["lls"],
        first_secured_client=ready["first_secured_client"],
        frame_counter=ready["frame_counter"],
        password=ready["password"].encode(),
        meters=tuple(_meter(described) for described in ready["meters"]),
    )


def _meter(described: dict[str, Any]) -> PeerMeter:
    profile = described["profile"]
    return PeerMeter(
        physical=described["server_address"]["physical"],
        wrapper_sap=described["wrapper_sap"],
        logical_device_name=described["logical_device_name"],
        registers=tuple(PeerRegister(**register) for register in described["registers"]),
        attributes={
            (it["class_id"], it["logical_name"], it["attribute"]): bytes.fromhex(it["octets"])
            for it in described["attributes"]
        },
        load_profile=profile["logical_name"],
        capture_period=profile["capture_period"],
        rows=tuple((datetime.fromisoformat(time), tuple(row)) for time, *row in profile["rows"]),
        security=_security(described["security"]),
    )


def _security(described: dict[str, Any] | None) -> PeerSecurity | None:
    if described is None:
        return None
    suite = described.pop("suite")
    return PeerSecurity(
        suite=suite, **{name: bytes.fromhex(octets) for name, octets in described.items()}
    )
