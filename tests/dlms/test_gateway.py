import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.datalink import (
    ApduReceived,
    ClientSap,
    DataLink,
    Frame,
    FrameReceived,
    LinkClosed,
    LinkConnected,
    LinkEvent,
    LinkFailed,
    NotificationReceived,
)
from dcud.dlms.errors import DecodeError, EncodeError, LinkError, NoAnswerError
from dcud.dlms.gateway import (
    REQUEST_TAG,
    RESPONSE_TAG,
    GatewayAddress,
    GatewayLink,
    Prefixed,
    decode,
    without_prefix,
)
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.hdlc.station import HdlcStation, RequestReceived
from dcud.dlms.wrapper import Wpdu, WrapperLink
from tests.support.scripted_link import ScriptedLink

GET = bytes.fromhex("c001c1000f0000280000ff0700")
RESPONSE = bytes.fromhex("c401c1010300")
PUSH = bytes.fromhex("0f000000010000")
METER = GatewayAddress(network_id=1, device_address=b"\xa1\xb2")
OTHER = GatewayAddress(network_id=1, device_address=b"\xa1\xb3")

# A GET of attribute 2 of the clock, by gurux-dlms 1.0.203 over the wrapper, client 16, server 1,
# gateway network 1, physical device address "45".
PEERS_REQUEST = bytes.fromhex("0001001000010012 e601023435 c001c1000800000100 00ff0200")


def answer(octets: bytes) -> bytes:
    return Wpdu(1, 16, octets).build()


def connected(address: GatewayAddress = METER) -> GatewayLink:
    wrapper = WrapperLink(client_sap=ClientSap(16), server_sap=1, response_timeout=5.0)
    link = GatewayLink(wrapper, address, patience=3.0)
    link.connect(0.0)
    (event,) = link.handle_timeout(0.0)
    assert isinstance(event, LinkConnected)
    return link


def asked() -> GatewayLink:
    link = connected()
    link.send_apdu(GET, 1.0)
    link.frames_to_send()
    link.frames_sent(1.0)
    return link


def told(events: list[LinkEvent]) -> list[LinkEvent]:
    return [event for event in events if not isinstance(event, FrameReceived)]


def test_a_known_request() -> None:
    link: DataLink = connected(GatewayAddress(network_id=1, device_address=b"45"))
    link.send_apdu(bytes.fromhex("c001c100080000010000ff0200"), 1.0)
    assert link.frames_to_send() == [Frame(octets=PEERS_REQUEST)]


def test_a_known_association_request() -> None:
    # gurux-dlms 1.0.203, as above
    octets = bytes.fromhex(
        "0001001000010024e601023435601da109060760857405080101be10040e01000000065f1f0400401e5dffff"
    )
    prefixed = decode(octets[8:])
    assert prefixed is not None
    assert prefixed.address == GatewayAddress(network_id=1, device_address=b"45")
    assert prefixed.apdu[:2] == bytes.fromhex("601d")


def test_a_known_prefix() -> None:
    octets = bytes.fromhex("e70102a1b2c401c1010300")
    assert decode(octets) == Prefixed(RESPONSE_TAG, METER, RESPONSE)
    assert Prefixed(RESPONSE_TAG, METER, RESPONSE).build() == octets
    assert without_prefix(octets) == RESPONSE


addresses = st.builds(
    GatewayAddress,
    network_id=st.integers(0, 255),
    device_address=st.binary(min_size=1, max_size=127),
)


@given(st.sampled_from([REQUEST_TAG, RESPONSE_TAG]), addresses, st.binary(max_size=30))
def test_what_is_written_is_read(tag: int, address: GatewayAddress, apdu: bytes) -> None:
    prefixed = Prefixed(tag, address, apdu)
    assert decode(prefixed.build()) == prefixed


@given(st.binary(max_size=8) | st.binary(max_size=140).map(lambda octets: b"\xe7" + octets))
def test_any_octets_end_in_a_value_or_a_typed_error(octets: bytes) -> None:
    try:
        prefixed = decode(octets)
    except DecodeError:
        assert octets[0] in {REQUEST_TAG, RESPONSE_TAG}
        assert without_prefix(octets) == octets
        return
    assert (prefixed.build() if prefixed else octets) == octets
    assert without_prefix(octets) == (prefixed.apdu if prefixed else octets)


