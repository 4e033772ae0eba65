import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.prime.messages import (
    DeleteDevice,
    DisableAutoClose,
    EnableAutoClose,
    Message,
    NewDevice,
    RemoveDevice,
    StartReporting,
    UnknownMessage,
    decode_message,
)

# kinds and layout as a base node's program and a client's have them; names invented
KNOWN: dict[str, Message] = {
    "01 0005 0001 0D 5A495630303030303030303031 0080E1000005": NewDevice(
        device_id=5,
        capabilities=1,
        identifier=b"ZIV0000000001",
        eui48=bytes.fromhex("0080E1000005"),
    ),
    "02 0005": RemoveDevice(device_id=5),
    "03": StartReporting(),
    "04 0005": DeleteDevice(device_id=5),
    "05 0005": EnableAutoClose(device_id=5),
    "06 FFFF": DisableAutoClose(device_id=0xFFFF),
    "07 01": UnknownMessage(octets=b"\x07\x01"),
}


@pytest.mark.parametrize("octets", KNOWN)
def test_known_messages(octets: str) -> None:
    encoded = bytes.fromhex(octets.replace(" ", ""))
    assert decode_message(encoded) == KNOWN[octets]
    assert KNOWN[octets].encode() == encoded


IDS = st.integers(0, 0xFFFF)
MESSAGES: st.SearchStrategy[Message] = st.one_of(
    st.builds(
        NewDevice,
        device_id=IDS,
        capabilities=IDS,
        identifier=st.binary(max_size=20),
        eui48=st.binary(min_size=6, max_size=6),
    ),
    *(
        st.builds(kind, device_id=IDS)
        for kind in (RemoveDevice, DeleteDevice, EnableAutoClose, DisableAutoClose)
    ),
    st.builds(StartReporting),
)


@given(MESSAGES)
def test_what_is_encoded_is_decoded(message: Message) -> None:
    assert decode_message(message.encode()) == message


@given(st.integers(0, 8), st.binary(max_size=30))
def test_any_octets_are_a_message_or_an_error(kind: int, body: bytes) -> None:
    octets = bytes((kind,)) + body
    try:
        message = decode_message(octets)
    except DecodeError:
        return
    assert message.encode() == octets


@pytest.mark.parametrize("octets", ["", "0100", "020005FF", "0301", "04"])
def test_what_is_none(octets: str) -> None:
    with pytest.raises(DecodeError):
        decode_message(bytes.fromhex(octets))


def test_what_does_not_fit() -> None:
    with pytest.raises(EncodeError, match="EUI-48"):
        NewDevice(device_id=1, capabilities=0, identifier=b"", eui48=b"")
    with pytest.raises(EncodeError, match="identifier"):
        NewDevice(device_id=1, capabilities=0, identifier=bytes(256), eui48=bytes(6))
    with pytest.raises(EncodeError, match="device id"):
        RemoveDevice(device_id=0x10000)
