"""Our XML of APDUs, held against that of the translator of gurux-dlms, which we did not write.

What differs stands in a table, with the reason that docs/translate.md tells, and differs in nothing
else: neither of the two can change unnoticed.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from dcud.trace.apdu import APDUS, dissect_apdu
from dcud.trace.xml import to_xml
from tests.support.gurux_translation import GuruxTranslation, canonical, gurux_translation

DOCUMENT = Path(__file__).parents[2] / "docs" / "translate.md"
HEADING = "### Where it differs\n"

ENERGY = "00030100010800FF02"
RANGE = "0101" + "020412000109060000010000FF0F02120000"
"""A selection: the selector, a structure."""
METHOD = "00460000600300FF01"
CLOCK = "07E6010101000000FF800000"
LN = "A109060760857405080101"
INITIATE = "01000000065F1F0400007E1F04B0"
ACCEPTED = "A203020100" + "A305A103020100"
ANSWER = "BE10040E0800065F1F040000501F01F40007"
BLOCK = "00" + "00000001" + "020102"
CIPHERED = "0B2000000001AABBCCDDEEFF"


def ber(tag: str, content: str) -> str:
    return f"{tag}{len(content) // 2:02X}{content}"


def answered(data: str) -> str:
    return f"C401C100{data}"


AGREED: Mapping[str, Sequence[str]] = {
    "negotiation": (
        INITIATE,
        "01000000065F1F0400FFFFFF04B0",
        "01011000112233445566778899AABBCCDDEEFF0000065F1F0400007E1F04B0",
        "0800065F1F040000501F01F40007",
        "0800065F1F04001C03200100FA00",
    ),
    "associations": (
        *("6000", "6200", "6300", "6100"),
        ber("60", LN + "BE10040E" + INITIATE),
        ber("60", "A109060760857405080102" + "BE10040E" + "01000000065F1F04001C03200000"),
        ber(
            "60",
            LN
            + ("8A020780" + "8B0760857405080201" + "AC0A80083132333435363738")
            + ("BE10040E" + INITIATE),
        ),
        ber(
            "60",
            LN
            + ("8A020780" + "8B0760857405080205" + "AC0A80084B35366956616759")
            + ("BE10040E" + INITIATE),
        ),
        # In the keys of the DLMS Green Book.
        ber(
            "60",
            "A109060760857405080103A60A04084D4D4D0000BC614E8A0207808B0760857405080201"
            "AC0A80083132333435363738BE34043221303001234567801302FF8A7874133D414CED25B42534D28D"
            "B0047720606B175BD52211BE6841DB204D39EE6FDB8E356855",
        ),
        ber("61", LN + ACCEPTED + ANSWER),
        ber(
            "61",
            LN
            + ("A203020100" + "A305A10302010E" + "88020780" + "890760857405080205")
            + ("AA0A8008503677524A323146" + ANSWER),
        ),
        ber("61", LN + "A203020101" + "A305A10302010D"),
        ber("61", LN + "A203020102" + "A305A103020101"),
        *(ber("60", f"A1090607608574050801{context}") for context in ("01", "02", "03", "04")),
        *(ber("60", f"8B07608574050802{mechanism:02X}") for mechanism in range(8)),
    ),
    "fields of associations": (
        *("600480020780", "600480020284", "6005A303040101", "6005A403020105"),
        *("600CA60A04084D4D4D0000BC614E", "6005A803020105", "6005A903020105"),
        ber("61", "80020780"),
        ber("61", ACCEPTED + "A40A04084D4D4D0000BC614E"),
        ber("61", ACCEPTED + "A703020105"),
    ),
    "releases": (
        *("6203800100", "6203800101", "620380011E", "6303800100", "6303800101", "630380011E"),
        (
            "6239800100BE3404322130300000005A8E9B83D641B89FAAF36DA504132C34F87E4BA66175A7DCED01546"
            "0239699C72C18C06DB29C54673B83BAC0"
        ),
        "6328800100BE230421281F300000005BCD34827974EDCF8B1DAB306F62C58AB42052DB67361377507825",
    ),
    "GET": (
        "C001C1" + ENERGY + "00",
        "C001C1" + ENERGY + RANGE,
        "C002C100000001",
        "C003C102" + ENERGY + "00" + ENERGY + "00",
        "C401C1000600001391",
        "C402C1000000000100020304",
        "C402C10100000002010F",
        "C403C102001107001108",
    ),
    "SET": (
        "C101C1" + ENERGY + "00" + "0600000001",
        "C102C1" + ENERGY + "00" + BLOCK,
        "C103C1010000000203071108",
        "C104C102" + ENERGY + "00" + ENERGY + "00" + "0211071108",
        "C502C100000001",
        "C503C10000000003",
    ),
    "ACTION": (
        *("C301C1" + METHOD + "010F00", "C301C1" + METHOD + "00"),
        *("C701C10000", "C701C10300", "C701C10001000600000001", "C701C100010103"),
        "C704C100000001",
    ),
    "ACCESS": (
        "D9400000000001" + "01" + ENERGY + "0100",
        "D9400000000001" + "02" + ENERGY + "010F01",
        "D9400000000C" + CLOCK + "01" + "01" + ENERGY + "0100",
        "DA4000000000" + "00" + "011107" + "010100",
        "DA4000000000" + "00" + "0211071108" + "0201000300",
        "DA0000000100000000",
    ),
    "short names": (
        *("050102FA08", "050202FA00040008010F01", "0501050001", "0500"),
        *("0601020008010600000001", "060107000001010903010200", "060000"),
        *("0C0100020109021122", "0C020006000000010103", "0C00", "0D0100", "0D02000103"),
        "18000102FA08010F01",
    ),
    "notifications": (
        *("0F00000001001107", "0F400000000C" + CLOCK + "0202000301"),
        "C200" + ENERGY + "0600000001",
        "C2010C07E40106FF00030000FFC40000010100000300FF020301",
        "C2090C05DC0101010000000000000000010100000300FF0203FF",
    ),
    "errors": (
        *("D80101", "D80102", "D80103", "D80202", "0E050301", "0E060401"),
        *(f"0E0100{value:02X}" for value in range(7)),
        *(f"0E01{kind:02X}{value:02X}" for kind in (1, 2, 5, 6) for value in range(5)),
        *(f"0E0103{value:02X}" for value in range(3)),
        *(f"0E0104{value:02X}" for value in range(4)),
        *(f"0E0107{value:02X}" for value in range(8)),
        *(f"C401C101{n:02X}" for n in (1, 2, 3, 4, 9, *range(11, 20), 250)),
        *(f"C501C1{n:02X}" for n in (0, 1, 2, 3, 4, 9, *range(11, 20), 250)),
    ),
    "general services": (
        *("E0C1000100000301FF02", "E0850001000100", "E0010001000004C4014100"),
        *("DB084D4D4D00000000010B2000000001AABBCCDDEEFF", "DB00" + CIPHERED),
        *("E70102AABBC501C100", "E70C02AABBC501C100"),
    ),
    "ciphered services": tuple(
        f"{tag:02X}{CIPHERED}"
        for tag in bytes.fromhex("25 26 2C 2D 2E 4E C8 C9 CB CC CD CF D0 D1 D3 D4 D5 D7")
    ),
    "Data": tuple(
        answered(data)
        for data in (
            *("00", "0100", "0200", "020211071108", "0301", "0300", "0408A5", "0403A0", "0407FE"),
            *("05FFFFFFFE", "0600004B25", "09021122", "0900", "0A03414243", "0A00", "0C03414243"),
            *("0D15", "0FFE", "10FFFE", "11FE", "12FFFE", "14FFFFFFFFFFFFFFFE", "1605"),
            *("150000000000000002", "173F800000", "183FF0000000000000", "19" + CLOCK, "1B01020300"),
        )
    ),
}

SELECTION = (
    '<AccessSelection><AccessSelector Value="01"></AccessSelector><AccessParameters>'
    '<Structure Qty="04"><UInt16 Value="0001"></UInt16><OctetString Value="0000010000FF">'
    '</OctetString><Int8 Value="02"></Int8><UInt16 Value="0000"></UInt16></Structure>'
    "</AccessParameters></AccessSelection>"
)
DESCRIPTOR = (
    '<AttributeDescriptor><ClassId Value="0003"></ClassId><InstanceId Value="0100010800FF">'
    '</InstanceId><AttributeId Value="02"></AttributeId></AttributeDescriptor>'
)
METHOD_DESCRIPTOR = (
    '<MethodDescriptor><ClassId Value="0046"></ClassId><InstanceId Value="0000600300FF">'
    '</InstanceId><MethodId Value="01"></MethodId></MethodDescriptor>'
)
IN_BLOCK = (
    '<LastBlock Value="00"></LastBlock><BlockNumber Value="00000001"></BlockNumber>'
    '<RawData Value="0102"></RawData>'
)
INVOKED = '<InvokeIdAndPriority Value="C1"></InvokeIdAndPriority>'

DIFFERENCES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "`ResponseAllowed` has an element of its own; there it is the quality of service": {
        "0100010100065F1F0400007E1F04B0": (
            '<ResponseAllowed Value="01"></ResponseAllowed>',
            '<ProposedQualityOfService Value="1"></ProposedQualityOfService>',
        ),
    },
    "a diagnostic of the ACSE service provider is in `ACSEServiceProvider`": {
        ber("61", LN + "A203020101" + "A305A203020102"): (
            '<ACSEServiceProvider Value="02"></ACSEServiceProvider>',
            '<ACSEServiceUser Value="02"></ACSEServiceUser>',
        ),
    },
    "each field of an association is written, in its own element": {
        "6005A703040101": (
            '<CallingAEQualifier Value="01"></CallingAEQualifier>',
            '<RespondingAEInvocationId Value="01"></RespondingAEInvocationId>',
        ),
        "6003BD0101": (
            '<ImplementationInformation Value="01"></ImplementationInformation>',
            "",
        ),
        ber("61", ACCEPTED + "A603020105"): (
            '<RespondingAPInvocationId Value="05"></RespondingAPInvocationId>',
            '<CallingAPTitle Value=""></CallingAPTitle>',
        ),
    },
    "selections are written wherever they stand, and what follows them is read": {
        "C003C102" + ENERGY + RANGE + ENERGY + "00": (SELECTION, ""),
        "C101C1" + ENERGY + RANGE + "0F02": (
            SELECTION + '<Value><Int8 Value="02"></Int8></Value>',
            (
                '<Value><Array Qty="02"><BitString Value="000000000000000100"></BitString>'
                '<UInt32 Value="00000100"></UInt32></Array></Value>'
            ),
        ),
        "C102C1" + ENERGY + RANGE + BLOCK: (
            DESCRIPTOR + SELECTION + f"<DataBlock>{IN_BLOCK}</DataBlock>",
            "",
        ),
        "0601040008010F02010F01": (
            (
                '<ParameterisedAccess><VariableName Value="0008"></VariableName>'
                '<Selector Value="01"></Selector><Parameter><Int8 Value="02"></Int8></Parameter>'
                '</ParameterisedAccess></ListOfVariableAccessSpecification><ListOfData Qty="01">'
                '<Int8 Value="01"></Int8></ListOfData>'
            ),
            '</ListOfVariableAccessSpecification><ListOfData Qty="00"></ListOfData>',
        ),
    },
    "errors within a list of results are written": {
        "C403C1020011070103": (
            '<DataAccessError Value="ReadWriteDenied"></DataAccessError>',
            "",
        ),
    },
    "blocks of requests are written, and the numbers of blocks that are asked for": {
        "C304C1" + METHOD + BLOCK: (
            (
                f"<ActionRequestWithFirstPBlock>{INVOKED}{METHOD_DESCRIPTOR}"
                f"<PBlock>{IN_BLOCK}</PBlock></ActionRequestWithFirstPBlock>"
            ),
            "",
        ),
        "05010600000103010400": ('<RawData Value="010400"></RawData>', ""),
        "0C01030001": ('<BlockNumber Value="0001"></BlockNumber>', ""),
        "0D01020001": (
            '<BlockNumber Value="0001"></BlockNumber>',
            '<DataAccessError Value="Success"></DataAccessError>',
        ),
    },
    "the method of ACCESS is in `MethodDescriptor`; there it is an attribute": {
        "D9400000000001" + "03" + METHOD + "010F00": (
            METHOD_DESCRIPTOR,
            METHOD_DESCRIPTOR.replace("Method", "Attribute"),
        ),
    },
    "each `Qty` has two digits": {
        "C505C1020003": ('<Result Qty="02">', '<Result Qty="2">'),
    },
    "results of methods are named as the specification names them": {
        "C701C10F00": ('Value="LongActionAborted"', 'Value="LongGetOrReadAborted"'),
        "C701C11000": ('Value="NoLongActionInProgress"', 'Value="NoLongGetOrReadInProgress"'),
    },
    "the class `Task` of service errors has the number 9; there it has 8": {
        "0E010802": (
            '<Class8 Value="Value2"></Class8>',
            '<Task Value="tiStopped"></Task>',
        ),
    },
    "general ded ciphering is in `GeneralDedCiphering`; there it is as with global keys": {
        "DC000620000000010A": ("GeneralDedCiphering", "GeneralGloCiphering"),
    },
    "a time may have the tag of an octet string before its length": {
        "0F0063D76A090C07E7011F021222170000000003FF": (
            (
                '<DateTime Value="07E7011F0212221700000000"></DateTime>'
                '<NotificationBody><DataValue><Boolean Value="True"></Boolean>'
            ),
            (
                '<DateTime Value="0C07E7011F02122217"></DateTime>'
                "<NotificationBody><DataValue><None></None>"
            ),
        ),
    },
    "texts stand as they are, control characters as in `\\x1b`; there others than ASCII are hex": {
        answered("0C03C3A941"): ('<StringUTF8 Value="éA">', '<StringUTF8 Value="C3 A9 41">'),
        answered("0A021B26"): (r'<String Value="\x1b&amp;">', '<String Value="1B 26">'),
    },
    "a compact array stands in hex, not as its description and its contents": {
        answered("13120400010002"): (
            '<CompactArray Value="120400010002"></CompactArray>',
            (
                "<CompactArray><ContentsDescription><UInt16></UInt16></ContentsDescription>"
                "<ArrayContents>1</ArrayContents></CompactArray>"
            ),
        ),
    },
    "`DontCare` is written": {answered("FF"): ("<DontCare></DontCare>", "")},
    "octets left behind an APDU stand in `MoreOctets`": {
        "C501C10000": ('<MoreOctets Value="00"></MoreOctets>', ""),
        "0D010000": ('<MoreOctets Value="00"></MoreOctets>', ""),
    },
}
"""By reason: APDUs with a part of our XML, and what stands in its place in the other's."""

