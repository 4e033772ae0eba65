"""A schedule with one more instant in between, for what had to be put off."""

from dcud.collect.schedule import Schedule


class Postponed:
    """The instants of another schedule, and the one until which something was put off.

    Args:
        schedule: the one that holds otherwise.
    """

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._until = 0.0

    def put_off(self, until: float) -> None:
        """Have one more instant, unix seconds; it takes the place of any that was told before."""
        self._until = until

    def next_after(self, now: float) -> float:
        """Return the first instant later than `now`."""
        regular = self._schedule.next_after(now)
        return min(regular, self._until) if self._until > now else regular
