"""A configuration of one bus with one meter, loaded from TOML."""

from pathlib import Path

from dcud.config import model
from dcud.config.load import load

_METER = '[[meter]]\nid = "m"\nbus = "b"\nenabled = false\n'


def configured(directory: Path, bus: str, meter: str = "") -> tuple[model.Bus, model.Meter]:
    """Return the bus and the meter that these lines of TOML tell of."""
    path = directory / "dcud.toml"
    path.write_text(f'[gateway]\nid = "gw"\n[[bus]]\nid = "b"\n{bus}\n{_METER}{meter}\n')
    configuration = load(path)
    return configuration.buses[0], configuration.meters[0]