@pytest.mark.parametrize("octets", ["e7", "e700", "e70000c4", "e70002a1", "e70080"])
def test_a_malformed_prefix(octets: str) -> None:
    with pytest.raises(DecodeError, match="prefix"):
        decode(bytes.fromhex(octets))


@pytest.mark.parametrize(("network", "length"), [(-1, 1), (256, 1), (0, 0), (0, 128)])
def test_addresses_that_cannot_be_written(network: int, length: int) -> None:
    with pytest.raises(EncodeError):
        GatewayAddress(network_id=network, device_address=bytes(length))


@pytest.mark.parametrize(("size", "reduced"), [(0, 0), (-1, -1), (1024, 1019), (12, 12), (17, 12)])
def test_room_for_the_prefix(size: int, reduced: int) -> None:
    assert METER.reduced(size) == reduced


@pytest.mark.parametrize("tag", ["e7", "e6"])
def test_a_request_and_its_answer(tag: str) -> None:
    link = asked()
    assert link.next_timeout() == 6.0
    octets = answer(bytes.fromhex(tag + "0102a1b2") + RESPONSE)
    assert link.receive_data(octets, 2.0) == [
        FrameReceived(frame=Frame(octets=octets)),
        ApduReceived(apdu=RESPONSE),
    ]
    assert link.next_timeout() is None
    link.disconnect(3.0)
    assert link.handle_timeout(3.0) == [LinkClosed()]


def test_no_answer_fails_the_link() -> None:
    (event,) = asked().handle_timeout(6.0)
    assert isinstance(event, LinkFailed)
    assert isinstance(event.error, NoAnswerError)


def test_secret_ranges_move_behind_the_prefix() -> None:
    link = connected()
    link.send_apdu(b"\x60\x08password", 1.0, secret=[(2, 10)])
    (frame,) = link.frames_to_send()
    ((start, end),) = frame.secret
    assert frame.octets[start:end] == b"password"


@pytest.mark.parametrize("refusal", ["d80103", "e70102a1b2d80103"])
def test_the_gateways_refusals_pass_with_and_without_its_prefix(refusal: str) -> None:
    events = asked().receive_data(answer(bytes.fromhex(refusal)), 2.0)
    assert told(events) == [ApduReceived(apdu=bytes.fromhex("d80103"))]


def failure(link: GatewayLink, now: float) -> LinkError:
    (event,) = link.handle_timeout(now)
    assert isinstance(event, LinkFailed)
    return event.error


def test_an_answer_without_prefix_is_the_gateways_own_and_no_meters() -> None:
    link = asked()
    assert told(link.receive_data(answer(RESPONSE), 2.0)) == []
    error = failure(link, 2.0)
    assert "A1B2 on network 1 came without the gateway's prefix" in str(error)
    link.connect(3.0)
    assert isinstance(link.handle_timeout(3.0)[0], LinkConnected)


def test_a_malformed_answer_fails_the_link() -> None:
    link = asked()
    assert told(link.receive_data(answer(b"\xe7\x00"), 2.0)) == []
    assert "prefix is malformed: e700" in str(failure(link, 2.0))


def test_what_comes_while_the_link_is_taken_down_is_heard_only() -> None:
    link = asked()
    link.receive_data(answer(RESPONSE), 2.0)
    link.disconnect(2.0)
    ours = answer(METER.prefix(RESPONSE_TAG) + RESPONSE)
    assert told(link.receive_data(ours, 2.0)) == []
    assert isinstance(failure(link, 2.0), LinkError)


def test_a_link_under_it_may_deliver_two_apdus_at_once() -> None:
    inner = ScriptedLink()
    link = GatewayLink(inner, METER)
    inner.tell(RESPONSE, METER.prefix(RESPONSE_TAG) + RESPONSE)
    assert link.receive_data(b"", 2.0) == []
    link.disconnect(2.5)
    assert [call for call in inner.calls if "disconnect" in call] == ["disconnect 2.0"]


