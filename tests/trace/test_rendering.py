import json
from typing import Any, cast

from dcud.trace.conversation import Conversation, Heard
from dcud.trace.record import parse_line
from dcud.trace.rendering import as_json, line, safe, tree

UA = "7EA01E03037340CC818012050180060180070400000001080400000001533B7E"
AT = "2026-11-22T19:01:35.061Z"


def heard(text: str) -> Heard:
    return Conversation().hear(parse_line(f"{AT} {text}"))


def test_a_line() -> None:
    assert line(heard("rs485 tx house-1 7EA0070303938C117E")) == f"{AT} rs485 tx  house-1 SNRM P"
    assert line(heard("rs485 rx! house-1 noise 00FF")) == (
        f"{AT} rs485 rx! house-1 noise: 2 octets of no known kind"
    )
    wrong = line(heard("rs485 tx house-1 7EA0070303938C127E"))
    assert wrong.endswith("SNRM P with a wrong check sequence (not all of it is right)")


def test_colours_by_role() -> None:
    def paint(text: str, role: str) -> str:
        return f"<{role}>{text}"

    assert line(heard("b tx m 7EA0070303938C117E"), paint) == f"<time>{AT} b <sent>tx  m SNRM P"
    assert "<received>" in line(heard(f"b rx m {UA}"), paint)
    assert "<trouble>" in line(heard("b rx! m noise 00"), paint)
    assert "<trouble>" in line(heard("b tx m 7EA0070303938C127E"), paint)
    assert any("<meaning>(right)" in each for each in tree(heard(f"b rx m {UA}"), paint))


def test_a_tree() -> None:
    assert list(tree(heard(f"b rx m {UA}"))) == [
        (
            f"{AT} b rx  m UA F max-info-transmit 128, max-info-receive 128, window-transmit 1, "
            "window-receive 1"
        ),
        "  HDLC frame, 32 octets",
        "    flag: 7E [0]",
        "    frame-format: A01E (type 3, length 30) [1-2]",
        "    destination-address: 03 (client 1) [3]",
        "    source-address: 03 (server 1 (1 octet)) [4]",
        "    control: 73 (UA F) [5]",
        "      kind: UA [5]",
        "      final: True [5]",
        "    header-check-sequence: 40CC (right) [6-7]",
        "    information: negotiation of HDLC parameters [8-28]",
        "      format-identifier: 81 [8]",
        "      group-identifier: 80 [9]",
        "      group-length: 18 [10]",
        "      max-info-transmit: 128 [11-13]",
        "      max-info-receive: 128 [14-16]",
        "      window-transmit: 1 [17-22]",
        "      window-receive: 1 [23-28]",
        "    frame-check-sequence: 533B (right) [29-30]",
        "    flag: 7E [31]",
    ]


def test_long_octets_are_shortened_and_trouble_is_shown() -> None:
    shown = "\n".join(tree(heard(f"b rx m 00{'AA' * 40}")))
    assert f"octets: 00{'AA' * 31}... (no kind of frame that is known) [0-40]" in shown
    assert "unreadable: FF (no good HDLC header: " in "\n".join(tree(heard("b tx m 7EFF")))
    sign_on = "\n".join(tree(heard("b tx m 0001001000010001C0")))
    assert "    tag: C0 (get-request) [0]" in sign_on
    assert "    unreadable: 1 octet wanted" in sign_on.replace(
        "    unreadable: ", "    unreadable: "
    )


def test_nothing_that_a_meter_says_can_move_the_cursor() -> None:
    assert safe("plain") == "plain"
    assert safe("a\x1b[2Jb\n") == "a\\x1b[2Jb\\x0a"


def test_json_has_everything() -> None:
    told = as_json(heard("b tx m 0001001000010007C001C1******7E"))
    assert json.loads(json.dumps(told)) == told
    assert {key: told[key] for key in ("time", "bus", "mark", "meter", "note", "trouble")} == {
        "time": AT,
        "bus": "b",
        "mark": "tx",
        "meter": "m",
        "note": "",
        "trouble": True,
    }
    frame, apdu = cast("list[Any]", told["parts"])
    assert frame["octets"] == "0001001000010007C001C1******7E"
    assert frame["fields"][0] == {"name": "version", "octets": [0, 2], "value": 1}
    assert apdu["title"] == "APDU"
    assert apdu["octets"] == "C001C1******7E"
    assert apdu["fields"][-1]["trouble"]
    [ua] = cast("list[Any]", as_json(heard(f"b rx m {UA}"))["parts"])
    control = next(each for each in ua["fields"] if each["name"] == "control")
    assert [each["name"] for each in control["fields"]] == ["kind", "final"]
