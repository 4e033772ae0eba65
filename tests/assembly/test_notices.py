from datetime import UTC, datetime

from dcud.assembly.notices import hearer
from dcud.config import model
from dcud.notice import Notice, NoticedAttribute, NoticedValue

NOW = 1_772_366_400.0
METER = model.Meter(id="m", bus="b", server_address=model.ServerAddress())


class Told:
    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.complaints: list[tuple[str, str, str]] = []

    def noticed(self, notice: Notice) -> None:
        self.notices.append(notice)

    def not_understood(self, bus: str, meter: str, reason: str) -> None:
        self.complaints.append((bus, meter, reason))


def heard(octets: str) -> Told:
    told = Told()
    hearer(METER, "b", told, lambda: NOW)(bytes.fromhex(octets))
    return told


def test_a_push_is_told_with_all_that_is_in_it() -> None:
    [notice] = heard("0F 40000007 00 0203 0903 414243 0102 1101 1102 1311 020506").notices
    assert (notice.meter, notice.bus, notice.kind) == ("m", "b", "data-notification")
    assert notice.received == datetime.fromtimestamp(NOW, UTC)
    assert (notice.invoke_id, notice.meter_time, notice.attribute) == (7, None, None)
    assert notice.value == NoticedValue(
        type="structure",
        value=(
            NoticedValue(type="octet-string", value="ABC"),
            NoticedValue(
                type="array",
                value=(
                    NoticedValue(type="unsigned", value=1),
                    NoticedValue(type="unsigned", value=2),
                ),
            ),
            NoticedValue(
                type="compact-array",
                value=(
                    NoticedValue(type="unsigned", value=5),
                    NoticedValue(type="unsigned", value=6),
                ),
            ),
        ),
    )


def test_an_event_is_told_with_its_object_and_its_time() -> None:
    [notice] = heard("C2 01 0C 07E40701030A000000FF8880 0003 0100010800FF 02 0600000004").notices
    assert notice.attribute == NoticedAttribute(
        class_id=3, obis="1.0.1.8.0.255", attribute=2, name="value"
    )
    assert notice.meter_time is not None
    assert notice.meter_time.time.isoformat() == "2020-07-01T10:00:00+02:00"
    assert notice.meter_time.status == ("daylight_saving",)


def test_attributes_without_a_name_and_times_without_a_moment() -> None:
    [notice] = heard("C2 01 0C FFFFFFFFFFFFFFFFFF8000FF 4000 0100010800FF 02 1101").notices
    assert notice.attribute is not None
    assert (notice.attribute.class_id, notice.attribute.name) == (0x4000, "")
    assert notice.meter_time is None


def test_what_can_not_be_read_is_told_without_its_octets() -> None:
    told = heard("0F 40000007 00 FE")
    assert told.notices == []
    [(bus, meter, reason)] = told.complaints
    assert (bus, meter) == ("b", "m")
    assert "FE" in reason
