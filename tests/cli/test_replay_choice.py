import argparse
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dcud.cli.main import UsageError, main
from dcud.cli.replay_choice import add_replay_arguments, replay_lines
from tests.support import simulated_line

LOG = """\
2026-11-22T19:01:35.061Z rs485 tx house-1 7EA0070303938C117E
2026-11-22T19:01:35.063Z rs485 rx house-1 7EA01E03037340CC818012050180060180070400000001080400000001533B7E
2026-11-22T19:01:36.000Z lan tx house-2 000100100001000DC001C100030100010800FF0200
2026-11-22T19:01:36.070Z lan rx house-2 0001000100100009C401C1000600001391
2026-11-22T19:01:3
"""  # noqa: E501  # a line of the log is as long as its frame


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_replay_arguments(parser)
    return parser.parse_args(arguments)


@pytest.fixture(name="log")
def make_log(tmp_path: Path) -> Path:
    path = tmp_path / "frames.log"
    path.write_text(LOG)
    return path


def test_recorded_meters_make_a_line(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_line, meters = replay_lines(parsed("--replay", str(log), "--meter", "house-1"))
    assert meters == 1
    line = make_line()
    said = line.receive(bytes.fromhex("7EA0070303938C117E"), 0.0)
    assert said == b""
    assert line.next_timeout() == pytest.approx(0.002)
    assert line.receive(bytes.fromhex("7EA0070303D19A707E"), 0.0) == b""
    assert capsys.readouterr().err.splitlines() == [
        f"dcud: {log}: line 5, column 1: no time as in 2026-11-22T19:01:35.061Z",
        "dcud: nothing was recorded after RR N(R)=6 P; it stays unanswered",
    ]
    assert replay_lines(parsed("--replay", str(log)))[1] == 2


def test_each_connection_begins_at_the_beginning(log: Path) -> None:
    make_line, _ = replay_lines(parsed("--replay", str(log), "--pace", "0"))
    assert make_line() is not make_line()


def test_a_log_without_that_meter_is_told_of(log: Path) -> None:
    with pytest.raises(UsageError, match="has nothing to replay; it tells of house-1, house-2"):
        replay_lines(parsed("--replay", str(log), "--meter", "house-9"))
    log.write_text("")
    with pytest.raises(UsageError, match="it tells of nobody"):
        replay_lines(parsed("--replay", str(log)))


@pytest.mark.parametrize("pace", ["fast", "-1", "1001", "nan"])
def test_a_pace_that_is_none(pace: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed("--pace", pace)
    assert "is no factor, 0 to 1000" in capsys.readouterr().err


@pytest.mark.e2e
def test_a_recorded_session_with_a_lost_answer_reads_the_same_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ("1.0.1.8.0.255", "clock", "name", "--format", "json")
    reading = ("--server", "1/17", "--response-timeout", "300 ms", *wanted)
    log = tmp_path / "house-1.log"
    with simulated_line.on_pty(simulated_line.hdlc_line(), tmp_path / "bus") as device:
        assert main(["read", "--serial", str(device), *reading, "--frames"]) == 0
    recorded = capsys.readouterr()
    log.write_text(_lose_one(recorded.err))
    replay = [sys.executable, "-m", "dcud", "simulate", "--pty", str(tmp_path / "replayed")]
    with subprocess.Popen(
        [*replay, "--replay", str(log), "--pace", "0"], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            assert told["meters"] == 1
            assert main(["read", "--serial", told["device"], *reading, "--frames"]) == 0
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=5)
    replayed = capsys.readouterr()
    assert replayed.out == recorded.out
    assert "tx! meter retransmitting 1" in replayed.err


def _lose_one(frames: str) -> str:
    """Lose the first answer to a GET, as a bad line would, and have it asked for again."""
    lines = frames.splitlines(keepends=True)
    asked = next(i for i, line in enumerate(lines) if "C001C1" in line)
    repetition = " ".join(lines[asked].split(" ")[:2]) + " tx! meter retransmitting 1\n"
    again = [repetition, lines[asked]]
    return "".join([*lines[: asked + 1], *again, *lines[asked + 1 :]])