UNREAD: Mapping[str, Sequence[str]] = {
    "associations with a quality of service, a called title, mechanism 8 or a qualifier of the"
    " responder": (
        "0100000105065F1F0400007E1F04B0",
        "080105065F1F040000501F01F40007",
        "600CA20A04084D4D4D0000BC614E",
        "6005A503020105",
        "60098B0760857405080208",
        ber("61", ACCEPTED + "A503040101"),
    ),
    "a release whose reason has no name, or with an initiate response that is not ciphered": (
        "6203800102",
        "6315800100BE10040E0800065F1F040000501404000007",
    ),
    "lists and blocks of methods": (
        "C302C100000001",
        "C303C102" + METHOD + METHOD + "020F000F01",
        "C305C101" + METHOD + BLOCK,
        "C306C10100000002020102",
        "C702C10100000001020102",
        "C703C1010000",
    ),
    "blocks of lists that are set": (
        "C105C101" + ENERGY + "00" + BLOCK,
        "C504C102000300000004",
    ),
    "blocks of short names, and what is written to them unconfirmed": (
        *("050107000001", "0C010200000102AABB", "160102FA08010F01"),
    ),
    "ACCESS with selections, with errors or with its specifications repeated": (
        "D9400000000001" + "04" + ENERGY + "010F01" + "0100",
        "DA4000000000" + "00" + "0100" + "010103",
        "DA4000000000" + "0101" + "01" + ENERGY + "011107" + "010100",
    ),
    "information reports with a time, and what confirms a data notification": (
        "18010F" + b"20260601120000Z".hex().upper() + "0102FA10" + "011107",
        "100000002A00",
    ),
    "general ciphering, general signing, and requests through a gateway": (
        "DD0000000000000720000000010A0B",
        "DD00000000000100010720000000010A0B",
        "DF0000000000020A0B01FF",
        "E601023435C001C100080000010000FF0200",
    ),
    "the service's own ciphering of some services": tuple(
        f"{tag:02X}{CIPHERED}" for tag in bytes.fromhex("21 28 36 38 41 45 46 48 4C 4D 56 58 CA D2")
    ),
    "exceptions of edition 3 and later": ("D80104", "D80105", "D80106", "D8010600000007"),
    "results and service errors without a name": (
        *("C401C10105", "C501C14D", "0E010105", "0E010902", "0E010A00"),
    ),
    'texts with `<` or `"`, dates without a time, and deltas': tuple(
        answered(data)
        for data in (
            *("0A03413C22", "1A07E6010101", "1C01", "1DFFFF", "1E00000001", "1F01", "200001"),
            "2100000001",
        )
    ),
}
"""By what they are: APDUs of which the other makes nothing."""


