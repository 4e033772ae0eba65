import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.hdlc.address import (
    INCOMPLETE,
    INVALID,
    ReservedClient,
    ReservedLogical,
    ReservedPhysical,
    ServerAddress,
    address_end,
    client_octets,
    client_sap_from_octets,
)


@pytest.mark.parametrize(
    ("address", "octets"),
    [
        (ServerAddress(1), "03"),
        (ServerAddress(1, 17), "0223"),  # u9n/dlms-cosem and jDLMS tests
        (ServerAddress(1, 17, 4), "00020023"),  # u9n/dlms-cosem and jDLMS tests
        (ServerAddress(145, 1), "02220003"),
        (ServerAddress(1, 0x3FFF), "0002feff"),
        (ServerAddress(17, 5481), "002254d3"),  # jDLMS tests: a Landis+Gyr E650
        (ServerAddress(1, None, 2), "0201"),
        (ServerAddress(200), "02900001"),
    ],
)
def test_known_server_addresses(address: ServerAddress, octets: str) -> None:
    assert address.octets.hex() == octets
    assert len(address.octets) == address.octet_count
    decoded = ServerAddress.from_octets(bytes.fromhex(octets))
    assert (decoded.logical, decoded.lower) == (address.logical, address.lower)


@pytest.mark.parametrize(
    ("logical", "physical", "size"),
    [
        (1, 17, 1),
        (1, 17, 3),
        (1, 17, 8),
        (128, None, 1),
        (128, 1, 2),
        (1, 128, 2),
        (0x4000, 1, None),
        (1, 0x4000, None),
        (-1, None, None),
        (1, -1, None),
    ],
)
def test_what_cannot_be_sent_is_refused(logical: int, physical: int, size: int) -> None:
    with pytest.raises(EncodeError):
        ServerAddress(logical, physical, size)


@given(st.data(), st.sampled_from([2, 4]))
def test_server_addresses_survive_the_line(data: st.DataObject, size: int) -> None:
    limit = 0x7F if size == 2 else 0x3FFF
    part = st.integers(0, limit)
    address = ServerAddress(data.draw(part), data.draw(part), size)
    assert ServerAddress.from_octets(address.octets) == address


@given(st.binary(max_size=6))
def test_any_octets_are_an_address_or_a_typed_error(octets: bytes) -> None:
    try:
        address = ServerAddress.from_octets(octets)
    except DecodeError:
        return
    assert address.octets == octets


@pytest.mark.parametrize("octets", ["", "02", "020203", "00020022", "0303", "000200020003"])
def test_lengths_that_do_not_exist(octets: str) -> None:
    with pytest.raises(DecodeError):
        ServerAddress.from_octets(bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("octets", "end"),
    [
        ("", INCOMPLETE),
        ("02", INCOMPLETE),
        ("0202", INCOMPLETE),
        ("020202", INCOMPLETE),
        ("03", 1),
        ("0203", 2),
        ("020203", INVALID),
        ("02020203", 4),
        ("02020202", INVALID),
    ],
)
def test_where_an_address_ends(octets: str, end: int) -> None:
    assert address_end(bytes.fromhex(octets), 0) == end
    if end == INCOMPLETE:
        assert address_end(bytes.fromhex("ff" + octets), 1) == INCOMPLETE


@pytest.mark.parametrize(
    ("sap", "octet"), [(1, "03"), (16, "21"), (32, "41"), (48, "61"), (100, "c9"), (102, "cd")]
)
def test_known_client_addresses(sap: int, octet: str) -> None:
    assert client_octets(ClientSap(sap)).hex() == octet
    assert client_sap_from_octets(bytes.fromhex(octet)) == sap


@pytest.mark.parametrize("sap", [-1, 128])
def test_client_saps_have_seven_bits(sap: int) -> None:
    with pytest.raises(EncodeError):
        client_octets(ClientSap(sap))


@pytest.mark.parametrize("octets", ["", "02", "0203"])
def test_clients_have_one_octet(octets: str) -> None:
    with pytest.raises(DecodeError):
        client_sap_from_octets(bytes.fromhex(octets))


def test_addresses_read_well() -> None:
    assert str(ServerAddress(1)) == "1 (1 octet)"
    assert str(ServerAddress(1, 17, 4)) == "1/17 (4 octets)"


def test_reserved_addresses() -> None:
    assert ServerAddress(1, ReservedPhysical.ALL_STATION).octets.hex() == "02ff"
    assert client_octets(ClientSap(ReservedClient.ALL_STATION)).hex() == "ff"
    wide = ServerAddress(
        ReservedLogical.ALL_STATION_WIDE, ReservedPhysical.CALLING_PHYSICAL_DEVICE_WIDE
    )
    assert wide.octets.hex() == "fefefefd"
