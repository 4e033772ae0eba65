import pytest

from dcud.dlms.access import InvokeIdAndPriority
from dcud.dlms.apdu.action import (
    ActionRequest,
    ActionRequestNormal,
    ActionRequestWithFirstPblock,
    ActionRequestWithList,
    ActionRequestWithListAndFirstPblock,
    ActionRequestWithPblock,
    ActionResult,
    MethodDescriptor,
    NextPblock,
    Pblock,
    encode_action_request,
)
from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import DecodeError
from dcud.dlms.obis import Obis
from dcud.dlms.server_action import MAX_PARAMETER, Acted, ActionService, no_methods

CLIENT = ClientSap(1)
INVOKE = InvokeIdAndPriority(invoke_id=1)
METHOD = MethodDescriptor(70, Obis.parse("0.0.96.3.10.255"), 1)
# c301c1 0046 0000600303aff: class 70, method 1, parameter 0f 00
REQUEST = bytes.fromhex("c301c1" + "00460000600" + "30aff01" + "010f00")


class Meter:
    """Keeps what it is told to do."""

    def __init__(self, acted: Acted | None = None) -> None:
        self.done: list[tuple[MethodDescriptor, bytes | None]] = []
        self._acted = acted or Acted()
        self.service = ActionService(self.act, CLIENT)

    def act(self, method: MethodDescriptor, parameter: bytes | None, client: ClientSap) -> Acted:
        assert client == CLIENT
        self.done.append((method, parameter))
        return self._acted

    def answers(self, request: ActionRequest | bytes) -> str | None:
        octets = request if isinstance(request, bytes) else encode_action_request(request)
        answer, _ = self.service.answer(octets)
        return None if answer is None else answer.hex()


def first(number: int, octets: bytes, *, last: bool = False) -> ActionRequest:
    return ActionRequestWithFirstPblock(
        invoke_id_and_priority=INVOKE,
        method=METHOD,
        pblock=Pblock(last_block=last, block_number=number, octets=octets),
    )


def further(number: int, octets: bytes, *, last: bool = False) -> ActionRequest:
    return ActionRequestWithPblock(
        invoke_id_and_priority=INVOKE,
        pblock=Pblock(last_block=last, block_number=number, octets=octets),
    )


def test_a_method_with_its_parameter() -> None:
    meter = Meter()
    assert meter.answers(REQUEST) == "c701c1" + "0000"
    assert meter.done == [(METHOD, b"\x0f\x00")]


def test_a_method_without() -> None:
    meter = Meter(Acted(returned=b"\x09\x01\x2a"))
    request = ActionRequestNormal(invoke_id_and_priority=INVOKE, method=METHOD)
    assert meter.answers(request) == "c70141" + "00" + "0100" + "09012a"
    assert meter.done == [(METHOD, None)]


def test_what_is_refused() -> None:
    assert Meter(Acted(result=ActionResult.READ_WRITE_DENIED)).answers(REQUEST) == "c701c10300"
    assert no_methods(METHOD, None, CLIENT) == Acted(result=ActionResult.READ_WRITE_DENIED)


def test_nothing_is_said_where_nothing_is_wanted() -> None:
    meter = Meter()
    assert meter.answers(bytes((0xC3, 1, 0x81, *REQUEST[3:]))) is None
    assert len(meter.done) == 1


def test_what_follows_upon_the_answer_is_handed_out() -> None:
    done: list[str] = []
    service = Meter(Acted(afterwards=lambda: done.append("afterwards"))).service
    _, afterwards = service.answer(REQUEST)
    assert done == []
    assert afterwards is not None
    afterwards()
    assert done == ["afterwards"]


