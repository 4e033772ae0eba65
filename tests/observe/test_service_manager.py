import builtins
import logging
import socket
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dcud.observe.service_manager import NOBODY, ServiceManager, of_this_process, service_manager


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as opened:
        opened.bind(str(tmp_path / "notify"))
        opened.settimeout(5)
        yield opened


@pytest.fixture
def without_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nobody installed systemd's Python package."""
    import_of = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name.startswith("systemd"):
            raise ImportError(name)
        return import_of(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)


@pytest.mark.usefixtures("without_package")
def test_without_the_package_it_is_told_all_the_same(
    listening: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        manager = service_manager({"NOTIFY_SOCKET": listening.getsockname()}, 7)
    assert "install python3-systemd" in caplog.text
    manager.ready("1 of 1 bus open")
    assert listening.recv(1000) == b"READY=1\nSTATUS=1 of 1 bus open"
    manager.reloading(12.5)
    assert listening.recv(1000) == b"RELOADING=1\nMONOTONIC_USEC=12500000"
    manager.alive()
    assert listening.recv(1000) == b"WATCHDOG=1"
    manager.status("two\nlines")
    assert listening.recv(1000) == b"STATUS=two lines"
    manager.stopping()
    assert listening.recv(1000) == b"STOPPING=1\nSTATUS=stopping"


@pytest.mark.usefixtures("without_package")
def test_an_abstract_socket_is_told() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as opened:
        opened.bind("")  # which draws an abstract name
        opened.settimeout(5)
        name = opened.getsockname().decode()
        service_manager({"NOTIFY_SOCKET": "@" + name[1:]}, 7).alive()
        assert opened.recv(100) == b"WATCHDOG=1"


@pytest.mark.usefixtures("without_package")
def test_a_service_manager_that_is_gone_does_no_harm(tmp_path: Path) -> None:
    service_manager({"NOTIFY_SOCKET": str(tmp_path / "gone")}, 7).alive()


def test_the_package_is_taken_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def notify(lines: str) -> bool:
        told.append(lines)
        raise OSError("nobody there")

    package, daemon = types.ModuleType("systemd"), types.ModuleType("systemd.daemon")
    daemon.notify = notify  # type: ignore[attr-defined]  # a stand-in
    monkeypatch.setitem(sys.modules, "systemd", package)
    monkeypatch.setitem(sys.modules, "systemd.daemon", daemon)
    service_manager({"NOTIFY_SOCKET": "/there"}, 7).alive()
    assert told == ["WATCHDOG=1"]


def test_nobody_is_told_where_nobody_listens() -> None:
    assert service_manager({}, 7) is NOBODY
    NOBODY.ready("unheard")
    assert isinstance(of_this_process(), ServiceManager)


@pytest.mark.usefixtures("without_package")
@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({"WATCHDOG_USEC": "60000000"}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "7"}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "often"}, None),
        ({}, None),
    ],
)
def test_how_often_a_sign_of_life_is_wanted(
    environment: dict[str, str], seconds: float | None
) -> None:
    assert service_manager({"NOTIFY_SOCKET": "/n", **environment}, 7).watchdog == seconds
