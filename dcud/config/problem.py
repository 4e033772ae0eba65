"""What is wrong with a configuration, told so that it can be mended."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from dcud.errors import DcudError


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One fault in one file.

    Attributes:
        file: as the operator named it, or as found beside what the operator named.
        line: counted from 1; 0 where the fault is no particular line's.
        key: dotted, arrays by the id of their element: "bus.rs485.serial.baud"; may be empty.
        message: what is wrong; never a secret.
        remedy: what to do about it; may be empty.
    """

    file: str
    line: int
    key: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        """Return the fault as one line, in the form that editors jump to."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        key = f" {self.key}:" if self.key else ""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{place}:{key} {self.message}{remedy}"


class ConfigError(DcudError):
    """The configuration, or a file it names, can't be used.

    Attributes:
        problems: every fault that was found, sorted by file, then line.
    """

    code: ClassVar[str] = "config"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))
