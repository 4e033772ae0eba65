from dcud.dlms.datalink import (
    ClientSap,
    DataLink,
    Frame,
    LinkConnected,
    is_streaming,
    is_telling,
)
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.wrapper import WrapperLink
from tests.support.scripted_link import ScriptedLink


def links() -> list[DataLink]:
    """Return one of each kind; that mypy lets them pass is the better half of this test."""
    return [
        HdlcLink(client_sap=ClientSap(16), server_address=ServerAddress(logical=1, physical=17)),
        WrapperLink(client_sap=ClientSap(16), server_sap=1),
    ]


def test_a_link_that_was_told_nothing_wants_nothing() -> None:
    for link in links():
        assert link.next_timeout() is None
        assert link.frames_to_send() == []
        assert link.handle_timeout(1e9) == []


def test_connecting_asks_for_the_clock() -> None:
    for link in links():
        link.connect(0.0)
        frames = link.frames_to_send()
        if frames:
            link.frames_sent(0.0)
        assert link.next_timeout() is not None


def test_links_are_told_apart_by_what_they_carry() -> None:
    assert all(is_telling(link) and is_streaming(link) for link in links())
    assert not is_telling(ScriptedLink())
    assert not is_streaming(ScriptedLink())


def test_a_frame_has_nothing_to_hide_unless_it_says_so() -> None:
    assert Frame(octets=b"\x7e").secret == ()


def test_what_was_agreed_is_told_apart_by_direction() -> None:
    agreed = LinkConnected(
        max_info_transmit=128, max_info_receive=62, window_transmit=1, window_receive=7
    )
    assert (agreed.max_info_receive, agreed.window_receive) == (62, 7)


def test_no_repr_of_a_frame_shows_a_secret() -> None:
    assert repr(Frame(octets=bytes.fromhex("7ea007"))) == "Frame(7ea007)"
    assert repr(Frame(octets=b"~secret~", secret=((1, 7),))) == "Frame(8 octets)"
