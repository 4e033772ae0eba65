import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.access import (
    ActionResult,
    AttributeDescriptor,
    DataAccessResult,
    MethodDescriptor,
    Selection,
)
from dcud.dlms.data import Data, unsigned
from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import DecodeError
from dcud.dlms.obis import Obis
from dcud.dlms.server_action import Acted
from dcud.dlms.server_get import AnswerTooLongError
from dcud.dlms.server_short_names import MAX_REQUEST, ShortNameService, nothing_is_found

CLIENT = ClientSap(16)
CLOCK = AttributeDescriptor(8, Obis.parse("0.0.1.0.0.255"), 2)
NAME = AttributeDescriptor(1, Obis.parse("0.0.42.0.0.255"), 2)
LIST = AttributeDescriptor(12, Obis.parse("0.0.40.0.0.255"), 2)
RESET = MethodDescriptor(7, Obis.parse("1.0.99.1.0.255"), 1)
NAMES: dict[int, AttributeDescriptor | MethodDescriptor] = {
    0x0008: CLOCK,
    0x0010: NAME,
    0x0018: RESET,
    0xFA08: LIST,
}
LONG = bytes.fromhex("0940") + bytes(range(64))


class Meter:
    """Its clock is an encoding, its name is refused, its list is long, its method wants data."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.called: list[bytes | None] = []
        self.service = ShortNameService(NAMES.get, self.tell, self.take, self.act, CLIENT)

    def tell(
        self, attribute: AttributeDescriptor, selection: Selection | None, client: ClientSap
    ) -> Data | bytes | DataAccessResult:
        assert client == CLIENT
        if attribute == NAME:
            return DataAccessResult.READ_WRITE_DENIED
        if selection is not None:
            return selection.parameters
        return LONG if attribute == LIST else unsigned(7)

    def take(
        self,
        attribute: AttributeDescriptor,
        selection: Selection | None,
        value: bytes,
        client: ClientSap,
    ) -> DataAccessResult:
        assert client == CLIENT
        if attribute == NAME or selection is not None:
            return DataAccessResult.READ_WRITE_DENIED
        self.written.append(value)
        return DataAccessResult.SUCCESS

    def act(self, method: MethodDescriptor, parameter: bytes | None, client: ClientSap) -> Acted:
        assert (method, client) == (RESET, CLIENT)
        self.called.append(parameter)
        if parameter is None:
            return Acted(result=ActionResult.TYPE_UNMATCHED)
        returned = parameter if parameter == b"\x11\x07" else None
        return Acted(returned=returned, afterwards=lambda: self.called.append(b"after"))

    def reads(self, apdu: str, room: int = 0, *, in_blocks: bool = True) -> str:
        answer, afterwards = self.service.read(bytes.fromhex(apdu), room, in_blocks=in_blocks)
        if afterwards is not None:
            afterwards()
        return answer.hex()

    def writes(self, apdu: str) -> str:
        answer, afterwards = self.service.write(bytes.fromhex(apdu))
        if afterwards is not None:
            afterwards()
        return answer.hex()


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("0501020008", "0c01001107"),
        ("0502020008020010", "0c02001107" + "0103"),
        ("05010400080211" + "09", "0c01001109"),
        ("0501029999", "0c010104"),
        ("0501070000" + "01", "0c01010c"),
    ],
)
def test_reading(asked: str, answer: str) -> None:
    assert Meter().reads(asked) == answer


@pytest.mark.parametrize(
    ("asked", "answer", "called"),
    [
        ("0501040018011107", "0c01001107", [b"\x11\x07", b"after"]),
        ("0501040018010f00", "0c010000", [b"\x0f\x00", b"after"]),
        ("0501020018", "0c01010c", [None]),
    ],
)
def test_methods_that_are_read(asked: str, answer: str, called: list[bytes | None]) -> None:
    meter = Meter()
    assert meter.reads(asked) == answer
    assert meter.called == called


def test_a_long_answer_goes_out_in_blocks() -> None:
    meter = Meter()
    octets = b""
    answer = meter.reads("050102fa08", 40)
    for number in range(1, 3):
        assert len(answer) <= 80
        assert answer.startswith(f"0c0102{number == 2:02x}{number:04x}")
        octets += bytes.fromhex(answer)[7:]
        answer = meter.reads(f"050105{number:04x}", 40)
    assert octets == LONG
    assert answer == "0c010113"
    assert meter.reads("0501050002", 40) == "0c010110"


def test_many_long_answers_go_out_as_a_list() -> None:
    meter = Meter()
    answer = meter.reads("050202fa08020010", 40)
    assert answer.startswith("0c0102000001" + "21" + "02" + "00" + "0940")


def test_a_block_is_said_again() -> None:
    meter = Meter()
    meter.reads("050102fa08", 40)
    assert meter.reads("0501050001", 40) == meter.reads("0501050001", 40)


def test_a_long_answer_that_must_not_be_cut() -> None:
    with pytest.raises(AnswerTooLongError):
        Meter().reads("050102fa08", 40, in_blocks=False)


def test_a_request_in_blocks() -> None:
    meter = Meter()
    assert meter.reads("050106" + "00" + "0001" + "0301" + "0400") == "0c01030001"
    assert meter.reads("050106" + "01" + "0002" + "04" + "18011107") == "0c01001107"


@pytest.mark.parametrize(
    ("block", "answer"),
    [
        ("050106" + "00" + "0002" + "0101", "0c010113"),
        ("050106" + "01" + "0001" + "020100", None),
    ],
)
def test_blocks_that_make_no_request(block: str, answer: str | None) -> None:
    if answer is None:
        with pytest.raises(DecodeError):
            Meter().reads(block)
    else:
        assert Meter().reads(block) == answer


def test_writing() -> None:
    meter = Meter()
    asked = "0604" + "020008" + "020010" + "029999" + "040008021107"
    assert meter.writes(asked + "04" + "1107" * 4) == "0d04" + "00" + "0103" + "0104" + "0103"
    assert meter.written == [b"\x11\x07"]
    assert meter.writes("0602" + "050001" + "020008" + "02" + "1107" * 2) == "0d02" + "010c" + "00"


def test_methods_that_are_written() -> None:
    meter = Meter()
    assert meter.writes("0601020018" + "010f00") == "0d0100"
    assert meter.called == [b"\x0f\x00", b"after"]


def test_a_long_value_in_blocks() -> None:
    meter = Meter()
    assert meter.writes("060107" + "00" + "0001" + "01" + "0903010200") == "0d01020001"
    assert meter.writes("060107" + "01" + "0002" + "01" + "0904" + "08011107") == "0d0100"
    assert meter.written == [b"\x11\x07"]


def test_what_is_too_long() -> None:
    meter = Meter()
    half = bytes(MAX_REQUEST // 2 + 1)
    block = "098200" + "8001" if len(half) < 0x100 else "09" + "82" + len(half).to_bytes(2).hex()
    assert meter.writes("060107" + "00" + "0001" + "01" + block + half.hex()) == "0d01020001"
    assert meter.writes("060107" + "00" + "0002" + "01" + block + half.hex()) == "0d010111"


def test_another_request_gives_up_what_is_on_its_way() -> None:
    meter = Meter()
    meter.writes("060107" + "00" + "0001" + "01" + "0903010200")
    assert meter.writes("0601020008" + "011107") == "0d0100"
    assert meter.writes("060107" + "01" + "0002" + "01" + "0904" + "08011107") == "0d010113"


def test_a_block_that_is_no_octet_string() -> None:
    with pytest.raises(DecodeError):
        Meter().writes("060107" + "00" + "0001" + "01" + "1107")


def test_writing_without_an_answer() -> None:
    meter = Meter()
    assert meter.service.write_unconfirmed(bytes.fromhex("160102000801" + "1107")) is None
    afterwards = meter.service.write_unconfirmed(bytes.fromhex("160102001801" + "0f00"))
    assert afterwards is not None
    assert meter.written == [b"\x11\x07"]
    assert meter.called == [b"\x0f\x00"]


def test_nothing_is_found_by_default() -> None:
    assert nothing_is_found(8) is None  # type: ignore[func-returns-value]  # that it's None is told


@given(st.binary(max_size=40), st.sampled_from(["05", "06", ""]))
def test_any_octets_end_in_an_answer_or_a_decode_error(octets: bytes, tag: str) -> None:
    apdu = bytes.fromhex(tag) + octets
    service = Meter().service
    for serve in (
        lambda: service.read(apdu, 40, in_blocks=True),
        lambda: service.write(apdu),
        lambda: service.write_unconfirmed(apdu),
    ):
        try:
            serve()
        except DecodeError as error:
            assert error.message  # noqa: PT017  # whatever else is raised fails the test
