import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import MisuseError
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.frame import CONTROLS, HdlcFrame, parse
from dcud.dlms.hdlc.negotiation import LinkSizes
from dcud.dlms.hdlc.station import (
    ClientConnected,
    ClientDisconnected,
    HdlcStation,
    RequestReceived,
    StationParameters,
    ToldByClient,
)

CLIENT = ClientSap(16)
# u9n/dlms-cosem tests (values quoted there from the DLMS Green Book)
SNRM = bytes.fromhex("7ea00802232193bd647e")
AARQ_APDU = bytes.fromhex("601da109060760857405080101be10040e01000000065f1f0400001e1dffff")
AARQ = bytes.fromhex(
    "7ea02c02232110af9fe6e600601da109060760857405080101be10040e01000000065f1f0400001e1dffffc5e47e"
)
AARE_APDU = bytes.fromhex(
    "6129a109060760857405080101a203020100a305a103020100be10040e0800065f1f0400001e1d04c80007"
)
AARE = bytes.fromhex(
    "7ea0382102233034e7e6e7006129a109060760857405080101a203020100a305a103020100be10040e0800065f1f"
    "0400001e1d04c80007b86a7e"
)


def station(parameters: StationParameters | None = None) -> HdlcStation:
    return HdlcStation(server_address=ServerAddress(1, 17), parameters=parameters)


def client(
    control: int,
    information: bytes = b"",
    *,
    more: bool = False,
    to: str = "0223",
    sap: int = 16,
) -> bytes:
    source = bytes((sap << 1 | 1,))
    return HdlcFrame(bytes.fromhex(to), source, CONTROLS[control], information, more).build()


def connected(parameters: StationParameters | None = None, sizes: bytes = b"") -> HdlcStation:
    one = station(parameters)
    assert one.receive_data(client(0x93, sizes), 0.0) == [ClientConnected(client_sap=CLIENT)]
    one.frames_to_send()
    return one


def sent(one: HdlcStation) -> list[HdlcFrame]:
    return [parse(frame.octets[1:-1]) for frame in one.frames_to_send()]


def controls(one: HdlcStation) -> list[str]:
    return [f"{frame.control.octet:02x}" for frame in sent(one)]


SMALL = StationParameters(
    sizes=LinkSizes(max_info_transmit=4, max_info_receive=4, window_transmit=3, window_receive=3)
)


def test_a_known_exchange() -> None:
    one = station(StationParameters(tells_sizes=False))
    assert one.client_sap is None
    assert one.receive_data(SNRM, 0.0) == [ClientConnected(client_sap=CLIENT)]
    assert [frame.octets for frame in one.frames_to_send()] == [client_ua()]
    assert one.receive_data(AARQ, 0.1) == [RequestReceived(client_sap=CLIENT, apdu=AARQ_APDU)]
    assert one.frames_to_send() == []
    one.send_apdu(AARE_APDU)
    assert [frame.octets for frame in one.frames_to_send()] == [AARE]
    assert one.client_sap == 16


def client_ua() -> bytes:
    return HdlcFrame(b"\x21", bytes.fromhex("0223"), CONTROLS[0x73]).build()


def test_octets_may_be_cut_anywhere() -> None:
    one = station()
    for octet in SNRM[:-1]:
        assert one.receive_data(bytes((octet,)), 0.0) == []
    assert one.receive_data(SNRM[-1:], 0.0) == [ClientConnected(client_sap=CLIENT)]


def test_silence_ends_an_unfinished_frame() -> None:
    one = connected()
    whole = client(0x10, bytes(40))
    assert one.receive_data(whole[:30], 1.0) == []
    assert one.receive_data(client(0x10, b"\xc0"), 2.0) == [
        RequestReceived(client_sap=CLIENT, apdu=b"\xc0")
    ]


def test_frames_may_come_from_another_delimiter() -> None:
    one = station()
    assert one.receive_frame(parse(SNRM[1:-1]), 0.0) == [ClientConnected(client_sap=CLIENT)]


