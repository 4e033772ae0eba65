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
from dcud.dlms.server_access import AccessService
from dcud.dlms.server_action import Acted

CLIENT = ClientSap(16)
NAME = AttributeDescriptor(1, Obis.parse("0.0.42.0.0.255"), 2)
CLOCK_HEX = "00080000010000ff02"
NAME_HEX = "000100002a0000ff02"
RESET_HEX = "00070100630100ff01"
GET, SET, ACTION = "01", "02", "03"


class Meter:
    """Keeps what was written and called; its name can't be written, its clock is an encoding."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.called: list[bytes | None] = []
        self.service = AccessService(self.read, self.write, self.act, CLIENT)

    def read(
        self, attribute: AttributeDescriptor, selection: Selection | None, client: ClientSap
    ) -> Data | bytes | DataAccessResult:
        assert client == CLIENT
        if selection is not None:
            return DataAccessResult.SCOPE_OF_ACCESS_VIOLATED
        return unsigned(7) if attribute == NAME else b"\x11\x08"

    def write(
        self, attribute: AttributeDescriptor, _: Selection | None, value: bytes, client: ClientSap
    ) -> DataAccessResult:
        assert client == CLIENT
        if attribute == NAME:
            return DataAccessResult.READ_WRITE_DENIED
        self.written.append(value)
        return DataAccessResult.SUCCESS

    def act(self, method: MethodDescriptor, parameter: bytes | None, client: ClientSap) -> Acted:
        assert client == CLIENT
        self.called.append(parameter)
        if parameter is None:
            return Acted(result=ActionResult.TYPE_UNMATCHED)
        return Acted(returned=parameter, afterwards=lambda: self.called.append(b"after"))

    def answer(self, apdu: str) -> str | None:
        answer, afterwards = self.service.answer(bytes.fromhex(apdu))
        if afterwards is not None:
            afterwards()
        return None if answer is None else answer.hex()


def test_of_everything_something() -> None:
    meter = Meter()
    asked = GET + NAME_HEX + GET + CLOCK_HEX + SET + CLOCK_HEX + ACTION + RESET_HEX
    answer = meter.answer("d94000000100" + "04" + asked + "04" + "0000" + "1109" + "0f01")
    assert answer == "da4000000100" + "00" + "04" + "11071108" + "00" + "0f01" + "04" + (
        GET + "00" + GET + "00" + SET + "00" + ACTION + "00"
    )
    assert meter.written == [b"\x11\x09"]
    assert meter.called == [b"\x0f\x01", b"after"]


def test_each_is_refused_by_itself() -> None:
    meter = Meter()
    asked = "04" + NAME_HEX + "021107" + SET + NAME_HEX + ACTION + RESET_HEX + SET + CLOCK_HEX
    answer = meter.answer("d94000000100" + "04" + asked + "04" + "001105001109")
    assert answer == "da4000000100" + "00" + "04" + "00000000" + "04" + "010d0203030c0200"
    assert meter.written == [b"\x11\x09"]


def test_what_follows_upon_an_error_is_left_undone() -> None:
    meter = Meter()
    asked = SET + NAME_HEX + SET + CLOCK_HEX + GET + NAME_HEX + ACTION + RESET_HEX
    answer = meter.answer("d96000000100" + "04" + asked + "04" + "11051109000f01")
    assert answer == "da6000000100" + "00" + "04" + "00000000" + "04" + "020302fa01fa03fa"
    assert meter.written == []
    assert meter.called == []


def test_who_wants_no_answer_gets_none() -> None:
    meter = Meter()
    assert meter.answer("d90000000100" + "01" + SET + CLOCK_HEX + "01" + "1109") is None
    assert meter.written == [b"\x11\x09"]


def test_what_was_asked_is_repeated_on_demand() -> None:
    asked = "01" + GET + NAME_HEX
    answer = Meter().answer("d95000000100" + asked + "0100")
    assert answer == "da5000000100" + "01" + asked + "01" + "1107" + "01" + GET + "00"


@given(st.binary(max_size=40), st.sampled_from(["", "d9", "d90000000100"]))
def test_any_octets_end_in_an_answer_or_a_decode_error(octets: bytes, begins: str) -> None:
    try:
        Meter().service.answer(bytes.fromhex(begins) + octets)
    except DecodeError as error:
        assert error.message  # noqa: PT017  # whatever else is raised fails the test
