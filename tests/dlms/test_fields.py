import pytest

from dcud.dlms.errors import EncodeError
from dcud.dlms.fields import check_field


@pytest.mark.parametrize("value", [None, -3, 0, 7])
def test_what_fits_passes(value: int | None) -> None:
    check_field("x", value, -3, 7)


@pytest.mark.parametrize("value", [-4, 8])
def test_what_does_not_fit_is_named(value: int) -> None:
    with pytest.raises(EncodeError, match=rf"class-id is {value}, but -3\.\.7 can be encoded"):
        check_field("class-id", value, -3, 7)
