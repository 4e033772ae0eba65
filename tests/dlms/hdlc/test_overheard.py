from dcud.dlms.datalink import ClientSap
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.delimiter import Discarded
from dcud.dlms.hdlc.frame import Defect
from dcud.dlms.hdlc.overheard import Overheard


def told(overheard: Overheard, *, attempts: int = 3) -> str:
    return str(
        overheard.no_answer(
            client_sap=ClientSap(16),
            server_address=ServerAddress(1, 17),
            attempts=attempts,
            timeout=2.5,
        )
    )


def test_silence() -> None:
    text = told(Overheard())
    assert "server address 1/17 (2 octets)" in text
    assert "client 16, asked 3 times, 2.5 s each" in text
    assert "heard nothing at all; check power" in text
    assert "dcud scan finds baud rate, server address and its size" in text
    assert "asked once" in told(Overheard(), attempts=1)


def test_only_the_echo() -> None:
    overheard = Overheard()
    overheard.echo()
    assert "only the echo" in told(overheard)


def test_damaged_octets_outweigh_an_echo() -> None:
    overheard = Overheard()
    overheard.echo()
    overheard.damaged(Discarded(Defect.NOISE, b"\x00\xff"))
    overheard.damaged(Discarded(Defect.IDLE, b"\x7e"))
    text = told(overheard)
    assert "2 octets that are no good frame; check baud rate" in text
    assert "dcud scan tries other speeds" in text


def test_other_stations_outweigh_all() -> None:
    overheard = Overheard()
    overheard.damaged(Discarded(Defect.NOISE, b"\x00\xff"))
    for source in ("0225", "0225", "00020025", "020203", "05", "07"):
        overheard.stranger(bytes.fromhex(source))
    text = told(overheard)
    assert "heard instead: 1/18 (2 octets), 1/18 (4 octets), 020203, 2 (1 octet);" in text
    assert "check the server address and its size; dcud scan finds both" in text
    overheard.clear()
    assert "heard nothing at all" in told(overheard)