class TestBlocks:
    def test_a_parameter_in_blocks(self) -> None:
        meter = Meter()
        assert meter.answers(first(1, b"\x09\x03")) == "c70441" + "00000001"
        assert meter.answers(further(2, b"\x01\x02")) == "c70441" + "00000002"
        assert meter.answers(further(3, b"\x03", last=True)) == "c701410000"
        assert meter.done == [(METHOD, b"\x09\x03\x01\x02\x03")]

    def test_one_block_may_be_all(self) -> None:
        meter = Meter()
        assert meter.answers(first(1, b"\x0f\x00", last=True)) == "c701410000"

    @pytest.mark.parametrize("number", [1, 3])
    def test_a_block_out_of_order(self, number: int) -> None:
        meter = Meter()
        meter.answers(first(1, b"\x09\x03"))
        assert meter.answers(further(number, b"\x01")) == "c701410f00"
        assert meter.answers(further(2, b"\x01")) == "c701411000"
        assert meter.done == []

    def test_a_parameter_has_an_end(self) -> None:
        meter = Meter()
        assert meter.answers(first(1, bytes(MAX_PARAMETER))) == "c70441" + "00000001"
        assert meter.answers(further(2, b"\0")) == "c701410f00"

    def test_another_request_ends_it(self) -> None:
        meter = Meter()
        meter.answers(first(1, b"\x09\x03"))
        meter.answers(REQUEST)
        assert meter.answers(further(2, b"\x01")) == "c701411000"

    def test_an_association_that_ends_takes_it_along(self) -> None:
        meter = Meter()
        meter.answers(first(1, b"\x09\x03"))
        meter.service.forget()
        assert meter.answers(further(2, b"\x01")) == "c701411000"

    def test_no_answer_ever_comes_in_blocks(self) -> None:
        request = NextPblock(invoke_id_and_priority=INVOKE, block_number=1)
        assert Meter().answers(request) == "c701411000"


def test_octets_that_make_no_sense() -> None:
    with pytest.raises(DecodeError):
        Meter().service.answer(b"\xc3\x09")


OTHER = MethodDescriptor(70, Obis.parse("0.0.96.3.10.255"), 2)
TWO = ActionRequestWithList(
    invoke_id_and_priority=INVOKE, methods=(METHOD, OTHER), parameters=(b"\x00", b"\x0f\x00")
)


def listed(octets: bytes, *, last: bool = False) -> ActionRequest:
    return ActionRequestWithListAndFirstPblock(
        invoke_id_and_priority=INVOKE,
        methods=(METHOD, OTHER),
        pblock=Pblock(last_block=last, block_number=1, octets=octets),
    )


class TestMany:
    def test_each_is_done(self) -> None:
        meter = Meter()
        assert meter.answers(TWO) == "c70341" + "02" + "0000" + "0000"
        assert meter.done == [(METHOD, None), (OTHER, b"\x0f\x00")]

    def test_in_blocks(self) -> None:
        meter = Meter()
        assert meter.answers(listed(b"\x02\x00\x0f")) == "c7044100000001"
        assert meter.answers(further(2, b"\x00", last=True)) == "c70341" + "02" + "0000" + "0000"
        assert meter.done == [(METHOD, None), (OTHER, b"\x0f\x00")]

    def test_parameters_that_are_not_as_many_as_told(self) -> None:
        meter = Meter()
        assert meter.answers(listed(b"\x01\x00", last=True)) == "c701410f00"
        assert meter.done == []

    def test_what_follows_upon_all_of_them(self) -> None:
        later: list[int] = []
        meter = Meter(Acted(afterwards=lambda: later.append(1)))
        _, afterwards = meter.service.answer(encode_action_request(TWO))
        assert later == []
        assert afterwards is not None
        afterwards()
        assert later == [1, 1]


class TestLongAnswers:
    def long(self) -> tuple[Meter, str]:
        meter = Meter(Acted(returned=bytes.fromhex("0918") + bytes(range(24))))
        answer, _ = meter.service.answer(REQUEST, 30)
        assert answer is not None
        assert len(answer) == 30
        return meter, answer.hex()

    def test_they_go_out_block_by_block(self) -> None:
        meter, answer = self.long()
        raw = bytes.fromhex("000100" + "0918") + bytes(range(24))
        assert answer == "c702c1" + "00" + "00000001" + "15" + raw[:21].hex()
        following = NextPblock(invoke_id_and_priority=INVOKE, block_number=1)
        assert meter.answers(following) == "c70241" + "01" + "00000002" + "08" + raw[21:].hex()

    def test_a_block_that_follows_none(self) -> None:
        meter, _ = self.long()
        following = NextPblock(invoke_id_and_priority=INVOKE, block_number=2)
        assert meter.answers(following) == "c701411000"

    def test_an_association_that_ends_takes_them_with_it(self) -> None:
        meter, _ = self.long()
        meter.service.forget()
        following = NextPblock(invoke_id_and_priority=INVOKE, block_number=1)
        assert meter.answers(following) == "c701411000"