def test_ua_tells_what_holds() -> None:
    one = station()
    one.receive_data(client(0x93, LinkSizes(max_info_receive=64).build()), 0.0)
    (ua,) = sent(one)
    assert LinkSizes.parse(ua.information) == LinkSizes(max_info_transmit=64, max_info_receive=64)
    one.receive_data(client(0x93, b"\x00"), 0.0)
    (ua,) = sent(one)
    assert LinkSizes.parse(ua.information) == LinkSizes()


@pytest.mark.parametrize("address", ["0223", "00020023", "03"])
def test_the_answer_has_the_address_size_of_the_question(address: str) -> None:
    one = station()
    assert one.receive_data(client(0x93, to=address), 0.0) != []
    (ua,) = sent(one)
    assert ua.source.hex() == address
    one.receive_data(client(0x10, b"\xc0", to=address), 0.0)
    one.send_apdu(b"\xc4")
    assert sent(one)[0].source.hex() == address


@pytest.mark.parametrize("address", ["0225", "0423", "05", "02ff", "00020025", "020203"])
def test_other_stations_frames_mean_nothing(address: str) -> None:
    one = station()
    assert one.receive_data(client(0x93, to=address), 0.0) == []
    assert one.frames_to_send() == []
    from_a_server = HdlcFrame(bytes.fromhex("0223"), b"\x02\x23", CONTROLS[0x93]).build()
    assert one.receive_data(from_a_server, 0.0) == []
    assert one.frames_to_send() == []


def test_one_client_at_a_time() -> None:
    one = connected()
    assert one.receive_data(client(0x93, sap=32), 0.0) == []
    (dm,) = sent(one)
    assert (dm.control.octet, dm.destination) == (0x1F, b"\x41")
    assert one.receive_data(client(0x03, sap=32), 0.0) == []
    assert one.frames_to_send() == []
    assert one.receive_data(client(0x53), 0.0) == [
        ClientDisconnected(client_sap=CLIENT, reason="disc")
    ]
    assert controls(one) == ["73"]
    assert one.receive_data(client(0x93, sap=32), 0.0) == [
        ClientConnected(client_sap=ClientSap(32))
    ]


@pytest.mark.parametrize("control", [0x53, 0x10, 0x11])
def test_without_a_link_everything_is_answered_dm(control: int) -> None:
    one = station()
    assert one.receive_data(client(control, b"" if control & 1 else b"\xc0"), 0.0) == []
    assert controls(one) == ["1f"]


def test_snrm_again_begins_anew() -> None:
    one = connected()
    one.receive_data(client(0x10, b"\xc0"), 0.0)
    assert one.receive_data(SNRM, 0.0) == [ClientConnected(client_sap=CLIENT)]
    assert controls(one) == ["73"]
    assert one.receive_data(client(0x10, b"\xc0"), 0.0) == [
        RequestReceived(client_sap=CLIENT, apdu=b"\xc0")
    ]


def test_segments_both_ways() -> None:
    one = connected(SMALL, SMALL.sizes.build())
    assert one.receive_data(client(0x00, b"\xe6\xe6\x00\xc0", more=True), 0.0) == []
    assert one.frames_to_send() == []
    assert one.receive_data(client(0x12, b"\x01", more=True), 0.0) == []
    assert controls(one) == ["51"]
    assert one.receive_data(client(0x14, b"\x02"), 0.0) == [
        RequestReceived(client_sap=CLIENT, apdu=b"\xc0\x01\x02")
    ]
    one.send_apdu(b"0123456789abcd")  # 17 octets with LLC: 5 segments
    assert controls(one) == ["60", "62", "74"]
    one.receive_data(client(0x51), 0.0)
    frames = sent(one)
    assert [f"{frame.control.octet:02x}" for frame in frames] == ["64", "66", "78"]
    assert [frame.segmented for frame in frames] == [True, True, False]
    one.receive_data(client(0xB1), 0.0)
    assert controls(one) == ["71"]


