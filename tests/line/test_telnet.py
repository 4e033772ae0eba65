import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dcud.line.telnet import (
    MAX_SUBNEGOTIATION,
    CommandReceived,
    Negotiated,
    Payload,
    Subnegotiated,
    TelnetDecoder,
    TelnetEvent,
    Unreadable,
    Verb,
    encode_subnegotiation,
    encode_verb,
    escape,
    looks_like_telnet,
)

# What ser2net 4.3.11 says at the start of a connection to a telnet(rfc2217) port.
GREETING = bytes.fromhex("fffb03 fffd03 fffb01 fffe01 fffd00 fffb00 fffd2c")


def joined(events: list[TelnetEvent]) -> list[TelnetEvent]:
    """Return the events with neighbouring data in one piece."""
    whole: list[TelnetEvent] = []
    for event in events:
        last = whole[-1] if whole else None
        if isinstance(event, Payload) and isinstance(last, Payload):
            whole[-1] = Payload(last.octets + event.octets)
        else:
            whole.append(event)
    return whole


def decoded(*chunks: bytes) -> list[TelnetEvent]:
    decoder = TelnetDecoder()
    return joined([event for chunk in chunks for event in decoder.feed(chunk)])


def test_a_known_greeting() -> None:
    assert decoded(GREETING) == [
        Negotiated(Verb.WILL, 3),
        Negotiated(Verb.DO, 3),
        Negotiated(Verb.WILL, 1),
        Negotiated(Verb.DONT, 1),
        Negotiated(Verb.DO, 0),
        Negotiated(Verb.WILL, 0),
        Negotiated(Verb.DO, 44),
    ]


def test_a_known_answer_amid_data() -> None:
    # ser2net 4.3.11: the line has 300 baud
    octets = bytes.fromhex("7ea0 fffa2c650000012cfff0 ffff 7e")
    assert decoded(octets) == [
        Payload(b"\x7e\xa0"),
        Subnegotiated(44, bytes.fromhex("650000012c")),
        Payload(b"\xff\x7e"),
    ]


@given(st.binary())
def test_data_comes_back(octets: bytes) -> None:
    sent = escape(octets)
    assert sent.count(b"\xff") == 2 * octets.count(b"\xff")
    assert decoded(sent) == ([Payload(octets)] if octets else [])


@given(st.integers(0, 255), st.binary(max_size=300))
@example(0xFF, b"\xff\xff")
def test_subnegotiations_come_back(option: int, octets: bytes) -> None:
    sent = encode_subnegotiation(option, octets)
    if option == 0xFF:  # as an option's number it isn't doubled: there is no such option
        sent = sent[:2] + b"\xff" + sent[2:]
    assert decoded(sent) == [Subnegotiated(option, octets)]


@given(st.sampled_from(Verb), st.integers(0, 255))
def test_verbs_come_back(verb: Verb, option: int) -> None:
    assert decoded(encode_verb(verb, option)) == [Negotiated(verb, option)]


telnet_like = st.lists(
    st.sampled_from([b"\xff", b"\xfa", b"\xf0", b"\xfb", b"\x2c", b"\xf1", b"abc", GREETING])
).map(b"".join)


@given(telnet_like | st.binary(), st.lists(st.integers(0, 60)))
def test_any_cut_gives_the_same_events(octets: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(octets)) for cut in cuts), len(octets)]
    chunks = [octets[a:b] for a, b in itertools.pairwise(places)]
    assert decoded(*chunks) == decoded(octets)


@given(st.lists(st.sampled_from([b"a", b"\xff\xff", b"\xff\xf0", b"\xff\x01", b"\xff\xfa"])))
def test_whatever_comes_data_after_it_is_read_again(pieces: list[bytes]) -> None:
    decoder = TelnetDecoder()
    decoder.feed(b"".join(pieces))
    decoder.feed(b"\xff\xf0")
    assert decoder.feed(b"meter") == [Payload(b"meter")]


@pytest.mark.parametrize(
    ("octets", "events"),
    [
        ("fff1", [CommandReceived(0xF1)]),
        ("fff9", [CommandReceived(0xF9)]),
        ("ff01", [Unreadable(b"\xff\x01")]),
        ("fff0", [Unreadable(b"")]),
        ("fffafff0", [Unreadable(b"")]),
        ("fffa2c65fff1", [Unreadable(b"\x2c\x65"), CommandReceived(0xF1)]),
        ("fffa2cfffa2c6401fff0", [Unreadable(b"\x2c"), Subnegotiated(44, b"\x64\x01")]),
        ("fffa2cfffb03", [Unreadable(b"\x2c"), Negotiated(Verb.WILL, 3)]),
    ],
)
def test_what_breaks_the_grammar(octets: str, events: list[TelnetEvent]) -> None:
    assert decoded(bytes.fromhex(octets)) == events


@pytest.mark.parametrize("excess", [b"x", b"\xff\xff"])
def test_a_subnegotiation_without_end_is_given_up(excess: bytes) -> None:
    begun = bytes(MAX_SUBNEGOTIATION)
    assert decoded(b"\xff\xfa" + begun, excess, b"yz") == [
        Unreadable(begun),
        Payload(excess[:1] + b"yz"),
    ]


@pytest.mark.parametrize("beginning", [GREETING, b"\xff\xfd", b"\xff\xfe\x01"])
def test_greetings_of_telnet_servers(beginning: bytes) -> None:
    assert looks_like_telnet(beginning)


@pytest.mark.parametrize("beginning", ["", "ff", "ff03", "7ea0", "fffa", "0001"])
def test_what_is_no_greeting(beginning: str) -> None:
    assert not looks_like_telnet(bytes.fromhex(beginning))
