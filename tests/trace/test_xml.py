import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.data import encode_data
from dcud.dlms.data_types import Data
from dcud.trace.apdu import APDUS, dissect, dissect_apdu
from dcud.trace.framing import layout_of
from dcud.trace.xml import to_xml
from tests.support.data_strategies import data


def xml_of(octets: str) -> str:
    return re.sub(r">\n *<", "><", to_xml(dissect_apdu(bytes.fromhex(octets))))


# Held against a translator that we did not write in tests/peers/test_translator_interop.py.
@pytest.mark.parametrize(
    ("octets", "xml"),
    [
        (
            "C001C100080000010000FF0200",
            (
                '<GetRequest><GetRequestNormal><InvokeIdAndPriority Value="C1" /><AttributeDe'
                'scriptor><ClassId Value="0008" /><InstanceId Value="0000010000FF" /><Attribu'
                'teId Value="02" /></AttributeDescriptor></GetRequestNormal></GetRequest>'
            ),
        ),
        (
            "C401C10006000004B2",
            (
                '<GetResponse><GetResponseNormal><InvokeIdAndPriority Value="C1" /><Result><D'
                'ata><UInt32 Value="000004B2" /></Data></Result></GetResponseNormal></GetResp'
                "onse>"
            ),
        ),
        (
            "C401C10103",
            (
                '<GetResponse><GetResponseNormal><InvokeIdAndPriority Value="C1" /><Result><D'
                'ataAccessError Value="ReadWriteDenied" /></Result></GetResponseNormal></GetR'
                "esponse>"
            ),
        ),
        (
            "C003C10100030100010800FF0200",
            (
                '<GetRequest><GetRequestWithList><InvokeIdAndPriority Value="C1" /><Attribute'
                'DescriptorList Qty="01"><AttributeDescriptorWithSelection><AttributeDescript'
                'or><ClassId Value="0003" /><InstanceId Value="0100010800FF" /><AttributeId V'
                'alue="02" /></AttributeDescriptor></AttributeDescriptorWithSelection></Attri'
                "buteDescriptorList></GetRequestWithList></GetRequest>"
            ),
        ),
        (
            "C403C1020006000000010103",
            (
                '<GetResponse><GetResponseWithList><InvokeIdAndPriority Value="C1" /><Result '
                'Qty="02"><Data><UInt32 Value="00000001" /></Data><DataAccessError Value="Rea'
                'dWriteDenied" /></Result></GetResponseWithList></GetResponse>'
            ),
        ),
        (
            "C402C1000000000100020304",
            (
                '<GetResponse><GetResponsewithDataBlock><InvokeIdAndPriority Value="C1" /><Re'
                'sult><LastBlock Value="00" /><BlockNumber Value="00000001" /><Result><RawDat'
                'a Value="0304" /></Result></Result></GetResponsewithDataBlock></GetResponse>'
            ),
        ),
        (
            "C402C101000000010103",
            (
                '<GetResponse><GetResponsewithDataBlock><InvokeIdAndPriority Value="C1" /><Re'
                'sult><LastBlock Value="01" /><BlockNumber Value="00000001" /><Result><DataAc'
                'cessResult Value="ReadWriteDenied" /></Result></Result></GetResponsewithData'
                "Block></GetResponse>"
            ),
        ),
        (
            "C101C100030100010800FF02000600000001",
            (
                '<SetRequest><SetRequestNormal><InvokeIdAndPriority Value="C1" /><AttributeDe'
                'scriptor><ClassId Value="0003" /><InstanceId Value="0100010800FF" /><Attribu'
                'teId Value="02" /></AttributeDescriptor><Value><UInt32 Value="00000001" /></'
                "Value></SetRequestNormal></SetRequest>"
            ),
        ),
        (
            "C104C10100030100010800FF0200010F01",
            (
                '<SetRequest><SetRequestWithList><InvokeIdAndPriority Value="C1" /><Attribute'
                'DescriptorList Qty="01"><AttributeDescriptorWithSelection><AttributeDescript'
                'or><ClassId Value="0003" /><InstanceId Value="0100010800FF" /><AttributeId V'
                'alue="02" /></AttributeDescriptor></AttributeDescriptorWithSelection></Attri'
                'buteDescriptorList><ValueList Qty="01"><Int8 Value="01" /></ValueList></SetR'
                "equestWithList></SetRequest>"
            ),
        ),
        (
            "C505C1020003",
            (
                '<SetResponse><SetResponseWithList><InvokeIdAndPriority Value="C1" /><Result '
                'Qty="02"><DataAccessResult Value="Success" /><DataAccessResult Value="ReadWr'
                'iteDenied" /></Result></SetResponseWithList></SetResponse>'
            ),
        ),
        (
            "C301C100460000600300FF01010F00",
            (
                '<ActionRequest><ActionRequestNormal><InvokeIdAndPriority Value="C1" /><Metho'
                'dDescriptor><ClassId Value="0046" /><InstanceId Value="0000600300FF" /><Meth'
                'odId Value="01" /></MethodDescriptor><MethodInvocationParameters><Int8 Value'
                '="00" /></MethodInvocationParameters></ActionRequestNormal></ActionRequest>'
            ),
        ),
        (
            "C701C10001000600000001",
            (
                '<ActionResponse><ActionResponseNormal><InvokeIdAndPriority Value="C1" /><Res'
                'ult Value="Success" /><ReturnParameters><Data><UInt32 Value="00000001" /></D'
                "ata></ReturnParameters></ActionResponseNormal></ActionResponse>"
            ),
        ),
        (
            "C701C100010103",
            (
                '<ActionResponse><ActionResponseNormal><InvokeIdAndPriority Value="C1" /><Res'
                'ult Value="Success" /><ReturnParameters><DataAccessError Value="ReadWriteDen'
                'ied" /></ReturnParameters></ActionResponseNormal></ActionResponse>'
            ),
        ),
        (
            "0F400000000C07E6010101000000FF8000000202000301",
            (
                '<DataNotification><LongInvokeIdAndPriority Value="40000000" /><DateTime Valu'
                'e="07E6010101000000FF800000" /><NotificationBody><DataValue><Structure Qty="'
                '02"><None /><Boolean Value="True" /></Structure></DataValue></NotificationBo'
                "dy></DataNotification>"
            ),
        ),
        (
            "C20000030100010800FF020600000001",
            (
                '<EventNotificationRequest><AttributeDescriptor><ClassId Value="0003" /><Inst'
                'anceId Value="0100010800FF" /><AttributeId Value="02" /></AttributeDescripto'
                'r><AttributeValue><UInt32 Value="00000001" /></AttributeValue></EventNotific'
                "ationRequest>"
            ),
        ),
        (
            "0E010203",
            (
                '<ConfirmedServiceError><Service Value="01" /><ServiceError><VdeStateError Va'
                'lue="StatusNochange" /></ServiceError></ConfirmedServiceError>'
            ),
        ),
        (
            "D80102",
            (
                '<ExceptionResponse><StateError Value="ServiceNotAllowed" /><ServiceError Val'
                'ue="ServiceNotSupported" /></ExceptionResponse>'
            ),
        ),
        (
            (
                "6036A1090607608574050801018A0207808B0760857405080201AC0A80083132333435363738BE10"
                "040E01000000065F1F0400005014FFFF"
            ),
            (
                '<AssociationRequest><ApplicationContextName Value="LN" /><SenderACSERequirem'
                'ents Value="1" /><MechanismName Value="Low" /><CallingAuthentication Value="'
                '3132333435363738" /><InitiateRequest><ProposedDlmsVersionNumber Value="06" /'
                '><ProposedConformance><ConformanceBit Name="PriorityMgmtSupported" /><Confor'
                'manceBit Name="BlockTransferWithGetOrRead" /><ConformanceBit Name="Get" /><C'
                'onformanceBit Name="SelectiveAccess" /></ProposedConformance><ProposedMaxPdu'
                'Size Value="FFFF" /></InitiateRequest></AssociationRequest>'
            ),
        ),
        (
            (
                "6129A109060760857405080101A203020100A305A103020100BE10040E0800065F1F040000501404"
                "000007"
            ),
            (
                '<AssociationResponse><ApplicationContextName Value="LN" /><AssociationResult'
                ' Value="00" /><ResultSourceDiagnostic><ACSEServiceUser Value="00" /></Result'
                "SourceDiagnostic><InitiateResponse><NegotiatedDlmsVersionN"
                'umber Value="06" /><NegotiatedConformance><ConformanceBit Name="PriorityMgmt'
                'Supported" /><ConformanceBit Name="BlockTransferWithGetOrRead" /><Conformanc'
                'eBit Name="Get" /><ConformanceBit Name="SelectiveAccess" /></NegotiatedConfo'
                'rmance><NegotiatedMaxPduSize Value="0400" /><VaaName Value="0007" /></Initia'
                "teResponse></AssociationResponse>"
            ),
        ),
        (
            "6203800100",
            '<ReleaseRequest><Reason Value="Normal" /></ReleaseRequest>',
        ),
        (
            (
                "602AA109060760857405080103BE1D041B2119300000000100000000000000000000000000000000"
                "00000000"
            ),
            (
                '<AssociationRequest><ApplicationContextName Value="LN_WITH_CIPHERING" /><glo'
                '_InitiateRequest Value="30000000010000000000000000000000000000000000000000" '
                "/></AssociationRequest>"
            ),
        ),
        (
            "050202FA00040008010F01",
            (
                '<ReadRequest Qty="02"><VariableName Value="FA00" /><ParameterisedAccess><Var'
                'iableName Value="0008" /><Selector Value="01" /><Parameter><Int8 Value="01" '
                "/></Parameter></ParameterisedAccess></ReadRequest>"
            ),
        ),
        (
            "0C020006000000010103",
            (
                '<ReadResponse Qty="02"><Data><UInt32 Value="00000001" /></Data><DataAccessEr'
                'ror Value="ReadWriteDenied" /></ReadResponse>'
            ),
        ),
        (
            "0D02000103",
            (
                '<WriteResponse Qty="02"><Success /><DataAccessError Value="ReadWriteDenied" '
                "/></WriteResponse>"
            ),
        ),
        (
            "0601020008010600000001",
            (
                '<WriteRequest><ListOfVariableAccessSpecification Qty="01"><VariableName Valu'
                'e="0008" /></ListOfVariableAccessSpecification><ListOfData Qty="01"><UInt32 '
                'Value="00000001" /></ListOfData></WriteRequest>'
            ),
        ),
        (
            "C81E300123456700000000000000000000000000000000000000000000000000",
            (
                '<glo_GetRequest Value="30012345670000000000000000000000000000000000000000000'
                '0000000" />'
            ),
        ),
        (
            "DB084D4D4D00000000010B2000000001AABBCCDDEEFF",
            (
                '<GeneralGloCiphering><SystemTitle Value="4D4D4D0000000001" /><CipheredServic'
                'e Value="2000000001AABBCCDDEEFF" /></GeneralGloCiphering>'
            ),
        ),
        (
            "E0C1000100000301FF02",
            (
                '<GeneralBlockTransfer><BlockControl Value="C1" /><BlockNumber Value="0001" /'
                '><BlockNumberAck Value="0000" /><BlockData Value="01FF02" /></GeneralBlockTr'
                "ansfer>"
            ),
        ),
        (
            "C401C1000A03413C22",
            (
                '<GetResponse><GetResponseNormal><InvokeIdAndPriority Value="C1" /><Result><D'
                'ata><String Value="A&lt;&quot;" /></Data></Result></GetResponseNormal></GetR'
                "esponse>"
            ),
        ),
        (
            "C401C1000505",
            (
                '<GetResponse><GetResponseNormal><InvokeIdAndPriority Value="C1" /><Result><D'
                'ata><Unreadable Value="05" /></Data></Result></GetResponseNormal></GetRespon'
                "se>"
            ),
        ),
        (
            "C401C100040200",
            (
                '<GetResponse><GetResponseNormal><InvokeIdAndPriority Value="C1" /><Result><D'
                'ata><BitString Value="00" /></Data></Result></GetResponseNormal></GetRespons'
                "e>"
            ),
        ),
        (
            "C401C1000301",
            (
                '<GetResponse><GetResponseNormal><InvokeIdAndPriority Value="C1" /><Result><D'
                'ata><Boolean Value="True" /></Data></Result></GetResponseNormal></GetRespons'
                "e>"
            ),
        ),
        (
            "C401C100FF",
            (
                '<GetResponse><GetResponseNormal><InvokeIdAndPriority Value="C1" /><Result><D'
                "ata><DontCare /></Data></Result></GetResponseNormal></GetResponse>"
            ),
        ),
        (
            "FF",
            '<APDU><Unreadable Value="FF" /></APDU>',
        ),
    ],
)
def test_an_apdu_is_written_as_the_field_writes_it(octets: str, xml: str) -> None:
    assert xml_of(octets) == xml


