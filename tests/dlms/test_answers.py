import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.answers import AnswerMatch, is_block, is_repeatable, may_answer

GET = bytes.fromhex("C001C2000F0000280000FF0700")
AARQ, AARE = b"\x60\x00", b"\x61\x00"
RLRQ, RLRE = b"\x62\x00", b"\x63\x00"


ACTION = bytes.fromhex("C301C2000F0000280000FF0100")

# Green Book's AARQs, as in the tests of u9n/dlms-cosem: without security, with a password
PLAIN_AARQ = bytes.fromhex("601da109060760857405080101be10040e01000000065f1f0400007e1f04b0")
AARQ_WITH_PASSWORD = bytes.fromhex(
    "6036a1090607608574050801018a0207808b0760857405080201ac0a80083132333435363738"
    "be10040e01000000065f1f0400007e1f04b0"
)
# likewise: with a challenge, with a ciphered InitiateRequest
AARQ_WITH_CHALLENGE = bytes.fromhex(
    "6036a1090607608574050801018a0207808b0760857405080205ac0a80084b35366956616759"
    "be10040e01000000065f1f0400007e1f04b0"
)
CIPHERED_AARQ = bytes.fromhex(
    "6066a109060760857405080103a60a04084d4d4d0000bc614e8a0207808b0760857405080201"
    "ac0a80083132333435363738be34043221303001234567801302ff8a7874133d414ced25b42534d28d"
    "b0047720606b175bd52211be6841db204d39ee6fdb8e356855"
)
PLAIN_RLRQ = bytes.fromhex("6203800100")
# the tests of Circutor/gosem
CIPHERED_RLRQ = bytes.fromhex(
    "6239800100be3404322130300000005a8e9b83d641b89faaf36da504132c34f87e4ba66175a7dced0154"
    "60239699c72c18c06db29c54673b83bac0"
)


@pytest.mark.parametrize("request_", [GET, AARQ, RLRQ, PLAIN_AARQ, AARQ_WITH_PASSWORD, PLAIN_RLRQ])
def test_what_can_be_repeated(request_: bytes) -> None:
    assert is_repeatable(request_)


@pytest.mark.parametrize(
    ("apdu", "both_ways"),
    [
        ("e08500010001", True),
        ("e04500010000", True),
        ("e04000010001", True),
        ("e04000010000", False),
        ("e0c000020000", False),
        ("c00100010001", False),
        ("", False),
    ],
)
def test_blocks_that_are_answered(apdu: str, *, both_ways: bool) -> None:
    assert is_block(bytes.fromhex(apdu)) is both_ways


def test_a_block_may_be_repeated() -> None:
    assert is_repeatable(bytes.fromhex("e0850001000100"))


@pytest.mark.parametrize("request_", [b"\xc1\x01", ACTION])
def test_what_changes_something_is_not_repeated(request_: bytes) -> None:
    assert not is_repeatable(request_)


CIPHERED_TAGS = {
    "glo-get": 0xC8, "glo-set": 0xC9, "glo-action": 0xCB, "ded-get": 0xD0, "ded-set": 0xD1,
    "ded-action": 0xD3, "general-glo": 0xDB, "general-ded": 0xDC, "general-ciphering": 0xDD,
    "general-signing": 0xDF,
}  # fmt: skip


@pytest.mark.parametrize("tag", CIPHERED_TAGS.values(), ids=list(CIPHERED_TAGS))
def test_what_bears_an_invocation_counter_is_never_repeated(tag: int) -> None:
    assert not is_repeatable(bytes((tag, 0x1E, 0x30, 0, 0, 0, 1)) + bytes(25))


@pytest.mark.parametrize("request_", [CIPHERED_AARQ, CIPHERED_RLRQ])
def test_nor_is_what_carries_a_ciphered_initiate(request_: bytes) -> None:
    assert not is_repeatable(request_)


def test_nor_is_a_challenge_which_the_meter_would_answer_with_another_one() -> None:
    assert not is_repeatable(AARQ_WITH_CHALLENGE)


