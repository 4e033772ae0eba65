import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.classes import interface_class
from dcud.cosem.likely_classes import likely_classes
from dcud.dlms.obis import Obis


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1.0.1.8.0.255", (3, 1, 4, 5, 8)),
        ("7.0.3.0.0.255", (3, 1, 4, 5, 8)),
        ("0.0.96.1.0.255", (1, 3, 4, 8, 5)),
        ("0.0.1.0.0.255", (8, 1, 3)),
        ("1.0.99.1.0.255", (7,)),
        ("0.0.98.1.0.255", (7,)),
        ("1.0.98.10.0.255", (61,)),
        ("0.0.96.3.10.255", (70,)),
        ("0.0.96.3.20.255", (68,)),
        ("0.0.96.3.29.255", (68,)),
        ("0.0.96.3.1.255", (1, 63, 3)),
        ("0.1.24.1.0.255", (72,)),
        ("0.1.24.2.1.255", (4, 3, 1)),
        ("0.0.25.0.0.255", (41,)),
        ("0.0.25.7.0.255", (48,)),
        ("0.0.25.9.0.255", (40,)),
        ("0.0.26.6.0.255", (56,)),
        ("0.0.28.6.0.255", (43,)),
        ("0.0.19.20.1.255", (113,)),
        ("0.0.40.0.0.255", (15, 12)),
        ("0.0.65.63.1.255", (26,)),
    ],
)
def test_a_code_makes_classes_likely(code: str, expected: tuple[int, ...]) -> None:
    assert likely_classes(Obis.parse(code)) == expected


@given(st.binary(min_size=6, max_size=6))
def test_any_code_makes_some_known_class_likely(octets: bytes) -> None:
    found = likely_classes(Obis(octets))
    assert found
    assert all(interface_class(class_id) for class_id in found)