def test_elements_stand_one_below_the_other() -> None:
    assert to_xml(dissect_apdu(bytes.fromhex("C501C100"))) == (
        "<SetResponse>\n"
        "  <SetResponseNormal>\n"
        '    <InvokeIdAndPriority Value="C1" />\n'
        '    <Result Value="Success" />\n'
        "  </SetResponseNormal>\n"
        "</SetResponse>"
    )


def test_access_is_written_with_an_element_around_each_specification() -> None:
    shown = xml_of("D940000000000101" + "00030100010800FF02" + "0100")
    assert "<_AccessRequestSpecification><AccessRequestGet><AttributeDescriptor>" in shown
    assert '<AccessRequestListOfData Qty="01"><None /></AccessRequestListOfData>' in shown
    assert "<Data Qty=" not in xml_of("DA" + "4000000000" + "00" + "01" + "00" + "01" + "0100")


def test_the_body_of_access_has_an_element_of_its_own() -> None:
    assert xml_of("DA" + "4000000000" + "00" + "01" + "00" + "01" + "010B") == (
        '<AccessResponse><LongInvokeIdAndPriority Value="40000000" /><DateTime Value="" />'
        '<AccessResponseBody><AccessResponseListOfData Qty="01"><None /></AccessResponseListOfData>'
        '<AccessResponseSpecification Qty="01"><_AccessResponseSpecification><AccessResponseGet>'
        '<Result Value="UnavailableObject" /></AccessResponseGet></_AccessResponseSpecification>'
        "</AccessResponseSpecification></AccessResponseBody></AccessResponse>"
    )
    assert "Body" not in xml_of("DA40000000")


