"""A password that is used is shown nowhere, and every frame is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dcud.dlms.wrapper import Wpdu, WrapperDelimiter
from tests.support.daemon import Daemon
from tests.support.frame_lines import FrameLine, spoken, unmasked
from tests.support.gurux_peer import Peer, gurux_peer
from tests.support.mosquitto import Mosquitto
from tests.support.peer_site import LINES, bus, dead_meter, meter, meter_id, registers_job
from tests.support.subscriber import Subscriber

pytestmark = pytest.mark.e2e

MQTT_PASSWORD = "brokers-own-word"  # noqa: S105  # of a broker that lives for a second
WRONG = "55667788"


@pytest.fixture
def narrow_peer() -> Iterator[Peer]:
    """Meters whose frames are so small that the password is cut in two."""
    with gurux_peer(rows=1, meters=2, max_info=36, max_pdu=100, password=90817263) as running:
        yield running


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    directory = tmp_path / "mosquitto"
    directory.mkdir()
    with Mosquitto(directory, users={"gateway": MQTT_PASSWORD}) as running:
        yield running


@pytest.fixture
def subscriber(broker: Mosquitto) -> Iterator[Subscriber]:
    with Subscriber(broker.port, user=("gateway", MQTT_PASSWORD)) as listening:
        yield listening


def test_every_frame_is_logged_and_no_secret_is(
    narrow_peer: Peer, broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    """Right passwords on every line, and a wrong one, at the debug level."""
    peer = narrow_peer
    password = peer.password.decode()
    names = [meter_id(line, 0) for line in LINES]
    refused = meter(peer, "pty", 1, [registers_job(peer.meters)], lls=True)
    daemon = Daemon(
        tmp_path,
        {
            "mqtt": {"port": broker.port, "username": "gateway"},
            "log": {"level": "debug"},
            "bus": [bus(peer, line) for line in LINES],
            "meter": [
                *(meter(peer, line, 0, [registers_job(peer.meters)], lls=True) for line in LINES),
                refused,
                dead_meter("hdlc"),
            ],
        },
        keys={
            "mqtt": {"password": MQTT_PASSWORD},
            "meter": {
                **{name: {"lls_password": password} for name in names},
                meter_id("pty", 1): {"lls_password": WRONG},
            },
        },
    )
    with daemon:
        for name in names:
            subscriber.wait_for_topic(f"dcud/v1/gw/meter/{name}/reading/registers")
        daemon.until(lambda: daemon.metric("dcud_poll_failures_total", reason="refused"), "refusal")
        process = Path(f"/proc/{daemon.process.pid}")
        seen = {
            "cmdline": (process / "cmdline").read_bytes(),
            "environ": daemon.environment(),
            "page": daemon.page().encode(),
        }
        counted = daemon.metric("dcud_frames_total")
        assert daemon.terminate()[0] == 0

    seen["stderr"] = daemon.told.encode()
    seen["frames"] = daemon.frame_log.read_bytes()
    seen["store"] = b"".join(path.read_bytes() for path in daemon.database.parent.iterdir())
    seen["mqtt"] = b"".join(m.topic.encode() + m.payload for m in subscriber.heard)
    assert all(seen.values())
    for secret in (password, WRONG, MQTT_PASSWORD):
        for form in (secret, secret.encode().hex(), secret.encode().hex(" "), secret[::-1]):
            for where, octets in seen.items():
                assert form.lower().encode() not in octets.lower(), f"{form} is in {where}"

    lines = daemon.frames()
    assert sum(line.is_frame for line in lines) >= (counted or 1)
    check_hdlc([line for line in lines if line.meter == meter_id("pty", 0)], peer.password)
    check_hdlc([line for line in lines if line.meter == meter_id("hdlc", 0)], peer.password)
    check_wrapper([line for line in lines if line.bus == "wrapper"], peer.password)


def check_hdlc(lines: list[FrameLine], password: bytes) -> None:
    """Every frame stands there whole, once its password is put back."""
    words = spoken(unmasked(lines, password))
    assert words[:5] == ["tx SNRM", "rx UA", "tx 60", "rx RR", "tx ..."]
    assert words[-4:] == ["tx 62", "rx 63", "tx DISC", "rx UA"]
    first, second = (line for line in lines if "*" in line.shown)
    assert (first.mark, second.mark) == ("tx", "tx")
    assert first.shown.count("**") + second.shown.count("**") == len(password) + 2 * 2


def check_wrapper(lines: list[FrameLine], password: bytes) -> None:
    apdus = []
    for line in unmasked(lines, password):
        [unit] = WrapperDelimiter().feed(line.octets())
        assert isinstance(unit, Wpdu)
        apdus.append(f"{line.mark} {unit.apdu[0]:02X}")
    assert apdus[:2] == ["tx 60", "rx 61"]
    assert apdus[-2:] == ["tx 62", "rx 63"]
    assert "tx C0" in apdus
    [associating] = [line for line in lines if "*" in line.shown]
    assert associating.shown.count("**") == len(password)
