"""Rows of a load profile from octets to Python values, beside gurux-dlms."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

from gurux_dlms import GXByteBuffer
from gurux_dlms.enums import DataType as PeerDataType
from gurux_dlms.GXDLMSSettings import GXDLMSSettings
from gurux_dlms.internal._GXCommon import _GXCommon
from gurux_dlms.internal._GXDataInfo import _GXDataInfo

from benchmarks.result import Result
from dcud.dlms.cosem_time import CosemDateTime
from dcud.dlms.data import (
    array,
    double_long_unsigned,
    encode_data,
    long_unsigned,
    octet_string,
    structure,
    unsigned,
)
from dcud.dlms.rows import RowDecoder

ROWS = 2880  # a month of quarters of an hour
ROUNDS = 5
PERIOD = timedelta(minutes=15)
START = datetime(2026, 3, 1, tzinfo=UTC)


def buffer() -> bytes:
    rows = (
        structure(
            (
                octet_string(CosemDateTime.from_datetime(START + n * PERIOD).to_octets()),
                unsigned(n % 3),
                *(double_long_unsigned(100_000 * i + 37 * n) for i in range(4)),
                long_unsigned(2300 + n % 40),
                long_unsigned(500 + n % 90),
            )
        )
        for n in range(ROWS)
    )
    return encode_data(array(rows))


def ours(octets: bytes) -> list[tuple[object, ...]]:
    return list(RowDecoder(date_time_columns=(0,)).decode(octets))


def peers(octets: bytes) -> list[tuple[object, ...]]:
    # What its profile object does with a buffer: decode it, then turn each clock into a date-time.
    settings = GXDLMSSettings(False, None)
    rows = _GXCommon.getData(settings, GXByteBuffer(octets), _GXDataInfo())
    for row in rows:
        row[0] = _GXCommon.changeType(settings, row[0], PeerDataType.DATETIME).value
    return [tuple(row) for row in rows]


def cpu_seconds(decode: Callable[[bytes], object], octets: bytes) -> float:
    start = time.process_time()
    decode(octets)
    return time.process_time() - start


def check(octets: bytes) -> None:
    """Make sure that both sides do the whole work."""
    mine, theirs = ours(octets), peers(octets)
    if len(mine) != ROWS or mine != theirs:
        raise AssertionError("the two decoders disagree")


def run() -> list[Result]:
    octets = buffer()
    check(octets)
    rounds = [(cpu_seconds(ours, octets), cpu_seconds(peers, octets)) for _ in range(ROUNDS)]
    value, peer_value = (ROWS / min(times) for times in zip(*rounds, strict=True))
    return [
        {
            "name": "profile_rows",
            "value": value,
            "unit": "rows/s",
            "peer": f"gurux-dlms {version('gurux-dlms')}",
            "peer_value": peer_value,
            "ratio": value / peer_value,
        }
    ]


if __name__ == "__main__":
    for result in run():
        print(result)