@pytest.mark.parametrize(
    ("key_info", "xml"),
    [
        ("00", ""),
        ("010001", '<KeyInfo><IdentifiedKey><KeyId Value="01" /></IdentifiedKey></KeyInfo>'),
        (
            "01020102" + "01AA",
            (
                '<KeyInfo><AgreedKey><KeyParameters Value="02" /><KeyCipheredData Value="AA" />'
                "</AgreedKey></KeyInfo>"
            ),
        ),
    ],
)
def test_what_tells_a_key_stands_in_the_element_that_tells_how(key_info: str, xml: str) -> None:
    assert xml_of("DD" + "0101" + "00" + "00" + "00" + "00" + key_info + "053000000001") == (
        '<GeneralCiphering><TransactionId Value="01" /><OriginatorSystemTitle Value="" />'
        '<RecipientSystemTitle Value="" /><DateTime Value="" /><OtherInformation Value="" />'
        f'{xml}<CipheredContent Value="3000000001" /></GeneralCiphering>'
    )


@pytest.mark.parametrize(
    ("octets", "bits"),
    [
        ("0284", "100001"),
        ("0780", "1"),
        ("000001", "0000000000000001"),
        ("08FF", "08FF"),
        ("00", "00"),
    ],
)
def test_bits_of_an_association_are_written_as_bits(octets: str, bits: str) -> None:
    field = f"80{len(octets) // 2:02X}{octets}"
    shown = xml_of(f"60{len(field) // 2:02X}{field}")
    assert shown == f'<AssociationRequest><ProtocolVersion Value="{bits}" /></AssociationRequest>'


