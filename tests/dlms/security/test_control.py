import pytest

from dcud.dlms.security.control import SecurityControl

# [IEC 62056-5-3: security control byte]
KNOWN = [
    (0x00, SecurityControl(suite=0)),
    (0x11, SecurityControl(suite=1, authenticated=True)),
    (0x20, SecurityControl(suite=0, encrypted=True)),
    (0x32, SecurityControl(suite=2, authenticated=True, encrypted=True)),
    (0x70, SecurityControl(suite=0, authenticated=True, encrypted=True, broadcast=True)),
    (0xB1, SecurityControl(suite=1, authenticated=True, encrypted=True, compressed=True)),
]


@pytest.mark.parametrize(("octet", "control"), KNOWN)
def test_each_bit_has_its_meaning(octet: int, control: SecurityControl) -> None:
    assert control.octet == octet
    assert SecurityControl.from_octet(octet) == control


@pytest.mark.parametrize("octet", range(256))
def test_every_octet_can_be_one(octet: int) -> None:
    assert SecurityControl.from_octet(octet).octet == octet
