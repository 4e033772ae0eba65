import pytest

from dcud.cosem.object_names.shared import SHARED_ENTITIES
from dcud.cosem.object_names.vocabulary import entity


@pytest.mark.parametrize(
    ("c", "d", "e", "expected"),
    [
        (0, 0, 0, "id_1"),
        (0, 2, 0, "firmware_id"),
        (96, 1, 255, "device_ids"),
        (96, 3, 10, "disconnect_control"),
        (96, 7, 21, "power_failures_any_phase"),
        (96, 20, 0, "meter_cover_opening_count"),
        (96, 20, 33, "communication_tamper_total_duration"),
        (96, 20, 4, ""),
        (97, 97, 255, "error_profile"),
        (99, 98, 1, "event_log_1"),
    ],
)
def test_what_every_medium_has_is_named(c: int, d: int, e: int, expected: str) -> None:
    assert entity(SHARED_ENTITIES, c, d, e) == expected
