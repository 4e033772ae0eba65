import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.hdlc.frame import FrameKind, HdlcFrame, unnumbered
from dcud.dlms.prime.messages import NewDevice, StartReporting
from dcud.dlms.sfsk.ciase import DiscoverRequest
from dcud.dlms.sfsk.line_framing import LineFraming
from dcud.dlms.sfsk.mac import Credits, MacFrame
from dcud.dlms.sfsk.modem_framing import MODEM
from dcud.dlms.wrapper import Wpdu
from dcud.trace.apdu import Dissected, dissect
from dcud.trace.framing import describe_llc, describe_m_sdu, layout_of
from tests.support.trees import field, fields, flat

SNRM = "7EA0070303938C117E"
"""From a public trace, as are the others."""
UA = "7EA01E03037340CC818012050180060180070400000001080400000001533B7E"
AARE = (
    "7EA037030330EFCAE6E7006129A109060760857405080101A203020100A305A103020100"
    "BE10040E0800065F1F040000181D007D000751B37E"
)


def frame(
    octets: str | bytes, *, is_sent: bool = True, masked: tuple[tuple[int, int], ...] = ()
) -> Dissected:
    octets = octets if isinstance(octets, bytes) else bytes.fromhex(octets)
    title, layout = layout_of(octets, is_sent=is_sent)
    return dissect(title, octets, layout, masked=masked)


def test_a_frame_without_information() -> None:
    told = frame(SNRM)
    assert (told.title, told.words, told.kinds) == ("HDLC frame", "SNRM P", ("hdlc", "snrm"))
    assert fields(told) == [
        ("flag", "7E", ""),
        ("frame-format", "A007", "type 3, length 7"),
        ("destination-address", "03", "server 1 (1 octet)"),
        ("source-address", "03", "client 1"),
        ("control", "93", "SNRM P"),
        ("kind", "SNRM", ""),
        ("poll", True, ""),
        ("frame-check-sequence", "8C11", "right"),
        ("flag", "7E", ""),
    ]
    assert told.payload is None


def test_negotiation() -> None:
    told = frame(UA, is_sent=False)
    assert told.words == (
        "UA F max-info-transmit 128, max-info-receive 128, window-transmit 1, window-receive 1"
    )
    assert ("source-address", "03", "server 1 (1 octet)") in fields(told)
    assert field(told, "max-info-transmit").start == 11


def _ua(information: str) -> Dissected:
    made = HdlcFrame(b"\x03", b"\x21", unnumbered(FrameKind.UA), bytes.fromhex(information))
    return frame(made.build(), is_sent=False)


def test_odd_negotiation() -> None:
    told = _ua("8180070500090206AB")
    assert "max-info-transmit default, parameter 09 518" not in told.words
    assert ("max-info-transmit", 0, "left to its default") in fields(told)
    assert _ua("81800705000902").has_trouble


def test_an_information_frame_hands_its_content_on() -> None:
    told = frame(AARE, is_sent=False)
    assert told.words == "I N(S)=0 N(R)=1 F"
    assert told.payload is not None
    assert told.payload.octets.startswith(bytes.fromhex("E6E7006129"))
    assert (told.payload.stream, told.payload.more) == ((b"\x03", b"\x03"), False)
    assert told.payload.number == 0


def test_a_frame_behind_a_shared_flag() -> None:
    told = frame(SNRM[2:])
    assert told.words == "SNRM P"
    assert told.nodes[0].name == "frame-format"
    assert frame(SNRM[:-2]).words == "SNRM P"


def test_masked_octets_leave_the_check_sequence_unknown() -> None:
    octets = bytearray.fromhex(AARE)
    octets[40:44] = bytes(4)
    octets[-3:-1] = bytes(2)
    told = frame(bytes(octets), masked=((40, 44), (54, 56)))
    assert not told.has_trouble
    assert field(told, "frame-check-sequence").value == "****"
    assert told.payload is not None
    assert told.payload.masked == ((32, 36),)


