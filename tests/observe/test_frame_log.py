import asyncio
import gc
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dcud.line.tracer import FrameTracer
from dcud.observe import frame_log
from dcud.observe.errors import FrameLogError
from dcud.observe.frame_log import FrameLog
from dcud.observe.metrics import Metrics

FRAME = bytes.fromhex("7ea0070321930f017e")
NOON = 1795370584.123
STAMP = "2026-11-22T18:03:04.123Z"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "frames.log"


@pytest.fixture
def log(path: Path) -> Iterator[FrameLog]:
    opened = FrameLog(path, clock=lambda: NOON)
    yield opened
    opened.close()


def until(condition: Callable[[], bool]) -> None:
    """Wait for the writing thread, which has a life of its own."""
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.002)


def test_frames_stand_in_the_file_in_their_order(path: Path, log: FrameLog) -> None:
    log.start()
    log.frame("rs485-1", "tx", "meter-7", FRAME, [(3, 5)])
    log.frame("rs485-1", "rx", "meter-7", FRAME, ())
    log.discarded("rs485-1", "meter-7", "noise", b"\x00\xff")
    log.retransmitted("rs485-1", "meter-7", 2)
    log.close()
    assert path.read_text().splitlines() == [
        f"{STAMP} rs485-1 tx meter-7 7EA007****930F017E",
        f"{STAMP} rs485-1 rx meter-7 7EA0070321930F017E",
        f"{STAMP} rs485-1 rx! meter-7 noise 00FF",
        f"{STAMP} rs485-1 tx! meter-7 retransmitting 2",
    ]


def test_lines_are_written_without_being_asked_for(path: Path, log: FrameLog) -> None:
    log.start()
    log.frame("b", "tx", "m", FRAME, ())
    until(lambda: path.read_text().count("\n") == 1)
    log.frame("b", "rx", "m", FRAME, ())
    until(lambda: path.read_text().count("\n") == 2)


def test_log_and_metrics_are_tracers_of_a_line(log: FrameLog) -> None:
    tracers: list[FrameTracer] = [log, Metrics(version="0.1.0")]
    assert len(tracers) == 2


def test_registered_secrets_never_reach_the_file(path: Path, log: FrameLog) -> None:
    log.register_secret(b"12345678")
    log.start()
    log.frame("b", "tx", "m", b"\x60\x36" + b"12345678" + b"\xbe", ())
    log.discarded("b", "m", "frame_check", b"\x60\x36" + b"12345")
    log.discarded("b", "m", "noise", b"")
    log.close()
    assert path.read_text().splitlines() == [
        f"{STAMP} b tx m 6036{'*' * 16}BE",
        f"{STAMP} b rx! m frame_check 6036{'*' * 10}",
        f"{STAMP} b rx! m noise",
    ]


def test_a_rotation_loses_no_line(path: Path, log: FrameLog) -> None:
    log.start()
    log.frame("b", "tx", "first", FRAME, ())
    until(lambda: "first" in path.read_text())
    path.rename(path.with_suffix(".1"))
    log.reopen()
    until(path.exists)
    log.frame("b", "tx", "second", FRAME, ())
    log.close()
    assert "first" in path.with_suffix(".1").read_text()
    assert path.read_text() == f"{STAMP} b tx second 7EA0070321930F017E\n"


def test_many_rotations_under_load_lose_no_line_and_double_none(path: Path, log: FrameLog) -> None:
    log.start()
    kept = []
    for rotation in range(20):
        for number in range(100):
            log.frame("b", "tx", f"m{rotation * 100 + number}", FRAME, ())
        kept.append(path.with_suffix(f".{rotation}"))
        until(path.exists)
        path.rename(kept[-1])
        log.reopen()
    log.close()
    files = [*kept, path]
    lines = [line for file in files for line in file.read_text().splitlines()]
    assert [line.split()[3] for line in lines] == [f"m{number}" for number in range(2000)]


def test_a_full_disk_is_told_once_and_waited_out(
    path: Path, log: FrameLog, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_log, "_RETRY", 0.01)
    path.symlink_to("/dev/full")
    with caplog.at_level(logging.INFO, "dcud.observe"):
        log.start()
        log.frame("b", "tx", "first", FRAME, ())
        until(lambda: bool(caplog.messages))
        log.frame("b", "tx", "second", FRAME, ())
        path.unlink()
        until(lambda: path.exists() and "second" in path.read_text())
        until(lambda: len(caplog.messages) == 2)
    assert "first" in path.read_text()
    assert caplog.messages == [
        (
            f"the frame log {path} can't be written: No space left on device; "
            "frames are kept for a while"
        ),
        f"the frame log {path} is written again",
    ]


