import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcud.publish.publication import Publication
from dcud.publish.rendering import Message, MessageKind, Rendering
from dcud.publish.sparkplug.payload import DataType, Metric, Payload, Quality, decode, encode
from dcud.publish.sparkplug.rendering import SparkplugParameters, SparkplugRendering
from dcud.publish.state_payload import (
    GatewayCondition,
    GatewayState,
    MeterCondition,
    MeterState,
)

_NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_NOW_MS = 1772366400000
_OFFLINE = GatewayState(condition=GatewayCondition.OFFLINE, version="1", reason="stopped")
_ONLINE = GatewayState(condition=GatewayCondition.ONLINE, version="1")
_UP = MeterState(condition=MeterCondition.UP, since=_NOW)
_DOWN = MeterState(condition=MeterCondition.DOWN, since=_NOW, reason="no answer")
_NCMD = "spBv1.0/plant/NCMD/gw"
_HOST = "spBv1.0/STATE/scada"
_REBIRTH = encode(
    Payload(metrics=(Metric(name="Node Control/Rebirth", data_type=DataType.BOOLEAN, value=True),))
)


class _Clock:
    """A wall clock that stands."""

    def __init__(self) -> None:
        self.now = _NOW

    def __call__(self) -> float:
        return self.now.timestamp()


def _rendering(*, primary_host: str = "", qos: int = 1, bd_seq: int = 3) -> SparkplugRendering:
    parameters = SparkplugParameters(
        group="plant",
        edge_node="gw",
        version="1.2.3",
        primary_host=primary_host,
        qos=qos,
        bd_seq=bd_seq,
    )
    return SparkplugRendering(parameters, _Clock())


@pytest.fixture
def rendering() -> SparkplugRendering:
    """Return one that is connected."""
    rendering = _rendering()
    rendering.will()
    rendering.connected()
    return rendering


def _reading(
    meter: str = "m", at: datetime = _NOW, *, is_late: bool = False, **values: int
) -> Message:
    body = {
        "job": "j",
        "read_time": at.isoformat(),
        "values": [
            {
                "obis": "0.0.96.7.0.255",
                "attribute": 2,
                "name": name,
                "value": value,
                "unit": "",
                "quality": "good",
            }
            for name, value in values.items()
        ],
    }
    return Message(
        kind=MessageKind.READING,
        message_id="id",
        meter=meter,
        topic="t",
        payload=json.dumps(body).encode(),
        is_late=is_late,
    )


def _event(meter: str) -> Message:
    body = {"code": "c", "severity": "info", "text": "t", "time": _NOW.isoformat()}
    return Message(
        kind=MessageKind.EVENT,
        message_id="id",
        meter=meter,
        topic="t",
        payload=json.dumps(body).encode(),
    )


def _verbs(publications: Sequence[Publication]) -> list[str]:
    """Return what is said by whom, as "DDATA m"."""
    said = []
    for publication in publications:
        namespace, group, verb, node, *device = publication.topic.split("/")
        assert (namespace, group, node) == ("spBv1.0", "plant", "gw")
        said.append(" ".join([verb, *device]))
    return said


def _said(publications: Sequence[Publication], verb: str) -> Payload:
    """Return the one payload of this verb."""
    (payload,) = [each.payload for each in publications if f"/{verb}/" in each.topic]
    return decode(payload)


def _values(payload: Payload) -> dict[str, object]:
    return {metric.name: metric.value for metric in payload.metrics}


def _host(rendering: SparkplugRendering, *, online: bool, at: int) -> Sequence[Publication]:
    return rendering.heard(_HOST, json.dumps({"online": online, "timestamp": at}).encode())


def _is_ready(rendering: SparkplugRendering) -> bool:
    """Return it anew each time, which a type checker can't know of a property."""
    return rendering.is_ready


def test_it_is_a_rendering() -> None:
    rendering: Rendering = _rendering()
    assert rendering.subscriptions == ("spBv1.0/plant/NCMD/gw",)


