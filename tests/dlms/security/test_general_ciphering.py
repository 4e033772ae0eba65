import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import DecodeError
from dcud.dlms.secret import Secret
from dcud.dlms.security.cipher import BodyCipher, read_prefix
from dcud.dlms.security.control import SecurityControl
from dcud.dlms.security.general_ciphering import GeneralCiphering
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.key_info import AgreedKey, IdentifiedKey, KeyInfo, WrappedKey

# GBCS RTDS 4.5.0 test set in SmartDCCInnovation/gbcs-parser: commands authenticated alone under a
# key agreed upon, every field of the header empty, no key-info, no authentication key.
GBCS = [
    (  # GCS01a_1.1.1_CANCELLATION_BLOCK_SUCCESS_COMMAND
        "e723cac6c73b56573c687369b17597cf",
        "90b3d51f30010000",
        (
            "dd00000000000082018e1100000000df090100000000000003ee0890b3d51f300100000800db1234567890a1"
            "0002006b820118010908000707001909000000000000804a371c804a371cfeffffff00000001010100070700"
            "1709010100000000804a371c804a371c0101000100000000000707001709020200000000804a371c804a371c"
            "0101010101010101000707001609030300000000804a371c804a371c0001ff0314ff01000707001709040400"
            "000000804a371c804a371cfeffffff00000001000700002609050400000000804a371c01000000ffffffff10"
            "000003003a03500ad60000ff010000e80300000700002909060600000000804a371cfeffffff010000000001"
            "010340420f00000080841e000000c0c62d000000010700002a09070500000000804a371cfeffffff01000000"
            "000100008025000001d827000002fe29000003f82a000040492129eb45b78a02ace47fa37cc794874a62c597"
            "f9e075ebd864577b773149509b9b6306595f645572987807458b3912fbed1842cc08d0e33117f4a843eabe1a"
            "322621cb339023579a3e173c"
        ),
    ),
    (  # GCS01a_1.1.1_FUTURE_DATED_BLOCK_SUCCESS_COMMAND
        "4bd24d9f13dffd3fa23b7e74da31e725",
        "90b3d51f30010000",
        (
            "dd00000000000082018e1100000000df090100000000000003ed0890b3d51f300100000800db1234567890a1"
            "0002006b820118010908000707001909000000000000804a371c804a371c9088813800000001010100070700"
            "1709010100000000804a371c804a371c0101000100000000000707001709020200000000804a371c804a371c"
            "0101010101010101000707001609030300000000804a371c804a371c0001ff0314ff01000707001709040400"
            "000000804a371c804a371c9088813800000001000700002609050400000000804a371c010000009088813810"
            "000003003a03500ad60000ff010000e80300000700002909060600000000804a371c90888138010000000001"
            "010340420f00000080841e000000c0c62d000000010700002a09070500000000804a371c9088813801000000"
            "000100008025000001d827000002fe29000003f82a000040482d6718e6c52ae255666968ebc10f074d77d092"
            "51fd650e5bf6ff44ff52f74a13f8afb4189a043a44707a888a8cf4e82a257ea5b05da4fb701553937d9ff8f7"
            "709cdc7d589685aae7a28091"
        ),
    ),
    (  # GCS01b_1.2.1_CANCELLATION_BLOCK_SUCCESS_COMMAND
        "e7443848df23f02af16f4e12249fb14d",
        "90b3d51f30010000",
        (
            "dd00000000000081d11100000000df090100000000000003ec0890b3d51f300100000800db1234567890a100"
            "0200a35d010902000700002609000400000000804a371c01000000ffffffff1000000300d20350c1570000ff"
            "010000e80300010700002a09010500000000804a371cfeffffff01000000000100008025000001d827000002"
            "fe29000003f82a0000400fdcbac4ab66c9c8f5de17a086cb152ccbe2145ece6925c3042e0cd33fac3a59a5b2"
            "8e23e96362f465c72bbc65396450080c6ebfde59fcd60aa88b61e3e8ee542eba045d867bcb8c2a70aa0a"
        ),
    ),
]


@pytest.mark.parametrize(("key", "title", "octets"), GBCS)
def test_real_commands_in_both_directions(key: str, title: str, octets: str) -> None:
    apdu = GeneralCiphering.decode(bytes.fromhex(octets))
    assert apdu.header == GeneralHeader()
    assert apdu.key_info is None
    cipher = BodyCipher(Secret(bytes.fromhex(key)), None)
    header = apdu.header.authenticated_octets
    plain = cipher.decipher(apdu.body, bytes.fromhex(title), header)
    assert plain[0] == 0xDF
    control = SecurityControl(suite=1, authenticated=True)
    assert read_prefix(apdu.body) == (control, 0)
    body = cipher.encipher(control, bytes.fromhex(title), 0, plain, header)
    built = GeneralCiphering(header=GeneralHeader(), key_info=None, body=body)
    assert built.encode().hex() == octets


def test_all_fields() -> None:
    apdu = GeneralCiphering(
        header=GeneralHeader(
            transaction_id=b"\x01\x02",
            originator_system_title=b"CLI00001",
            recipient_system_title=b"MTR00001",
            date_time=b"",
            other_information=b"",
        ),
        key_info=IdentifiedKey(0),
        body=bytes.fromhex("3000000001aabb"),
    )
    octets = bytes.fromhex(
        "dd 02 0102 08 434c493030303031 08 4d54523030303031 00 00 01 00 00 07 3000000001aabb"
    )
    assert apdu.encode() == octets
    assert GeneralCiphering.decode(octets) == apdu


KEY_INFOS: st.SearchStrategy[KeyInfo | None] = st.one_of(
    st.none(),
    st.builds(IdentifiedKey, st.integers(0, 0xFF)),
    st.builds(WrappedKey, st.integers(0, 0xFF), st.binary(max_size=40)),
    st.builds(AgreedKey, st.binary(max_size=2), st.binary(max_size=130)),
)


@given(
    header=st.builds(
        GeneralHeader,
        transaction_id=st.binary(max_size=10),
        originator_system_title=st.binary(max_size=10),
        recipient_system_title=st.binary(max_size=10),
        date_time=st.binary(max_size=12),
        other_information=st.binary(max_size=200),
    ),
    key_info=KEY_INFOS,
    body=st.binary(max_size=300),
)
def test_what_is_encoded_comes_back(
    header: GeneralHeader, key_info: KeyInfo | None, body: bytes
) -> None:
    apdu = GeneralCiphering(header=header, key_info=key_info, body=body)
    decoded = GeneralCiphering.decode(apdu.encode())
    assert decoded == apdu
    assert decoded.encode() == apdu.encode()


@given(st.sampled_from(["", "dd", "dd0000000000"]), st.binary(max_size=60))
def test_any_octets_give_an_apdu_or_a_typed_error(begin: str, octets: bytes) -> None:
    with contextlib.suppress(DecodeError):
        GeneralCiphering.decode(bytes.fromhex(begin) + octets)


def test_another_tag_is_named() -> None:
    with pytest.raises(DecodeError, match="tag DB"):
        GeneralCiphering.decode(bytes.fromhex("db0000"))
