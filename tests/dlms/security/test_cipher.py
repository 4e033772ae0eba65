from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import (
    CountersSpentError,
    DecodeError,
    ProtocolError,
    SystemTitleError,
    TagError,
)
from dcud.dlms.secret import Secret
from dcud.dlms.security.cipher import BodyCipher, control_of, counter_of, read_prefix
from dcud.dlms.security.control import SecurityControl

EK = Secret(bytes.fromhex("000102030405060708090a0b0c0d0e0f"))
AK = Secret(bytes.fromhex("d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"))
CIPHER = BodyCipher(EK, AK)
TITLE = bytes.fromhex("4d4d4d0000bc614e")
CLAIM = 4
"""The bit that says that there is a tag; whether it may be missing is the policy's matter."""

GET = bytes.fromhex("c0010000080000010000ff0200")

# The bodies of glo-get-request with the example keys; jDLMS tests, u9n/dlms-cosem tests (values
# quoted from the DLMS Green Book), the one with authentication alone computed.
BODIES = {
    0x10: "1001234567c0010000080000010000ff020006725d910f9221d263877516",
    0x20: "2001234567411312ff935a47566827c467bc",
    0x30: "3001234567411312ff935a47566827c467bc7d825c3be4a77c3fcc056b6b",
    # Nothing is done to it; general-ciphering knows this.
    0x00: "0001234567c0010000080000010000ff0200",
}


@pytest.mark.parametrize(("octet", "body"), BODIES.items())
def test_the_vectors_in_both_directions(octet: int, body: str) -> None:
    control = SecurityControl.from_octet(octet)
    assert CIPHER.encipher(control, TITLE, 0x01234567, GET) == bytes.fromhex(body)
    assert CIPHER.decipher(bytes.fromhex(body), TITLE) == GET
    assert read_prefix(bytes.fromhex(body)) == (control, 0x01234567)


def test_a_title_that_was_filled_up_with_zeros() -> None:
    # EnergyICT/Connexo dlms tests: a title of 6 octets, padded on the right to 8.
    body = bytes.fromhex(
        "30000000383486e9779a65513b305a91ee1f86d1ee28a7d4ac27c1ad56b802",
    )
    title = bytes.fromhex("3031353032330000")
    plain = bytes.fromhex("0800065f1f04001c022000e10001")
    assert CIPHER.decipher(body, title) == plain
    assert CIPHER.encipher(SecurityControl.from_octet(0x30), title, 0x38, plain) == body


# GBCS RTDS 4.5.0 test set in SmartDCCInnovation/gbcs-parser, GCS01b_1.2.1
# CANCELLATION_BLOCK_SUCCESS_COMMAND: authenticated alone, five empty fields of the header, no
# authentication key.
GBCS_KEY = Secret(bytes.fromhex("e7443848df23f02af16f4e12249fb14d"))
GBCS_TITLE = bytes.fromhex("90b3d51f30010000")
GBCS_BODY = bytes.fromhex(
    "1100000000df090100000000000003ec0890b3d51f300100000800db1234567890a1000200a35d01090200070000"
    "2609000400000000804a371c01000000ffffffff1000000300d20350c1570000ff010000e80300010700002a0901"
    "0500000000804a371cfeffffff01000000000100008025000001d827000002fe29000003f82a0000400fdcbac4ab"
    "66c9c8f5de17a086cb152ccbe2145ece6925c3042e0cd33fac3a59a5b28e23e96362f465c72bbc65396450080c6e"
    "bfde59fcd60aa88b61e3e8ee542eba045d867bcb8c2a70aa0a"
)
GBCS_HEADER = bytes(5)


def test_a_header_is_vouched_for_with_its_lengths() -> None:
    cipher = BodyCipher(GBCS_KEY, None)
    plain = GBCS_BODY[5:-12]
    assert cipher.decipher(GBCS_BODY, GBCS_TITLE, GBCS_HEADER) == plain
    control = SecurityControl(suite=1, authenticated=True)
    assert cipher.encipher(control, GBCS_TITLE, 0, plain, GBCS_HEADER) == GBCS_BODY


@pytest.mark.parametrize("octet", [0x10, 0x30])
@pytest.mark.parametrize("bit", [bit for bit in range(8 * 30) if bit != CLAIM])
def test_no_bit_can_be_changed(octet: int, bit: int) -> None:
    forged = bytearray.fromhex(BODIES[octet])
    forged[bit // 8] ^= 1 << bit % 8
    with pytest.raises(TagError):
        CIPHER.decipher(bytes(forged), TITLE)


@pytest.mark.parametrize("octet", [0x10, 0x30])
def test_all_that_the_tag_vouches_for_must_be_the_same(octet: int) -> None:
    control = SecurityControl.from_octet(octet)
    body = CIPHER.encipher(control, TITLE, 7, GET, b"header")
    assert CIPHER.decipher(body, TITLE, b"header") == GET
    for cipher, title, header in [
        (CIPHER, TITLE, b"Header"),
        (CIPHER, TITLE[::-1], b"header"),
        (BodyCipher(EK, EK), TITLE, b"header"),
        (BodyCipher(EK, None), TITLE, b"header"),
        (BodyCipher(AK, AK), TITLE, b"header"),
        (BodyCipher(AK, EK), TITLE, b"header"),
    ]:
        with pytest.raises(TagError):
            cipher.decipher(body, title, header)


@pytest.mark.parametrize("octet", [0x10, 0x30])
@pytest.mark.parametrize("size", range(30))
def test_what_is_cut_short_is_refused(octet: int, size: int) -> None:
    with pytest.raises(TagError if size >= 17 else DecodeError):
        CIPHER.decipher(bytes.fromhex(BODIES[octet])[:size], TITLE)


@pytest.mark.parametrize("size", range(5))
@pytest.mark.parametrize("read", [control_of, counter_of, read_prefix])
def test_no_prefix_no_reading_of_it(size: int, read: Callable[[bytes], object]) -> None:
    with pytest.raises(DecodeError, match=f"{size} octets"):
        read(bytes(size))


@pytest.mark.parametrize("size", [0, 6, 7, 9])
def test_a_system_title_has_8_octets(size: int) -> None:
    control = SecurityControl.from_octet(0x30)
    with pytest.raises(SystemTitleError, match="server_system_title"):
        CIPHER.encipher(control, bytes(size), 1, GET)
    with pytest.raises(SystemTitleError, match=f"not {size}"):
        CIPHER.decipher(bytes.fromhex(BODIES[0x30]), bytes(size))


@pytest.mark.parametrize("counter", [-1, 0xFFFFFFFF, 1 << 32])
def test_there_are_counters_that_are_never_used(counter: int) -> None:
    with pytest.raises(CountersSpentError):
        CIPHER.encipher(SecurityControl.from_octet(0x30), TITLE, counter, GET)


@given(
    octet=st.integers(0, 0xFF),
    counter=st.integers(0, 0xFFFFFFFE),
    apdu=st.binary(max_size=60),
    header=st.binary(max_size=20),
)
def test_what_is_enciphered_comes_back(
    octet: int, counter: int, apdu: bytes, header: bytes
) -> None:
    control = SecurityControl.from_octet(octet)
    body = CIPHER.encipher(control, TITLE, counter, apdu, header)
    assert read_prefix(body) == (control, counter)
    assert CIPHER.decipher(body, TITLE, header) == apdu


@given(st.binary(max_size=60))
def test_any_octets_give_an_apdu_or_a_typed_error(body: bytes) -> None:
    try:
        CIPHER.decipher(body, TITLE)
    except ProtocolError:
        return
    assert not body[0] & 0x10  # a tag does not come about by chance
