import pytest

from dcud.store.rows import OutboxLimits, OutboxMessage


@pytest.mark.parametrize("limits", [{"max_bytes": 0}, {"max_age_seconds": 0.0}])
def test_limits_under_which_nothing_could_be_kept_are_refused(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="above zero"):
        OutboxLimits(**limits)


def test_a_message_does_not_show_its_payload_in_a_log() -> None:
    assert "kWh" not in repr(OutboxMessage(message_id="1", topic="t", payload=b"kWh"))
