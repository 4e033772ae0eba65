import pytest

from dcud.dlms import llc


@pytest.mark.parametrize(
    ("octets", "apdu"),
    [
        ("e6e7006129a109", "6129a109"),
        ("e6e6006129a109", "6129a109"),
        ("e6ff000f000026eb", "0f000026eb"),
        ("6129a109", "6129a109"),
        ("e6e7", "e6e7"),
        ("", ""),
    ],
)
def test_strip(octets: str, apdu: str) -> None:
    assert llc.strip(bytes.fromhex(octets)).hex() == apdu


def test_added_octets_are_stripped_again() -> None:
    assert llc.add_command(b"\xc0\x01").hex() == "e6e600c001"
    assert llc.add_response(b"\xc4\x01").hex() == "e6e700c401"
    assert llc.strip(llc.add_command(b"\xe6\xe6\x00")) == b"\xe6\xe6\x00"
