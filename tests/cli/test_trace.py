import gzip
import io
import json
import sys
from pathlib import Path

import pytest

from dcud.cli import trace
from dcud.cli.main import main

UA = "7EA01E03037340CC818012050180060180070400000001080400000001533B7E"
LOG = f"""\
2026-11-22T19:01:35.061Z rs485 tx house-1 7EA0070303938C117E
2026-11-22T19:01:35.063Z rs485 rx house-1 {UA}
2026-11-22T19:01:35.070Z lan tx house-2 000100100001000DC001C100030100010800FF0200
2026-11-22T19:01:36.070Z lan rx house-2 0001000100100009C401C1000600001391
2026-11-22T19:01:37.000Z rs485 tx! house-1 retransmitting 1
2026-11-22T19:01:37.100Z rs485 rx! house-1 noise 00FF
"""


@pytest.fixture(name="log")
def make_log(tmp_path: Path) -> Path:
    path = tmp_path / "dlms_client.log"
    path.write_text(LOG)
    return path


def shown(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> list[str]:
    assert main(["trace", *arguments]) == code
    return capsys.readouterr().out.splitlines()


def test_a_line_for_each_frame(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, str(log)) == [
        "2026-11-22T19:01:35.061Z rs485 tx  house-1 SNRM P",
        (
            "2026-11-22T19:01:35.063Z rs485 rx  house-1 UA F max-info-transmit 128, "
            "max-info-receive 128, window-transmit 1, window-receive 1"
        ),
        (
            "2026-11-22T19:01:35.070Z lan tx  house-2 16 to 1: get-request-normal #1 "
            "3/1.0.1.8.0.255/2 active_energy_import value"
        ),
        (
            "2026-11-22T19:01:36.070Z lan rx  house-2 1 to 16: get-response-normal #1 5009 "
            "(double-long-unsigned) for 3/1.0.1.8.0.255/2 active_energy_import value"
        ),
        "2026-11-22T19:01:37.000Z rs485 tx! house-1 retransmitting 1",
        "2026-11-22T19:01:37.100Z rs485 rx! house-1 noise: 2 octets of no known kind",
    ]


def test_trees_and_json(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, str(log), "--format", "tree", "--kind", "snrm")
    assert lines[1:4] == ["  HDLC frame, 9 octets", "    flag: 7E [0]", lines[3]]
    objects = [json.loads(line) for line in shown(capsys, str(log), "--format", "json")]
    assert [each["meter"] for each in objects] == ["house-1"] * 2 + ["house-2"] * 2 + [
        "house-1"
    ] * 2
    assert objects[3]["parts"][1]["fields"][-1]["fields"][0]["value"] == 5009


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (["--bus", "lan"], 2),
        (["--bus", "lan", "--bus", "rs485"], 6),
        (["--meter", "house-1"], 4),
        (["--kind", "GET"], 2),
        (["--kind", "snrm", "--kind", "ua"], 2),
        (["--kind", "discarded"], 1),
        (["--kind", "trouble"], 2),
        (["--kind", "set"], 0),
        (["--since", "2026-11-22T19:01:37"], 2),
        (["--since", "2026-11-22T20:01:37+01:00"], 2),
        (["--until", "2026-11-22T19:01:36"], 3),
        (["--until", "2026-11-22"], 0),
    ],
)
def test_filters(
    log: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], count: int
) -> None:
    assert len(shown(capsys, str(log), *arguments)) == count


