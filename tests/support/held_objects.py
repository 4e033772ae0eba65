"""Objects of a simulated meter whose attributes always hold the same."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dcud.dlms.data import Data
from dcud.sim.changeable import Key
from dcud.sim.meter import Attribute, Attributes, MeterParameters, SimulatedMeter
from tests.support import simulated_line


def attributes(values: Mapping[int, Data]) -> Attributes:
    """Return attributes that hold these values, by their indexes."""
    return {index: _constant(value) for index, value in values.items()}


def _constant(value: Data) -> Attribute:
    return lambda _now, _part: value


@contextmanager
def served(objects: Mapping[Key, Mapping[int, Data]], link: Path) -> Iterator[Path]:
    """Serve a meter at 1/17 of a pseudo-terminal that has these objects besides its own."""
    meter = SimulatedMeter(
        MeterParameters(number=1, installed=simulated_line.NOW - 86_400),
        lambda: simulated_line.NOW,
        {key: attributes(values) for key, values in objects.items()},
    )
    with simulated_line.on_pty(simulated_line.hdlc_line([meter]), link) as device:
        yield device
