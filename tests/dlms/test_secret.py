import copy
import hmac
import logging
import pickle
import traceback
from dataclasses import asdict

import pytest

from dcud.dlms.authentication import LowLevelSecurity
from dcud.dlms.secret import Secret

PASSWORD = b"ABCDEFGH"


def test_a_secret_shows_in_no_text(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(PASSWORD)
    logging.getLogger("test").warning("%s %r %s", secret, secret, LowLevelSecurity(secret))
    shown = f"{secret} {secret!r} {LowLevelSecurity(secret)!r} {caplog.text}"
    assert "ABCDEFGH" not in shown
    assert PASSWORD.hex() not in shown.lower()


def test_a_traceback_does_not_show_it() -> None:
    shown = "".join(traceback.format_exception(ValueError(Secret(PASSWORD))))
    assert "Secret" in shown
    assert "ABCDEFGH" not in shown


def test_its_octets_are_the_one_way_to_it() -> None:
    assert Secret(PASSWORD).octets == PASSWORD
    assert Secret(PASSWORD) == Secret(PASSWORD)


def test_it_never_changes() -> None:
    secret = Secret(PASSWORD)
    for name in ("octets", "_octets", "other"):
        with pytest.raises(AttributeError, match=f"never changes, nor does its {name}"):
            setattr(secret, name, b"")
        with pytest.raises(AttributeError, match=f"never changes, nor does its {name}"):
            delattr(secret, name)
    assert secret.octets == PASSWORD


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="a secret can't be pickled") as caught:
        pickle.dumps([Secret(PASSWORD)], protocol)
    assert "ABCDEFGH" not in str(caught.value)


def test_a_copy_is_the_secret_itself() -> None:
    secret = Secret(PASSWORD)
    assert copy.copy(secret) is secret
    assert copy.deepcopy(secret) is secret


def test_what_holds_it_is_taken_apart_without_it() -> None:
    assert asdict(LowLevelSecurity(Secret(PASSWORD))) == {"password": Secret(PASSWORD)}


def test_it_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def watched(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(hmac, "compare_digest", watched)
    assert Secret(PASSWORD) != Secret(b"ABCDEFGX")
    assert compared == [(PASSWORD, b"ABCDEFGX")]


def test_it_equals_no_octets() -> None:
    assert Secret(PASSWORD) != PASSWORD
    assert Secret(PASSWORD) != Secret(PASSWORD[:-1])


def test_equal_secrets_are_one_in_a_set() -> None:
    assert {Secret(PASSWORD), Secret(PASSWORD)} == {Secret(PASSWORD)}
    assert hash(Secret(PASSWORD)) != hash(PASSWORD)


def test_it_gives_no_octets_nor_numbers() -> None:
    with pytest.raises(TypeError):
        bytes(Secret(PASSWORD))  # type: ignore[call-overload]  # what must not work
    with pytest.raises(TypeError):
        iter(Secret(PASSWORD))  # type: ignore[call-overload]  # likewise
    assert not hasattr(Secret(PASSWORD), "__dict__")
