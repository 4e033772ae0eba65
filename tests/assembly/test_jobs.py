from pathlib import Path

from dcud.assembly.jobs import meter_memory
from dcud.config.load import load
from dcud.config.model import COMPANIONS
from dcud.cosem.event_codes import TABLES


def test_every_companion_profile_that_can_be_configured_has_its_event_codes() -> None:
    assert ("none", *TABLES) == COMPANIONS


def test_a_meter_is_remembered_with_its_companion_profile(tmp_path: Path) -> None:
    path = tmp_path / "dcud.toml"
    path.write_text("""
        [gateway]
        id = "gw"
        [[bus]]
        id = "b"
        tcp.host = "h"
        [[meter]]
        id = "m"
        bus = "b"
        template = "generic-electricity"
        companion = "spodes"
        """)
    assert meter_memory(load(path).meters[0]).companion == "spodes"
