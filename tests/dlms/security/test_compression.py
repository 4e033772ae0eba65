import sys
from types import ModuleType

import pytest

from dcud.dlms.security.compression import compressed, expanded


@pytest.fixture(autouse=True)
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the leaving out of every second octet for compression."""
    module = ModuleType("dcud.dlms.v44")
    monkeypatch.setattr(module, "compress", lambda octets: octets[::2] or b"??", raising=False)
    monkeypatch.setattr(
        module,
        "expand",
        lambda octets, limit: b"".join(bytes((octet, 0)) for octet in octets)[:limit],
        raising=False,
    )
    monkeypatch.setitem(sys.modules, "dcud.dlms.v44", module)


def test_what_gets_shorter_is_compressed() -> None:
    assert compressed(b"abcd") == b"ac"


@pytest.mark.parametrize("apdu", [b"", b"a"])
def test_what_does_not_is_left_alone(apdu: bytes) -> None:
    assert compressed(apdu) is None


def test_what_is_expanded_stays_within_its_limit() -> None:
    assert expanded(b"ac", 10) == b"a\0c\0"
    assert expanded(b"ac", 3) == b"a\0c"