def test_a_time_is_written_without_what_stands_before_it() -> None:
    time = "07E6010101000000FF800000"
    for before in ("0C", "090C"):
        shown = xml_of("0F" + "00000001" + before + time + "00")
        assert f'<DateTime Value="{time}" />' in shown


def test_behind_a_gateways_prefix_stands_an_apdu() -> None:
    assert xml_of("E7" + "01" + "02AABB" + "C501C100") == (
        '<GatewayResponse><NetworkId Value="1" /><PhysicalDeviceAddress Value="AABB" />'
        '<SetResponse><SetResponseNormal><InvokeIdAndPriority Value="C1" />'
        '<Result Value="Success" /></SetResponseNormal></SetResponse></GatewayResponse>'
    )


def test_a_diagnostic_that_can_not_be_read_is_written_by_its_fields() -> None:
    shown = xml_of("6104A302A100")
    assert '<ResultSourceDiagnostic><Source Value="A100" /><Unreadable Value="" />' in shown


@pytest.mark.parametrize(
    ("octets", "xml"),
    [
        (
            "0502" + "02FA00" + "050002",
            (
                '<VariableName Value="FA00" /><BlockNumberAccess><BlockNumber Value="0002" />'
                "</BlockNumberAccess>"
            ),
        ),
        (
            "0601" + "07" + "01" + "0002" + "01" + "0F01",
            (
                '<WriteDataBlockAccess><LastBlock Value="01" /><BlockNumber Value="0002" />'
                "</WriteDataBlockAccess>"
            ),
        ),
        (
            "0601" + "04" + "0008" + "01" + "0F02" + "01" + "0F01",
            (
                '<ParameterisedAccess><VariableName Value="0008" /><Selector Value="01" />'
                '<Parameter><Int8 Value="02" /></Parameter></ParameterisedAccess>'
            ),
        ),
        (
            "0C01" + "02" + "00" + "0001" + "02AABB",
            (
                '<DataBlockResult><LastBlock Value="00" /><BlockNumber Value="0001" />'
                '<RawData Value="AABB" /></DataBlockResult>'
            ),
        ),
    ],
)
def test_each_kind_of_variable_has_its_element(octets: str, xml: str) -> None:
    assert xml in xml_of(octets)


