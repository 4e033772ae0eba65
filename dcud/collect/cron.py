"""Instants told by a cron expression, by the clock of a time zone.

The clocks' changes are met as Debian's cron meets them: what an hour that is left out would have
had comes right after it, and what a repeated hour has comes once; expressions with an asterisk for
the minute or hour go on as real time does.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from cronsim import CronSim, CronSimError


class CronSyntaxError(ValueError):
    """A text that is no cron expression, or one whose instant never comes."""


@dataclass(frozen=True, slots=True)
class Cron:
    """A `Schedule` by a cron expression of five fields.

    Raises:
        CronSyntaxError: it is none, or no day fits it.
    """

    expression: str
    zone: tzinfo = UTC

    def __post_init__(self) -> None:
        """Refuse what is no expression."""
        if len(self.expression.split()) != 5:
            raise CronSyntaxError("a cron expression has five fields: minute to day of the week")
        self.next_after(0.0)

    def next_after(self, now: float) -> float:
        """Return the first instant later than `now`."""
        try:
            return next(
                CronSim(self.expression, datetime.fromtimestamp(now, self.zone))
            ).timestamp()
        except CronSimError as error:
            raise CronSyntaxError(str(error)) from None
        except StopIteration:
            raise CronSyntaxError("no day fits this cron expression") from None
