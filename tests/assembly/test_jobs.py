from pathlib import Path

import pytest

from dcud.assembly.jobs import meter_memory
from dcud.assembly.links import Links
from dcud.config import model
from dcud.config.load import load
from dcud.config.model import COMPANIONS
from dcud.cosem.event_codes import TABLES
from dcud.dlms.obis import Obis


def test_every_companion_profile_that_can_be_configured_has_its_event_codes() -> None:
    assert ("none", *TABLES) == COMPANIONS


def test_a_meter_is_remembered_with_its_companion_profile(tmp_path: Path) -> None:
    path = tmp_path / "dcud.toml"
    path.write_text("""
        [gateway]
        id = "gw"
        [[bus]]
        id = "b"
        tcp.host = "h"
        [[meter]]
        id = "m"
        bus = "b"
        template = "generic-electricity"
        companion = "spodes"
        """)
    assert meter_memory(load(path).meters[0]).companion == "spodes"


@pytest.mark.parametrize(
    ("referencing", "attribute"),
    [("logical-names", "15/0.0.40.0.2.255/2"), ("short-names", "12/0.0.40.0.0.255/2")],
)
def test_a_meter_lists_its_objects_where_its_association_is(
    referencing: str, attribute: str
) -> None:
    own = Obis.parse("0.0.40.0.2.255")
    meter = model.Meter(id="m", bus="b", referencing=referencing, association=own)
    assert str(meter_memory(meter).object_list) == attribute


def test_short_names_are_learned_anew_where_they_are_in_doubt() -> None:
    links = Links(model.Bus(id="b"))
    assert links.short_names(model.Meter(id="m", bus="b")) is None
    meter = model.Meter(id="m", bus="b", referencing="short-names")
    names, of_another_client = links.short_names(meter), links.short_names(meter)
    others = links.short_names(model.Meter(id="n", bus="b", referencing="short-names"))
    known = [names, of_another_client, others]
    for each in known:
        assert each is not None
        each.learn(bytes((1, 0)))
    links.doubt_names("m")
    links.doubt_names("another")
    assert [each.is_known for each in known if each is not None] == [False, False, True]
