import errno
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.collect.kernel_clock import (
    KernelTime,
    NotSynchronised,
    Synchronised,
    judge,
    system_clock,
)

TIME_OK, TIME_INS, TIME_ERROR = 0, 1, 5
STA_PLL, STA_UNSYNC, STA_CLOCKERR, STA_NANO = 0x0001, 0x0040, 0x1000, 0x2000


def answering(state: int, status: int, max_error: int = 250_000) -> Callable[[], KernelTime]:
    return lambda: KernelTime(state=state, status=status, max_error=max_error)


@pytest.mark.parametrize("state", [TIME_OK, TIME_INS])
def test_a_clock_that_is_kept_right_tells_its_largest_error(state: int) -> None:
    assert system_clock(answering(state, STA_PLL | STA_NANO)) == Synchronised(0.25)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (TIME_ERROR, STA_UNSYNC),
        (TIME_ERROR, STA_PLL),
        (TIME_OK, STA_UNSYNC),
        (TIME_OK, STA_CLOCKERR),
    ],
)
def test_a_clock_that_nothing_keeps_right(state: int, status: int) -> None:
    told = system_clock(answering(state, status))
    assert isinstance(told, NotSynchronised)
    assert "nothing synchronises it" in told.reason


@pytest.mark.parametrize("code", [errno.EPERM, errno.ENOSYS])
def test_a_kernel_that_does_not_tell_is_no_word_for_the_clock(code: int) -> None:
    def refused() -> KernelTime:
        raise OSError(code, "adjtimex")

    told = system_clock(refused)
    assert isinstance(told, NotSynchronised)
    assert errno.errorcode[code] in told.reason


def test_a_refusal_without_a_number() -> None:
    def refused() -> KernelTime:
        raise OSError("sandboxed")

    told = system_clock(refused)
    assert isinstance(told, NotSynchronised)
    assert "sandboxed" in told.reason


@given(state=st.integers(0, 5), status=st.integers(0, 0xFFFF), max_error=st.integers(0, 16_000_000))
def test_never_right_where_the_kernel_has_its_doubts(
    state: int, status: int, max_error: int
) -> None:
    told = judge(KernelTime(state=state, status=status, max_error=max_error))
    doubtful = state == TIME_ERROR or bool(status & (STA_UNSYNC | STA_CLOCKERR))
    assert isinstance(told, NotSynchronised) is doubtful


def test_the_running_kernel_tells_one_or_the_other() -> None:
    told = system_clock()
    if isinstance(told, Synchronised):
        assert 0.0 <= told.max_error <= 16.0  # above that the kernel calls it unsynchronised
    else:
        assert told.reason
