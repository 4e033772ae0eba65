import json
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from dcud.dlms.hdlc.frame import HdlcFrame, numbered
from dcud.dlms.sfsk.mac import Credits, MacFrame
from dcud.dlms.sfsk.modem_framing import MODEM
from dcud.dlms.wrapper import Wpdu
from dcud.trace.capture import Capture
from dcud.trace.conversation import Conversations
from dcud.trace.record import Mark, Record

AT = 1_795_374_095_061
"""2026-11-22T19:01:35.061Z"""
SNRM = bytes.fromhex("7ea0070303938c117e")
ENERGY = bytes.fromhex("C001C100030100010800FF0200")
ANSWER = bytes.fromhex("C401C1000600001391")


def record(
    octets: bytes, mark: Mark = Mark.SENT, *, meter: str = "house-1", note: str = ""
) -> Record:
    return Record(at=AT, bus="rs485", mark=mark, meter=meter, octets=octets, note=note)


def information(octets: bytes, *, is_sent: bool, server: bytes = b"\x02\x23") -> bytes:
    destination, source = (server, b"\x21") if is_sent else (b"\x21", server)
    control = numbered(send_sequence=0, receive_sequence=0, poll_final=True)
    return HdlcFrame(destination, source, control, octets).build()


def captured(records: Iterable[Record]) -> bytes:
    capture, conversations = Capture("dcud test"), Conversations()
    blocks = [capture.header()]
    for each in records:
        blocks += capture.blocks(conversations.hear(each))
    return b"".join(blocks)


def packets(records: Iterable[Record]) -> list[tuple[int, bytes]]:
    """Return interface and octets of each packet."""
    found, octets = [], captured(records)
    while octets:
        kind, length = (int.from_bytes(octets[at : at + 4], "little") for at in (0, 4))
        if kind == 6:
            size = int.from_bytes(octets[20:24], "little")
            found.append((int.from_bytes(octets[8:12], "little"), octets[28 : 28 + size]))
        octets = octets[length:]
    return found


def test_a_frame_is_a_packet_with_tags_before_it() -> None:
    [(number, octets)] = packets([record(SNRM)])
    assert number == 0
    assert octets.endswith(bytes(4) + SNRM)
    assert bytes.fromhex("000c0004") + b"data" in octets
    assert bytes.fromhex("00210004") + b"HDLC" in octets
    assert bytes.fromhex("00240008") + b"SNRM P\x00\x00" in octets


def test_an_apdu_in_hdlc_goes_into_the_wrapper() -> None:
    frame = information(b"\xe6\xe6\x00" + ENERGY, is_sent=True)
    (first, _), (second, datagram) = packets([record(frame)])
    assert (first, second) == (0, 1)
    assert datagram.endswith(Wpdu(16, 1, ENERGY).build())
    assert datagram[:2] == b"\x45\x00"
    assert int.from_bytes(datagram[22:24], "big") == 4059
    assert _sum(datagram[:20]) == 0xFFFF


def _sum(octets: bytes) -> int:
    total = sum(int.from_bytes(octets[i : i + 2], "big") for i in range(0, len(octets), 2))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def test_units_of_the_wrapper_go_as_they_are_and_are_counted() -> None:
    request, reply = Wpdu(16, 1, ENERGY).build(), Wpdu(1, 16, ANSWER).build()
    found = packets([record(request), record(reply, Mark.RECEIVED), record(request)])
    assert [number for number, _ in found] == [0, 0, 0]
    assert [octets[40:] for _, octets in found] == [request, reply, request]
    numbers = [
        tuple(int.from_bytes(octets[at : at + 4], "big") for at in (24, 28)) for _, octets in found
    ]
    size, back = len(request), len(reply)
    assert numbers == [(1, 1), (1, 1 + size), (1 + size, 1 + back)]


def test_what_made_no_frame_is_in_it_and_what_has_no_octets_is_not() -> None:
    lost = record(b"\xff\x00", Mark.DISCARDED, note="noise")
    empty = Record(at=AT, bus="rs485", mark=Mark.REPEATED, meter="house-1", note="retransmitting 1")
    damaged = record(Wpdu(1, 16, ANSWER).build(), Mark.DISCARDED, note="version")
    assert len(packets([lost, empty, damaged])) == 2


