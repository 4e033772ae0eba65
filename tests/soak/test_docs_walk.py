"""The quick start from nothing: a copy of the source, `make demo` in it, and all that follows."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.documents import DOCS, ROOT, blocks
from tests.support.mosquitto import free_port
from tests.support.walk import Walk

pytestmark = pytest.mark.soak


def test_the_quick_start_from_nothing(tmp_path: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    source = tmp_path / "dcud"
    for name in filter(None, listed.stdout.split("\0")):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, source / name)
    here = {"18830": str(free_port()), "127.0.0.1:9415": f"127.0.0.1:{free_port()}"}
    # Another home, but packages come from where they always do.
    environment = {
        "PYTHONPATH": "",
        "XDG_CONFIG_HOME": os.environ.get("XDG_CONFIG_HOME", str(Path.home() / ".config")),
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
    }
    with Walk(source, here, slowly=True, environment=environment) as walk:
        walk.follow(blocks(DOCS / "quick-start.md"))
    assert walk.commands[0] == "make demo\n"