def test_what_comes_twice_is_carried_out_once() -> None:
    one = connected()
    request = client(0x10, b"\xc0")
    assert len(one.receive_data(request, 0.0)) == 1
    assert one.receive_data(request, 0.0) == []
    assert controls(one) == ["31"]  # the answer isn't ready
    one.send_apdu(b"\xc4")
    assert one.frames_to_send() == []
    assert one.receive_data(client(0x11), 0.0) == []
    first = one.frames_to_send()
    assert one.receive_data(request, 0.0) == []
    assert one.frames_to_send() == first


def test_an_answer_that_the_client_went_on_without_is_dropped() -> None:
    one = connected()
    one.receive_data(client(0x10, b"\xc0"), 0.0)
    one.send_apdu(b"\xc4")
    one.frames_to_send()
    one.receive_data(client(0x12, b"\xc0"), 0.0)  # N(R) 0: it never got the first answer
    one.acknowledge()
    one.frames_to_send()
    one.receive_data(client(0x11), 0.0)
    assert controls(one) == ["51"]


def test_a_gap_is_answered_by_what_is_expected() -> None:
    one = connected(SMALL, SMALL.sizes.build())
    assert one.receive_data(client(0x02, b"\x01", more=True), 0.0) == []
    assert one.frames_to_send() == []
    assert one.receive_data(client(0x14, b"\x02"), 0.0) == []
    assert controls(one) == ["11"]


def test_putting_off() -> None:
    one = connected()
    with pytest.raises(MisuseError):
        one.acknowledge()
    with pytest.raises(MisuseError):
        one.be_busy()
    one.receive_data(client(0x10, b"\xc0"), 0.0)
    one.acknowledge()
    assert controls(one) == ["31"]
    one.receive_data(client(0x10, b"\xc0"), 0.0)
    one.frames_to_send()
    one = connected()
    one.receive_data(client(0x10, b"\xc0"), 0.0)
    one.be_busy()
    assert controls(one) == ["35"]


def test_a_busy_client_gets_no_information() -> None:
    one = connected()
    one.receive_data(client(0x10, b"\xc0"), 0.0)
    one.acknowledge()
    one.send_apdu(b"\xc4")
    one.frames_to_send()
    assert one.receive_data(client(0x15), 0.0) == []
    assert controls(one) == ["31"]
    assert one.receive_data(client(0x05), 0.0) == []
    assert controls(one) == []
    one.receive_data(client(0x01), 0.0)
    assert controls(one) == []
    one.receive_data(client(0x11), 0.0)
    assert controls(one) == ["30"]


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (client(0x19), "190001"),  # REJ isn't in the profile; V(S) 0, V(R) 0
        (client(0x30, b"\xc0"), "302008"),
        (client(0x71), "710008"),
        (client(0x10, b"abcde"), "100004"),
    ],
)
def test_what_cannot_be_borne_is_rejected(octets: bytes, reason: str) -> None:
    one = connected(SMALL, SMALL.sizes.build())
    assert one.receive_data(octets, 0.0) == [
        ClientDisconnected(client_sap=CLIENT, reason="rejected")
    ]
    (frmr,) = sent(one)
    assert frmr.control.octet == 0x97
    assert frmr.information.hex() == reason


def test_a_request_is_bounded() -> None:
    one = connected(StationParameters(max_apdu=10))
    one.receive_data(client(0x00, bytes(8), more=True), 0.0)
    assert one.receive_data(client(0x12, bytes(8), more=True), 0.0) == [
        ClientDisconnected(client_sap=CLIENT, reason="rejected")
    ]


def test_inactivity_ends_the_link_silently() -> None:
    one = connected(StationParameters(inactivity_timeout=30))
    assert one.next_timeout() == 30.0
    assert one.receive_data(client(0x11), 10.0) == []
    one.frames_to_send()
    assert one.receive_data(client(0x11, sap=32), 20.0) == []
    one.frames_to_send()
    assert one.next_timeout() == 40.0
    assert one.handle_timeout(39.0) == []
    assert one.handle_timeout(40.0) == [ClientDisconnected(client_sap=CLIENT, reason="inactivity")]
    assert one.next_timeout() is None
    assert one.frames_to_send() == []
    one = connected(StationParameters(inactivity_timeout=30))
    assert one.receive_data(client(0x11), 60.0) == [
        ClientDisconnected(client_sap=CLIENT, reason="inactivity")
    ]
    assert controls(one) == ["1f"]
    assert connected(StationParameters(inactivity_timeout=0)).next_timeout() is None


