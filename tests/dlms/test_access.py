import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.access import (
    ActionResult,
    AttributeDescriptor,
    AttributeWithSelection,
    DataAccessResult,
    InvokeIdAndPriority,
    LongInvokeIdAndPriority,
    MethodDescriptor,
    Selection,
    decode_selection,
    encode_selection,
)
from dcud.dlms.data import array, unsigned
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from tests.support.apdus import attributes, invokes, long_invokes, methods, selections

CLOCK = AttributeDescriptor(8, Obis.parse("0.0.1.0.0.255"), 2)
REPLY_TO_HLS = MethodDescriptor(15, Obis.parse("0.0.40.0.0.255"), 1)


class TestAttributeDescriptor:
    def test_nine_octets(self) -> None:
        assert CLOCK.encode().hex() == "00080000010000ff02"
        assert AttributeDescriptor.decode(Cursor(CLOCK.encode())) == CLOCK

    def test_attributes_of_the_manufacturer_are_negative(self) -> None:
        descriptor = AttributeDescriptor(3, Obis.parse("1.0.1.8.0.255"), -1)
        assert descriptor.encode().hex() == "00030100010800ffff"

    def test_it_is_told_in_one_word(self) -> None:
        assert str(CLOCK) == "8/0.0.1.0.0.255/2"

    @pytest.mark.parametrize(("class_id", "attribute"), [(-1, 2), (65536, 2), (8, 128), (8, -129)])
    def test_what_does_not_fit(self, class_id: int, attribute: int) -> None:
        with pytest.raises(EncodeError):
            AttributeDescriptor(class_id, CLOCK.logical_name, attribute)

    def test_too_short(self) -> None:
        with pytest.raises(DecodeError):
            AttributeDescriptor.decode(Cursor(CLOCK.encode()[:-1]))

    @given(attributes)
    def test_each_comes_back(self, descriptor: AttributeDescriptor) -> None:
        assert AttributeDescriptor.decode(Cursor(descriptor.encode())) == descriptor


class TestMethodDescriptor:
    def test_nine_octets(self) -> None:
        assert REPLY_TO_HLS.encode().hex() == "000f0000280000ff01"
        assert MethodDescriptor.decode(Cursor(REPLY_TO_HLS.encode())) == REPLY_TO_HLS

    def test_it_is_told_in_one_word(self) -> None:
        assert str(REPLY_TO_HLS) == "15/0.0.40.0.0.255/1"

    @pytest.mark.parametrize(("class_id", "method"), [(-1, 1), (65536, 1), (15, 128), (15, -129)])
    def test_what_does_not_fit(self, class_id: int, method: int) -> None:
        with pytest.raises(EncodeError):
            MethodDescriptor(class_id, REPLY_TO_HLS.logical_name, method)

    @given(methods)
    def test_each_comes_back(self, descriptor: MethodDescriptor) -> None:
        assert MethodDescriptor.decode(Cursor(descriptor.encode())) == descriptor


class TestSelection:
    def test_absent(self) -> None:
        assert encode_selection(None) == b"\x00"
        assert decode_selection(Cursor(b"\x00")) is None

    def test_present(self) -> None:
        selection = Selection(2, array([unsigned(7)]))
        assert encode_selection(selection).hex() == "0102" + "01011107"
        assert decode_selection(Cursor(bytes.fromhex("010201011107"))) == selection

    def test_a_selector_has_one_octet(self) -> None:
        with pytest.raises(EncodeError):
            Selection(256, unsigned(7))

    @given(selections)
    def test_each_comes_back(self, selection: Selection | None) -> None:
        assert decode_selection(Cursor(encode_selection(selection))) == selection

    @given(st.binary(max_size=30))
    def test_any_octets_give_a_selection_or_a_typed_error(self, octets: bytes) -> None:
        try:
            selection = decode_selection(Cursor(octets))
        except DecodeError:
            return
        assert selection is None or selection.selector == octets[1]


class TestDataAccessResult:
    def test_words(self) -> None:
        assert DataAccessResult(3).words == "read-write-denied"
        assert DataAccessResult(250).words == "other-reason"

    def test_unknown_codes_are_kept(self) -> None:
        unknown = DataAccessResult(77)
        assert unknown == 77
        assert unknown.words == "result-77"
        assert unknown == DataAccessResult(77)
        assert hash(unknown) == hash(DataAccessResult(77))

    @pytest.mark.parametrize("code", [-1, 256])
    def test_what_fits_no_octet_is_no_result(self, code: int) -> None:
        with pytest.raises(ValueError, match="is not a valid DataAccessResult"):
            DataAccessResult(code)


def test_an_unknown_action_result_keeps_its_number() -> None:
    assert ActionResult(200) == 200
    assert ActionResult(200).words == "result-200"
    assert ActionResult.LONG_ACTION_ABORTED.words == "long-action-aborted"
    for impossible in (-1, 256):
        with pytest.raises(ValueError, match="not a valid ActionResult"):
            ActionResult(impossible)
    with pytest.raises(ValueError, match="not a valid ActionResult"):
        ActionResult("x")  # type: ignore[arg-type]  # what is no number at all


class TestInvokeIdAndPriority:
    @pytest.mark.parametrize(
        ("octet", "invoke"),
        [
            (0xC1, InvokeIdAndPriority(invoke_id=1, high_priority=True)),
            (0x4F, InvokeIdAndPriority(invoke_id=15)),
            (0x00, InvokeIdAndPriority(invoke_id=0, confirmed=False)),
        ],
    )
    def test_the_octet(self, octet: int, invoke: InvokeIdAndPriority) -> None:
        assert invoke.encode() == bytes((octet,))
        assert InvokeIdAndPriority.decode(Cursor(bytes((octet,)))) == invoke

    def test_reserved_bits_are_not_looked_at(self) -> None:
        assert InvokeIdAndPriority.decode(Cursor(b"\x71")) == InvokeIdAndPriority(invoke_id=1)

    def test_sixteen_ids(self) -> None:
        with pytest.raises(EncodeError):
            InvokeIdAndPriority(invoke_id=16)

    @given(invokes)
    def test_each_comes_back(self, invoke: InvokeIdAndPriority) -> None:
        assert InvokeIdAndPriority.decode(Cursor(invoke.encode())) == invoke


def test_an_attribute_with_what_is_selected_of_it() -> None:
    whole = AttributeWithSelection(attribute=CLOCK)
    assert whole.encode().hex() == "00080000010000ff02" + "00"
    part = AttributeWithSelection(attribute=CLOCK, selection=Selection(1, unsigned(3)))
    assert part.encode().hex() == "00080000010000ff02" + "0101" + "1103"
    for each in (whole, part):
        assert AttributeWithSelection.decode(Cursor(each.encode())) == each


def test_the_long_invoke_id_and_priority() -> None:
    # GBCS RTDS 4.5.0 test set in SmartDCCInnovation/gbcs-parser: break on error, no answer wanted
    octets = bytes.fromhex("200003e9")
    invoke = LongInvokeIdAndPriority(invoke_id=1001, break_on_error=True, confirmed=False)
    assert LongInvokeIdAndPriority.decode(Cursor(octets)) == invoke
    assert invoke.encode() == octets
    with pytest.raises(EncodeError):
        LongInvokeIdAndPriority(invoke_id=1 << 24)


@given(long_invokes)
def test_a_long_invoke_id_comes_back(invoke: LongInvokeIdAndPriority) -> None:
    assert LongInvokeIdAndPriority.decode(Cursor(invoke.encode())) == invoke
