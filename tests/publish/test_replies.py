from dcud.publish.publication import Publication
from dcud.publish.replies import Replies


def answer(number: int) -> Publication:
    return Publication(topic=str(number), payload=b"")


def taken(replies: Replies) -> list[str]:
    topics = []
    while (publication := replies.take()) is not None:
        replies.sent(int(publication.topic), publication)
        topics.append(publication.topic)
    return topics


def test_what_was_not_acknowledged_is_said_again_in_order_before_what_is_new() -> None:
    woken: list[None] = []
    replies = Replies(lambda: woken.append(None))
    for number in range(4):
        replies.say(answer(number))
    assert len(woken) == 4
    assert taken(replies) == ["0", "1", "2", "3"]
    replies.acknowledged(1)
    replies.acknowledged(77)
    replies.say(answer(9))
    replies.say_again()
    assert taken(replies) == ["0", "2", "3", "9"]
    assert not replies.all_said
    for token in (0, 2, 3, 9):
        replies.acknowledged(token)
    assert replies.all_said


def test_of_too_many_the_oldest_are_let_go() -> None:
    replies = Replies(lambda: None)
    for number in range(1002):
        replies.say(answer(number))
    assert taken(replies)[0] == "2"
