import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.line.telnet import Negotiated, Verb
from dcud.line.telnet_options import BINARY, TRANSITIONS, OptionNegotiation, Standing

WANTED = 44


def negotiation() -> OptionNegotiation:
    return OptionNegotiation(ours=(WANTED, BINARY), theirs=(BINARY,))


def test_the_table_is_total() -> None:
    assert set(TRANSITIONS) == set(itertools.product(Standing, (False, True)))


def test_all_that_is_wanted_is_asked_for_once() -> None:
    assert negotiation().start() == bytes.fromhex("fffb2c fffb00 fffd00")


def test_consent_is_not_answered() -> None:
    options = negotiation()
    assert options.standing(WANTED) is Standing.ASKED
    assert options.receive(Negotiated(Verb.DO, WANTED)) == b""
    assert options.receive(Negotiated(Verb.DO, WANTED)) == b""
    assert options.standing(WANTED) is Standing.AGREED


def test_an_option_of_both_ends_is_agreed_when_both_are() -> None:
    options = negotiation()
    options.receive(Negotiated(Verb.DO, BINARY))
    assert options.standing(BINARY) is Standing.ASKED
    options.receive(Negotiated(Verb.WILL, BINARY))
    assert options.standing(BINARY) is Standing.AGREED
    assert options.receive(Negotiated(Verb.WONT, BINARY)) == bytes.fromhex("fffe00")
    assert options.standing(BINARY) is Standing.REFUSED


def test_a_refusal_can_be_taken_back() -> None:
    options = negotiation()
    assert options.receive(Negotiated(Verb.DONT, WANTED)) == b""
    assert options.standing(WANTED) is Standing.REFUSED
    assert options.receive(Negotiated(Verb.DONT, WANTED)) == b""
    assert options.receive(Negotiated(Verb.DO, WANTED)) == bytes.fromhex("fffb2c")
    assert options.standing(WANTED) is Standing.AGREED


@pytest.mark.parametrize(
    ("verb", "answer"),
    [(Verb.WILL, "fffe01"), (Verb.DO, "fffc01"), (Verb.WONT, ""), (Verb.DONT, "")],
)
def test_what_nobody_wants_is_refused(verb: Verb, answer: str) -> None:
    assert negotiation().receive(Negotiated(verb, 1)) == bytes.fromhex(answer)


@given(st.lists(st.builds(Negotiated, st.sampled_from(Verb), st.integers(0, 255))))
def test_two_of_us_never_talk_for_ever(noise: list[Negotiated]) -> None:
    ends = negotiation(), OptionNegotiation(ours=(BINARY,), theirs=(WANTED, BINARY))
    for said in noise:
        ends[0].receive(said)
    under_way = [(0, ends[1].start()), (1, ends[0].start())]
    for _ in range(20):
        if not under_way:
            return
        to, octets = under_way.pop(0)
        for place in range(0, len(octets), 3):
            said = Negotiated(Verb(octets[place + 1]), octets[place + 2])
            if answer := ends[to].receive(said):
                under_way.append((1 - to, answer))
    raise AssertionError(under_way)
