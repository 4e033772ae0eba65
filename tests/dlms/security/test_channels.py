from dataclasses import replace

import pytest

from dcud.dlms.errors import KeyMissingError, SecurityControlError
from dcud.dlms.secret import Secret
from dcud.dlms.security.channel import Counters
from dcud.dlms.security.channels import Channels
from dcud.dlms.security.control import SecurityControl
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.parameters import Guard, SecurityParameters
from dcud.dlms.security.suite import SecuritySuite
from tests.support.protected_apdus import (
    BROADCAST,
    CLIENT,
    DEDICATED,
    GET,
    UNICAST,
    Protected,
    keys,
)

BOTH = Guard(authenticated=True, encrypted=True)
ENCRYPTED = Guard(encrypted=True)
PARAMETERS = SecurityParameters(
    client_system_title=CLIENT, suite=SecuritySuite.SUITE_0, requests=BOTH, answers=BOTH
)
CONTROL = SecurityControl(suite=0, authenticated=True, encrypted=True)


def channels(
    parameters: SecurityParameters = PARAMETERS,
    known: KeySet | None = None,
    dedicated_key: Secret | None = None,
) -> Channels:
    return Channels(parameters, known or keys(), Counters.fresh(), dedicated_key)


@pytest.mark.parametrize(("broadcast", "key"), [(False, UNICAST), (True, BROADCAST)])
def test_the_global_key_is_the_unicast_or_the_broadcast_one(
    broadcast: bool,  # noqa: FBT001  # drawn
    key: Secret,
) -> None:
    made = channels(replace(PARAMETERS, broadcast=broadcast))
    body = made.under_global_key().encipher(CONTROL, CLIENT, GET)
    assert body == Protected(key=key, title=CLIENT, counter=0).body(GET)
    assert made.under_global_key() is made.under_global_key()


def test_the_dedicated_key_has_counters_of_its_own() -> None:
    made = channels(dedicated_key=DEDICATED)
    assert made.dedicated_key == DEDICATED
    made.under_global_key().encipher(CONTROL, CLIENT, GET)
    body = made.under_dedicated_key().encipher(CONTROL, CLIENT, GET)
    assert body == Protected(key=DEDICATED, title=CLIENT, counter=0).body(GET)
    assert made.under_dedicated_key() is made.under_dedicated_key()


def test_a_dedicated_key_that_is_not_there_has_no_place() -> None:
    with pytest.raises(SecurityControlError, match="has none"):
        channels().under_dedicated_key()


@pytest.mark.parametrize(("broadcast", "name"), [(False, "unicast"), (True, "broadcast")])
def test_a_missing_key_is_named(broadcast: bool, name: str) -> None:  # noqa: FBT001  # drawn
    parameters = replace(PARAMETERS, broadcast=broadcast)
    with pytest.raises(KeyMissingError, match=f"no {name} key"):
        channels(parameters, KeySet(suite=SecuritySuite.SUITE_0)).under_global_key()


@pytest.mark.parametrize(
    ("requests", "answers"), [(BOTH, ENCRYPTED), (ENCRYPTED, BOTH), (BOTH, BOTH)]
)
def test_a_tag_needs_the_authentication_key(requests: Guard, answers: Guard) -> None:
    parameters = replace(PARAMETERS, requests=requests, answers=answers)
    with pytest.raises(KeyMissingError, match="no authentication key"):
        channels(parameters, replace(keys(), authentication=None)).under_global_key()


def test_encryption_alone_does_without_the_authentication_key() -> None:
    parameters = replace(PARAMETERS, requests=ENCRYPTED, answers=ENCRYPTED)
    made = channels(parameters, replace(keys(), authentication=None), DEDICATED)
    control = SecurityControl(suite=0, encrypted=True)
    for channel, key in [
        (made.under_global_key(), UNICAST),
        (made.under_dedicated_key(), DEDICATED),
    ]:
        body = channel.encipher(control, CLIENT, GET)
        assert body == Protected(key=key, title=CLIENT, counter=0, octet=0x20).body(GET)