def test_lines_that_a_full_disk_keeps_out_to_the_end_are_counted(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lost: list[int] = []
    path.symlink_to("/dev/full")
    log = FrameLog(path, clock=lambda: NOON, dropped=lost.append)
    log.start()
    log.frame("b", "tx", "m", FRAME, ())
    until(lambda: bool(caplog.messages))
    log.frame("b", "tx", "m", FRAME, ())
    log.close()
    assert lost == [2]
    assert len(caplog.messages) == 1


def test_a_rotation_into_nowhere_is_told_and_the_moved_file_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "d").mkdir()
    path = tmp_path / "d" / "frames.log"
    log = FrameLog(path, clock=lambda: NOON)
    log.start()
    (tmp_path / "d").rename(tmp_path / "gone")
    log.reopen()
    until(lambda: bool(caplog.messages))
    log.frame("b", "tx", "m", FRAME, ())
    log.close()
    assert (tmp_path / "gone" / "frames.log").read_text().count("\n") == 1
    assert caplog.messages == [
        (
            f"the frame log {path} can't be opened anew: No such file or directory; "
            "lines go on into the moved file"
        )
    ]


def test_a_backlog_that_overflows_is_told_of_in_the_log_and_counted(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_log, "BACKLOG_RECORDS", 3)
    lost: list[int] = []
    log = FrameLog(path, clock=lambda: NOON, dropped=lost.append)
    for number in range(5):
        log.frame("b", "tx", f"m{number}", FRAME, ())
    log.start()
    until(lambda: path.read_text().count("\n") == 4)
    log.frame("b", "tx", "m5", FRAME, ())
    log.close()
    assert lost == [1, 1]
    assert [line.split(" ", 1)[1] for line in path.read_text().splitlines()] == [
        "b tx m0 7EA0070321930F017E",
        "b tx m1 7EA0070321930F017E",
        "b tx m2 7EA0070321930F017E",
        "- ! - 2 lines dropped: the log could not keep up",
        "b tx m5 7EA0070321930F017E",
    ]


def test_a_backlog_is_bounded_in_octets_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame_log, "BACKLOG_OCTETS", 10)
    lost: list[int] = []
    log = FrameLog(path, clock=lambda: NOON, dropped=lost.append)
    for _ in range(4):
        log.frame("b", "tx", "m", FRAME, ())
    assert lost == [1, 1]


def test_a_missing_directory_is_told_at_the_start(tmp_path: Path) -> None:
    log = FrameLog(tmp_path / "missing" / "frames.log", clock=lambda: NOON)
    with pytest.raises(FrameLogError) as caught:
        log.start()
    assert str(caught.value) == (
        f"the frame log {tmp_path}/missing/frames.log can't be opened: No such file or directory; "
        "create its directory, or set another path under [log]"
    )
    log.close()


def test_a_directory_in_the_files_place_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(FrameLogError, match="Is a directory; set the path of a file"):
        FrameLog(tmp_path, clock=lambda: NOON).start()


def test_what_may_pass_does_not_keep_the_daemon_from_starting(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_log, "_RETRY", 0.01)
    os.mkfifo(path)
    log = FrameLog(path, clock=lambda: NOON)
    log.start()
    log.frame("b", "tx", "m", FRAME, ())
    until(lambda: bool(caplog.messages))
    path.unlink()
    until(lambda: path.exists() and path.read_text().count("\n") == 1)
    log.close()


def test_after_the_end_nothing_is_taken(path: Path, log: FrameLog) -> None:
    log.start()
    log.close()
    log.frame("b", "tx", "m", FRAME, ())
    log.close()
    assert path.read_text() == ""


async def test_a_device_that_hangs_never_stops_the_event_loop(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # it is there, and reads nothing
    lost: list[int] = []
    log = FrameLog(path, clock=time.monotonic, dropped=lost.append)
    log.start()
    frame = bytes(136)
    longest = 0.0
    for _ in range(200):  # a hundred frames each: ten seconds of two thousand a second
        began = time.perf_counter()
        for _ in range(100):
            log.frame("b", "rx", "m", frame, ())
        longest = max(longest, time.perf_counter() - began)
        await asyncio.sleep(0)
    assert longest < 1
    assert sum(lost) > 0
    began = time.perf_counter()
    log.close(patience=0.1)
    assert time.perf_counter() - began < 1
    assert "is stuck" in caplog.text
    os.close(reader)
    until(lambda: "frame-log" not in {thread.name for thread in threading.enumerate()})
    assert sum(lost) > 9_000


def test_what_waits_is_written_while_others_stop(path: Path, log: FrameLog) -> None:
    log.start()
    log.frame("b", "tx", "m", FRAME, ())
    log.end()
    log.frame("b", "rx", "m", FRAME, ())
    until(lambda: "frame-log" not in {thread.name for thread in threading.enumerate()})
    assert path.read_text().count("\n") == 1
    log.close()


def test_the_patience_with_a_stuck_disk_counts_from_the_end(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # it is there, and reads nothing
    log = FrameLog(path, clock=lambda: NOON)
    log.start()
    for _ in range(1000):
        log.frame("b", "rx", "m", bytes(136), ())
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    log.end()
    now += 60
    began = time.perf_counter()
    log.close(patience=60)
    assert time.perf_counter() - began < 1
    assert "is stuck" in caplog.text
    os.close(reader)
    until(lambda: "frame-log" not in {thread.name for thread in threading.enumerate()})


def test_a_frame_costs_the_event_loop_microseconds(log: FrameLog) -> None:
    log.start()
    frame = bytes(136)
    gc.collect()
    began = time.thread_time()
    for _ in range(5000):
        log.frame("rs485-1", "rx", "meter-7", frame, ())
    each = (time.thread_time() - began) / 5000
    assert each < 50e-6
