from dcud.dlms.sfsk.framing import Framing, ModemSpoke, Noise, TransmissionReported
from dcud.dlms.sfsk.line_framing import LineFraming
from dcud.dlms.sfsk.mac import Credits, MacFrame
from dcud.dlms.sfsk.modem_framing import MODEM, PADDED


def test_there_are_several_and_each_says_where_its_payload_stands() -> None:
    # that mypy lets them pass is the better half of this test
    framings: list[Framing] = [LineFraming(), MODEM, PADDED]
    frame = MacFrame(source=0xC00, destination=5, m_sdu=b"payload", credits=Credits())
    for framing in framings:
        octets = framing.build(frame)
        assert octets[framing.m_sdu_offset :].startswith(b"payload")
        assert framing.measure(octets) == len(octets)
        assert 0 < framing.check_size < 4


def test_units_keep_their_octets() -> None:
    assert Noise(ModemSpoke(b"\x06").octets, "noise").octets == b"\x06"
    assert TransmissionReported(b"\x02", 0xFF).status == 0xFF
