import pytest

from dcud.dlms.errors import KeyMissingError
from dcud.dlms.secret import Secret
from dcud.dlms.security.channel import Counters
from dcud.dlms.security.counters import FreshCounter, ReceivedCounter
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.parameters import Guard
from dcud.dlms.security.policy import SecurityPolicy
from dcud.dlms.security.server_setup import ServerSecuritySetup
from dcud.dlms.security.suite import SecuritySuite
from tests.support.protected_apdus import METER, UNICAST, keys

NEW = Secret(bytes(range(0x60, 0x70)))


def setup(known: KeySet | None = None) -> ServerSecuritySetup:
    return ServerSecuritySetup(
        system_title=METER,
        keys=known or keys(),
        policy=SecurityPolicy(requests=Guard(), answers=Guard()),
        unicast=Counters(FreshCounter(7), ReceivedCounter(9)),
        broadcast=Counters(FreshCounter(5), ReceivedCounter(3)),
    )


def test_one_channel_for_each_key() -> None:
    held = setup()
    assert held.suite is SecuritySuite.SUITE_0
    assert held.channel() is held.channel()
    assert held.channel() is not held.channel(broadcast=True)


def test_a_key_that_is_not_there() -> None:
    with pytest.raises(KeyMissingError):
        setup(KeySet(suite=SecuritySuite.SUITE_0, unicast=UNICAST)).channel(broadcast=True)


@pytest.mark.parametrize(
    ("changed", "unicast", "broadcast"),
    [
        ({"unicast": NEW}, 0, 3),
        ({"broadcast": NEW}, 9, 0),
        ({"authentication": NEW}, 9, 3),
        ({"unicast": UNICAST}, 9, 3),
        ({"unicast": NEW, "broadcast": NEW, "master": NEW}, 0, 0),
    ],
)
def test_new_keys_have_new_counters(
    changed: dict[str, Secret], unicast: int, broadcast: int
) -> None:
    held = setup()
    before = held.channel()
    held.replace_keys(changed)
    assert (held.unicast.theirs.floor, held.broadcast.theirs.floor) == (unicast, broadcast)
    assert all(held.keys.demand(name) == key for name, key in changed.items())
    assert held.channel() is not before


def test_what_can_be_no_key_changes_nothing() -> None:
    held = setup()
    with pytest.raises(KeyMissingError):
        held.replace_keys({"unicast": NEW, "master": Secret(bytes(32))})
    assert held.keys == keys()
    assert held.unicast.theirs.floor == 9