def test_nothing_at_all() -> None:
    assert not is_repeatable(b"")
    assert may_answer(b"", AARE)
    assert may_answer(GET, b"")


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (GET, bytes.fromhex("C401C20300")),
        (GET, bytes.fromhex("C401420300")),  # a meter that clears the priority bit
        (GET, bytes.fromhex("C402820000000001")),
        (GET, bytes.fromhex("D80101")),  # exception-response
        (GET, bytes.fromhex("0E010600")),  # confirmed-service-error
        (GET, bytes.fromhex("CC0F")),  # ciphered: not looked into
        (GET, b"\xc4"),
        (b"\xc0", bytes.fromhex("C401C30300")),
        (AARQ, AARE),
        (RLRQ, RLRE),
        (ACTION, bytes.fromhex("C701C20000")),
        (ACTION, bytes.fromhex("C704820000000001")),
        (CIPHERED_AARQ, AARE),
        (bytes.fromhex("CB0F"), bytes.fromhex("CF0F")),
        (b"\xdf\x01\xc1", AARE),
    ],
)
def test_what_may_be_the_answer(request_: bytes, answer: bytes) -> None:
    assert may_answer(request_, answer)


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (GET, bytes.fromhex("C401C10300")),
        (GET, AARE),
        (GET, RLRE),
        (AARQ, bytes.fromhex("C401C20300")),
        (RLRQ, AARE),
        (ACTION, bytes.fromhex("C701C30000")),
        (ACTION, bytes.fromhex("C401C20300")),  # a late one
        (ACTION, AARE),
    ],
)
def test_what_can_not_be(request_: bytes, answer: bytes) -> None:
    assert not may_answer(request_, answer)


def test_some_meters_always_answer_with_the_same_id() -> None:
    assert may_answer(GET, bytes.fromhex("C401C10300"), match_invoke_id=False)


@given(st.binary(max_size=5), st.binary(max_size=5), st.booleans())
def test_any_octets_are_judged(request_: bytes, answer: bytes, match: bool) -> None:  # noqa: FBT001  # drawn
    assert may_answer(request_, answer, match_invoke_id=match) in {True, False}


BLOCK = bytes.fromhex("c402c2000000000100020102")
NEXT_BLOCK = bytes.fromhex("c002c200000001")


def test_a_double_is_known_by_being_the_same() -> None:
    match = AnswerMatch()
    match.asked(GET)
    assert match.accepts(BLOCK)
    match.asked(NEXT_BLOCK)
    assert match.request == NEXT_BLOCK
    assert not match.accepts(BLOCK)
    assert match.accepts(bytes.fromhex("c402c2010000000200020102"))


def test_the_same_request_may_have_the_same_answer() -> None:
    match = AnswerMatch()
    for _ in range(2):
        match.asked(GET)
        assert match.accepts(BLOCK)


def test_afresh_everything_is_new() -> None:
    match = AnswerMatch()
    match.asked(GET)
    assert match.accepts(BLOCK)
    match.forget()
    match.asked(NEXT_BLOCK)
    assert match.accepts(BLOCK)


def test_without_invoke_ids_doubles_are_not_known() -> None:
    match = AnswerMatch(match_invoke_id=False)
    match.asked(GET)
    assert match.accepts(BLOCK)
    match.asked(NEXT_BLOCK)
    assert match.accepts(BLOCK)
    assert not match.accepts(AARE)


def test_services_with_short_names_have_no_invoke_id() -> None:
    assert may_answer(bytes.fromhex("050102fa08"), bytes.fromhex("0c01001107"))
    assert may_answer(bytes.fromhex("060102fa08011107"), bytes.fromhex("0d0100"))
    assert not may_answer(bytes.fromhex("050102fa08"), bytes.fromhex("0d0100"))


@pytest.mark.parametrize(
    ("request_", "repeatable"),
    [
        ("050102fa08", True),
        ("0501050001", True),
        ("050104fa58010f00", False),
        ("05", False),
        ("060102fa08011107", False),
    ],
)
def test_a_method_that_is_read_is_not_repeated(request_: str, *, repeatable: bool) -> None:
    assert is_repeatable(bytes.fromhex(request_)) is repeatable


def test_the_invoke_id_of_access_has_three_octets() -> None:
    request = bytes.fromhex("d9c000000201")
    assert may_answer(request, bytes.fromhex("da0000000200"))
    assert may_answer(request, bytes.fromhex("da00"))
    assert not may_answer(request, bytes.fromhex("da0000000300"))
    assert not may_answer(request, bytes.fromhex("c401c200"))
    assert may_answer(request, bytes.fromhex("da0000000300"), match_invoke_id=False)
    assert not is_repeatable(request)
