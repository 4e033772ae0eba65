"""The quick start followed word by word, with simulated meters."""

from pathlib import Path

import pytest

from tests.support.documents import DOCS, blocks
from tests.support.mosquitto import free_port
from tests.support.walk import Walk

pytestmark = pytest.mark.e2e


def places() -> dict[str, str]:
    """Return what stands for the ports of the pages, as others may have them on this machine."""
    return {"18830": str(free_port()), "127.0.0.1:9415": f"127.0.0.1:{free_port()}"}


def test_the_quick_start_leads_to_readings(tmp_path: Path) -> None:
    with Walk(tmp_path, places()) as walk:
        walk.follow(blocks(DOCS / "quick-start.md"))
    assert any("dcud run" in command for command in walk.commands)
