"""The quick start, then commissioning, followed word by word, with simulated meters."""

from pathlib import Path

import pytest

from tests.support.documents import DOCS, blocks
from tests.support.mosquitto import free_port
from tests.support.simulate import simulate
from tests.support.walk import Walk

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
