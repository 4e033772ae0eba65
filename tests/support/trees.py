"""Trees of fields, as tests look at them."""

from collections.abc import Iterator, Sequence

from dcud.trace.apdu import Dissected, dissect_apdu
from dcud.trace.tree import Node, Range


def flat(nodes: Sequence[Node]) -> Iterator[Node]:
    """Yield the fields with all their parts, in their order."""
    for node in nodes:
        yield node
        yield from flat(node.children)


def fields(dissected: Dissected) -> list[tuple[str, object, str]]:
    """Return name, value and meaning of every field."""
    return [(node.name, node.value, node.meaning) for node in flat(dissected.nodes)]


def field(dissected: Dissected, name: str) -> Node:
    """Return the first field of that name."""
    return next(node for node in flat(dissected.nodes) if node.name == name)


def apdu(octets: str, *, masked: Sequence[Range] = (), answers_list: bool = False) -> Dissected:
    """Take an APDU in hex apart."""
    return dissect_apdu(bytes.fromhex(octets), masked=masked, answers_list=answers_list)


def sound(octets: str, *, answers_list: bool = False) -> Dissected:
    """Take an APDU apart of which everything must be readable, to its last octet."""
    dissected = apdu(octets, answers_list=answers_list)
    assert not dissected.has_trouble, fields(dissected)
    assert all(node.name != "more octets" for node in dissected.nodes), fields(dissected)
    return dissected