def test_the_parameters_of_a_selection_are_no_value() -> None:
    shown = xml_of("C101C1" + "00030100010800FF02" + "01" + "01" + "0F01" + "0F02")
    assert '<AccessParameters><Int8 Value="01" /></AccessParameters>' in shown
    assert '<Value><Int8 Value="02" /></Value>' in shown


def test_an_association_is_negotiated_by_the_same_names_wherever_it_stands() -> None:
    alone = xml_of("0800065F1F040000501404000007")
    assert alone.startswith('<InitiateResponse><NegotiatedDlmsVersionNumber Value="06" />')
    released = xml_of("6315800100BE10040E0800065F1F040000501404000007")
    assert released == f'<ReleaseResponse><Reason Value="Normal" />{alone}</ReleaseResponse>'


@pytest.mark.parametrize(
    ("octets", "xml"),
    [
        ("0500", '<ReadRequest Qty="00" />'),
        ("0C00", '<ReadResponse Qty="00" />'),
        (
            "060000",
            (
                '<WriteRequest><ListOfVariableAccessSpecification Qty="00" /><ListOfData Qty="00" '
                "/></WriteRequest>"
            ),
        ),
        (
            "DA0000000100000000",
            (
                '<AccessResponse><LongInvokeIdAndPriority Value="00000001" /><DateTime Value="" />'
                '<AccessResponseBody><AccessResponseListOfData Qty="00" />'
                '<AccessResponseSpecification Qty="00" /></AccessResponseBody></AccessResponse>'
            ),
        ),
    ],
)
def test_an_empty_list_is_told_by_its_quantity(octets: str, xml: str) -> None:
    assert xml_of(octets) == xml


