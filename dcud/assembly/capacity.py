"""From a configured bus to the share of its time that its meters will take."""

import logging
from collections.abc import Sequence

from dcud.assembly.jobs import convention, schedule
from dcud.collect.capacity import CAPTURE_PERIOD, Asked, Pace, runs_a_day, share_of_time
from dcud.collect.identity_job import USUAL
from dcud.collect.schedule import DAY, Schedule
from dcud.config import model

_LOGGER = logging.getLogger("dcud.collect")

TOO_MUCH = 0.8
"""Of the time: beyond it there is too little left for what has to be asked again."""

_ANSWER = {"rs485": 0.05, "optical": 0.1, "network": 0.2, "plc": 2.0}
"""Seconds that meters usually take to answer, by medium."""
_NETWORK_OCTET = 1e-5
_BITS = 10
"""Of a character on a serial line, with start and stop."""
_RAREST = 1e-3
"""Runs a day that are counted at least."""
_OBJECTS = 300.0
"""Objects that a meter usually lists, each much as long as a row of a profile."""
_LOOKS = 3
"""At a clock, for one comparison."""
_SIGN_ON = 3.0
"""Seconds of a sign-on by mode E, most of it at 300 baud."""


def tell_load(bus: model.Bus, meters: Sequence[model.Meter], now: float) -> float:
    """Log what share of its time a bus will be busy, by estimate; return it.

    Args:
        bus: that is about to be polled.
        meters: those that are polled.
        now: unix seconds.
    """
    asked = [[_asked(job, meter, pace(bus, meter), now) for job in meter.job] for meter in meters]
    share = sum(
        share_of_time([jobs], pace(bus, meter), now)
        for jobs, meter in zip(asked, meters, strict=True)
    )
    if share > TOO_MUCH:
        _LOGGER.warning(
            "bus %s can hardly do what is configured: by estimate its %d meters take %.0f %% of its"
            " time; ask for less or less often, raise the speed, or spread them over more buses",
            bus.id,
            len(meters),
            100 * share,
        )
    else:
        _LOGGER.info("bus %s will be busy %.0f %% of the time, by estimate", bus.id, 100 * share)
    return share


def pace(bus: model.Bus, meter: model.Meter) -> Pace:
    """Return how fast exchanges with a meter are."""
    line = bus.serial or bus.rfc2217
    octet = _NETWORK_OCTET if line is None else _BITS / line.baud
    if bus.framing.startswith("s-fsk"):
        octet = 8 / bus.sfsk.bit_rate
    information = meter.hdlc.max_info_receive if bus.framing in model.WITH_HDLC else 1024
    return Pace(
        octet=octet,
        turn=bus.turnaround + _ANSWER[bus.medium],
        information=information,
        sign_on=0.0 if meter.mode_e is None else _SIGN_ON,
    )


def _asked(job: model.Job, meter: model.Meter, on: Pace, now: float) -> Asked:
    due = schedule(job, convention(meter))
    return Asked(schedule=due, seconds=_seconds(job, due, on, now))


def _seconds(job: model.Job, due: Schedule, on: Pace, now: float) -> float:
    if isinstance(job, model.ProfileJob):
        captured = DAY / (job.capture_period or CAPTURE_PERIOD)
        return on.rows(captured / max(runs_a_day(due, now), _RAREST))
    if isinstance(job, model.RegistersJob):
        return on.attributes(len(job.objects) + job.read_clock)
    if isinstance(job, model.IdentityJob):
        return on.attributes(len(job.objects) or len(USUAL))
    if isinstance(job, model.ClockJob):
        return on.attributes(_LOOKS)
    return on.attributes(len(job.versions)) if job.versions else on.rows(_OBJECTS)
