"""What can keep observers from their work at the start."""

from typing import ClassVar

from dcud.errors import DcudError


class MetricsPageError(DcudError):
    """The metrics page can't be offered at its address."""

    code: ClassVar[str] = "metrics_page"


class FrameLogError(DcudError):
    """The frame log can't be opened."""

    code: ClassVar[str] = "frame_log"
