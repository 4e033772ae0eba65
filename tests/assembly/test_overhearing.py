import pytest

from dcud.assembly.overhearing import Overhearing, overhearing, place
from dcud.config import model
from dcud.dlms.datalink import ClientSap
from dcud.dlms.hdlc.address import ServerAddress, client_octets
from dcud.dlms.hdlc.frame import CONTROLS, HdlcFrame
from dcud.line.tracer import Direction

FIRST, SECOND = ServerAddress(1, 17), ServerAddress(1, 18)
CLIENT = client_octets(ClientSap(16))


class Log:
    """A tracer that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, bytes]] = []

    def frame(
        self, bus: str, direction: Direction, meter: str, octets: bytes, secret: object
    ) -> None:
        assert (bus, direction, secret) == ("b", "rx", ())
        self.told.append(("frame", meter, octets))

    def discarded(self, bus: str, meter: str, reason: str, octets: bytes) -> None:
        assert (bus, meter) == ("b", "")
        self.told.append((reason, meter, octets))

    def retransmitted(self, bus: str, meter: str, frames: int) -> None:
        raise AssertionError

    def answered(self, bus: str, meter: str, seconds: float) -> None:
        raise AssertionError


def ui(information: str, server: bytes = FIRST.octets, *, more: bool = False) -> bytes:
    return HdlcFrame(CLIENT, server, CONTROLS[0x03], bytes.fromhex(information), more).build()


def overheard(*chunks: bytes) -> tuple[list[bytes], list[tuple[str, str, bytes]]]:
    heard: list[bytes] = []
    log = Log()
    overhearing = Overhearing("b", log, {place(FIRST): ("m", heard.append)})
    for octets in chunks:
        overhearing.hear(octets)
    return heard, log.told


@pytest.mark.parametrize(("framing", "heard"), [("hdlc", ["m1", "m2"]), ("wrapper", [])])
def test_each_meter_has_its_own_hearer(framing: str, heard: list[str]) -> None:
    told: list[str] = []
    bus = model.Bus(id="b", framing=framing)
    meters = [
        model.Meter(
            id=f"m{n}", bus="b", server_address=model.ServerAddress(logical=1, physical=16 + n)
        )
        for n in (1, 2)
    ]
    hear = overhearing(bus, meters, Log(), lambda meter: lambda _apdu: told.append(meter.id))
    hear(ui("e6e700" + "0f00") + ui("e6e700" + "0f00", SECOND.octets))
    assert told == heard


def test_a_meter_of_the_bus_is_heard_and_logged() -> None:
    octets = ui("e6e700" + "0f00")
    assert overheard(octets) == ([b"\x0f\x00"], [("frame", "m", octets)])


def test_its_address_may_have_another_size() -> None:
    longer = ServerAddress(1, 17, 4).octets
    assert overheard(ui("e6e700" + "0f00", longer))[0] == [b"\x0f\x00"]


def test_others_are_logged_alone() -> None:
    octets = ui("e6e700" + "0f00", SECOND.octets)
    assert overheard(octets) == ([], [("frame", "", octets)])


def test_what_comes_in_parts_between_several_sessions() -> None:
    first, second = ui("e6e700" + "0f01", more=True), ui("02")
    assert overheard(first, second)[0] == [b"\x0f\x01\x02"]


def test_noise_is_accounted_for() -> None:
    heard, told = overheard(b"\x7e\x7e" + b"noise")
    assert heard == []
    assert [(reason, octets) for reason, _, octets in told] == [("noise", b"~noise")]


def test_late_answers_mean_nothing() -> None:
    answer = HdlcFrame(CLIENT, FIRST.octets, CONTROLS[0x30], b"\xe6\xe7\x00\xc4", False).build()
    assert overheard(answer) == ([], [("frame", "m", answer)])
