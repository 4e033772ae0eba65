import logging
import traceback
from dataclasses import FrozenInstanceError

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
    with pytest.raises(FrozenInstanceError):
        Secret(PASSWORD).octets = b""  # type: ignore[misc]  # what must not work
