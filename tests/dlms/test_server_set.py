import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.access import (
    AttributeDescriptor,
    AttributeWithSelection,
    DataAccessResult,
    Selection,
)
from dcud.dlms.conformance import Conformance
from dcud.dlms.constructors import octet_string
from dcud.dlms.data import encode_data
from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import DecodeError
from dcud.dlms.exchange import Answered, BlockReceived
from dcud.dlms.obis import Obis
from dcud.dlms.server_set import MAX_VALUE, SetService, nothing_is_written
from dcud.dlms.set_exchange import SetExchange, SetManyExchange, Writing
from tests.support.terms import terms

CLIENT = ClientSap(16)
CLOCK = AttributeDescriptor(8, Obis.parse("0.0.1.0.0.255"), 2)
NAME = AttributeDescriptor(1, Obis.parse("0.0.42.0.0.255"), 2)
CLOCK_HEX = "00080000010000ff0200"
NAME_HEX = "000100002a0000ff0200"


class Meter:
    """Keeps what was written; its name can't be."""

    def __init__(self) -> None:
        self.written: list[tuple[AttributeDescriptor, bytes]] = []
        self.service = SetService(self.write, CLIENT)

    def write(
        self, attribute: AttributeDescriptor, _: Selection | None, value: bytes, client: ClientSap
    ) -> DataAccessResult:
        assert client == CLIENT
        if attribute == NAME:
            return DataAccessResult.READ_WRITE_DENIED
        self.written.append((attribute, value))
        return DataAccessResult.SUCCESS

    def answers(self, apdu: str) -> str | None:
        answer = self.service.answer(bytes.fromhex(apdu))
        return None if answer is None else answer.hex()


def test_one_value() -> None:
    meter = Meter()
    assert meter.answers("c101c1" + CLOCK_HEX + "1107") == "c501c100"
    assert meter.answers("c101c1" + NAME_HEX + "1107") == "c501c103"
    assert meter.written == [(CLOCK, b"\x11\x07")]


def test_an_unconfirmed_one_is_written_without_an_answer() -> None:
    meter = Meter()
    assert meter.answers("c10181" + CLOCK_HEX + "1107") is None
    assert meter.written == [(CLOCK, b"\x11\x07")]


def test_many_values() -> None:
    meter = Meter()
    answer = meter.answers("c104c1" + "02" + CLOCK_HEX + NAME_HEX + "02" + "11071108")
    assert answer == "c505c1020003"


def test_one_value_in_blocks() -> None:
    meter = Meter()
    assert meter.answers("c102c1" + CLOCK_HEX + "00" + "00000001" + "0111") == "c502c100000001"
    assert meter.answers("c103c1" + "01" + "00000002" + "0107") == "c503c10000000002"
    assert meter.written == [(CLOCK, b"\x11\x07")]


def test_many_values_in_blocks() -> None:
    meter = Meter()
    first = "c105c1" + "02" + CLOCK_HEX + NAME_HEX + "00" + "00000001" + "020211"
    assert meter.answers(first) == "c502c100000001"
    assert meter.answers("c103c1" + "01" + "00000002" + "03071108") == (
        "c504c1" + "020003" + "00000002"
    )


def test_values_that_are_not_as_many_as_told() -> None:
    first = "c105c1" + "02" + CLOCK_HEX + NAME_HEX + "01" + "00000001" + "03011107"
    assert Meter().answers(first) == "c503c1" + "11" + "00000001"


def test_a_block_out_of_order() -> None:
    meter = Meter()
    meter.answers("c102c1" + CLOCK_HEX + "00" + "00000001" + "0111")
    assert meter.answers("c103c1" + "01" + "00000003" + "0107") == "c503c1" + "13" + "00000003"
    assert meter.answers("c103c1" + "01" + "00000002" + "0107") == "c503c1" + "12" + "00000002"
    assert meter.written == []


def test_an_association_that_ends_takes_what_came_with_it() -> None:
    meter = Meter()
    meter.answers("c102c1" + CLOCK_HEX + "00" + "00000001" + "0111")
    meter.service.forget()
    assert meter.answers("c103c1" + "01" + "00000002" + "0107") == "c503c1" + "12" + "00000002"


def test_more_than_anybody_needs() -> None:
    meter = Meter()
    length = (MAX_VALUE + 1).to_bytes(3, "big").hex()
    first = "c102c1" + CLOCK_HEX + "00" + "00000001" + "83" + length + "00" * (MAX_VALUE + 1)
    assert meter.answers(first) == "c503c1" + "11" + "00000001"


def test_octets_that_make_no_sense() -> None:
    with pytest.raises(DecodeError):
        Meter().answers("c109c1")


def test_a_meter_that_takes_nothing() -> None:
    service = SetService(nothing_is_written, CLIENT)
    assert service.answer(bytes.fromhex("c101c1" + CLOCK_HEX + "1107")) == b"\xc5\x01\xc1\x03"


@given(value=st.binary(max_size=300), room=st.integers(60, 200), many=st.booleans())
def test_what_the_client_s_side_writes(value: bytes, room: int, *, many: bool) -> None:
    meter, octets = Meter(), encode_data(octet_string(value))
    writing = Writing(target=AttributeWithSelection(attribute=CLOCK), value=octets)
    on = terms(room=room, conformance=Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE)
    exchange = SetManyExchange((writing, writing), on) if many else SetExchange(writing, on)
    outcome: object = BlockReceived(total=0)
    while isinstance(outcome, BlockReceived):
        answer = meter.service.answer(exchange.request())
        assert answer is not None
        outcome = exchange.receive(answer)
    assert isinstance(outcome, Answered)
    assert meter.written == [(CLOCK, octets)] * (2 if many else 1)
