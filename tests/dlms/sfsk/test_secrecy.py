from dcud.dlms.datalink import Frame
from dcud.dlms.sfsk.framing import MacFrameHeard, ModemSpoke
from dcud.dlms.sfsk.mac import Credits, MacFrame
from dcud.dlms.sfsk.modem_framing import MODEM
from dcud.dlms.sfsk.secrecy import SentSecrets


def frame(source: int, m_sdu: bytes) -> MacFrame:
    return MacFrame(source=source, destination=5, m_sdu=m_sdu, credits=Credits())


def heard(source: int, m_sdu: bytes) -> MacFrameHeard:
    return MacFrameHeard(MODEM.build(frame(source, m_sdu)), frame(source, m_sdu))


def test_what_was_sent_is_marked_with_its_check_sequence() -> None:
    secrets = SentSecrets(MODEM, 0xC00)
    unit = heard(0xC00, b"..password")
    marked = secrets.mark(unit.octets, ((2, 10),))
    (low, high), check = marked.secret
    assert unit.octets[low:high] == b"password"
    assert check == (len(unit.octets) - 2, len(unit.octets))
    assert secrets.heard(unit) == marked
    assert secrets.are_out


def test_what_comes_from_our_own_address_may_be_a_damaged_echo() -> None:
    secrets = SentSecrets(MODEM, 0xC00)
    secrets.mark(b"sent", ((0, 1),))
    echo = heard(0xC00, b"passw0rd")
    (((low, high),), octets) = (secrets.heard(echo).secret, echo.octets)
    assert octets[low:high].startswith(b"passw0rd")
    assert high == len(octets)
    assert secrets.heard(heard(0x005, b"answer")).secret == ()
    assert secrets.heard(ModemSpoke(b"\x06")) == Frame(b"\x06")


def test_nothing_is_secret_before_one_was_sent_or_afresh() -> None:
    secrets = SentSecrets(MODEM, 0xC00)
    assert secrets.mark(b"plain", ()) == Frame(b"plain")
    assert secrets.heard(heard(0xC00, b"echo")).secret == ()
    secrets.mark(b"sent", ((0, 1),))
    secrets.forget()
    assert not secrets.are_out