def test_a_wrong_check_sequence_is_told_with_the_right_one() -> None:
    told = frame(AARE.replace("51B3", "51B4"))
    assert told.has_trouble
    assert field(told, "frame-check-sequence").meaning == "wrong: 51B3 would be right"
    assert told.words.endswith("with a wrong check sequence")


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (AARE[:20] + "7E", "truncated"),
        ("7EA0", "truncated"),
        ("7EA0FF", "truncated"),
        (AARE.replace("EFCA", "EFCB"), "header_check"),
        (AARE[:60], "octets of information wanted"),
    ],
)
def test_what_is_no_good_frame_is_told(octets: str, why: str) -> None:
    told = frame(octets)
    assert told.has_trouble or why == "truncated"
    assert any(why in node.meaning for node in flat(told.nodes)) or why == "truncated"


def test_frame_rejects_tell_why() -> None:
    rejected = HdlcFrame(b"\x21", b"\x03", unnumbered(FrameKind.FRMR), bytes.fromhex("103208"))
    told = frame(rejected.build(), is_sent=False)
    assert "an N(R) that acknowledges what it never sent" in told.words


def test_addresses_that_are_none_are_told() -> None:
    made = HdlcFrame(bytes.fromhex("00020023"), b"\x21", unnumbered(FrameKind.UI), b"\x00").build()
    assert ("destination-address", "00020023", "server 1/17 (4 octets)") in fields(frame(made))
    overheard = frame(made, is_sent=False)
    assert ("destination-address", "00020023", "server 1/17 (4 octets)") in fields(overheard)
    assert ("source-address", "21", "server 16 (1 octet)") in fields(overheard)


def test_supervisory_frames() -> None:
    assert frame("7EA0070303D19A707E").words == "RR N(R)=6 P"


def test_segments_say_so() -> None:
    made = HdlcFrame(b"\x03", b"\x21", unnumbered(FrameKind.UI, poll_final=False), b"\x00", True)
    told = frame(made.build())
    assert told.words == "UI segment"
    assert told.payload is not None
    assert told.payload.more
    assert told.payload.number is None


def test_the_wrapper() -> None:
    # From the tests of jDLMS.
    told = frame(
        "0001001000110022602080020780A109060760857405080102BE0F040D01000000065F0400181A200000"
    )
    assert (told.title, told.words) == ("wrapper unit", "16 to 17")
    assert told.payload is not None
    assert told.payload.stream == (b"\x00\x11", b"\x00\x10")
    assert told.payload.octets[0] == 0x60
    assert frame("000100100011002260").has_trouble


def test_messages_of_a_prime_base_node() -> None:
    node = NewDevice(device_id=5, capabilities=1, identifier=b"ABC", eui48=bytes(6))
    told = frame(Wpdu(0, 1, node.encode()).build())
    assert told.payload is not None
    assert told.payload.describe is not None
    message = dissect("APDU", told.payload.octets, told.payload.describe)
    assert message.words == (
        "NewDevice device_id 5, capabilities 1, identifier 414243, eui48 000000000000"
    )
    assert ("identifier", "414243", "b'ABC'") in fields(message)
    told = frame(Wpdu(1, 0, StartReporting().encode()).build())
    assert told.payload is not None
    assert told.payload.describe is not None
    assert dissect("APDU", told.payload.octets, told.payload.describe).words == "StartReporting"


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"/?!\r\n", "sign-on: request to any meter to identify itself"),
        (b"/?123!\r\n", "sign-on: request to 123 to identify itself"),
        (
            b"/LGZ5\\2ZMD3104407.B32\r\n",
            (
                "sign-on: identification /LGZ5\\2ZMD3104407.B32: made by LGZ, mode C, "
                "up to 9600 baud, mode E on offer"
            ),
        ),
        (b"/ISkxMT\r\n", "sign-on: identification /ISkxMT: made by ISk, mode A"),
        (b"\x06252\r\n", "sign-on: mode E at baud character 5"),
        (b"\x06050\r\n", "sign-on: protocol 0, mode 0 at baud character 5"),
        (b"\x01B0\x03\x71", "sign-on: break"),
        (b"\x15", "sign-on: not acknowledged"),
        (b"\x55\x55", "2 octets of no known kind"),
        (b"", "0 octets of no known kind"),
    ],
)
def test_sign_ons_and_what_nobody_knows(octets: bytes, words: str) -> None:
    assert frame(octets).words == words


