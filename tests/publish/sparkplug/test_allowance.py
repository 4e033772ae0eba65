from dcud.publish.sparkplug.allowance import Allowance


class _Clock:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def _granted(allowance: Allowance, asked: int) -> int:
    return sum(allowance.take() for _ in range(asked))


def test_a_few_are_granted_at_once() -> None:
    allowance = Allowance(3, 10.0, _Clock())
    assert _granted(allowance, 100) == 3


def test_one_more_is_granted_after_each_pause() -> None:
    clock = _Clock()
    allowance = Allowance(3, 10.0, clock)
    _granted(allowance, 3)
    clock.now += 9.9
    assert _granted(allowance, 5) == 0
    clock.now += 0.2
    assert _granted(allowance, 5) == 1
    clock.now += 20.0
    assert _granted(allowance, 5) == 2


def test_a_long_pause_grants_no_more_than_a_few() -> None:
    clock = _Clock()
    allowance = Allowance(3, 10.0, clock)
    clock.now += 1e6
    assert _granted(allowance, 100) == 3


def test_a_clock_that_is_set_back_takes_nothing_away() -> None:
    clock = _Clock()
    allowance = Allowance(3, 10.0, clock)
    _granted(allowance, 1)
    clock.now -= 1e6
    assert _granted(allowance, 100) == 2
    clock.now += 10.0
    assert _granted(allowance, 100) == 1
