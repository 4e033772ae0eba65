"""Rows of the same load profile as meters compress it, beside gurux-dlms.

`profile_rows_compact` is a compact array. `profile_rows_null_data` has null-data for the times and
statuses within a day. In `profile_rows_scattered` one value in ten is null-data as well, so that
rows go to and fro between 64 shapes. There we end up with entries whose null-data is resolved in
all columns; the peer resolves the times alone, as its profile object does.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.metadata import version
from random import Random

from gurux_dlms import GXByteBuffer
from gurux_dlms.enums import DataType as PeerDataType
from gurux_dlms.GXDLMSSettings import GXDLMSSettings
from gurux_dlms.internal._GXCommon import _GXCommon
from gurux_dlms.internal._GXDataInfo import _GXDataInfo

from benchmarks.profile_rows import PERIOD, ROUNDS, START, buffer
from benchmarks.result import Result
from dcud.cosem.profile_buffer import BufferLayout, decode_buffer
from dcud.cosem.profile_columns import Column
from dcud.cosem.profile_generic import CaptureObject
from dcud.dlms.data import (
    Data,
    DataType,
    TypeDescription,
    array,
    compact_array,
    decode_data,
    encode_data,
    null_data,
    structure,
)
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from dcud.dlms.rows import RowDecoder

A_DAY = 96
FEWER_ROWS = 20 * A_DAY
"""The peer's compact arrays end at 65,535 octets."""
SEED = 2026

CAPTURED = (
    CaptureObject(class_id=8, logical_name=Obis.parse("0.0.1.0.0.255"), attribute=2),
    *(
        CaptureObject(class_id=1, logical_name=Obis.parse(f"0.0.96.{n}.0.255"), attribute=2)
        for n in range(7)
    ),
)
LAYOUT = BufferLayout(
    columns=tuple(Column(capture_object=each) for each in CAPTURED),
    capture_period=int(PERIOD.total_seconds()),
)

Cells = tuple[Data, ...]
Rows = Sequence[tuple[object, ...]]


def plain() -> list[Cells]:
    rows = decode_data(Cursor(buffer())).value
    return [row.value for row in rows]  # type: ignore[union-attr, misc]  # an array of structures


def compact() -> bytes:
    rows = plain()[:FEWER_ROWS]
    kinds = tuple(TypeDescription(cell.type) for cell in rows[0])
    return encode_data(
        compact_array(TypeDescription(DataType.STRUCTURE, kinds), map(structure, rows))
    )


def null(share: float) -> bytes:
    """Return rows of which, but for the first of each day, a share of the values is null-data."""
    chance = Random(SEED)  # noqa: S311  # the same rows at every run

    def thinned(n: int, row: Cells) -> Cells:
        if n % A_DAY == 0:
            return row
        values = (null_data() if chance.random() < share else cell for cell in row[2:])
        return (null_data(), null_data(), *values)

    return encode_data(array(structure(thinned(n, row)) for n, row in enumerate(plain())))


def our_rows(octets: bytes) -> Rows:
    return RowDecoder(date_time_columns=(0,)).decode(octets)


def our_entries(octets: bytes) -> Rows:
    return [entry.cells for entry in decode_buffer(octets, LAYOUT)]


def peers(octets: bytes) -> Rows:
    settings = GXDLMSSettings(False, None)
    rows = _GXCommon.getData(settings, GXByteBuffer(octets), _GXDataInfo())
    last: datetime | None = None
    for row in rows:
        if row[0] is None and last is not None:
            last += PERIOD
        else:
            last = _GXCommon.changeType(settings, row[0], PeerDataType.DATETIME).value
        row[0] = last
    return [tuple(row) for row in rows]


def check(mine: Rows, theirs: Rows) -> None:
    """Make sure that both sides do the whole work; the peer leaves null-data among the values."""
    times = [row[0] for row in mine]
    if times != [START + n * PERIOD for n in range(len(mine))]:
        raise AssertionError("our times are wrong")
    for one, other in zip(mine, theirs, strict=True):
        if any(b not in {None, a} for a, b in zip(one, other, strict=True)):
            raise AssertionError(f"the two decoders disagree: {one}, {other}")


def cpu_seconds(decode: Callable[[bytes], Rows], octets: bytes) -> float:
    start = time.process_time()
    decode(octets)
    return time.process_time() - start


def compare(name: str, ours: Callable[[bytes], Rows], octets: bytes) -> Result:
    rows = ours(octets)
    check(rows, peers(octets))
    rounds = [(cpu_seconds(ours, octets), cpu_seconds(peers, octets)) for _ in range(ROUNDS)]
    value, peer_value = (len(rows) / min(times) for times in zip(*rounds, strict=True))
    return {
        "name": name,
        "value": value,
        "unit": "rows/s",
        "peer": f"gurux-dlms {version('gurux-dlms')}",
        "peer_value": peer_value,
        "ratio": value / peer_value,
    }


def run() -> list[Result]:
    return [
        compare("profile_rows_compact", our_rows, compact()),
        compare("profile_rows_null_data", our_entries, null(0.0)),
        compare("profile_rows_scattered", our_entries, null(0.1)),
    ]


if __name__ == "__main__":
    for result in run():
        print(result)