def test_a_damaged_sign_on_is_trouble() -> None:
    assert frame(b"/?").has_trouble
    assert frame(b"/L").has_trouble
    assert frame(b"\x06\xff\xff\xff\xff\xff").has_trouble


@pytest.mark.parametrize("framing", [MODEM, LineFraming()])
def test_power_line_frames(framing: LineFraming) -> None:
    # From a public capture of a PLC network: the answer that a service is not allowed.
    m_sdu = bytes.fromhex("900101D80101")
    made = MacFrame(source=0xC00, destination=0x012, m_sdu=m_sdu, credits=Credits(current=3))
    told = frame(framing.build(made))
    assert told.words == "MAC C00 to 012"
    assert ("credits", "EC", "initial 7, current 3") in fields(told)
    assert told.payload is not None
    assert told.payload.octets == m_sdu
    assert told.payload.describe is describe_m_sdu
    apdu = dissect("APDU", told.payload.octets, describe_m_sdu)
    assert apdu.words.startswith("exception-response service-not-allowed")
    assert ("destination-lsap", 1, "") in fields(apdu)


def test_hdlc_on_the_power_line_is_a_frame_within() -> None:
    made = MacFrame(source=0xC00, destination=0x012, m_sdu=bytes.fromhex(SNRM), credits=Credits())
    told = frame(MODEM.build(made))
    assert told.payload is not None
    assert told.payload.describe is None


def test_what_modems_say() -> None:
    sent = bytes.fromhex("020452FF5501")
    assert frame(sent).words == "the modem reports FF"
    assert frame("0204AAFF0000").has_trouble


def test_how_meters_are_found_on_the_power_line() -> None:
    request = DiscoverRequest(
        response_probability=100, allowed_time_slots=10, report_credit=7, equal_credit=1
    )
    told = dissect("APDU", bytes.fromhex("900001") + request.encode(), describe_m_sdu)
    assert told.words == (
        "DiscoverRequest response_probability 100, allowed_time_slots 10, report_credit 7, "
        "equal_credit 1"
    )
    assert dissect("APDU", bytes.fromhex("910001D80101"), describe_m_sdu).has_trouble
    assert dissect("APDU", bytes.fromhex("900001"), describe_m_sdu).has_trouble


def test_logical_link_control_may_be_missing() -> None:
    with_it = dissect("APDU", bytes.fromhex("E6E700D80101"), describe_llc)
    assert fields(with_it)[0] == ("llc", "E6E700", "response")
    without = dissect("APDU", bytes.fromhex("D80101"), describe_llc)
    assert without.words == with_it.words


@given(
    st.binary(max_size=60),
    st.sampled_from([b"", b"\x7e", b"\x00\x01", b"/", b"\x02", b"\x06", b"\x6c\x6c", b"\x7e\xa0"]),
    st.booleans(),
)
def test_any_octets_give_a_tree(octets: bytes, head: bytes, is_sent: bool) -> None:  # noqa: FBT001  # a case
    told = frame(head + octets, is_sent=is_sent)
    for node in flat(told.nodes):
        assert 0 <= node.start <= node.end <= len(told.octets)
    if told.payload is not None and told.payload.describe is not None:
        assert dissect("APDU", told.payload.octets, told.payload.describe).title == "APDU"


@given(st.binary(max_size=200), st.data())
def test_a_damaged_frame_gives_a_tree(octets: bytes, data: st.DataObject) -> None:
    made = bytearray(HdlcFrame(b"\x03", b"\x21", unnumbered(FrameKind.UI), octets).build())
    made[data.draw(st.integers(0, len(made) - 1))] ^= data.draw(st.integers(1, 255))
    frame(bytes(made[: data.draw(st.integers(0, len(made)))]))


@given(st.binary(max_size=40), st.sampled_from([b"", b"\x90\x00\x01", b"\x90\x00\x01\x1d"]))
def test_any_m_sdu_gives_a_tree(octets: bytes, head: bytes) -> None:
    told = dissect("APDU", head + octets, describe_m_sdu)
    assert all(0 <= n.start <= n.end <= len(told.octets) for n in flat(told.nodes))
