"""The root of dcud's one error tree."""

from typing import ClassVar


class DcudError(Exception):
    """Something that dcud can name and, mostly, say the remedy for.

    Attributes:
        code: short snake_case name of the class of error; metric label and log field.
        retryable: whether the same act may succeed later without anyone changing anything.
        remedy: a sentence that tells the reader what to do; empty where nobody knows.
    """

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        """Return the message, followed by the remedy where there is one."""
        return f"{self.message}; {self.remedy}" if self.remedy else self.message