def test_notifications_go_unasked() -> None:
    one = station(SMALL)
    one.send_notification(b"\x0f\x00\x01", ClientSap(103))
    first, last = sent(one)
    assert (first.control.octet, first.destination.hex(), first.source.hex()) == (
        0x03,
        "cf",
        "0223",
    )
    assert (first.information.hex(), first.segmented) == ("e6e7000f", True)
    assert (last.information.hex(), last.segmented) == ("0001", False)
    one = station()
    one.receive_data(client(0x93, to="00020023"), 0.0)
    one.frames_to_send()
    one.send_notification(b"\x0f\x00\x01", CLIENT)
    (frame,) = sent(one)
    assert frame.source.hex() == "00020023"


def test_without_a_client_nothing_can_be_answered() -> None:
    with pytest.raises(MisuseError):
        station().send_apdu(b"\xc4")
    with pytest.raises(MisuseError):
        station().acknowledge()


client_frames = st.builds(
    client,
    st.integers(0, 255),
    st.binary(max_size=6),
    more=st.booleans(),
    to=st.sampled_from(["0223", "00020023", "03", "0225"]),
    sap=st.sampled_from([16, 32]),
)


@given(st.lists(client_frames | st.binary(max_size=10), max_size=20))
def test_any_octets_give_typed_events_and_few_frames(chunks: list[bytes]) -> None:
    one = connected(SMALL, SMALL.sizes.build())
    for now, chunk in enumerate(chunks):
        for event in one.receive_data(chunk, now):
            if isinstance(event, RequestReceived):
                one.send_apdu(event.apdu * 3)
        assert len(one.frames_to_send()) <= 4


def test_answers_on_end() -> None:
    one = connected(SMALL, SMALL.sizes.build())
    turns = [one.is_our_turn]
    one.receive_data(client(0x10, b"\xe6\xe6\x00\xc0"), 0.0)
    turns.append(one.is_our_turn)
    assert turns == [False, True]
    one.send_stream([b"\x01", b"\x02"])
    frames = sent(one)
    assert [frame.information for frame in frames] == [b"\xe6\xe7\x00\x01", b"\xe6\xe7\x00\x02"]
    assert [frame.segmented for frame in frames] == [False, False]
    assert [frame.control.poll_final for frame in frames] == [False, True]


def test_what_a_client_tells_wants_no_answer() -> None:
    one = connected()
    told = ToldByClient(client_sap=CLIENT, apdu=b"\x10\x01")
    assert one.receive_data(client(0x03, b"\xe6\xe6\x00\x10\x01"), 0.0) == [told]
    assert one.frames_to_send() == []
    assert not one.is_our_turn


def test_what_is_told_may_come_in_pieces() -> None:
    one = connected()
    assert one.receive_data(client(0x03, b"\xe6\xe6\x00\x16", more=True), 0.0) == []
    # the rest is lost, and another begins
    assert one.receive_data(client(0x03, b"\xe6\xe6\x00\x10", more=True), 0.0) == []
    told = ToldByClient(client_sap=CLIENT, apdu=b"\x10\x01")
    assert one.receive_data(client(0x03, b"\x01"), 0.0) == [told]


def test_what_is_told_is_bounded() -> None:
    one = connected(StationParameters(max_apdu=20))
    assert one.receive_data(client(0x03, b"\xe6\xe6\x00" + bytes(30)), 0.0) == []
    told = ToldByClient(client_sap=CLIENT, apdu=b"\x10")
    assert one.receive_data(client(0x03, b"\xe6\xe6\x00\x10"), 0.0) == [told]
