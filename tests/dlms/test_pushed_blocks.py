from dcud.dlms.datalink import NotificationReceived, OctetsDiscarded
from dcud.dlms.pushed_blocks import PushedBlocks

FIRST = bytes.fromhex("e04000010000" + "020f00")
LAST = bytes.fromhex("e0c000020000" + "021122")


def test_they_are_put_together() -> None:
    pushed = PushedBlocks()
    assert pushed.take(FIRST) == []
    assert pushed.take(LAST) == [NotificationReceived(apdu=b"\x0f\x00\x11\x22")]


def test_what_is_no_block_is_whole() -> None:
    assert PushedBlocks().take(b"\x0f\x00") == [NotificationReceived(apdu=b"\x0f\x00")]


def test_what_is_damaged_is_told() -> None:
    pushed = PushedBlocks()
    pushed.take(FIRST)
    assert pushed.take(FIRST) == [OctetsDiscarded(reason="push", octets=FIRST)]


def test_blocks_that_want_an_answer_are_passed_over() -> None:
    assert PushedBlocks().take(bytes.fromhex("e00500010000" + "020f00")) == []


def test_blocks_that_are_none_are_passed_over() -> None:
    assert PushedBlocks().take(b"\xe0") == []
