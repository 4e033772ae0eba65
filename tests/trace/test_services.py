import pytest

from dcud.trace.apdu import dissect
from dcud.trace.tree import Block
from tests.support.trees import apdu, field, fields, sound

CLOCK = "00080000010000FF02"
ENERGY = "00030100010800FF02"


def block_of(octets: str, *, answers_list: bool = False) -> Block:
    block = sound(octets, answers_list=answers_list).block
    assert block is not None
    return block


@pytest.mark.parametrize(
    ("octets", "kind", "words"),
    [
        # From the tests of u9n/dlms-cosem.
        ("C001C1000100002B0100FF0200", "get-request-normal", "#1"),
        ("C001C1" + ENERGY + "01020600000001", "get-request-normal", "#1 selective"),
        ("C002C100000001", "get-request-next", "#1 block 1"),
        ("C003C102" + ENERGY + "00" + CLOCK + "00", "get-request-with-list", "#1 attributes 2"),
        ("C401C1000600001391", "get-response-normal", "#1 5009 (double-long-unsigned)"),
        # Likewise.
        ("C401C10101", "get-response-normal", "#1 hardware-fault"),
        (
            "C403C102000F010104",
            "get-response-with-list",
            "#1 results 2 1 (integer) object-undefined",
        ),
        ("C402C101000000130101", "get-response-with-datablock", "#1 block 19 hardware-fault"),
        ("C101C1" + ENERGY + "000F01", "set-request-normal", "#1 1 (integer)"),
        ("C104C101" + ENERGY + "00010F01", "set-request-with-list", "#1 attributes 1 data 1"),
        ("C501C100", "set-response-normal", "#1 success"),
        ("C502C100000001", "set-response-datablock", "#1 block 1"),
        ("C503C10000000003", "set-response-last-datablock", "#1 success block 3"),
        (
            "C504C102000300000004",
            "set-response-last-datablock-with-list",
            "#1 results 2 success read-write-denied block 4",
        ),
        ("C505C10100", "set-response-with-list", "#1 results 1 success"),
        # Likewise.
        ("C30100000F0000280000FF0100", "action-request-normal", "#0"),
        ("C301C100460000600300FF01010F00", "action-request-normal", "#1 0 (integer)"),
        ("C302C100000002", "action-request-next-pblock", "#1 block 2"),
        ("C303C10100460000600300FF010100", "action-request-with-list", "#1 methods 1 data 1"),
        ("C701C10000", "action-response-normal", "#1 success"),
        ("C701C10001000900", "action-response-normal", "#1 success octet-string"),
        ("C701C10F00", "action-response-normal", "#1 long-action-aborted"),
        ("C703C1010000", "action-response-with-list", "#1 results 1 success"),
        ("C704C100000001", "action-response-next-pblock", "#1 block 1"),
    ],
)
def test_get_set_and_action(octets: str, kind: str, words: str) -> None:
    told = sound(octets)
    assert told.kinds == (kind,)
    assert told.words == f"{kind} {words}"


def test_requests_have_subjects() -> None:
    assert sound("C001C1" + ENERGY + "00").subject.startswith("3/1.0.1.8.0.255/2 ")
    assert not sound("C001C1" + ENERGY + "00").of_list
    assert sound("C003C101" + ENERGY + "00").of_list


def test_blocks_of_an_answer() -> None:
    block = block_of("C402C1000000000100020102")
    assert (block.number, block.is_last, block.octets) == (1, False, bytes.fromhex("0102"))
    assert block.begins
    block = block_of("C402C1010000000200010F")
    assert (block.number, block.is_last, block.begins) == (2, True, False)
    assert sound("C402C1010000000200010F").words.endswith("#1 block 2 1 octets, the last")


