import pytest

from tests.support.trees import apdu, field, fields, sound

LLS = (
    "6036A1090607608574050801018A0207808B0760857405080201AC0A80083132333435363738"
    "BE10040E01000000065F1F0400007E1F04B0"
)
"""From the tests of u9n/dlms-cosem, as are the others."""


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (
            "601DA109060760857405080101BE10040E01000000065F1F0400007E1F04B0",
            "aarq logical names conformance 007E1F max PDU 1200",
        ),
        (LLS, "aarq logical names LLS conformance 007E1F max PDU 1200"),
        (
            "6129A109060760857405080101A203020100A305A103020100BE10040E0800065F1F040000501F01F40007",
            "aare logical names accepted conformance 00501F max PDU 500",
        ),
        (
            "6117A109060760857405080101A203020101A305A10302010D",
            "aare logical names rejected-permanent authentication-failure",
        ),
        (
            "6117A109060760857405080101A203020101A305A203020102",
            "aare logical names rejected-permanent no-common-acse-version",
        ),
        (
            "6117A109060760857405080101A203020101A305A503020109",
            "aare logical names rejected-permanent 9",
        ),
        ("6205800102BE00", None),
        ("6203800100", "rlrq normal"),
        ("6203800102", "rlrq 2"),
        ("6300", "rlre"),
        ("6303800101", "rlre not-finished"),
    ],
)
def test_in_one_line(octets: str, words: str | None) -> None:
    if words is not None:
        assert sound(octets).words == words
    else:
        assert apdu(octets).has_trouble


def test_every_field_of_a_request() -> None:
    told = sound(LLS)
    assert field(told, "calling-authentication-value").children[0].value == "3132333435363738"
    assert field(told, "charstring").meaning == "'12345678'"
    assert field(told, "mechanism-name").children[0].meaning == "LLS"
    names = [node.name for node in told.nodes]
    assert names == [
        *("tag", "length", "application-context-name", "sender-acse-requirements"),
        *("mechanism-name", "calling-authentication-value", "user-information"),
    ]
    for before, after in zip(told.nodes, told.nodes[1:], strict=False):
        assert before.end == after.start
    assert told.nodes[-1].end == len(told.octets)


def test_a_masked_password_stays_so() -> None:
    blank = LLS.replace("3132333435363738", "00" * 8)
    start = LLS.index("3132333435363738") // 2
    told = apdu(blank, masked=[(start, start + 8)])
    assert not told.has_trouble
    assert ("charstring", "**" * 8, "masked") in fields(told)
    assert told.words == "aarq logical names LLS conformance 007E1F max PDU 1200"


def test_titles_numbers_and_what_nobody_knows() -> None:
    told = sound("6017A60A04084D4D4D0000BC614EA903020105AA0480020AFF")
    assert told.nodes[2].children[0].value == "4D4D4D0000BC614E"
    assert ("integer", 5, "") in fields(told)
    assert ("field AA", None, "") in fields(told)
    assert told.words == "aarq"
    told = sound("6106AA0480020AFF")
    assert ("charstring", "0AFF", "") in fields(told)


def test_ciphered_user_information_is_told_by_its_header() -> None:
    # A LN ciphered context with LLS, in the keys of the DLMS Green Book.
    told = sound(
        "6066A109060760857405080103A60A04084D4D4D0000BC614E8A0207808B0760857405080201"
        "AC0A80083132333435363738BE34043221303001234567801302FF8A7874133D414CED25B42534D28D"
        "B0047720606B175BD52211BE6841DB204D39EE6FDB8E356855"
    )
    assert told.words.endswith(
        "suite 0, authenticated, encrypted IC 19088743, 31 octets of ciphertext"
    )
    assert ("apdu", 0x21, "glo-initiate-request") in fields(told)


@pytest.mark.parametrize(
    "octets",
    [
        "60",
        "6005A10906",
        "6009A10706050102030405",
        "6003A101FF",
        "6105A2030201",
        "6109A3070000000000000000",
        "6104A2020200",
    ],
)
def test_damage_is_told_and_what_follows_is_still_read(octets: str) -> None:
    assert fields(apdu(octets))
    assert apdu(octets).has_trouble or "unknown" in str(fields(apdu(octets)))
