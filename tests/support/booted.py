"""A real systemd as PID 1 of namespaces of its own, with dcud as its service."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.eventually import eventually
from tests.support.toml_text import TomlValue, toml_text

_PROJECT = Path(__file__).parents[2]
_SCRIPT = Path(__file__).with_name("booted-systemd")
_PYTHON = "/opt/dcud-python"
_SITE = "/opt/dcud-site"
_CODE = "/opt/dcud-code"
_SYSTEMD = "/opt/dcud-systemd"
_DEBIANS = Path("/usr/lib/python3/dist-packages")
UNIT = "dcud.service"


class BootedRoot:
    """Boots on entering; the machine outside is not changed.

    Args:
        directory: an existing directory of its own.
        lower: the root file system that it sees, as it was; default: that of this machine.
    """

    def __init__(self, directory: Path, lower: Path = Path("/")) -> None:
        self._directory = directory
        self._lower = lower

    @property
    def root(self) -> Path:
        """The root file system inside, for what is to be put there."""
        return self._directory / "view" / "root"

    def run(self, *command: str, check: bool = True, within: float = 60.0) -> str:
        """Run a command inside; return what it wrote."""
        done = subprocess.run(
            [_SCRIPT, "exec", self._directory, *command],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=within,
        )
        assert not (check and done.returncode), f"{command}: {done.stdout}\n{self.journal()}"
        return done.stdout

    def send(self, signal: str, pid: str) -> None:
        """Send a signal inside."""
        self.run("sh", "-c", f"kill -{signal} {pid}")

    def show(self, name: str) -> str:
        """Return a property of the unit."""
        return self.run("systemctl", "show", UNIT, f"--property={name}", "--value").strip()

    def journal(self, *options: str) -> str:
        """Return what the journal has of the unit."""
        return self.run("journalctl", "--unit", UNIT, "--no-pager", *options, check=False)

    def until_journal(self, text: str, within: float = 30.0) -> None:
        """Wait until the journal of the unit has a text."""
        eventually(lambda: text in self.journal("--output=cat"), f"{text!r} in it", within)

    def until(self, name: str, pattern: str, within: float = 30.0) -> None:
        """Wait until a property of the unit fits a pattern as a whole."""
        eventually(lambda: re.fullmatch(pattern, self.show(name)), f"{name}={pattern}", within)

    def __enter__(self) -> Self:
        assert os.geteuid() == 0, "systemd is booted in namespaces, which takes root: run as root"
        self._call("start", str(self._lower))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._call("stop")

    def _call(self, verb: str, *more: str) -> None:
        done = subprocess.run(
            [_SCRIPT, verb, self._directory, *more],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr


class Booted(BootedRoot):
    """This machine's own system, with dcud as its service.

    The unit is the one that is packaged; a drop-in has it run this tree's code by this
    interpreter, from places that its sandbox leaves visible.

    Args:
        directory: an existing directory of its own.
        amendments: of the section [Service].
    """

    def __init__(self, directory: Path, amendments: Sequence[str] = ()) -> None:
        super().__init__(directory)
        self._amendments = amendments

    def configure(self, document: Mapping[str, TomlValue]) -> None:
        """Write the configuration."""
        path = self.root / "etc/dcud/dcud.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(toml_text(document), encoding="utf-8")

    def __enter__(self) -> Self:
        base = Path(sys.base_prefix)
        site = next(path for path in map(Path, sys.path) if path.name == "site-packages")
        binds = {site: _SITE, _PROJECT / "dcud": f"{_CODE}/dcud"}
        if base != Path("/usr"):
            binds[base] = _PYTHON
        text = "".join(f"{outside}:{inside}\n" for outside, inside in binds.items())
        (self._directory / "binds").write_text(text, encoding="utf-8")
        super().__enter__()
        self._install(f"{_PYTHON if base != Path('/usr') else '/usr'}/bin/python3")
        return self

    def _install(self, python: str) -> None:
        """Put the unit there, with what the package makes for it."""
        shutil.copy(_PROJECT / "systemd" / UNIT, self.root / "etc/systemd/system" / UNIT)
        packaged = _PROJECT / "packaging" / "debian"
        for name, place in (
            ("dcud.sysusers", "usr/lib/sysusers.d/dcud.conf"),
            ("dcud.tmpfiles", "usr/lib/tmpfiles.d/dcud.conf"),
            ("dcud.logrotate", "etc/logrotate.d/dcud"),
        ):
            (self.root / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(packaged / name, self.root / place)
        self.run("systemd-sysusers", "dcud.conf")
        self.run("systemd-tmpfiles", "--create", "dcud.conf")
        # Debian's python3-systemd, without the rest of Debian's packages.
        shutil.copytree(_DEBIANS / "systemd", self.root / f"{_SYSTEMD}/systemd".lstrip("/"))
        self.amend(
            f"Environment=PYTHONPATH={_CODE}:{_SITE}:{_SYSTEMD}",
            f"Environment=LD_LIBRARY_PATH={_PYTHON}/lib",
            "ExecStart=",
            f"ExecStart={python} -m dcud run --config /etc/dcud/dcud.toml",
            *self._amendments,
        )

    def amend(self, *lines: str) -> None:
        """Write a drop-in with these lines of the section [Service]."""
        directory = self.root / f"etc/systemd/system/{UNIT}.d"
        directory.mkdir(exist_ok=True)
        name = f"{len(list(directory.iterdir()))}.conf"
        (directory / name).write_text("\n".join(["[Service]", *lines, ""]), encoding="utf-8")
        self.run("systemctl", "daemon-reload")
