"""What can go wrong before a meter at an optical port speaks HDLC."""

from typing import ClassVar

from dcud.dlms.errors import LinkError, NoAnswerError


class NoIdentificationError(NoAnswerError):
    """No meter identified itself when it was asked to."""


class SignOnError(LinkError):
    """The sign-on broke down between the identification and HDLC."""

    code: ClassVar[str] = "sign_on"


class ModeEUnavailableError(SignOnError):
    """Meter or line can't do what mode E takes; trying again changes nothing."""

    code: ClassVar[str] = "mode_e_unavailable"
    retryable: ClassVar[bool] = False


class WrongMeterError(SignOnError):
    """A meter identified itself as another one than was expected."""

    code: ClassVar[str] = "wrong_meter"
    retryable: ClassVar[bool] = False
