import ipaddress

import pytest

from dcud.line.pushes import address_of


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        (("192.0.2.7", 4059), "192.0.2.7"),
        (("::ffff:192.0.2.7", 4059, 0, 0), "192.0.2.7"),
        (("fe80::1%eth0", 4059, 0, 2), "fe80::1"),
        (("2001:db8::1", 4059, 0, 0), "2001:db8::1"),
    ],
)
def test_addresses_of_peers(peer: tuple[object, ...], address: str) -> None:
    assert address_of(peer) == ipaddress.ip_address(address)
