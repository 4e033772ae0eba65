import pytest

from dcud.dlms.errors import KeyMissingError
from dcud.dlms.secret import Secret
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.suite import SecuritySuite

KEY = Secret(b"ABCDEFGHIJKLMNOP")


def test_a_key_that_is_there_is_found_by_its_name() -> None:
    keys = KeySet(suite=SecuritySuite.SUITE_0, unicast=KEY)
    assert keys.demand("unicast") is KEY


@pytest.mark.parametrize("name", ["unicast", "authentication", "broadcast", "master"])
def test_a_key_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(KeyMissingError, match=f"no {name} key is known; add {name}_key"):
        KeySet(suite=SecuritySuite.SUITE_0).demand(name)


@pytest.mark.parametrize(
    ("suite", "size"),
    [
        (SecuritySuite.SUITE_0, 15),
        (SecuritySuite.SUITE_0, 32),
        (SecuritySuite.SUITE_1, 0),
        (SecuritySuite.SUITE_2, 16),
    ],
)
def test_a_key_of_another_length_is_refused_without_a_look_at_it(
    suite: SecuritySuite, size: int
) -> None:
    with pytest.raises(KeyMissingError, match=f"the master key has {size} octets") as caught:
        KeySet(suite=suite, master=Secret(b"Q" * size))
    assert "QQ" not in str(caught.value)


def test_keys_show_in_no_text() -> None:
    shown = repr(KeySet(suite=SecuritySuite.SUITE_0, unicast=KEY, master=KEY))
    assert "ABC" not in shown
    assert KEY.octets.hex() not in shown.lower()
