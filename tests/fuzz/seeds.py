"""What fuzzing begins with."""

from pathlib import Path


def seeds() -> list[bytes]:
    """Return the known answers of `seeds.txt`, and a few shapes that decoders look into."""
    lines = Path(__file__).with_name("seeds.txt").read_text("utf-8").splitlines()
    known = [bytes.fromhex(line.split(maxsplit=1)[0]) for line in lines if line[0] != "#"]
    return [b"", *known, *map(bytes.fromhex, SHAPES)]


SHAPES = (
    "0100",
    "0202 0F00 161E",  # scaler_unit
    "0101 0204 120008 0906 0000010000FF 0F02 120000",  # capture_objects
    "0101 0203 090C 07E40701030A000000FF8880 1100 0600000001",  # a buffer
    "0101 0204 120003 1100 0906 0100010800FF 0202 0101 0203 0F01 1601 00 0100",  # an object_list
    "13 0202 0911 0D 0C 07E40701030A000000FF8880",  # a compact array
    "090C 07E40701030A000000FF8880",
)