def test_the_will_is_the_death_of_the_session_that_begins() -> None:
    rendering = _rendering(bd_seq=255)
    for number in [255, 0, 1]:
        will = rendering.will()
        assert will.topic == "spBv1.0/plant/NDEATH/gw"
        assert (will.qos, will.retain) == (1, False)
        assert decode(will.payload) == Payload(
            timestamp=_NOW_MS,
            metrics=(Metric(name="bdSeq", data_type=DataType.INT64, value=number),),
        )


def test_a_connection_begins_with_the_birth_of_the_edge_node() -> None:
    rendering = _rendering()
    rendering.will()
    assert not _is_ready(rendering)
    (birth,) = rendering.connected()
    assert _is_ready(rendering)
    assert birth.topic == "spBv1.0/plant/NBIRTH/gw"
    assert (birth.qos, birth.retain, birth.content_type) == (1, False, "application/x-protobuf")
    payload = decode(birth.payload)
    assert (payload.seq, payload.timestamp) == (0, _NOW_MS)
    assert _values(payload) == {
        "bdSeq": 3,
        "Node Control/Rebirth": False,
        "Properties/Version": "1.2.3",
        "event/code": None,
        "event/severity": None,
        "event/text": None,
        "event/source": None,
    }
    rebirth = payload.metrics[1]
    assert (rebirth.data_type, rebirth.alias) == (DataType.BOOLEAN, None)
    aliases = [metric.alias for metric in payload.metrics if metric is not rebirth]
    assert aliases == [1, 2, 3, 4, 5, 6]
    assert all(metric.timestamp == _NOW_MS for metric in payload.metrics)


def test_births_and_data_go_out_as_the_standard_has_it_where_that_is_wanted() -> None:
    rendering = _rendering(qos=0)
    assert rendering.will().qos == 1
    said = [*rendering.connected(), *rendering.message(_reading(a=1))]
    assert {publication.qos for publication in said} == {0}


def test_a_meter_is_born_with_all_its_metrics_before_its_data(
    rendering: SparkplugRendering,
) -> None:
    said = rendering.message(_reading(a=1, b=2))
    assert _verbs(said) == ["DBIRTH m", "DDATA m"]
    birth, data = (decode(publication.payload) for publication in said)
    assert (birth.seq, data.seq) == (1, 2)
    names = {metric.alias: metric.name for metric in birth.metrics}
    assert len(names) == len(birth.metrics)
    assert {"reading/j/a", "reading/j/b", "event/code", "notification/kind"} <= set(names.values())
    assert [(names[metric.alias], metric.name) for metric in data.metrics] == [
        ("reading/j/a", ""),
        ("reading/j/b", ""),
    ]
    assert [metric.value for metric in data.metrics] == [1, 2]
    assert not any(metric.is_historical for metric in data.metrics)


def test_what_was_announced_needs_no_birth_any_more(rendering: SparkplugRendering) -> None:
    rendering.message(_reading(a=1))
    assert _verbs(rendering.message(_reading(a=2))) == ["DDATA m"]
    assert _verbs(rendering.message(_event("m"))) == ["DDATA m"]


def test_a_value_that_was_not_announced_asks_for_another_birth(
    rendering: SparkplugRendering,
) -> None:
    rendering.message(_reading(a=1))
    said = rendering.message(_reading(b=2))
    assert _verbs(said) == ["DBIRTH m", "DDATA m"]
    assert _values(_said(said, "DBIRTH"))["reading/j/a"] == 1
    assert _values(_said(said, "DBIRTH"))["reading/j/b"] is None


@pytest.mark.parametrize(
    ("age", "is_late", "is_history"),
    [(0, False, False), (900, False, False), (901, False, True), (0, True, True)],
)
def test_what_waited_or_is_old_is_history(
    rendering: SparkplugRendering, age: int, *, is_late: bool, is_history: bool
) -> None:
    said = rendering.message(_reading(at=_NOW - timedelta(seconds=age), is_late=is_late, a=1))
    (metric,) = _said(said, "DDATA").metrics
    assert metric.is_historical is is_history


