from dcud.dlms.mode_e.actions import SetLine, Transmit


def test_actions_are_values() -> None:
    assert Transmit(b"/?!\r\n") == Transmit(b"/?!\r\n")
    assert SetLine(300, "7E1") != SetLine(9600, "8N1")
