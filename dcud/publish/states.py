"""The retained states as they should stand at the broker."""

from dcud.publish.publication import Publication


class StateBoard:
    """The latest state of each topic, and which of them the broker has yet to hear.

    States bypass the outbox: only the latest counts, and a new connection tells them all again.
    """

    def __init__(self) -> None:
        self._shown: dict[str, Publication] = {}
        self._untold: dict[str, Publication] = {}

    def show(self, topic: str, payload: bytes) -> None:
        """Replace the state of a topic."""
        publication = Publication(topic=topic, payload=payload, retain=True)
        if self._shown.get(topic) != publication:
            self._shown[topic] = self._untold[topic] = publication

    def tell_again(self) -> None:
        """Take it that the broker knows nothing."""
        self._untold = dict(self._shown)

    def take(self) -> Publication | None:
        """Return a state that the broker has yet to hear, and count it as told."""
        if not self._untold:
            return None
        return self._untold.pop(next(iter(self._untold)))

    @property
    def all_told(self) -> bool:
        """Whether the broker has been told everything."""
        return not self._untold