@pytest.mark.parametrize(
    ("octets", "number", "begins"),
    [
        ("C102C1" + ENERGY + "00" + "00" + "00000001" + "020102", 1, True),
        ("C103C1" + "01" + "00000003" + "020102", 3, False),
        ("C105C101" + ENERGY + "00" + "00" + "00000001" + "020102", 1, True),
        ("C304C100460000600300FF01" + "00" + "00000001" + "020102", 1, True),
        ("C305C10100460000600300FF01" + "00" + "00000001" + "020102", 1, True),
        ("C306C1" + "01" + "00000002" + "020102", 2, False),
        ("C702C1" + "00" + "00000001" + "020102", 1, True),
        ("0C010201000102" + "0102", 1, True),
        ("0501060000020101", 2, False),
    ],
)
def test_blocks_of_requests_and_of_other_answers(octets: str, number: int, begins: bool) -> None:  # noqa: FBT001  # a case
    block = block_of(octets)
    assert (block.number, block.begins) == (number, begins)
    assert block.octets in {b"\x01\x02", b"\x01"}


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        # From the test set GBCS RTDS 4.5.0.
        (
            "D9200003EC00010300700000130A00FF01010500124F80",
            "access-request #1004 specifications 1 data 1",
        ),
        # In the form of that set.
        (
            "DA200003E9000002000002020102FA",
            "access-response #1001 data 2 results 2 hardware-fault other-reason",
        ),
        (
            "DA200003E90001010300090000 0A0064FF0101000103 00".replace(" ", ""),
            "access-response #1001 specifications 1 data 1 results 1 success",
        ),
        (
            "D9200003EB0001040007000062 0104FF02020600000001 0100".replace(" ", ""),
            "access-request #1003 specifications 1 data 1",
        ),
    ],
)
def test_access(octets: str, words: str) -> None:
    assert sound(octets).words == words


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (
            "C2000001010000030 0FF020301".replace(" ", ""),
            "event-notification-request True (boolean)",
        ),
        (
            "C2010C07E40106FF00030000FFC40000010100000300FF020301",
            "event-notification-request True (boolean)",
        ),
        ("0F0063D7E2000301", "data-notification #6543330 True (boolean)"),
        ("100000002A00", "data-notification-confirm #42"),
        ("0501 02FA08".replace(" ", ""), "read-request variables 1 FA08"),
        ("050104FA08010600000001", "read-request variables 1 FA08"),
        ("0501050001", "read-request variables 1"),
        ("0501070000 01".replace(" ", ""), "read-request variables 1"),
        ("0C02000F010103", "read-response results 2 1 (integer) read-write-denied"),
        ("0C01030001", "read-response results 1"),
        ("060102FA08010F01", "write-request variables 1 FA08 data 1"),
        ("0D03000103020001", "write-response results 3 read-write-denied"),
        ("160102FA08010F01", "unconfirmed-write-request variables 1 FA08 data 1"),
        ("18000102FA08010F01", "information-report-request variables 1 FA08 data 1"),
    ],
)
def test_notifications_and_short_names(octets: str, words: str) -> None:
    assert sound(octets).words == words


def test_what_is_cut_off_is_shown_as_far_as_it_goes() -> None:
    told = apdu("C401C1000202")
    assert told.has_trouble
    assert field(told, "get-response").value == 1
    assert ("structure", 2, "") not in fields(told)


@pytest.mark.parametrize(
    ("whole", "words", "answers_list"),
    [
        ("000100" + "0F05", "success 5 (integer)", False),
        # The return value alone.
        ("0F05", "5 (integer)", False),
        ("02" + "0000" + "0001000F05", "results 2 success success 5 (integer)", True),
    ],
)
def test_blocks_of_what_methods_return_are_read(
    whole: str, words: str, *, answers_list: bool
) -> None:
    length = f"{len(whole) // 2:02X}"
    block = block_of("C702C1" + "01" + "00000001" + length + whole, answers_list=answers_list)
    told = dissect("", block.octets, block.describe)
    assert not told.has_trouble
    assert told.words == words