def test_each_meter_has_interfaces_of_its_own() -> None:
    found = packets([record(SNRM, meter=meter) for meter in ("a", "b", "a")])
    assert [number for number, _ in found] == [0, 1, 0]


def test_long_apdus_are_several_segments_and_too_long_ones_stay_out() -> None:
    request = Wpdu(16, 1, b"\xc0" * 0xFFFF).build()
    assert len(packets([record(request)])) == 2
    long_apdu = bytes(0x10000)
    segments = [long_apdu[i : i + 2000] for i in range(0, len(long_apdu), 2000)]
    control = [
        numbered(send_sequence=i % 8, receive_sequence=0, poll_final=False)
        for i in range(len(segments))
    ]
    frames = [
        HdlcFrame(b"\x21", b"\x03", c, s, i + 1 < len(segments)).build()
        for i, (c, s) in enumerate(zip(control, segments, strict=True))
    ]
    assert len(packets([record(each, Mark.RECEIVED) for each in frames])) == len(frames)


def test_addresses_of_other_links_stand_in_for_ports() -> None:
    m_sdu = bytes.fromhex("900101") + ENERGY
    frame = MODEM.build(MacFrame(source=0xC00, destination=0x012, m_sdu=m_sdu, credits=Credits()))
    _, (_, datagram) = packets([record(frame)])
    assert datagram[40:46].hex() == "00010c000012"


def tshark(path: Path, *arguments: str) -> str:
    ran = subprocess.run(
        ["tshark", "-r", str(path), *arguments], check=True, capture_output=True, text=True
    )
    return ran.stdout


@pytest.mark.e2e
def test_tshark_reads_it(tmp_path: Path) -> None:
    wide = information(b"\xe6\xe6\x00" + ENERGY, is_sent=True)
    reply = information(b"\xe6\xe7\x00" + ANSWER, is_sent=False)
    unit = Wpdu(16, 1, ENERGY).build()
    path = tmp_path / "line.pcapng"
    path.write_bytes(
        captured(
            [
                record(SNRM),
                record(wide),
                record(reply, Mark.RECEIVED),
                record(b"/?!\r\n", meter="optical"),
                record(unit, meter="network"),
                record(b"\xff", Mark.DISCARDED, note="noise"),
            ]
        )
    )
    columns = ["_ws.col.Protocol", "ip.src", "tcp.dstport", "tcp.srcport", "frame.comment"]
    names = ["frame.interface_name", "frame.time_epoch", "frame.p2p_dir", "exported_pdu.ipv4_dst"]
    fields = [argument for name in columns + names for argument in ("-e", name)]
    told = json.loads(tshark(path, "-T", "json", *fields))
    layers = [each["_source"]["layers"] for each in told]
    assert [each.get("frame.interface_name", [""])[0] for each in layers] == [
        *("rs485/house-1", "rs485/house-1", "rs485/house-1 APDUs"),
        *("rs485/house-1", "rs485/house-1 APDUs"),
        *("rs485/optical", "rs485/network APDUs", "rs485/house-1"),
    ]
    assert [each["frame.p2p_dir"][0] for each in layers] == ["0", "0", "0", "1", "1", "0", "0", "1"]
    assert {each["frame.time_epoch"][0][:14] for each in layers} == {"1795374095.061"}
    assert layers[0]["_ws.col.Protocol"] == ["HDLC"]
    assert layers[5]["_ws.col.Protocol"] == ["sign-on"]
    assert [each["tcp.dstport"][0] for each in (layers[2], layers[6])] == ["4059", "4059"]
    assert layers[4]["tcp.srcport"] == ["4059"]
    [comment] = layers[4]["frame.comment"]
    assert "get-response-normal #1 5009 (double-long-unsigned)" in comment
    assert "double-long-unsigned: 5009 [7-11]" in comment
    assert "[Malformed" not in tshark(path, "--disable-heuristic", "classicstun_tcp")
    summary = tshark(path, "-Y", "tcp.analysis.flags || ip.checksum.status == 0")
    assert not summary
