"""What the kernel says of the system clock: whether anything keeps it right, and how well.

[adjtimex(2): TIME_ERROR, STA_UNSYNC, maxerror]
"""

import errno
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from struct import Struct
from typing import Any, Final, cast

_TIME_ERROR: Final = 5
_STA_UNSYNC: Final = 0x0040
_STA_CLOCKERR: Final = 0x1000
_MICROSECOND: Final = 1e-6
_TIMEX: Final = Struct("@I4li")
"""How the call's record begins: modes, offset, freq, maxerror, esterror, status."""
_ROOM: Final = 1024
"""Octets, more than any machine's record has."""


@dataclass(frozen=True, slots=True)
class Synchronised:
    """Something keeps the system clock right.

    Attributes:
        max_error: by how many seconds it may be wrong at most.
    """

    max_error: float


@dataclass(frozen=True, slots=True)
class NotSynchronised:
    """The system clock is not known to be right.

    Attributes:
        reason: in words that follow "the gateway's clock is not known to be right: ".
    """

    reason: str


SystemClock = Synchronised | NotSynchronised


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelTime:
    """What the kernel answered.

    Attributes:
        state: what the call returned: TIME_OK (0) to TIME_ERROR (5).
        status: bits STA_*.
        max_error: microseconds.
    """

    state: int
    status: int
    max_error: int


AskKernel = Callable[[], KernelTime]
"""Ask, without changing anything; raises `OSError` where that is refused."""


def judge(answered: KernelTime) -> SystemClock:
    """Return what the kernel's answer means."""
    if answered.state == _TIME_ERROR or answered.status & (_STA_UNSYNC | _STA_CLOCKERR):
        return NotSynchronised("the kernel says that nothing synchronises it; see timedatectl")
    return Synchronised(answered.max_error * _MICROSECOND)


def system_clock(ask: AskKernel | None = None) -> SystemClock:
    """Return what the kernel knows of the system clock; where it tells nothing, nothing is known.

    Args:
        ask: None for the running kernel.
    """
    try:
        return judge((ask or _ask_kernel)())
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, str(error))
        return NotSynchronised(
            f"the kernel does not tell ({name}); allow the call adjtimex, as by systemd/clock.conf"
        )


@cache
def _adjtimex() -> Callable[[Any], int]:
    """Return the C library's call, which few configurations ever want."""
    import ctypes  # noqa: PLC0415  # for that reason: start-up

    try:
        call = ctypes.CDLL(None, use_errno=True).adjtimex
    except AttributeError:
        raise OSError(errno.ENOSYS, "the C library has no adjtimex") from None
    return cast("Callable[[Any], int]", call)


def _ask_kernel() -> KernelTime:
    import ctypes  # noqa: PLC0415  # likewise

    record = ctypes.create_string_buffer(_ROOM)  # all zero: no mode, so nothing is changed
    state = _adjtimex()(record)
    if state < 0:
        raise OSError(ctypes.get_errno(), "adjtimex")
    _modes, _offset, _freq, max_error, _esterror, status = _TIMEX.unpack_from(record)
    return KernelTime(state=state, status=status, max_error=max_error)
