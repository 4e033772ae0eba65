"""What the configured meters' own words mean: which are alarms, which tell that power is back."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from dcud.config import model
from dcud.cosem.event_codes import tells_power_up
from dcud.cosem.value_texts import alarm_names
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.obis import Obis
from dcud.notice import Notice

_POWER_UP = frozenset({"power_up", "power_resume"})
"""Names of the alarm bits by which meters tell that they have power again."""


class Waking(Protocol):
    """Who asks meters that speak by themselves; `RunningBuses` does."""

    def wake(self, meter: str, *, powered_up: bool) -> None:
        """A meter spoke; one that is not polled is passed over."""
        ...


class SelfTold:
    """Knows the meters of a configuration by what they can say.

    Attributes:
        waking: who asks meters; None until there is anybody.
    """

    def __init__(self, configuration: model.Configuration) -> None:
        self.waking: Waking | None = None
        self._meters: Mapping[str, model.Meter] = {}
        self._logs: set[tuple[str, str]] = set()
        self.change(configuration)

    def change(self, configuration: model.Configuration) -> None:
        """Know the meters of another configuration from now on."""
        self._meters = {meter.id: meter for meter in configuration.meters}
        self._logs = {
            (meter.id, job.name)
            for meter in configuration.meters
            for job in meter.job
            if isinstance(job, model.ProfileJob) and job.tell_events
        }

    def alarm_names(self, meter: str, obis: str) -> Mapping[int, str] | None:
        """Return the names of an alarm register's bits; None for any other object."""
        known = self._meters.get(meter)
        if known is None:
            return None
        name = Obis.parse(obis)
        names = alarm_names(known.companion, name)
        return {} if names is None and name in known.alarm_registers else names

    def pushed_objects(self, meter: str, push_setup: str) -> Sequence[str]:
        """Return the objects of which a push setup pushes something, in their order, if known."""
        known = self._meters.get(meter)
        setups = () if known is None else known.push_setup
        name = Obis.parse(push_setup)
        pushed = next((each.objects for each in setups if each.logical_name == name), ())
        return [str(each) for each in pushed]

    def tells_events(self, meter: str, job: str) -> bool:
        """Return whether the entries that a job reads are events of the meter."""
        return (meter, job) in self._logs

    def alarm_raised(self, meter: str, name: str) -> None:
        """Have a meter catch up whose alarm says that its power is back."""
        if name in _POWER_UP:
            self._wake(meter, powered_up=True)

    def heard(self, notice: Notice) -> None:
        """Have a meter asked that spoke by itself: it is there."""
        self._wake(notice.meter, powered_up=self._tells_power_up(notice))

    def _wake(self, meter: str, *, powered_up: bool) -> None:
        if self.waking is not None:
            self.waking.wake(meter, powered_up=powered_up)

    def _tells_power_up(self, notice: Notice) -> bool:
        known, told = self._meters.get(notice.meter), notice.attribute
        if known is None or told is None:
            return False
        attribute = AttributeDescriptor(told.class_id, Obis.parse(told.obis), told.attribute)
        return tells_power_up(known.companion, attribute, notice.value.value)
