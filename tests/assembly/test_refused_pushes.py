import logging

import pytest

from dcud.assembly.refused_pushes import LISTENER, QUIET_TIME, RefusedPushes
from dcud.line.pushes import PushRefusedError
from dcud.line.tracer import NoTracer
from dcud.observe.metrics import Metrics


class Tracer(NoTracer):
    def __init__(self) -> None:
        self.discards: list[tuple[str, str, str, bytes]] = []

    def discarded(self, bus: str, meter: str, reason: str, octets: bytes) -> None:
        self.discards.append((bus, meter, reason, octets))


class Counts(Metrics):
    """Shows what was counted."""

    def __init__(self) -> None:
        super().__init__(version="")

    @property
    def refusals(self) -> dict[tuple[str, str], int]:
        return self._figures.push_refusals

    @property
    def connections(self) -> int:
        return self._figures.push_connections


async def test_each_refusal_is_counted_and_few_are_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    counts, tracer, now = Counts(), Tracer(), [0.0]
    told = RefusedPushes(counts, tracer, lambda: now[0])
    caplog.set_level(logging.WARNING, "dcud")
    for n in range(1000):
        told.push_refused("udp", f"192.0.2.{n % 250}", PushRefusedError("unknown_sender"))
    told.push_refused("tcp", "192.0.2.7", PushRefusedError("version", b"\x7e"))
    told.push_refused("tcp", "192.0.2.7", PushRefusedError("idle"))
    now[0] = QUIET_TIME
    told.push_refused("udp", "192.0.2.9", PushRefusedError("unknown_sender"))
    assert counts.refusals == {
        ("udp", "unknown_sender"): 1001,
        ("tcp", "version"): 1,
        ("tcp", "idle"): 1,
    }
    assert tracer.discards == [(LISTENER, "", "version", b"\x7e")]
    lines = [record.message for record in caplog.records]
    assert [line.partition(":")[0] for line in lines] == [
        "a push of 192.0.2.0 over UDP was refused (1 such since the last line)",
        "a push of 192.0.2.7 over TCP was refused (1 such since the last line)",
        "a push of 192.0.2.9 over UDP was refused (1000 such since the last line)",
    ]
    assert "push_from" in lines[0]


def test_connections_are_shown() -> None:
    counts = Counts()
    RefusedPushes(counts, NoTracer(), lambda: 0.0).push_connections(3)
    assert counts.connections == 3
