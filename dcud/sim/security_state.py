"""What a simulated meter's security holds, in a file that outlives its power."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

_OWNER_ALONE = 0o600


class StateFile:
    """The states of all meters of a simulation, by logical device name.

    A meter's state is kept before its answer goes out, so that whoever ends the simulation at any
    moment finds what a real meter would know when its power is back. The file holds keys: nobody
    but its owner may read it.

    Args:
        path: need not exist; None for a simulation that forgets.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._states: dict[str, Any] = {}
        if path is not None:
            with suppress(FileNotFoundError):
                self._states = json.loads(path.read_text())

    def of(self, meter: str) -> Mapping[str, Any] | None:
        """Return what was kept of a meter, None where nothing was."""
        state: Mapping[str, Any] | None = self._states.get(meter)
        return state

    def keep(self, meter: str, state: Mapping[str, Any]) -> None:
        """Keep the state of a meter, whole or not at all."""
        if self._states.get(meter) == state:
            return
        self._states[meter] = dict(state)
        if self._path is None:
            return
        unfinished = self._path.with_name(f"{self._path.name}.new")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(unfinished, flags, _OWNER_ALONE), "w") as file:
            json.dump(self._states, file, indent=1)
        unfinished.replace(self._path)
