"""Names of the codes of heat, cooling, water: C is the quantity, D the date for which it holds."""

from collections.abc import Callable, Mapping

from dcud.cosem.object_names.vocabulary import join, listed, rate_name

_HELD_FOR = listed(0, "", "periodical", "due_date", "billing_date", "minimum", "maximum", "test")


THERMAL_QUANTITIES: Mapping[int, str] = {
    **listed(1, "energy", "volume"),
    **listed(8, "power", "flow_rate"),
    **listed(10, "flow_temperature", "return_temperature", "temperature_difference"),
}


WATER_QUANTITIES = listed(1, "volume", "flow_rate", "forward_temperature")


ALLOCATOR_QUANTITIES = listed(1, "unrated_integral")


def held(quantities: Mapping[int, str]) -> Callable[[int, int, int], str]:
    """Return the rule that names C by these quantities."""

    def name(c: int, d: int, e: int) -> str:
        quantity, held_for, rate = quantities.get(c), _HELD_FOR.get(d), rate_name(e)
        if quantity is None or held_for is None or rate is None:
            return ""
        return join(quantity, held_for, rate)

    return name