@pytest.mark.parametrize(
    ("octets", "xml"),
    [
        (
            "0D0100AB",
            '<WriteResponse Qty="01"><Success /><MoreOctets Value="AB" /></WriteResponse>',
        ),
        (
            "D80101AB",
            (
                '<ExceptionResponse><StateError Value="ServiceNotAllowed" /><ServiceError Value='
                '"OperationNotPossible" /><Unreadable Value="AB" /></ExceptionResponse>'
            ),
        ),
        (
            "D8010600000007AB",
            (
                '<ExceptionResponse><StateError Value="ServiceNotAllowed" /><ServiceError Value='
                '"InvocationCounterError" /><InvocationCounter Value="00000007" />'
                '<MoreOctets Value="AB" /></ExceptionResponse>'
            ),
        ),
    ],
)
def test_octets_left_stand_in_an_element_of_their_own(octets: str, xml: str) -> None:
    assert xml_of(octets) == xml


@pytest.mark.parametrize(
    "octets",
    [
        "C304C100460000600300FF01" + "00" + "00000001" + "020102",
        "C306C1" + "00" + "00000001" + "020102",
        "C702C1" + "00" + "00000001" + "020102",
    ],
)
def test_a_block_of_a_method_has_a_name_of_its_own(octets: str) -> None:
    assert (
        '<PBlock><LastBlock Value="00" /><BlockNumber Value="00000001" /><RawData Value="0102" />'
        "</PBlock>"
    ) in xml_of(octets)


def test_a_ciphered_service_error_is_named_as_the_field_names_it() -> None:
    assert xml_of("2E053000000001") == '<glo_GloConfirmedServiceError Value="3000000001" />'
    assert xml_of("4E053000000001") == '<ded_GloConfirmedServiceError Value="3000000001" />'


def test_what_control_characters_say_is_shown_but_not_sent() -> None:
    assert r'<String Value="\x1b&amp;" />' in xml_of("C401C1000A021B26")


def test_a_frame_is_written_by_its_fields() -> None:
    octets = bytes.fromhex("7EA00802232153B1A27E")
    title, layout = layout_of(octets, is_sent=True)
    shown = to_xml(dissect(title, octets, layout))
    assert shown.startswith("<HDLCFrame>")
    assert '<FrameFormat Value="A008" />' in shown


@given(octets=st.binary(max_size=60), tag=st.sampled_from(sorted(APDUS)))
def test_xml_of_any_octets_is_well_formed(octets: bytes, tag: int) -> None:
    ET.fromstring(to_xml(dissect_apdu(bytes((tag,)) + octets)))  # noqa: S314  # our own


@given(
    octets=st.sampled_from(
        ["7EA00802232153B1A27E", "0001001000010001C0", "2F3F210D0A", "02", "7E"]
    ),
    more=st.binary(max_size=9),
)
def test_xml_of_any_frame_is_well_formed(octets: str, more: bytes) -> None:
    whole = bytes.fromhex(octets) + more
    title, layout = layout_of(whole, is_sent=True)
    ET.fromstring(to_xml(dissect(title, whole, layout)))  # noqa: S314  # our own


@given(value=data())
def test_xml_of_any_data_is_well_formed(value: Data) -> None:
    octets = bytes.fromhex("C401C100") + encode_data(value)
    ET.fromstring(to_xml(dissect_apdu(octets)))  # noqa: S314  # our own
