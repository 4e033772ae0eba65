"""The daemon with meters that demand security, each in a process of its own."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from tests.support.daemon import Daemon
from tests.support.frame_lines import FrameLine
from tests.support.mosquitto import Mosquitto
from tests.support.recording_relay import recording
from tests.support.secured_site import (
    CLIENT,
    ENERGY,
    FRAME_COUNTER,
    HISTORY,
    SERIAL_NUMBER,
    Protected,
    Site,
    Table,
    energy_at,
    fresh_keys,
    good_values,
    registers_job,
    secured_site,
    security,
    uses_of_global_key,
    wrapped_apdus,
    write_key_file,
)
from tests.support.subscriber import Subscriber
from tests.support.toml_text import TomlValue

pytestmark = pytest.mark.e2e

wall_clock = time.time  # noqa: TID251  # the meters' and the daemon's are the real one

TOPIC = "dcud/v1/gw/meter/{}/reading/registers"
EVENTS = "dcud/v1/gw/meter/{}/event"


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, str]:
    """Return the keys of the meters, which stand in their key file, too."""
    drawn = fresh_keys()
    write_key_file(tmp_path / "meters.toml", {"meter": {"simulated": drawn}})
    return drawn


@pytest.fixture
def wrapper(tmp_path: Path, keys: dict[str, str]) -> Iterator[Site]:
    assert keys
    with secured_site(
        "wrapper", tmp_path / "meters.toml", "--authentication", "hls-gmac", meters=3
    ) as site:
        yield site


def document(
    broker: Mosquitto, *sites: Site, meters: list[TomlValue], **gateway: TomlValue
) -> Table:
    return {
        "gateway": {"system_title": CLIENT, **gateway},
        "mqtt": {"port": broker.port},
        "bus": [site.bus(f"bus-{number}") for number, site in enumerate(sites, 1)],
        "meter": meters,
    }


def test_meters_of_every_kind_are_read(
    broker: Mosquitto, subscriber: Subscriber, tmp_path: Path, keys: dict[str, str]
) -> None:
    """HDLC and wrapper; global and dedicated keys; all three forms; suites 0 and 2."""
    master = {"master_key": os.urandom(16).hex()}
    wide = {
        **fresh_keys(32),
        "master_key": os.urandom(32).hex(),
        "hls_secret": f"hex:{os.urandom(16).hex()}",
    }
    files = {
        "0": write_key_file(tmp_path / "zero.toml", {"meter": {"simulated": {**keys, **master}}}),
        "2": write_key_file(
            tmp_path / "two.toml",
            {"meter": {"simulated": wide}},
        ),
    }
    gmac = ("--authentication", "hls-gmac")
    began = wall_clock()
    with (
        secured_site("hdlc", files["0"], *gmac, meters=2) as hdlc,
        secured_site("wrapper", files["0"], *gmac, meters=5) as wrapper,
        secured_site("wrapper", files["2"], "--authentication", "hls-sha256", suite=2) as suite_2,
    ):
        served = wall_clock()
        general, whole = "general", "general-ciphering"
        configured: dict[str, tuple[int, Table]] = {
            "hdlc": (1, hdlc.meter("hdlc", "bus-1", 1)),
            "hdlc-dedicated": (
                2,
                hdlc.meter("hdlc-dedicated", "bus-1", 2, security=security(dedicated_key=True)),
            ),
            "plain": (1, wrapper.meter("plain", "bus-2", 1)),
            "dedicated": (
                2,
                wrapper.meter("dedicated", "bus-2", 2, security=security(dedicated_key=True)),
            ),
            "general": (
                3,
                wrapper.meter("general", "bus-2", 3, security=security(form=general)),
            ),
            "general-dedicated": (
                4,
                wrapper.meter(
                    "general-dedicated",
                    "bus-2",
                    4,
                    security=security(form=general, dedicated_key=True),
                ),
            ),
            "wrapped": (
                5,
                wrapper.meter(
                    "wrapped", "bus-2", 5, security=security(form=whole, key_info="wrapped")
                ),
            ),
            "suite-2": (
                1,
                suite_2.meter(
                    "suite-2",
                    "bus-3",
                    1,
                    authentication="hls-sha256",
                    security=security(suite=2, form=general, compress=True),
                ),
            ),
        }
        meters: list[TomlValue] = [meter for _, meter in configured.values()]
        daemon = Daemon(
            tmp_path,
            document(broker, hdlc, wrapper, suite_2, meters=meters),
            keys={
                "default": {**keys, **master},
                "meter": {"suite-2": wide},
            },
        )
        with daemon:
            for name, (number, _) in configured.items():
                body = subscriber.wait_for_topic(TOPIC.format(name)).body
                values = good_values(body)
                assert values[SERIAL_NUMBER] == f"{number:08d}"
                asked = datetime.fromisoformat(body["read_time"]).timestamp()
                least = energy_at(number, asked - 2, served - HISTORY)
                most = energy_at(number, asked + 2, began - HISTORY)
                assert least <= int(values[ENERGY]) <= most, name
                daemon.until(
                    lambda n=name: daemon.metric("dcud_invocation_counters_left", meter=n),  # type: ignore[misc]  # bound at once
                    f"counters of {name}",
                )
            left = daemon.metric("dcud_invocation_counters_left", meter="suite-2")
            assert left is not None
            assert 4_000_000_000 < left < 2**32
            assert not daemon.metric("dcud_security_refusals_total")
            assert daemon.terminate()[0] == 0
    assert not [message for message in subscriber.heard if message.topic.endswith("/event")]


FAULTS = {
    "wrong-tag": "authentication_tag",
    "wrong-key": "authentication_tag",
    "replay-answer": "replay",
    "plain-answer": "security_policy",
    "wrong-title": "system_title",
    "wrong-proof": "meter_not_authentic",
}
"""Codes of what each of them is refused for."""


def test_what_is_not_trusted_is_told_once(
    broker: Mosquitto, subscriber: Subscriber, tmp_path: Path, keys: dict[str, str]
) -> None:
    """Every poll is refused; one event says so, and the metric counts."""
    with ExitStack() as stack:
        sites = [
            stack.enter_context(
                secured_site(
                    "wrapper",
                    tmp_path / "meters.toml",
                    *("--authentication", "hls-gmac", "--fault", fault),
                )
            )
            for fault in FAULTS
        ]
        meters: list[TomlValue] = [
            site.meter(
                fault,
                f"bus-{number}",
                1,
                response_timeout="300 ms",
                security=security(server_system_title="53494D0000000001"),
                breaker={"first_pause": "1 s", "longest_pause": "1 s"},
                job=[registers_job("1 s")],
            )
            for number, (fault, site) in enumerate(zip(FAULTS, sites, strict=True), 1)
        ]
        daemon = Daemon(tmp_path, document(broker, *sites, meters=meters), keys={"default": keys})
        with daemon:
            for fault, code in FAULTS.items():
                event = subscriber.wait_for_topic(EVENTS.format(fault)).body
                assert (event["code"], event["severity"]) == (code, "warning")
                assert "times" not in event["text"]
            for fault, code in FAULTS.items():
                # A replay is passed over, and the answer waited for, half a minute.
                times = 1 if code == "replay" else 2
                daemon.until(
                    lambda f=fault, c=code, n=times: refusals(daemon, f, c) >= n,  # type: ignore[misc]  # bound at once
                    f"refusal of {fault}",
                )
            for fault, code in FAULTS.items():
                told = [it.body for it in subscriber.heard if it.topic == EVENTS.format(fault)]
                assert [it["code"] for it in told] == [code]
                assert not [it for it in subscriber.heard if it.topic == TOPIC.format(fault)]


def refusals(daemon: Daemon, meter: str, code: str) -> float:
    return daemon.metric("dcud_security_refusals_total", meter=meter, code=code) or 0


def test_no_counter_is_used_twice_however_often_the_daemon_is_killed(
    broker: Mosquitto,
    subscriber: Subscriber,
    wrapper: Site,
    tmp_path: Path,
    keys: dict[str, str],
) -> None:
    """SIGKILL at any moment; every body under the unicast key is looked at, deciphered."""
    with recording(wrapper.place["host"], int(wrapper.place["port"])) as relay:
        recorded = replace(wrapper, place={"host": relay.host, "port": relay.port})
        for pieces, told in ((7, FRAME_COUNTER), (20, ""), (1, ""), (13, ""), (4, ""), (30, "")):
            # Once it is known where to begin, nothing but the store may know where to go on.
            shown: Table = {"frame_counter": told} if told else {}
            meters: list[TomlValue] = [
                recorded.meter(
                    f"meter-{number}",
                    "bus-1",
                    number,
                    security={"suite": 0, **shown},
                    job=[registers_job("1 s")],
                )
                for number in (1, 2, 3)
            ]
            with Daemon(
                tmp_path, document(broker, recorded, meters=meters), keys={"default": keys}
            ):
                relay.wait_for_pieces(relay.pieces + pieces)
    uses = [
        use
        for sent in relay.sent
        for use in uses_of_global_key(wrapped_apdus(b"".join(sent)), keys)
    ]
    assert len(uses) > 40
    check_counters(uses)
    subscriber.wait_for_topic(TOPIC.format("meter-1"))


def check_counters(uses: list[Protected]) -> None:
    """No counter bears two contents."""
    bodies: dict[tuple[bytes, int], bytes] = {}
    for use in uses:
        known = bodies.setdefault((use.system_title, use.counter), use.body)
        assert known == use.body, f"counter {use.counter} was used twice"


def test_a_second_daemon_on_the_same_counters_is_refused(
    broker: Mosquitto, wrapper: Site, tmp_path: Path, keys: dict[str, str]
) -> None:
    """Also where its outbox is elsewhere."""
    meters: list[TomlValue] = [wrapper.meter("meter-1", "bus-1", 1)]
    directory = tmp_path / "second"
    directory.mkdir(0o700)
    first = Daemon(tmp_path, document(broker, wrapper, meters=meters), keys={"default": keys})
    second = Daemon(
        directory,
        {
            **document(broker, wrapper, meters=meters, state_directory=tmp_path / "state"),
            "outbox": {"path": directory / "outbox.db"},
        },
        keys={"default": keys},
    )
    with first:
        first.wait_for_line("meters to poll")
        second.start()
        assert second.wait() == 74
        assert first.process.poll() is None
    [told] = [line for line in second.lines if line.startswith("dcud: ")]
    assert str(tmp_path / "state" / "counters.sqlite") in told
    assert "; " in told
    assert not second.frames()


def test_lost_counters_go_on_above_all_that_the_meter_took(
    broker: Mosquitto,
    subscriber: Subscriber,
    wrapper: Site,
    tmp_path: Path,
    keys: dict[str, str],
) -> None:
    meters: list[TomlValue] = [wrapper.meter("meter-1", "bus-1", 1)]
    daemon = Daemon(tmp_path, document(broker, wrapper, meters=meters), keys={"default": keys})
    with daemon:
        subscriber.wait_for_topic(TOPIC.format("meter-1"))
        assert daemon.terminate()[0] == 0
    first = uses_of_global_key(logged_apdus(daemon.frames()), keys)
    for path in daemon.database.parent.glob("counters.sqlite*"):
        path.unlink()
    subscriber.heard.clear()
    with daemon:
        subscriber.wait_for_topic(TOPIC.format("meter-1"))
        assert daemon.terminate()[0] == 0
    then = uses_of_global_key(logged_apdus(daemon.frames()), keys)[len(first) :]
    assert len(then) == len(first)
    assert min(use.counter for use in then) >= max(use.counter for use in first) + 10_000


def logged_apdus(lines: list[FrameLine]) -> list[bytes]:
    """Return what was sent over the wrapper."""
    return wrapped_apdus(b"".join(line.octets() for line in lines if line.mark == "tx"))


def test_a_program_may_have_the_keys(
    broker: Mosquitto,
    subscriber: Subscriber,
    wrapper: Site,
    tmp_path: Path,
    keys: dict[str, str],
) -> None:
    """It is asked with the meter's id; one that fails stops its own meter alone."""
    program = tmp_path / "keys.sh"
    entries = "\n".join(f"{name} = '{key}'" for name, key in keys.items())
    program.write_text(
        f"#!/bin/sh\n[ $1 = meter-2 ] && exit 3\ncat <<END\n[meter.$1]\n{entries}\nEND\n"
    )
    program.chmod(0o700)
    command: TomlValue = [str(program), "{meter}"]
    meters: list[TomlValue] = [
        wrapper.meter(f"meter-{number}", "bus-1", number, key_command=command) for number in (2, 1)
    ]
    daemon = Daemon(tmp_path, document(broker, wrapper, meters=meters))
    with daemon:
        body = subscriber.wait_for_topic(TOPIC.format("meter-1")).body
        assert good_values(body)[SERIAL_NUMBER] == "00000001"
        told = daemon.wait_for_line("keys.sh.*status 3")
        assert keys["unicast_key"] not in told.string
        daemon.signal(signal.SIGTERM)
        assert daemon.wait() == 0
