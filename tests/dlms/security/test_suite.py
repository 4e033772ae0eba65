import pytest

from dcud.dlms.security.suite import SecuritySuite


@pytest.mark.parametrize(
    ("number", "key_size", "coordinate_size", "compresses"),
    [(0, 16, 0, False), (1, 16, 32, True), (2, 32, 48, True)],
)
def test_what_goes_together(
    number: int,
    key_size: int,
    coordinate_size: int,
    compresses: bool,  # noqa: FBT001  # a table
) -> None:
    suite = SecuritySuite(number)
    assert suite.key_size == key_size
    assert suite.coordinate_size == coordinate_size
    assert suite.compresses is compresses