def test_a_reading_of_nothing_is_nothing(rendering: SparkplugRendering) -> None:
    assert rendering.message(_reading()) == ()


def test_what_happens_to_the_gateway_is_data_of_the_edge_node(
    rendering: SparkplugRendering,
) -> None:
    said = rendering.message(_event(""))
    assert _verbs(said) == ["NDATA"]
    payload = _said(said, "NDATA")
    assert payload.seq == 1
    assert [metric.value for metric in payload.metrics] == ["c", "info", "t", None]
    assert [metric.alias for metric in payload.metrics] == [3, 4, 5, 6]


def test_what_the_edge_node_did_not_announce_asks_for_all_births(
    rendering: SparkplugRendering,
) -> None:
    rendering.message(_reading(a=1))
    said = rendering.message(_reading("", b=1))
    assert _verbs(said) == ["NBIRTH", "DBIRTH m", "NDATA"]
    assert [decode(publication.payload).seq for publication in said] == [0, 1, 2]


def test_a_message_that_makes_no_sense_is_told_as_an_event(
    rendering: SparkplugRendering, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Message(kind=MessageKind.READING, message_id="id", meter="m", topic="t", payload=b"{}")
    said = rendering.message(broken)
    code, severity, text, _ = _said(said, "DDATA").metrics
    assert (code.value, severity.value) == ("message_not_understood", "error")
    assert "message id for t is no reading" in str(text.value)
    assert "can't be shown to Sparkplug hosts: message id for t" in caplog.text


def test_the_edge_node_dies_before_it_leaves(rendering: SparkplugRendering) -> None:
    assert rendering.gateway_state(_ONLINE) == ()
    (death,) = rendering.gateway_state(_OFFLINE)
    assert death.topic == "spBv1.0/plant/NDEATH/gw"
    assert decode(death.payload).seq is None
    assert not _is_ready(rendering)
    assert rendering.gateway_state(_OFFLINE) == ()


def test_a_new_connection_tells_the_births_anew(rendering: SparkplugRendering) -> None:
    rendering.message(_reading(a=1))
    rendering.meter_state("other", _DOWN)
    rendering.will()
    said = rendering.connected()
    assert _verbs(said) == ["NBIRTH", "DBIRTH m"]
    assert [decode(publication.payload).seq for publication in said] == [0, 1]
    assert _values(_said(said, "NBIRTH"))["bdSeq"] == 4
    assert _values(_said(said, "DBIRTH"))["reading/j/a"] == 1
    assert _verbs(rendering.message(_reading(a=2))) == ["DDATA m"]


def test_a_meter_that_is_up_is_born_with_its_state(rendering: SparkplugRendering) -> None:
    said = rendering.meter_state("m", _UP)
    assert _verbs(said) == ["DBIRTH m"]
    assert _values(_said(said, "DBIRTH"))["state/condition"] == "up"
    assert rendering.meter_state("m", _UP) == ()


def test_only_what_changes_of_a_state_is_told(rendering: SparkplugRendering) -> None:
    rendering.meter_state("m", _UP)
    degraded = MeterState(condition=MeterCondition.DEGRADED, since=_NOW, reason="slow")
    said = rendering.meter_state("m", degraded)
    assert _verbs(said) == ["DDATA m"]
    assert [metric.value for metric in _said(said, "DDATA").metrics] == ["degraded", "slow"]


def test_a_state_that_was_not_announced_asks_for_a_birth(rendering: SparkplugRendering) -> None:
    rendering.message(_reading(a=1))
    said = rendering.meter_state("m", _UP)
    assert _verbs(said) == ["DBIRTH m"]
    assert _values(_said(said, "DBIRTH"))["state/condition"] == "up"


def test_a_meter_that_goes_down_dies_once(rendering: SparkplugRendering) -> None:
    rendering.meter_state("m", _UP)
    (death,) = rendering.meter_state("m", _DOWN)
    assert death.topic == "spBv1.0/plant/DDEATH/gw/m"
    payload = decode(death.payload)
    assert (payload.seq, payload.timestamp, payload.metrics) == (2, _NOW_MS, ())
    assert rendering.meter_state("m", _DOWN) == ()
    assert _verbs(rendering.meter_state("m", _UP)) == ["DBIRTH m"]


def test_data_of_a_meter_that_is_down_does_not_make_it_look_alive(
    rendering: SparkplugRendering,
) -> None:
    rendering.meter_state("m", _DOWN)
    said = rendering.message(_reading(is_late=True, a=1))
    assert _verbs(said) == ["DBIRTH m", "DDATA m", "DDEATH m"]


def test_a_meter_that_is_gone_dies_and_is_forgotten(rendering: SparkplugRendering) -> None:
    rendering.message(_reading(a=1))
    assert _verbs(rendering.meter_gone("m")) == ["DDEATH m"]
    assert rendering.meter_gone("m") == ()
    rendering.will()
    assert _verbs(rendering.connected()) == ["NBIRTH"]
    said = rendering.message(_reading(b=1))
    assert _verbs(said) == ["DBIRTH m", "DDATA m", "DDEATH m"]
    assert "reading/j/a" not in _values(_said(said, "DBIRTH"))


def test_states_before_the_birth_are_told_with_it() -> None:
    rendering = _rendering()
    rendering.will()
    assert rendering.meter_state("m", _UP) == ()
    said = rendering.connected()
    assert _verbs(said) == ["NBIRTH", "DBIRTH m"]
    assert _values(_said(said, "DBIRTH"))["state/condition"] == "up"


def test_a_host_may_ask_for_all_births(rendering: SparkplugRendering) -> None:
    rendering.message(_reading(a=1))
    said = rendering.heard(_NCMD, _REBIRTH)
    assert _verbs(said) == ["NBIRTH", "DBIRTH m"]
    assert _values(_said(said, "NBIRTH"))["bdSeq"] == 3
    assert _verbs(rendering.message(_reading(a=2))) == ["DDATA m"]


@pytest.mark.parametrize(
    "command",
    [
        Metric(name="Node Control/Rebirth", data_type=DataType.BOOLEAN, value=False),
        Metric(name="Node Control/Reboot", data_type=DataType.BOOLEAN, value=True),
        Metric(name="Node Control/Rebirth", data_type=DataType.STRING, value="true"),
    ],
)
def test_other_commands_change_nothing(rendering: SparkplugRendering, command: Metric) -> None:
    assert rendering.heard(_NCMD, encode(Payload(metrics=(command,)))) == ()


def test_a_command_that_makes_no_sense_is_ignored(
    rendering: SparkplugRendering, caplog: pytest.LogCaptureFixture
) -> None:
    for octets in (b"\x0b", b"\x0c"):
        assert rendering.heard(_NCMD, octets) == ()
    assert [record.getMessage() for record in caplog.records] == [
        "what came for spBv1.0/plant/NCMD/gw is no Sparkplug command"
    ]


def test_births_without_end_are_not_told(
    rendering: SparkplugRendering, caplog: pytest.LogCaptureFixture
) -> None:
    told = [bool(rendering.heard(_NCMD, _REBIRTH)) for _ in range(12)]
    assert told == [True] * 10 + [False] * 2
    (record,) = caplog.records
    assert record.getMessage() == (
        "hosts ask too often for the births of spBv1.0/plant/NBIRTH/gw: ignored; look whether two "
        "gateways have that name"
    )


def test_who_was_not_born_is_not_born_again() -> None:
    rendering = _rendering()
    rendering.will()
    assert rendering.heard(_NCMD, _REBIRTH) == ()


def test_other_topics_say_nothing(rendering: SparkplugRendering) -> None:
    assert rendering.heard("spBv1.0/plant/NCMD/other", _REBIRTH) == ()
    assert _host(rendering, online=False, at=1) == ()
    assert _is_ready(rendering)


def test_births_wait_for_the_primary_host() -> None:
    rendering = _rendering(primary_host="scada")
    assert rendering.subscriptions == (_NCMD, _HOST)
    rendering.will()
    assert rendering.connected() == ()
    assert not _is_ready(rendering)
    assert _host(rendering, online=False, at=5) == ()
    assert _verbs(_host(rendering, online=True, at=6)) == ["NBIRTH"]
    assert _is_ready(rendering)
    assert _host(rendering, online=True, at=7) == ()


def test_with_the_primary_host_the_edge_node_goes_and_comes() -> None:
    rendering = _rendering(primary_host="scada")
    rendering.will()
    _host(rendering, online=True, at=6)
    assert _host(rendering, online=False, at=5) == ()
    assert _is_ready(rendering)
    assert _verbs(_host(rendering, online=False, at=6)) == ["NDEATH"]
    assert not _is_ready(rendering)
    assert _verbs(_host(rendering, online=True, at=8)) == ["NBIRTH"]


def test_on_a_new_connection_the_primary_host_is_unknown() -> None:
    rendering = _rendering(primary_host="scada")
    rendering.will()
    _host(rendering, online=True, at=6)
    rendering.will()
    assert not _is_ready(rendering)
    assert _verbs(_host(rendering, online=True, at=1)) == ["NBIRTH"]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"ONLINE",
        b"\xff",
        b"[" * 100_000,
        b'{"online":true}',
        b'{"online":1,"timestamp":1}',
        b'{"online":true,"timestamp":"1"}',
    ],
)
def test_what_is_no_state_of_a_host_is_ignored(payload: bytes) -> None:
    rendering = _rendering(primary_host="scada")
    rendering.will()
    assert rendering.heard(_HOST, payload) == ()
    assert not _is_ready(rendering)


