"""Readable names for OBIS codes, by rule.

A name says what the code says, group by group: 1.0.21.7.0.255 is "active_power_import_l1". Within
one medium no two codes share a name. What no rule covers, manufacturers' own ranges above all, has
none. The groups are those of [IEC 62056-6-1: object identification system].
"""

from collections.abc import Callable, Mapping
from enum import IntEnum

from dcud.cosem.object_names.abstract import abstract
from dcud.cosem.object_names.electricity import electricity
from dcud.cosem.object_names.gas import gas
from dcud.cosem.object_names.shared import SHARED_ENTITIES
from dcud.cosem.object_names.thermal import (
    ALLOCATOR_QUANTITIES,
    THERMAL_QUANTITIES,
    WATER_QUANTITIES,
    held,
)
from dcud.cosem.object_names.vocabulary import NOT_USED, entity, join
from dcud.dlms.obis import Obis


class Medium(IntEnum):
    """Value group A."""

    ABSTRACT = 0
    ELECTRICITY = 1
    HEAT_COST_ALLOCATOR = 4
    COOLING = 5
    HEAT = 6
    GAS = 7
    COLD_WATER = 8
    HOT_WATER = 9


NO_OBJECT = Obis(bytes(6))
"""Stands where an object could be but none is, as in the sort object of an unsorted profile."""


def obis_name(obis: Obis) -> str:
    """Return a name such as "active_energy_import" for 1.0.1.8.0.255; "" where no rule applies."""
    a, b, c, d, e, f = obis.octets
    period = _billing_period(f)
    quantity = _QUANTITY_RULES.get(a)
    if quantity is None or period is None or b > _LAST_CHANNEL or obis == NO_OBJECT:
        return ""
    name = quantity(c, d, e) or entity(SHARED_ENTITIES, c, d, e)
    return join(name, f"channel_{b}" if b else "", period) if name else ""


_LAST_CHANNEL = 64
_ALL_PERIODS = 126


def _billing_period(f: int) -> str | None:
    """Name value group F; None where it has no meaning."""
    if f == NOT_USED:
        return ""
    if f == _ALL_PERIODS:
        return "all_periods"
    if f == 100 or f > _ALL_PERIODS:
        return None
    return f"period_{f}" if f < 100 else f"previous_{f - 100}"


_QUANTITY_RULES: Mapping[int, Callable[[int, int, int], str]] = {
    Medium.ABSTRACT: abstract,
    Medium.ELECTRICITY: electricity,
    Medium.HEAT_COST_ALLOCATOR: held(ALLOCATOR_QUANTITIES),
    Medium.COOLING: held(THERMAL_QUANTITIES),
    Medium.HEAT: held(THERMAL_QUANTITIES),
    Medium.GAS: gas,
    Medium.COLD_WATER: held(WATER_QUANTITIES),
    Medium.HOT_WATER: held(WATER_QUANTITIES),
}
