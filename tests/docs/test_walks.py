"""Pages followed word by word, with simulated meters."""

import json
from pathlib import Path

import pytest

from dcud.publish.command_request import parse_request
from dcud.publish.command_signature import check_signature
from tests.support.documents import DOCS, ROOT, blocks
from tests.support.mosquitto import free_port
from tests.support.simulate import simulate
from tests.support.walk import WALKED, Walk, is_walked, walked_part

pytestmark = pytest.mark.e2e


def places() -> dict[str, str]:
    """Return what stands for the ports of the pages, as others may have them on this machine."""
    return {"18830": str(free_port()), "127.0.0.1:9415": f"127.0.0.1:{free_port()}"}


def test_the_quick_start_leads_to_readings(tmp_path: Path) -> None:
    with Walk(tmp_path, places()) as walk:
        walk.follow(blocks(DOCS / "quick-start.md"))
    assert any("dcud run" in command for command in walk.commands)


ADAPTER = "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0"


def test_commissioning_leads_from_the_wire_to_readings(tmp_path: Path) -> None:
    (site := tmp_path / "site").mkdir(mode=0o700)
    bus, keys = tmp_path / "bus", tmp_path / "meters.toml"
    keys.touch(0o600)
    keys.write_text('[meter.simulated]\nlls_password = "12345678"\n')
    with (
        simulate("--pty", str(bus), "--meters", "4", "--key-file", str(keys)),
        Walk(site, {**places(), ADAPTER: str(bus)}) as walk,
    ):
        walk.follow(blocks(DOCS / "commissioning.md"))
    assert any("dcud run" in command for command in walk.commands)


PARTLY = ["docs/by-hand.md", "docs/trace.md"]


@pytest.mark.parametrize("page", PARTLY)
def test_what_other_tests_leave_of_a_page_is_followed(page: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with Walk(tmp_path, places()) as walk:
        walk.follow(walked_part(blocks(ROOT / page)))
    assert any("dcud read" in command for command in walk.commands)


def test_a_request_signed_as_the_page_says_is_taken(tmp_path: Path) -> None:
    page = blocks(DOCS / "commands.md")
    [shown] = [json.loads(each.text) for each in page if '"signature": "' in each.text]
    with Walk(tmp_path, {}, environment={"request": shown["request"]}) as walk:
        walk.follow(walked_part(page))
        key, signature = walk.seen().splitlines()
    made = {"request": shown["request"], "key": "head-end", "signature": signature}
    published = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    for message, public in ((made, key), (shown, published)):
        request = parse_request(json.dumps(message).encode())
        check_signature(request, {"head-end": bytes.fromhex(public)}, frozenset({"head-end"}))


def test_all_pages_with_a_walk_have_it_here() -> None:
    walks = {each.page for page in DOCS.glob("*.md") for each in blocks(page) if is_walked(each)}
    assert walks == {*WALKED, *PARTLY, "docs/commands.md"}
