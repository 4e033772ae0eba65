import pytest

from dcud.dlms.errors import (
    CountersSpentError,
    DecodeError,
    ReplayError,
    SystemTitleError,
    TagError,
)
from dcud.dlms.security.channel import Channel, Counters
from dcud.dlms.security.control import SecurityControl
from dcud.dlms.security.counters import GrantedCounters, ReceivedCounter
from tests.support.protected_apdus import AUTHENTICATION, CLIENT, GET, METER, UNICAST, Protected

BOTH = SecurityControl(suite=0, authenticated=True, encrypted=True)


def channel(theirs: ReceivedCounter | None = None) -> Channel:
    granted = GrantedCounters()
    granted.grant(5, 2)
    return Channel(UNICAST, AUTHENTICATION, Counters(granted, theirs or ReceivedCounter()))


def test_each_body_takes_a_counter_of_its_own() -> None:
    ours = channel()
    bodies = [ours.encipher(BOTH, CLIENT, GET, b"header") for _ in range(2)]
    assert bodies == [Protected(title=CLIENT, counter=n).body(GET, b"header") for n in (5, 6)]
    with pytest.raises(CountersSpentError):
        ours.encipher(BOTH, CLIENT, GET)


def test_a_counter_that_a_tag_vouches_for_is_used_up() -> None:
    theirs = ReceivedCounter(3)
    body = Protected(counter=9).body(GET, b"header")
    assert channel(theirs).decipher(body, METER, b"header") == GET
    assert theirs.floor == 10
    with pytest.raises(ReplayError):
        channel(theirs).decipher(body, METER, b"header")


@pytest.mark.parametrize("octet", [0x30, 0x10, 0x00])
def test_what_a_tag_vouches_for_or_no_key_at_all_is_not_settled(octet: int) -> None:
    theirs = ReceivedCounter(3)
    channel(theirs).settle(Protected(counter=9, octet=octet).body(GET))
    assert theirs.floor == 3


def test_a_counter_without_a_tag_is_used_up_once_the_content_is_found_good() -> None:
    theirs = ReceivedCounter(3)
    body = Protected(counter=9, octet=0x20).body(GET)
    assert channel(theirs).decipher(body, METER) == GET
    assert theirs.floor == 3
    channel(theirs).settle(body)
    assert theirs.floor == 10


@pytest.mark.parametrize(
    ("body", "title", "error"),
    [
        (Protected(counter=2).body(GET), METER, ReplayError),
        (Protected(counter=9).body(GET)[:-1], METER, TagError),
        (Protected(counter=9).body(GET), CLIENT, TagError),
        (Protected(counter=9).body(GET), METER[:6], SystemTitleError),
        (bytes(4), METER, DecodeError),
    ],
)
def test_what_is_refused_uses_up_nothing(body: bytes, title: bytes, error: type[Exception]) -> None:
    theirs = ReceivedCounter(3)
    with pytest.raises(error):
        channel(theirs).decipher(body, title)
    assert theirs.floor == 3


def test_under_a_fresh_key_both_begin_anew() -> None:
    counters = Counters.fresh()
    assert counters.ours.next() == 0
    assert counters.theirs.floor == 0
