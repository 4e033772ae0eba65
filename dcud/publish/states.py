"""The states of gateway and meters as they should stand at a broker."""

from dcud.publish.state_payload import GatewayState, MeterState

GATEWAY = ""
"""Under which the gateway's own state stands; no meter has that id."""

Shown = GatewayState | MeterState | None
"""A state; None where what it was of is gone."""


class StateBoard:
    """The latest state of each meter, and which of them the broker has yet to hear.

    States bypass the outbox: only the latest counts, and a new connection tells them all again.
    """

    def __init__(self) -> None:
        self._shown: dict[str, Shown] = {}
        self._untold: dict[str, Shown] = {}

    def show(self, name: str, state: Shown) -> None:
        """Replace the state of a meter, or of the gateway; None takes it back."""
        if name not in self._shown or self._shown[name] != state:
            self._shown[name] = self._untold[name] = state

    def tell_again(self) -> None:
        """Take it that the broker knows nothing."""
        self._untold = dict(self._shown)

    def take(self) -> tuple[str, Shown] | None:
        """Return whose state the broker has yet to hear, with that; count it as told."""
        if not self._untold:
            return None
        name = next(iter(self._untold))
        return name, self._untold.pop(name)

    @property
    def all_told(self) -> bool:
        """Whether the broker has been told everything."""
        return not self._untold
