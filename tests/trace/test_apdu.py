import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.gateway import GatewayAddress, Prefixed
from dcud.trace.apdu import APDUS, dissect_apdu
from dcud.trace.tree import Node
from tests.support.trees import apdu, field, fields, flat, sound


def test_the_tag_names_the_apdu() -> None:
    told = sound("D80101")
    assert (told.title, told.kinds) == ("APDU", ("exception-response",))
    assert (told.nodes[0].name, told.nodes[0].value) == ("tag", "D8")
    assert told.words == "exception-response service-not-allowed, operation-not-possible"


def test_an_unknown_tag_is_told() -> None:
    told = apdu("FF01")
    assert told.has_trouble
    assert fields(told) == [("unreadable", "FF01", "tag FF is no APDU's")]


@pytest.mark.parametrize(
    ("octets", "control", "number", "is_last"),
    [
        # From the tests of EnergyICT's Connexo: a window of five blocks.
        ("E00500010000820002C402", "window 5", 1, False),
        ("E045000200018200020102", "window 5, streaming", 2, False),
        ("E085000900028200010F", "window 5, last block", 9, True),
    ],
)
def test_general_block_transfer(octets: str, control: str, number: int, is_last: bool) -> None:  # noqa: FBT001  # a case
    told = sound(octets)
    assert field(told, "block-control").meaning == control
    assert told.block is not None
    assert (told.block.number, told.block.is_last) == (number, is_last)
    assert told.block.begins == (number == 1)


def test_an_acknowledgement_carries_no_block() -> None:
    told = sound("E0850001000100")
    assert told.block is None
    assert told.words == "general-block-transfer block 1, acknowledges 1, 0 octets"


def test_behind_a_gateway() -> None:
    address = GatewayAddress(network_id=3, device_address=bytes.fromhex("A1B2"))
    request = Prefixed(0xE6, address, bytes.fromhex("C001C1000100002B0100FF0200"))
    told = sound(request.build().hex())
    assert told.kinds == ("gateway-request", "get-request-normal")
    assert told.words == "gateway-request A1B2: get-request-normal #1"
    assert ("network-id", 3, "") in fields(told)


def test_gateways_behind_gateways_end_somewhere() -> None:
    told = apdu("E60001AA" * 5000)
    assert told.has_trouble
    assert fields(told)[-1][2] == "a gateway's prefix within another"


def test_an_answer_to_several_questions_is_known_as_one() -> None:
    octets = "C402C1010000000100020102"
    assert sound(octets).block != sound(octets, answers_list=True).block


def _inside(node: Node) -> None:
    for child in node.children:
        assert node.start <= child.start <= child.end <= node.end or child.is_trouble
        _inside(child)


@given(
    st.sampled_from(sorted(APDUS)),
    st.binary(max_size=40),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=2),
)
def test_any_octets_give_a_tree(tag: int, rest: bytes, masked: list[tuple[int, int]]) -> None:
    told = dissect_apdu(bytes((tag,)) + rest, masked=masked)
    assert told.nodes
    for node in flat(told.nodes):
        assert 0 <= node.start <= node.end <= len(told.octets)
    for node in told.nodes:
        _inside(node)
    trouble = [node for node in flat(told.nodes) if node.is_trouble]
    assert bool(trouble) == told.has_trouble


@given(st.binary(max_size=60))
def test_any_octets_at_all(octets: bytes) -> None:
    assert dissect_apdu(octets).octets == octets
