"""What the daemon does not start with, and how it says so."""

import socket
from pathlib import Path

import pytest

from tests.support.daemon import Daemon
from tests.support.gurux_peer import Peer
from tests.support.peer_site import Table, bus, dead_meter, meter, registers_job

pytestmark = pytest.mark.e2e

UNAVAILABLE, IO, CONFIG = 69, 74, 78


def refusal(daemon: Daemon) -> tuple[int, str]:
    """Start it; return the exit code it ends with by itself, and what it wrote."""
    with daemon:
        code = daemon.wait(10)
    assert "Traceback" not in daemon.told
    return code, daemon.told


@pytest.fixture
def lls_site(peer: Peer) -> Table:
    return {
        "bus": [bus(peer, "pty")],
        "meter": [meter(peer, "pty", 0, [registers_job(peer.meters)], lls=True)],
    }


def lls_daemon(directory: Path, site: Table) -> Daemon:
    return Daemon(directory, site, keys={"meter": {"pty-0": {"lls_password": "90817263"}}})


def test_every_fault_of_a_configuration_is_told_at_once(tmp_path: Path) -> None:
    site: Table = {
        "mqtt": {"prot": 1883},
        "meter": [dead_meter("nowhere")],
        "outbox": {"max_size": "many"},
    }
    code, told = refusal(Daemon(tmp_path, site))
    assert code == CONFIG
    for fault in ("prot", "nowhere", "many"):
        [line] = [line for line in told.splitlines() if fault in line]
        assert line.startswith(f"{tmp_path}/dcud.toml:"), line


def test_a_missing_configuration_is_named(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path, {})
    daemon.path.unlink()
    code, told = refusal(daemon)
    assert code == CONFIG
    assert str(daemon.path) in told


def test_a_key_file_that_others_can_read_is_refused_with_the_chmod(
    lls_site: Table, tmp_path: Path
) -> None:
    daemon = lls_daemon(tmp_path, lls_site)
    daemon.key_file.chmod(0o640)
    code, told = refusal(daemon)
    assert code == CONFIG
    assert f"chmod 600 {daemon.key_file}" in told
    assert "90817263" not in told


def test_a_link_to_a_key_file_is_refused(lls_site: Table, tmp_path: Path) -> None:
    daemon = lls_daemon(tmp_path, lls_site)
    daemon.key_file.rename(tmp_path / "elsewhere.toml")
    daemon.key_file.symlink_to(tmp_path / "elsewhere.toml")
    code, told = refusal(daemon)
    assert code == CONFIG
    assert str(daemon.key_file) in told
    assert "link" in told


def test_a_second_daemon_on_the_same_store_is_refused_and_the_first_goes_on(
    peer: Peer, tmp_path: Path
) -> None:
    site: Table = {
        "bus": [bus(peer, "pty")],
        "meter": [meter(peer, "pty", 0, [registers_job([], interval="1 s")])],
    }
    with Daemon(tmp_path, site) as first:
        first.until(lambda: first.metric("dcud_polls_total", result="success"), "finished poll")
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        code, told = refusal(Daemon(elsewhere, {"outbox": {"path": first.database}}))
        assert code == IO
        assert f"{first.database} is in use by process {first.process.pid}" in told
        before = first.metric("dcud_polls_total") or 0
        first.until(lambda: (first.metric("dcud_polls_total") or 0) > before, "next poll")
        assert first.terminate()[0] == 0


def test_a_place_for_the_store_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the directory should be", encoding="utf-8")
    daemon = Daemon(tmp_path, {})
    code, told = refusal(daemon)
    assert code == IO
    assert str(daemon.database) in told


def test_a_directory_that_the_frame_log_lacks_is_told(tmp_path: Path) -> None:
    code, told = refusal(Daemon(tmp_path, {"log": {"frame_log": tmp_path / "none" / "frames.log"}}))
    assert code == IO
    assert str(tmp_path / "none" / "frames.log") in told


def test_a_taken_port_of_the_metrics_page_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, told = refusal(Daemon(tmp_path, {"metrics": {"listen": f"127.0.0.1:{port}"}}))
    assert code == UNAVAILABLE
    assert f"127.0.0.1 port {port}" in told
