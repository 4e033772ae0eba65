"""What a scan tells when it can't go on, or has found nothing."""

from typing import ClassVar

from dcud.config import model
from dcud.errors import DcudError
from dcud.line.errors import PortBusyError


class NothingFoundError(DcudError):
    """No meter answered."""

    code: ClassVar[str] = "no_answer"


def in_use(bus: model.Bus, error: PortBusyError, *, configured: bool) -> PortBusyError:
    """Return the error that names who uses the line, as far as that is known."""
    if not configured:
        return error
    return PortBusyError(
        f"bus {bus.id} is in use, most likely by the running daemon: {error.message}",
        remedy="systemctl stop dcud, scan, then systemctl start dcud: the daemon catches up",
    )