_READINGS = {"a": _reading(a=1), "b": _reading(a=1, b=2), "c": _reading("other", c=3)}

_ACTS = st.sampled_from(
    [
        *(("reading", name) for name in _READINGS),
        *(("event", meter) for meter in ("m", "")),
        *((act, "") for act in ("up", "down", "gone", "rebirth", "reconnect")),
    ]
)


def _act(rendering: SparkplugRendering, act: str, what: str) -> Sequence[Publication]:
    match act:
        case "reading":
            return rendering.message(_READINGS[what])
        case "event":
            return rendering.message(_event(what))
        case "up" | "down":
            return rendering.meter_state("m", _UP if act == "up" else _DOWN)
        case "gone":
            return rendering.meter_gone("m")
        case "rebirth":
            return rendering.heard(_NCMD, _REBIRTH)
        case _:
            rendering.will()
            return rendering.connected()


@settings(max_examples=60)
@given(st.lists(_ACTS, max_size=20))
def test_a_host_can_follow_whatever_happens(acts: list[tuple[str, str]]) -> None:
    """A host knows every alias by a birth, misses no number, and hears no data of the dead."""
    rendering = _rendering()
    following = -1
    aliases: dict[str, dict[int, str]] = {}
    for act, what in [("reconnect", ""), *acts]:
        for publication in _act(rendering, act, what):
            payload = decode(publication.payload)
            (said,) = _verbs([publication])
            verb, _, device = said.partition(" ")
            if verb == "NBIRTH":
                following, aliases = 0, {}
            assert payload.seq == following
            following = (following + 1) % 256
            if verb in {"NBIRTH", "DBIRTH"}:
                aliases[device] = {m.alias: m.name for m in payload.metrics if m.alias}
            elif verb == "DDEATH":
                del aliases[device]
            else:
                assert {metric.alias for metric in payload.metrics} <= set(aliases[device])
            known = [alias for each in aliases.values() for alias in each]
            assert len(known) == len(set(known))


def test_quality_comes_back_with_the_first_value(rendering: SparkplugRendering) -> None:
    said = rendering.message(_reading(a=1))
    (metric,) = _said(said, "DDATA").metrics
    told = {each.key: each.value for each in metric.properties}
    assert told == {"Quality": Quality.GOOD, "message_id": "id"}
