from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.datalink import ClientSap
from dcud.dlms.hdlc.address import ServerAddress, client_octets
from dcud.dlms.hdlc.frame import CONTROLS, HdlcFrame
from dcud.dlms.hdlc.unasked import Unasked, UnaskedFrames

UI, RR = CONTROLS[0x03], CONTROLS[0x11]
CLIENT = client_octets(ClientSap(16))
FIRST, SECOND = ServerAddress(1, 17, 2), ServerAddress(1, 18, 2)


def frame(information: str, server: ServerAddress = FIRST, *, more: bool = False) -> HdlcFrame:
    return HdlcFrame(CLIENT, server.octets, UI, bytes.fromhex(information), more)


def test_one_frame() -> None:
    heard = UnaskedFrames().take(frame("e6e700" + "0f00"))
    assert heard == [Unasked(server=FIRST, apdu=b"\x0f\x00")]


def test_several_frames_of_several_servers() -> None:
    unasked = UnaskedFrames()
    assert unasked.take(frame("e6e700" + "0f01", more=True)) == []
    assert unasked.take(frame("e6e700" + "0f02", SECOND, more=True)) == []
    assert unasked.take(frame("11")) == [Unasked(server=FIRST, apdu=b"\x0f\x01\x11")]
    assert unasked.take(frame("22", SECOND)) == [Unasked(server=SECOND, apdu=b"\x0f\x02\x22")]


def test_what_was_never_finished_is_forgotten() -> None:
    unasked = UnaskedFrames()
    unasked.take(frame("e6e700" + "0f01", more=True))
    assert unasked.take(frame("e6e700" + "0f02")) == [Unasked(server=FIRST, apdu=b"\x0f\x02")]


def test_general_blocks() -> None:
    unasked = UnaskedFrames()
    assert unasked.take(frame("e6e700" + "e04000010000" + "020f00")) == []
    heard = unasked.take(frame("e6e700" + "e0c000020000" + "0111"))
    assert heard == [Unasked(server=FIRST, apdu=b"\x0f\x00\x11")]


def test_damaged_blocks_make_nothing() -> None:
    unasked = UnaskedFrames()
    for _ in range(2):
        assert unasked.take(frame("e6e700" + "e04000010000" + "020f00")) == []


def test_other_frames_mean_nothing() -> None:
    assert UnaskedFrames().take(HdlcFrame(CLIENT, FIRST.octets, RR, b"", False)) == []
    assert UnaskedFrames().take(HdlcFrame(CLIENT, b"", UI, b"\xe6\xe7\x00\x0f", False)) == []


def test_what_never_ends_is_given_up() -> None:
    unasked = UnaskedFrames()
    unasked.take(frame("e6e700", more=True))
    for _ in range(40):
        assert unasked.take(frame("00" * 2000, more=True)) == []
    assert unasked.take(frame("e6e700" + "0f02")) == [Unasked(server=FIRST, apdu=b"\x0f\x02")]


def test_only_so_many_servers_are_kept() -> None:
    unasked = UnaskedFrames()
    unasked.take(frame("e6e700" + "0f01", more=True))
    for physical in range(20, 90):
        unasked.take(frame("e6e700" + "0f02", ServerAddress(1, physical), more=True))
    assert unasked.take(frame("11")) == [Unasked(server=FIRST, apdu=b"\x11")]


@given(st.lists(st.tuples(st.binary(max_size=30), st.booleans()), max_size=20))
def test_any_frames_make_apdus_or_nothing(sent: list[tuple[bytes, bool]]) -> None:
    unasked = UnaskedFrames()
    for information, more in sent:
        for heard in unasked.take(HdlcFrame(CLIENT, FIRST.octets, UI, information, more)):
            assert heard.server == FIRST
