"""`dcud demo`: the whole way, from simulated meters to a subscriber, on this machine alone."""

import argparse
import contextlib
import json
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from dcud.errors import DcudError

summary = "simulated meters, a broker, the daemon, and the readings on screen"

FIRST_ADDRESS = 17
PATIENCE = 30.0
"""Seconds that any part of the demonstration may take to show a sign of life."""

_MOSQUITTO = ("mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto")
_AMQTT = "listeners:\n  default:\n    type: tcp\n    bind: 127.0.0.1:{port}\n"
_SHOWN = 5
"""Values of a reading that fit on a line."""


class DemoError(DcudError):
    """A part of the demonstration can't be had, or does not come up."""

    code: ClassVar[str] = "demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--meters", type=int, default=3, metavar="N", help="simulated meters (default: 3)"
    )
    parser.add_argument(
        "--broker",
        choices=("auto", "mosquitto", "amqtt"),
        default="auto",
        help="auto (the default) takes a Mosquitto that is there, else amqtt from PyPI",
    )
    parser.add_argument(
        "--readings", type=int, metavar="N", help="end after so many (default: at Ctrl-C)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Show readings until told to stop."""
    signal.signal(signal.SIGTERM, _interrupt)
    with contextlib.suppress(KeyboardInterrupt), ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dcud-demo-")))
        broker = stack.enter_context(_broker(directory, arguments.broker))
        messages = _subscribe(broker.port)
        stack.enter_context(_simulation(directory, arguments.meters))
        metrics_port = _free_port()
        stack.enter_context(_daemon(directory, arguments.meters, broker, metrics_port))
        _tell(f"every frame:  tail -f {directory}/dlms_client.log")
        _tell(f"its health:   curl http://127.0.0.1:{metrics_port}/metrics")
        _tell("Ctrl-C ends it.\n")
        _show(messages, directory, arguments.readings)
    return 0


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


@dataclass(frozen=True, slots=True, kw_only=True)
class _Broker:
    """A broker on loopback; `protocol` is the version of MQTT that it is known to speak."""

    port: int
    protocol: str


@contextmanager
def _broker(directory: Path, choice: str) -> Iterator[_Broker]:
    """Run a broker of the kind chosen."""
    port = _free_port()
    mosquitto = None if choice == "amqtt" else _mosquitto()
    if mosquitto is not None:
        configuration = directory / "mosquitto.conf"
        configuration.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
        command = [mosquitto, "-c", str(configuration)]
    elif choice != "mosquitto" and find_spec("amqtt") is not None:
        configuration = directory / "amqtt.yaml"
        configuration.write_text(_AMQTT.format(port=port))
        command = [str(Path(sys.executable).with_name("amqtt")), "-c", str(configuration)]
    else:
        raise DemoError(
            "there is no broker on this machine",
            remedy="apt install mosquitto, or pip install amqtt beside dcud",
        )
    with _process(command, directory / "broker.log"):
        _wait(lambda: _listens(port), "the broker", directory / "broker.log")
        _tell(f"a broker ({Path(command[0]).name}) on 127.0.0.1:{port}")
        # amqtt keeps silent when it is spoken to in MQTT 5, which costs a time-out to find out.
        yield _Broker(port=port, protocol="auto" if mosquitto else "3.1.1")


def _mosquitto() -> str | None:
    return next(filter(None, map(shutil.which, _MOSQUITTO)), None)


@contextmanager
def _simulation(directory: Path, meters: int) -> Iterator[None]:
    """Run simulated meters on a pseudo-terminal, one entry a minute in their load profiles."""
    link = directory / "rs485"
    command = [
        *_dcud("simulate"),
        *("--pty", str(link)),
        *("--meters", str(meters)),
        *("--capture-period", "1 min"),
        *("--history", "2 d"),
    ]
    with _process(command, directory / "simulate.log"):
        _wait(link.exists, "the simulation", directory / "simulate.log")
        _tell(f"{meters} simulated meters on {link}, a pseudo-terminal RS-485 bus")
        yield


@contextmanager
def _daemon(directory: Path, meters: int, broker: _Broker, metrics_port: int) -> Iterator[None]:
    """Run the daemon on them."""
    text = files("dcud.cli").joinpath("demo.toml").read_text()
    values = {
        "DIRECTORY": directory,
        "BROKER_PORT": broker.port,
        "PROTOCOL": broker.protocol,
        "METRICS_PORT": metrics_port,
    }
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    for number in range(meters):
        text += (
            f'\n[[meter]]\nid = "house-{number + 1}"\nbus = "rs485"\ntemplate = "house"\n'
            f"server_address = {{ logical = 1, physical = {FIRST_ADDRESS + number} }}\n"
        )
    configuration = directory / "dcud.toml"
    configuration.write_text(text)
    with _process([*_dcud("run"), "--config", str(configuration)], directory / "dcud.log"):
        _tell(f"the daemon:   dcud run --config {configuration}")
        yield


def _dcud(command: str) -> list[str]:
    return [sys.executable, "-m", "dcud", command]


@contextmanager
def _process(command: Sequence[str], log: Path) -> Iterator[None]:
    """Run a program for the length of the block; it ends with this one, whatever happens."""
    with log.open("wb") as output:
        # A group of its own: Ctrl-C is for the demonstration, which stops its parts in order.
        process = subprocess.Popen(  # noqa: S603  # our own parts, and the broker that was found
            command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _subscribe(port: int) -> "queue.Queue[tuple[str, bytes]]":
    """Return where every message of the demonstration's gateway arrives."""
    from paho.mqtt import subscribe  # noqa: PLC0415  # the other commands need no subscriber

    messages: queue.Queue[tuple[str, bytes]] = queue.Queue()

    def take(_client: object, _userdata: object, message: Any) -> None:
        messages.put((message.topic, message.payload))

    threading.Thread(
        target=subscribe.callback,
        args=(take, "dcud/v1/demo/#"),
        kwargs={"hostname": "127.0.0.1", "port": port, "qos": 1},
        daemon=True,
    ).start()
    return messages


def _show(
    messages: "queue.Queue[tuple[str, bytes]]", directory: Path, readings: int | None
) -> None:
    """Print messages as they come; a reading is one line."""
    shown = 0
    states: dict[str, str] = {}
    while readings is None or shown < readings:
        try:
            topic, payload = messages.get(timeout=PATIENCE)
        except queue.Empty:
            raise DemoError(
                f"nothing was published for {PATIENCE:.0f} s; the daemon says:\n"
                + _tail(directory / "dcud.log")
            ) from None
        message = json.loads(payload)
        if "/reading/" in topic:
            shown += 1
            print(_reading_line(message), flush=True)
        elif states.get(topic) != message["state"]:
            states[topic] = message["state"]
            print(f"{'':19}  {topic.removeprefix('dcud/v1/demo/')}: {message['state']}", flush=True)


def _reading_line(message: Any) -> str:
    instant = (message.get("capture_time") or message["read_time"])[:19].replace("T", " ")
    values = ", ".join(
        f"{value['name']} {value['value']} {value['unit']}".rstrip()
        for value in message["values"][:_SHOWN]
    )
    return f"{instant}  {message['meter']['id']}  {message['job']:12}  {values}"


def _wait(condition: Callable[[], bool], name: str, log: Path) -> None:
    """Wait until something is there."""
    until = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > until:
            raise DemoError(f"{name} does not come up; it says:\n{_tail(log)}")
        time.sleep(0.05)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
