"""`dcud translate`, as it is called."""

import io
import json
from pathlib import Path

import pytest

from dcud.cli.main import CONFIG, PROTOCOL, USAGE, main

REQUEST = "7EA01A02232132F672E6E600C001C100030100010800FF020032687E"
ANSWER = "7EA0162102235209A6E6E700C401C1000600004B251CCC7E"
GET = "C001C100030100010800FF0200"

Capture = pytest.CaptureFixture[str]


def test_a_frame_is_shown_with_the_apdu_in_it(capsys: Capture) -> None:
    assert main(["translate", REQUEST]) == 0
    told = capsys.readouterr().out
    assert told.startswith("HDLC frame, 28 octets\n  flag: 7E [0]\n")
    assert "\nAPDU, 16 octets\n  llc: E6E600 (command) [0-2]\n" in told


def test_an_answer_is_told_from_a_request(capsys: Capture) -> None:
    assert main(["translate", REQUEST, ANSWER]) == 0
    assert "double-long-unsigned: 19237 [7-11]" in capsys.readouterr().out


def test_it_reads_a_file_or_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    file = tmp_path / "apdu.txt"
    file.write_text("C0 01 C1 00 03 01 00\n01 08 00 FF 02 00\n")
    assert main(["translate", "--file", str(file)]) == 0
    of_file = capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO(GET))
    assert main(["translate"]) == 0
    assert capsys.readouterr().out == of_file != ""


def test_blocks_are_put_together(capsys: Capture) -> None:
    blocks = [GET, "C402C1000000000100020600", "C402C101000000020003000001"]
    assert main(["translate", *blocks, "--to", "json"]) == 0
    parts = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [part["title"] for part in parts] == ["APDU"] * 3 + ["put together of 2 blocks"]
    assert parts[-1]["words"] == "1 (double-long-unsigned)"


def test_json_goes_back_to_octets(tmp_path: Path, capsys: Capture) -> None:
    assert main(["translate", REQUEST, "--to", "json"]) == 0
    file = tmp_path / "parts.json"
    file.write_text(capsys.readouterr().out + "\n\n")
    assert main(["translate", "--from", "json", "--file", str(file)]) == 0
    assert capsys.readouterr().out == f"{REQUEST}\nE6E600{GET}\n"


def test_an_apdu_is_written_as_xml(capsys: Capture) -> None:
    assert main(["translate", "C501C100", "--to", "xml"]) == 0
    assert '<Result Value="Success" />' in capsys.readouterr().out


def test_where_octets_go_wrong_is_told(capsys: Capture) -> None:
    assert main(["translate", "C401C10006004B25"]) == PROTOCOL
    told = capsys.readouterr()
    assert "unreadable: 004B25" in told.out
    assert told.err.startswith("dcud: message 1, APDU: octet 5: an integer of 4 octets wanted")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["C0 G"], "line 1, column 4, after 1 octets: 'G' is no hexadecimal digit"),
        ([GET, "--file", "x"], "HEX and --file were both given"),
        (["--file", "/nowhere/to/be/found"], "can't be read: No such file"),
        (["--from", "json", "{"], "line 1, column 2: "),
        (["--from", "json", "[" * 100_000], "the JSON is nested too deeply"),
        (["--from", "json", "[]"], "the whole has no 'fields'"),
        ([" "], "there is nothing to translate"),
        ([GET, "--kind", "letter"], "argument --kind"),
        ([GET, "--system-title", "00"], "'00' is no system title"),
        ([GET, "--system-title", "x"], "'x' is no system title"),
    ],
)
def test_what_can_not_be_translated_is_told(
    arguments: list[str], words: str, capsys: Capture
) -> None:
    assert main(["translate", *arguments]) == USAGE
    assert words in capsys.readouterr().err


def test_a_file_that_is_no_text_is_refused(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "raw"
    file.write_bytes(b"\xc0\xff\xff")
    assert main(["translate", "--file", str(file)]) == USAGE
    assert "it is no text" in capsys.readouterr().err


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("dcud.cli.translate_choice._LONGEST_INPUT", 3)
    monkeypatch.setattr("sys.stdin", io.StringIO("C001"))
    assert main(["translate"]) == USAGE
    assert "more than 3 characters" in capsys.readouterr().err


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "keys.toml"
    path.write_text(
        '[meter.house-1]\nunicast_key = "hex:000102030405060708090a0b0c0d0e0f"\n'
        'authentication_key = "hex:d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"\n'
    )
    path.chmod(0o600)
    return path


# The Green Book's example of a GET under global keys, as in the tests of u9n/dlms-cosem and jDLMS.
CIPHERED = "C81E3001234567411312FF935A47566827C467BC7D825C3BE4A77C3FCC056B6B"
TITLE = "4D4D4D0000BC614E"


def test_a_ciphered_apdu_is_opened_with_keys(key_file: Path, capsys: Capture) -> None:
    keys = ["--key-file", str(key_file), "--meter", "house-1", "--system-title", TITLE]
    assert main(["translate", CIPHERED, *keys]) == 0
    told = capsys.readouterr().out
    assert "\ndeciphered APDU, 13 octets\n  tag: C0 (get-request) [0]\n" in told


def test_what_stays_ciphered_is_told_with_the_reason(key_file: Path, capsys: Capture) -> None:
    assert main(["translate", CIPHERED, "--key-file", str(key_file), "--meter", "house-1"]) == 0
    told = capsys.readouterr()
    assert "ciphertext" in told.out
    assert "message 1: it stays ciphered: nothing tells the sender's system title" in told.err


def test_a_key_file_that_others_may_read_is_refused(key_file: Path, capsys: Capture) -> None:
    key_file.chmod(0o644)
    assert main(["translate", GET, "--key-file", str(key_file)]) == CONFIG
    assert "600" in capsys.readouterr().err


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert main(["translate", GET]) == 0
    assert "\x1b[1mtag\x1b[0m" in capsys.readouterr().out
