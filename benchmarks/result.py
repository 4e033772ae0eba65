"""One line of build/bench.json."""

from typing import TypedDict


class Result(TypedDict):
    """A measurement beside the peer's; None stands where there is no peer."""

    name: str
    value: float
    unit: str
    peer: str | None
    peer_value: float | None
    ratio: float | None
