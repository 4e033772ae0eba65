"""Templates made of lists of objects."""

import tomli

from dcud.cli.identify_template import FoundProfile, template_text, usual_name
from dcud.config.model import Meter, ServerAddress
from dcud.config.security import Security
from dcud.cosem.association_view import AttributeRights, ObjectListElement
from dcud.cosem.profile_generic import CLOCK_TIME, CaptureObject
from dcud.dlms.obis import Obis

METER = Meter(
    id="m",
    bus="b",
    client_sap=32,
    authentication="lls",
    server_address=ServerAddress(logical=1, physical=17),
)


def element(
    class_id: int, name: str, rights: tuple[AttributeRights, ...] | None = None
) -> ObjectListElement:
    return ObjectListElement(
        class_id=class_id, version=0, logical_name=Obis.parse(name), attribute_rights=rights
    )


def captured(class_id: int, name: str, attribute: int = 2, data_index: int = 0) -> CaptureObject:
    return CaptureObject(
        class_id=class_id,
        logical_name=Obis.parse(name),
        attribute=attribute,
        data_index=data_index,
    )


def profile(
    name: str,
    *columns: CaptureObject,
    period: int = 900,
    rights: tuple[AttributeRights, ...] | None = None,
) -> FoundProfile:
    return FoundProfile(
        element=element(7, name, rights), columns=(CLOCK_TIME, *columns), capture_period=period
    )


def jobs_of(text: str, name: str = "t") -> list[dict[str, object]]:
    jobs: list[dict[str, object]] = tomli.loads(text)["template"][name].get("job", [])
    return jobs


def test_how_the_meter_was_asked() -> None:
    text = template_text("a.b", METER, [element(3, "1.0.1.8.0.255")], ())
    table = tomli.loads(text)["template"]["a.b"]
    assert (table["client_sap"], table["authentication"]) == (32, "lls")
    assert table["server_address"] == {"logical": 1}


def test_how_a_secured_meter_was_asked() -> None:
    meter = Meter(
        id="m",
        bus="b",
        client_sap=1,
        authentication="hls-gmac",
        match_invoke_id=False,
        association=Obis.parse("0.0.40.0.1.255"),
        security=Security(
            suite=1,
            form="general",
            dedicated_key=True,
            frame_counter=Obis.parse("0.0.43.1.0.255"),
            server_system_title=b"SIM\x00\x00\x00\x00\x01",
        ),
    )
    text = template_text("t", meter, [element(3, "1.0.1.8.0.255")], ())
    table = tomli.loads(text)["template"]["t"]
    del table["job"]
    assert table == {
        "client_sap": 1,
        "authentication": "hls-gmac",
        "server_address": {"logical": 1},
        "association": "0.0.40.0.1.255",
        "match_invoke_id": False,
        "security": {
            "suite": 1,
            "form": "general",
            "dedicated_key": True,
            "frame_counter": "0.0.43.1.0.255",
        },
    }


def test_no_name_is_given_twice_and_history_is_left_out() -> None:
    elements = [
        element(3, "8.0.1.0.0.255"),
        element(3, "9.0.1.0.0.255"),
        element(3, "9.0.1.0.0.101"),
        element(4, "1.0.128.8.0.255"),
    ]
    [job] = jobs_of(template_text("t", METER, elements, ()))
    assert job["objects"] == [
        {"obis": "8.0.1.0.0.255", "name": "volume"},
        {"obis": "9.0.1.0.0.255", "name": "9.0.1.0.0.255"},
        {"obis": "1.0.128.8.0.255", "class_id": 4, "name": "1.0.128.8.0.255"},
        {"obis": "1.0.128.8.0.255", "class_id": 4, "attribute": 5, "name": "1.0.128.8.0.255_time"},
    ]


def test_what_may_not_be_read_is_left_out() -> None:
    write_only = (AttributeRights(attribute=2, mode=2),)
    nothing = [element(3, "1.0.1.8.0.255", write_only), element(3, "1.0.2.8.0.255", ())]
    assert not template_text("t", METER, nothing, ())
    hidden = profile("1.0.99.1.0.255", rights=write_only)
    text = template_text("t", METER, [element(1, "0.0.96.1.0.255")], [hidden])
    assert "# load_profile_1 (1.0.99.1.0.255): may not be read" in text
    assert [job["name"] for job in jobs_of(text)] == ["nameplate"]


def test_profiles_by_period_and_selectors() -> None:
    by_entry = (AttributeRights(attribute=2, mode=1, selectors=(2,)),)
    both = (AttributeRights(attribute=2, mode=1, selectors=(1, 2)),)
    jobs = jobs_of(
        template_text(
            "t",
            METER,
            (),
            [
                profile("1.0.99.1.0.255", rights=both),
                profile("1.0.99.2.0.255", period=86_400 * 30, rights=by_entry),
                profile("0.0.99.98.0.255", captured(1, "0.0.96.11.0.255"), period=0),
                profile("1.0.128.1.0.255", period=60),
            ],
        )
    )
    shown = [(job["name"], job["interval"], job.get("access")) for job in jobs]
    assert shown == [
        ("load-profile-1", "15 min", None),
        ("load-profile-2", "1 d", "entry"),
        ("event-log", "1 h", None),
        ("profile-1.0.128.1.0.255", "15 min", None),
    ]
    assert "columns" not in jobs[0]
    assert jobs[2]["columns"] == [{"obis": "0.0.96.11.0.255", "attribute": 2, "name": "event_code"}]


def test_columns_that_are_parts_of_one_attribute_have_one_name() -> None:
    parts = (
        captured(3, "1.0.1.8.0.255", data_index=1),
        captured(3, "1.0.1.8.0.255", data_index=2),
        captured(4, "1.0.1.6.0.255", attribute=5),
        captured(1, "0.0.96.10.1.255"),
        captured(9999, "0.0.96.1.0.255", attribute=7),
        captured(1, "0.0.96.2.0.255", attribute=0),
    )
    text = template_text("t", METER, (), [profile("1.0.99.1.0.255", *parts)])
    [job] = jobs_of(text)
    assert job["columns"] == [
        {"obis": "1.0.1.8.0.255", "attribute": 2, "name": "active_energy_import"},
        {"obis": "1.0.1.6.0.255", "attribute": 5, "name": "active_power_import_maximum_time"},
        {"obis": "0.0.96.10.1.255", "attribute": 2, "name": "status"},
        {"obis": "0.0.96.1.0.255", "attribute": 7, "name": "serial_number"},
    ]
    assert "# Register, value" in text
    assert "# class 9999" in text


def test_names_are_those_of_the_shipped_templates() -> None:
    assert usual_name(Obis.parse("0.0.96.1.0.255")) == "serial_number"
    assert usual_name(Obis.parse("0.0.96.10.2.255")) == "status"
    assert usual_name(Obis.parse("1.0.1.8.0.255")) == "active_energy_import"
    assert usual_name(Obis.parse("1.0.128.8.0.255")) == "1.0.128.8.0.255"
