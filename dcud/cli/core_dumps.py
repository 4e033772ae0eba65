"""Keeping the process's memory, and the keys in it, out of core dumps."""

import logging

_LOG = logging.getLogger("dcud")

_PR_SET_DUMPABLE = 4
"""prctl(2)"""


def forbid_core_dumps() -> bool:
    """Have the kernel write no core dump of this process; tell whether it agreed.

    Neither a file nor systemd-coredump then gets one, and other processes of the same user can't
    look into the memory. Nothing is done about resource limits: the service's system calls are
    filtered, and those that set limits are not among the ones that it may make.
    """
    import ctypes  # noqa: PLC0415  # start-up: only who holds secrets needs it

    try:
        refused = ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    except (AttributeError, OSError):
        refused = -1
    if refused:
        _LOG.warning("the system can't be told to write no core dumps; keys may get into one")
    return not refused
