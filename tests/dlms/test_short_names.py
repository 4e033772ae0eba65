from dcud.dlms.errors import ProtocolError
from dcud.dlms.short_names import OBJECT_LIST, REPLY_TO_HLS_AUTHENTICATION, UnknownNameError


def test_what_everybody_knows() -> None:
    assert OBJECT_LIST == 0xFA08
    assert str(REPLY_TO_HLS_AUTHENTICATION) == "12/0.0.40.0.0.255/8"


def test_what_is_not_known_is_not_tried_again() -> None:
    error = UnknownNameError("x")
    assert isinstance(error, ProtocolError)
    assert not error.retryable
    assert error.code == "unknown_name"
