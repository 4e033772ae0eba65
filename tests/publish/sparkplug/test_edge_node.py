from dataclasses import replace

from dcud.publish.sparkplug.edge_node import BD_SEQ_ALIAS, EdgeNode
from dcud.publish.sparkplug.payload import DataType
from dcud.publish.sparkplug.samples import Sample

_SAMPLE = Sample(name="a", value=1, data_type=DataType.INT64, timestamp=0)


def test_sessions_are_numbered_from_the_given_one_to_255_and_over() -> None:
    node = EdgeNode(254)
    assert node.bd_seq == 254
    numbers = []
    for _ in range(4):
        node.begin_session()
        numbers.append(node.bd_seq)
    assert numbers == [254, 255, 0, 1]


def test_a_first_session_beyond_255_is_counted_over() -> None:
    node = EdgeNode(1_800_000_000)
    node.begin_session()
    assert node.bd_seq == 1_800_000_000 % 256


def test_messages_are_numbered_from_the_birth_on() -> None:
    node = EdgeNode(0)
    node.be_born()
    numbers = [node.next_seq() for _ in range(258)]
    assert numbers == [*range(256), 0, 1]
    node.be_born()
    assert node.next_seq() == 0


def test_with_the_edge_node_its_devices_die() -> None:
    node = EdgeNode(0)
    node.be_born()
    node.device("m").is_born = True
    node.begin_session()
    assert not node.is_born
    assert not node.device("m").is_born


def test_those_that_are_down_are_not_among_the_living() -> None:
    node = EdgeNode(0)
    node.device("a").is_down = True
    node.device("b")
    assert [name for name, _ in node.living()] == ["b"]


def test_a_device_needs_a_birth_until_all_of_it_was_told() -> None:
    device = EdgeNode(0).device("m")
    needed = [device.needs_birth]
    device.is_born = True
    needed.append(device.needs_birth)
    device.metrics.learn((_SAMPLE,))
    needed.append(device.needs_birth)
    device.metrics.birth(0)
    needed.append(device.needs_birth)
    assert needed == [True, False, True, False]


def test_no_alias_is_given_twice_not_even_after_a_device_is_gone() -> None:
    node = EdgeNode(0)
    aliases = [BD_SEQ_ALIAS]
    books = [node.metrics, node.device("a").metrics, node.device("b").metrics]
    for book in books:
        book.learn((_SAMPLE, replace(_SAMPLE, name="b")))
        aliases += [metric.alias or 0 for metric in book.birth(0)]
    gone = node.forget("a")
    assert gone.is_down
    gone.metrics.learn((_SAMPLE,))
    aliases += [metric.alias or 0 for metric in gone.metrics.birth(0)]
    assert len(set(aliases)) == len(aliases) == 8