def test_what_came_before_still_tells_what_was_asked(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [line, *_] = shown(capsys, str(log), "--since", "2026-11-22T19:01:36")
    assert line.endswith("for 3/1.0.1.8.0.255/2 active_energy_import value")
    late = LOG.replace("19:01:36", "19:04:36")
    log.write_text(late)
    [line, *_] = shown(capsys, str(log), "--since", "2026-11-22T19:04:30")
    assert line.endswith("#1 5009 (double-long-unsigned)")


def test_compressed_files_and_standard_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = tmp_path / "dlms_client.log.2.gz"
    packed.write_bytes(gzip.compress(LOG.encode()))
    assert len(shown(capsys, str(packed))) == 6
    stdin = io.TextIOWrapper(io.BytesIO(LOG.encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert len(shown(capsys, "-")) == 6


def test_lines_that_are_none_are_told_of_and_passed_over(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log.write_text("Nov 22 systemd: started\n\n" + LOG + "2026-11-22T19:01:38.000Z rs4")
    assert main(["trace", str(log)]) == 0
    output = capsys.readouterr()
    assert len(output.out.splitlines()) == 6
    assert output.err.splitlines() == [
        "dcud: line 1, column 1: no time as in 2026-11-22T19:01:35.061Z",
        "dcud: line 9, column 29: cut off before the octets",
    ]


def test_what_is_no_log_at_all_is_a_fault_of_usage(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log.write_text("words\n" * 30)
    assert main(["trace", str(log)]) == 64
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 12
    assert told[-2] == "dcud: 30 lines in all are none of a frame log"
    assert told[-1].startswith("dcud: this is no frame log; name a file")
    log.write_text("")
    assert shown(capsys, str(log)) == []


class _End(Exception):  # noqa: N818  # ends a test that would go on
    pass


def test_the_configured_log_is_followed_from_its_end(
    log: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = log.with_name("dcud.toml")
    config.write_text(f'[log]\nframe_log = "{log}"\n[gateway]\nid = "g"\n')
    monkeypatch.setattr(trace, "DEFAULT_PATH", config)
    pauses = 0

    def sleep(_seconds: float) -> None:
        nonlocal pauses
        pauses += 1
        if pauses == 2:
            raise KeyboardInterrupt
        with log.open("a") as file:
            file.write("2026-11-22T19:01:38.000Z rs485 tx house-1 7EA0070303938C117E\n")

    monkeypatch.setattr("time.sleep", sleep)
    assert shown(capsys, code=130) == ["2026-11-22T19:01:38.000Z rs485 tx  house-1 SNRM P"]
    pauses = 1
    assert len(shown(capsys, "--config", str(config), "--since", "2026-11-22", code=130)) == 7
    pauses = 1
    assert len(shown(capsys, str(log), "--follow", code=130)) == 7


def test_without_a_configuration_it_is_the_usual_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace, "DEFAULT_PATH", tmp_path / "none.toml")
    monkeypatch.setattr("dcud.cli.log_source.Path.open", _missing)
    assert main(["trace"]) == 64
    assert "/var/log/dlms_client.log can't be read: gone" in capsys.readouterr().err


def _missing(_path: Path, _mode: str) -> None:
    raise FileNotFoundError(2, "gone")


def test_a_capture(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = log.with_suffix(".pcapng")
    assert shown(capsys, str(log), "--pcap", str(out), "--bus", "lan") == []
    octets = out.read_bytes()
    assert octets.startswith(bytes.fromhex("0A0D0D0A"))
    assert bytes.fromhex("C401C1000600001391") in octets
    assert bytes.fromhex("7EA0070303938C117E") not in octets


def test_a_capture_on_standard_output(log: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["trace", str(log), "--pcap", "-"]) == 0
    assert capfdbinary.readouterr().out.startswith(bytes.fromhex("0A0D0D0A"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-", "--follow"], "standard input ends by itself; leave out --follow"),
        (["missing.log"], "missing.log can't be read: No such file"),
        (["LOG", "--pcap", "missing/out"], "missing/out can't be written: No such file"),
        (["LOG", "--since", "yesterday"], "'yesterday' is no time"),
        (["LOG", "--format", "xml"], "invalid choice: 'xml'"),
    ],
)
def test_bad_arguments(
    log: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["trace", *(str(log) if each == "LOG" else each for each in arguments)]) == 64
    assert said in capsys.readouterr().err


def test_colours_on_a_terminal_alone(
    log: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    [line] = shown(capsys, str(log), "--kind", "snrm")
    assert line == "\x1b[2m2026-11-22T19:01:35.061Z rs485\x1b[0m \x1b[36mtx  house-1\x1b[0m SNRM P"
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in shown(capsys, str(log), "--kind", "snrm")[0]


def test_a_bar_for_long_files_on_a_terminal(
    log: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace, "_LONG_FILE", 1)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert len(shown(capsys, str(log))) == 6
