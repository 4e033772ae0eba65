from hypothesis import given
from hypothesis import strategies as st

from dcud.publish.topic_aliases import TopicAliases

LONG = "dcud/v1/gw/meter/{}/reading/load"


def test_a_topic_that_was_sent_is_a_number_from_then_on() -> None:
    aliases = TopicAliases(2)
    first, second, third = (LONG.format(n) for n in range(3))
    assert aliases.address(first) == (first, 1)
    assert aliases.address(first) == ("", 1)
    assert aliases.address(second) == (second, 2)
    assert aliases.address(first) == ("", 1)
    assert aliases.address(third) == (third, 2)  # the one that was not used for longest
    assert aliases.address(second) == (second, 1)
    assert aliases.address(third) == ("", 2)


def test_a_broker_that_takes_none_and_short_topics_get_none() -> None:
    assert TopicAliases().address(LONG) == (LONG, None)
    assert TopicAliases(5).address("t") == ("t", None)


@given(st.integers(0, 5), st.lists(st.integers(0, 9)))
def test_the_broker_understands_what_is_sent(most: int, topics: list[int]) -> None:
    aliases, broker = TopicAliases(most), dict[int, str]()
    for number in topics:
        topic = LONG.format(number)
        sent, alias = aliases.address(topic)
        if alias is not None:
            assert 1 <= alias <= most
            if sent:
                broker[alias] = sent
        assert (sent or broker[alias or 0]) == topic
