from dcud.dlms.datalink import Frame
from dcud.dlms.hdlc.delimiter import Delimited
from dcud.dlms.hdlc.echo import Echo
from dcud.dlms.hdlc.frame import CONTROLS, HdlcFrame

SERVER = bytes.fromhex("0223")
CLIENT = b"\x21"
AARQ = HdlcFrame(SERVER, CLIENT, CONTROLS[0x10], b"\xe6\xe6\x00`\x08password")
SNRM = HdlcFrame(SERVER, CLIENT, CONTROLS[0x93])


def received(frame: HdlcFrame) -> Delimited:
    return Delimited(frame, frame.build())


def test_what_goes_to_the_server_from_us_is_ours() -> None:
    echo = Echo(own=CLIENT, server=SERVER)
    assert echo.is_echo(SNRM)
    assert not echo.is_echo(HdlcFrame(CLIENT, SERVER, CONTROLS[0x73]))
    assert not echo.is_echo(HdlcFrame(SERVER, b"\x41", CONTROLS[0x93]))
    echo.begin()
    echo.send_alone(SNRM)
    assert echo.is_echo(SNRM)
    assert echo.is_echo(SNRM)  # however often it comes: nothing else bears these addresses


def test_where_the_addresses_look_the_same_the_frame_itself_tells() -> None:
    echo = Echo(own=b"\x03", server=b"\x03")
    snrm = HdlcFrame(b"\x03", b"\x03", CONTROLS[0x93])
    rr = HdlcFrame(b"\x03", b"\x03", CONTROLS[0x11])
    echo.send(rr)
    assert not echo.is_echo(rr)  # as far as is known, this line doesn't echo
    echo.begin()
    echo.send(snrm)
    assert echo.is_echo(snrm)
    assert not echo.is_echo(snrm)  # each comes back once
    echo.send_alone(rr)
    assert not echo.is_echo(snrm)  # which rr took the place of
    assert echo.is_echo(rr)
    assert not echo.is_echo(rr)


def test_secrets_are_marked_as_they_were_sent_and_as_they_come_back() -> None:
    echo = Echo(own=CLIENT, server=SERVER)
    assert echo.send(SNRM) == Frame(octets=SNRM.build())
    withholding = [echo.withholding]
    sent = echo.send(AARQ, ((5, 13),))
    withholding.append(echo.withholding)
    (password, check) = sent.secret
    assert sent.octets[slice(*password)] == b"password"
    assert check == (len(sent.octets) - 3, len(sent.octets) - 1)
    assert echo.mark(received(AARQ), echo=True) == sent
    shared = Delimited(AARQ, AARQ.build()[1:])
    marked = echo.mark(shared, echo=True)
    assert [marked.octets[slice(*secret)] for secret in marked.secret] == [
        b"password",
        sent.octets[-3:-1],
    ]
    echo.answered()
    withholding.append(echo.withholding)
    assert withholding == [False, True, False]


def test_an_echo_that_is_not_as_it_was_sent_hides_all_it_holds() -> None:
    echo = Echo(own=CLIENT, server=SERVER)
    altered = HdlcFrame(SERVER, CLIENT, CONTROLS[0x10], b"\xe6\xe6\x00`\x08passwort")
    assert echo.mark(received(altered), echo=True).secret == ()  # nothing secret was sent
    echo.send(AARQ, ((5, 13),))
    marked = echo.mark(received(altered), echo=True)
    ((start, end),) = marked.secret
    assert marked.octets[start:end] == altered.build()[9:-1]
    assert echo.mark(received(SNRM), echo=True).secret == ()
    answer = HdlcFrame(CLIENT, SERVER, CONTROLS[0x30], b"\xe6\xe7\x00")
    assert echo.mark(received(answer), echo=False) == Frame(octets=answer.build())
