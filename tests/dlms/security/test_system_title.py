import pytest

from dcud.dlms.errors import SystemTitleError
from dcud.dlms.security.system_title import check_system_title


@pytest.mark.parametrize("title", [b"", b"MTR001", b"MTR0000001"])
def test_a_system_title_of_another_size_is_shown_and_refused(title: bytes) -> None:
    with pytest.raises(SystemTitleError, match=f"{title.hex() or 'empty'}.*fill a shorter one up"):
        check_system_title("somebody's", title)


def test_a_system_title_of_the_right_size_passes() -> None:
    check_system_title("the meter's", b"MTR00001")
