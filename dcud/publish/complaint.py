"""Telling of a fault once, however often it repeats."""

import logging

from dcud.errors import DcudError

_LOG = logging.getLogger("dcud.publish")


class Complaint:
    """Says an error aloud when it is new, and quietly while it stays the same."""

    def __init__(self) -> None:
        self._said = ""

    def say(self, error: DcudError) -> None:
        """Log an error."""
        text = str(error)
        _LOG.log(logging.DEBUG if text == self._said else logging.WARNING, "%s", text)
        self._said = text

    def settle(self) -> None:
        """Take it that the fault is over."""
        self._said = ""