@pytest.fixture(scope="module")
def peer() -> Iterator[GuruxTranslation]:
    with gurux_translation() as translation:
        yield translation


def our_xml(octets: str) -> str:
    told = dissect_apdu(bytes.fromhex(octets))
    assert not told.has_trouble
    return canonical(to_xml(told))


@pytest.mark.parametrize("kind", AGREED)
def test_what_both_write_is_the_same(peer: GuruxTranslation, kind: str) -> None:
    for octets in AGREED[kind]:
        assert our_xml(octets) == peer.xml_of(octets), octets


@pytest.mark.parametrize("reason", DIFFERENCES)
def test_what_differs_is_what_the_table_tells(peer: GuruxTranslation, reason: str) -> None:
    for octets, (ours, theirs) in DIFFERENCES[reason].items():
        shown = our_xml(octets)
        assert shown.count(ours) >= 1, octets
        assert shown.replace(ours, theirs) == peer.xml_of(octets), octets
        assert ours != theirs


@pytest.mark.parametrize("kind", UNREAD)
def test_what_the_other_makes_nothing_of_is_what_the_table_tells(
    peer: GuruxTranslation, kind: str
) -> None:
    for octets in UNREAD[kind]:
        assert our_xml(octets)
        assert peer.xml_of(octets) is None, octets


def test_apdus_of_all_tags_are_held_against_the_other() -> None:
    tables = (AGREED, DIFFERENCES, UNREAD)
    tags = {int(octets[:2], 16) for table in tables for kind in table.values() for octets in kind}
    assert tags == set(APDUS)


def test_the_document_tells_all_differences_and_no_others() -> None:
    _, _, section = DOCUMENT.read_text(encoding="utf-8").partition(HEADING)
    section, _, _ = section.partition("\n## ")
    told = [line.removeprefix("- ") for line in section.splitlines() if line.startswith("- ")]
    assert told == [*DIFFERENCES, *UNREAD]
