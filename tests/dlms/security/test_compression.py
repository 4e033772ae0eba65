import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import CompressionError
from dcud.dlms.security.compression import compressed, expanded

REGULAR = b"\xc4\x01\xc1\x00" + 20 * b"\x09\x06\x01\x00\x01\x08"


def test_what_gets_shorter_is_compressed() -> None:
    octets = compressed(REGULAR)
    assert octets is not None
    assert len(octets) < len(REGULAR)
    assert expanded(octets, len(REGULAR)) == REGULAR


@pytest.mark.parametrize("apdu", [b"", b"\xc0", bytes(range(0, 256, 3))])
def test_what_does_not_is_left_alone(apdu: bytes) -> None:
    assert compressed(apdu) is None


def test_what_is_expanded_stays_within_its_limit() -> None:
    octets = compressed(REGULAR)
    assert octets is not None
    with pytest.raises(CompressionError):
        expanded(octets, len(REGULAR) - 1)


@given(st.lists(st.sampled_from([b"\x09\x06", b"\x01\x00", b"\xff"]), max_size=60).map(b"".join))
def test_what_is_compressed_comes_back_shorter_or_stays(apdu: bytes) -> None:
    octets = compressed(apdu)
    if octets is not None:
        assert len(octets) < len(apdu)
        assert expanded(octets, len(apdu)) == apdu