def test_another_devices_answer_fails_the_link_in_the_end() -> None:
    link = asked()
    strangers = answer(OTHER.prefix(RESPONSE_TAG) + RESPONSE)
    assert told(link.receive_data(strangers, 2.0)) == []
    assert link.next_timeout() == 5.0
    assert link.handle_timeout(4.9) == []
    assert link.handle_timeout(5.0) == []
    error = failure(link, 5.0)
    assert "answered for A1B3 on network 1 instead of A1B2 on network 1" in str(error)
    assert "device_address" in error.remedy


def test_another_networks_answer_is_another_devices() -> None:
    link = asked()
    stranger = GatewayAddress(network_id=2, device_address=METER.device_address)
    link.receive_data(answer(stranger.prefix(RESPONSE_TAG) + RESPONSE), 2.0)
    link.handle_timeout(5.0)
    assert "A1B2 on network 2" in str(failure(link, 5.0))


def test_the_right_answer_may_come_after_another_devices_late_one() -> None:
    link = asked()
    link.receive_data(answer(OTHER.prefix(RESPONSE_TAG) + RESPONSE), 2.0)
    ours = answer(METER.prefix(RESPONSE_TAG) + RESPONSE)
    assert told(link.receive_data(ours, 3.0)) == [ApduReceived(apdu=RESPONSE)]
    assert link.next_timeout() is None
    link.send_apdu(GET, 4.0)


def test_disconnecting_while_the_right_answer_is_awaited() -> None:
    link = asked()
    link.receive_data(answer(OTHER.prefix(RESPONSE_TAG) + RESPONSE), 2.0)
    link.disconnect(2.5)
    assert link.handle_timeout(2.5) == [LinkClosed()]
    assert link.next_timeout() is None


@pytest.mark.parametrize("tag", ["e6", "e7"])
def test_a_push_of_the_device_comes_through(tag: str) -> None:
    link = asked()
    push = answer(bytes.fromhex(tag + "0102a1b2") + PUSH)
    assert told(link.receive_data(push, 2.0)) == [NotificationReceived(apdu=PUSH)]
    ours = answer(METER.prefix(RESPONSE_TAG) + RESPONSE)
    assert told(link.receive_data(ours, 2.0)) == [ApduReceived(apdu=RESPONSE)]


@pytest.mark.parametrize("push", ["e60102a1b3", "", "e601ff"])
def test_what_others_push_is_not_the_devices(push: str) -> None:
    link = connected()
    assert told(link.receive_data(answer(bytes.fromhex(push) + PUSH), 2.0)) == []


@pytest.mark.parametrize("of", [METER.prefix(0xE6), b""])
def test_a_push_before_the_answer_leaves_the_answers_place_free(of: bytes) -> None:
    link = asked()
    link.receive_data(answer(of + PUSH), 2.0)
    assert link.next_timeout() is not None
    ours = answer(METER.prefix(RESPONSE_TAG) + RESPONSE)
    assert told(link.receive_data(ours, 3.0)) == [ApduReceived(apdu=RESPONSE)]


def test_over_hdlc_the_prefix_stands_behind_the_llc_header() -> None:
    address = ServerAddress(logical=1, physical=17)
    station = HdlcStation(server_address=address)
    link = GatewayLink(HdlcLink(client_sap=ClientSap(16), server_address=address), METER)
    link.connect(0.0)

    def exchange() -> list[LinkEvent]:
        for frame in link.frames_to_send():
            station.receive_data(frame.octets, 0.0)
        link.frames_sent(0.0)
        said = b"".join(frame.octets for frame in station.frames_to_send())
        return told(link.receive_data(said, 0.0))

    assert isinstance(exchange()[0], LinkConnected)
    link.send_apdu(GET, 1.0)
    (frame,) = link.frames_to_send()
    assert bytes.fromhex("e6e600 e60102a1b2") + GET in frame.octets
    (request,) = (
        event
        for event in station.receive_data(frame.octets, 1.0)
        if isinstance(event, RequestReceived)
    )
    assert decode(request.apdu) == Prefixed(REQUEST_TAG, METER, GET)
    station.send_apdu(METER.prefix(RESPONSE_TAG) + RESPONSE)
    assert exchange() == [ApduReceived(apdu=RESPONSE)]
