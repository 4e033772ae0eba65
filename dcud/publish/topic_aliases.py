"""Short numbers in the place of topics, on one connection. [MQTT 5: 3.3.2.3.4]."""

from collections import OrderedDict
from typing import Final

_WORTHWHILE: Final = 8
"""Octets; an alias takes three itself."""


class TopicAliases:
    """Gives the topics that were used last their numbers.

    Messages of one meter come in runs, above all while a profile is caught up, so the least lately
    used number is given to the next new topic.

    Args:
        most: numbers that the broker takes; 0: none.
    """

    def __init__(self, most: int = 0) -> None:
        self._most = most
        self._given: OrderedDict[str, int] = OrderedDict()

    def address(self, topic: str) -> tuple[str, int | None]:
        """Return the topic as it is sent, with its number; "" once the broker knows the number."""
        if not self._most or len(topic) <= _WORTHWHILE:
            return topic, None
        known = self._given.get(topic)
        if known is not None:
            self._given.move_to_end(topic)
            return "", known
        if len(self._given) < self._most:
            number = len(self._given) + 1
        else:
            _, number = self._given.popitem(last=False)
        self._given[topic] = number
        return topic, number
