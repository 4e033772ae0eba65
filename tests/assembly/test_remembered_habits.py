from pathlib import Path

from dcud.assembly.links import Links
from dcud.assembly.meters import plain_target
from dcud.dlms.connection import ClientConnection
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.frame import CONTROLS, HdlcFrame, parse
from tests.support.small_configuration import configured

DM, UA = (HdlcFrame(b"\x21", ServerAddress(1, 17).octets, CONTROLS[c]).build() for c in (31, 115))


def test_what_a_meter_was_found_to_do_outlives_its_link(tmp_path: Path) -> None:
    bus, meter = configured(
        tmp_path,
        'tcp.host = "h"\nframing = "hdlc"',
        "client_sap = 16\nserver_address = { logical = 1, physical = 17, size = 2 }",
    )
    connect = plain_target(Links(bus), meter, None).connect
    proposed = []
    for answers in ([DM, UA], [UA]):
        connection = connect()
        assert isinstance(connection, ClientConnection)
        connection.open(0.0)
        for answer in answers:
            proposed += [
                parse(frame.octets[1:-1]).information for frame in connection.frames_to_send()
            ]
            connection.frames_sent(0.0)
            connection.receive_data(answer, 0.0)
    refused, taken, first_of_the_next = proposed
    assert refused != taken == first_of_the_next
