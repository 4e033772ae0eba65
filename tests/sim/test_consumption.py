from hypothesis import given
from hypothesis import strategies as st

from dcud.sim.consumption import LoadCurve

SECONDS = st.floats(min_value=1.6e9, max_value=2.0e9)


def test_the_same_seed_gives_the_same_curve() -> None:
    assert LoadCurve("a").power(1.7e9) == LoadCurve("a").power(1.7e9)
    assert LoadCurve("a").power(1.7e9) != LoadCurve("b").power(1.7e9)


@given(st.text(max_size=8), SECONDS)
def test_power_is_never_negative(seed: str, t: float) -> None:
    assert LoadCurve(seed).power(t) >= 0


@given(st.text(max_size=8), SECONDS, st.floats(min_value=0, max_value=1e7))
def test_energy_never_falls(seed: str, since: float, later: float) -> None:
    curve = LoadCurve(seed)
    assert curve.energy(since + later, since) >= -1e-3


@given(st.text(max_size=8), SECONDS)
def test_energy_is_the_integral_of_power(seed: str, t: float) -> None:
    curve = LoadCurve(seed)
    minute = curve.energy(t + 60, t)
    middle = curve.power(t + 30) * 60 / 3600
    assert abs(minute - middle) < 0.01 * middle + 0.01


@given(st.text(max_size=8), SECONDS)
def test_ripple_stays_between_minus_one_and_one(seed: str, t: float) -> None:
    assert -1 <= LoadCurve(seed).ripple(t, "voltage") <= 1
