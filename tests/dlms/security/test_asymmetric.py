import pytest

from dcud.dlms.security.agreed_keys import KeyPairAgreement
from dcud.dlms.security.asymmetric import AgreedKeys, Signing
from dcud.dlms.security.signature import KeyPairSigning


@pytest.mark.parametrize(
    ("asked", "given"), [(AgreedKeys, KeyPairAgreement), (Signing, KeyPairSigning)]
)
def test_key_pairs_do_all_that_is_asked_of_them(asked: type, given: type) -> None:
    names = {name for name in vars(asked) if not name.startswith("_")}
    assert names
    assert names <= vars(given).keys()
