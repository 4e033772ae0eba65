import pytest

from dcud.cosem.event_tables.event_log import (
    EventLog,
    EventTable,
    began_and_ended,
    by_phase,
    event_logs,
    in_turn,
)

LOGS = event_logs(
    EventLog(name="first", texts={1: "power down"}, unsure={2: "power up"}),
    EventLog(name="second", texts={7: "replace battery"}),
)


def test_codes_follow_on_one_another() -> None:
    assert in_turn(40, "removed", "closed") == {40: "removed", 41: "closed"}


def test_each_phase_has_all_texts_before_the_next_phase() -> None:
    assert by_phase(1, "lost {}", "back {}") == {
        1: "lost L1",
        2: "back L1",
        3: "lost L2",
        4: "back L2",
        5: "lost L3",
        6: "back L3",
    }
    assert by_phase(26, "on {}", phases=("P3", "P0")) == {26: "on P3", 27: "on P0"}


def test_what_lasts_begins_before_it_ends() -> None:
    assert began_and_ended(7, "sag", "swell") == {
        7: "sag began",
        8: "sag ended",
        9: "swell began",
        10: "swell ended",
    }


def test_logs_are_numbered_in_their_order() -> None:
    assert list(LOGS) == ["0.0.99.98.0.255", "0.0.99.98.1.255"]


@pytest.mark.parametrize(
    ("log", "code", "one_numbering", "text"),
    [
        ("0.0.99.98.0.255", 1, False, "power down"),
        ("0.0.99.98.0.255", 2, False, "power up (?)"),
        ("0.0.99.98.0.255", 3, False, None),
        ("0.0.99.98.0.255", 7, False, None),
        ("0.0.99.98.0.255", 7, True, "replace battery"),
        ("0.0.99.98.1.255", 1, True, "power down"),
        ("0.0.99.98.1.255", 1, False, None),
        ("0.0.99.98.2.255", 1, True, None),
    ],
)
def test_a_code_is_looked_up_in_its_log_first(
    log: str, code: int, *, one_numbering: bool, text: str | None
) -> None:
    assert EventTable(logs=LOGS, one_numbering=one_numbering).text(log, code) == text


def test_the_log_itself_goes_before_the_others() -> None:
    logs = event_logs(EventLog(name="a", texts={1: "one"}), EventLog(name="b", texts={1: "other"}))
    assert EventTable(logs=logs, one_numbering=True).text("0.0.99.98.1.255", 1) == "other"
