"""Names of the codes of gas: C is the direction with the place of metering, D the conversion."""

from collections.abc import Mapping
from itertools import product

from dcud.cosem.object_names.vocabulary import Entities, entity, join, listed, numbered, rate_name

_GAS_VOLUMES: Mapping[int, str] = {
    c + offset: join(f"{direction}_{disturbance}", place)
    for offset, place in ((0, ""), (10, "converter"), (20, "logger"))
    for c, (direction, disturbance) in enumerate(
        product(("forward", "reverse"), ("undisturbed", "disturbed", "absolute")), start=1
    )
}


_GAS_ENERGIES = {60 + c: direction for c, direction in _GAS_VOLUMES.items() if c < 10}


_GAS_CONVERSIONS = listed(0, "volume", "corrected_volume", "converted_volume", "redundant_volume")


_GAS_STATES: Mapping[int, str] = {
    **listed(41, "temperature", "pressure", "flow_rate", "sound_velocity", "density"),
    **listed(46, "relative_density", "gauge_pressure", "differential_pressure", "air_density"),
    **listed(51, "correction_factor", "conversion_factor", "compressibility", "calorific_value"),
    55: "gas_law_coefficient",
}


_GAS_ENTITIES: Entities = {
    (0, 1): {
        **listed(
            6, "billing_period_counter_3", "billing_periods_available_3", "billing_period_time_3"
        ),
        **listed(
            9, "billing_period_counter_4", "billing_periods_available_4", "billing_period_time_4"
        ),
    },
    (0, 2): {
        **listed(0, "program_version", "firmware_version", "software_version", "device_version"),
        **numbered(11, 6, "sensor_serial"),
    },
    (0, 8): {**numbered(1, 2, "recording_interval"), 10: "billing_period"},
    (0, 9): listed(1, "local_time", "local_date", "gas_day_start", "residual_shift"),
}


def gas(c: int, d: int, e: int) -> str:
    """Return the name of value groups C, D, E; "" where no rule applies."""
    volume, conversion, rate = _GAS_VOLUMES.get(c), _GAS_CONVERSIONS.get(d), rate_name(e)
    if volume and conversion and rate is not None:
        return join(conversion, volume, rate)
    if d == 0 and rate is not None and c in _GAS_ENERGIES:
        return join("energy", _GAS_ENERGIES[c], rate)
    state = _GAS_STATES.get(c, "") if d == e == 0 else ""
    return state or entity(_GAS_ENTITIES, c, d, e)
