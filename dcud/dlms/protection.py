"""What an association asks of whatever protects its APDUs."""

from collections.abc import Sequence
from typing import Protocol

from dcud.dlms.secret import Secret


class Protection(Protocol):
    """Protects the APDUs of one association, and takes the protection of the meter's away.

    One is made for each association. Everything that comes is verified before any counter moves and
    before anything of it is looked at.
    """

    @property
    def client_system_title(self) -> bytes:
        """The client's system title, which goes into AARQ; 8 octets."""
        ...

    @property
    def dedicated_key(self) -> Secret | None:
        """The key for this association alone, which goes into InitiateRequest."""
        ...

    def meet(self, server_system_title: bytes | None) -> None:
        """Learn the system title that AARE tells, None where it tells none.

        Raises:
            SystemTitleError: it is another than the configured one, malformed, or nowhere known.
        """
        ...

    def protect_initiate(self, initiate: bytes) -> bytes:
        """Return InitiateRequest as AARQ and RLRQ carry it, under the global key.

        Raises:
            SecurityError: a key or a counter is missing.
        """
        ...

    def unprotect_initiate(self, user_information: bytes) -> bytes:
        """Return the InitiateResponse, or ConfirmedServiceError, that AARE and RLRE carry.

        Raises:
            SecurityError: it can't be trusted; plain where it must not be, among others.
            DecodeError: it is malformed.
        """
        ...

    def protect(
        self, apdu: bytes, secret: Sequence[tuple[int, int]] = (), *, in_proof: bool = False
    ) -> tuple[bytes, tuple[tuple[int, int], ...]]:
        """Return a request as it goes out, with the ranges of it that no log may show.

        Args:
            apdu: the request.
            secret: the half-open ranges of `apdu` that no log may show.
            in_proof: whether it is the client's proof of identity (pass 3 of HLS), which some
                meters want under the global key though there is a dedicated one.

        Raises:
            SecurityError: a key or a counter is missing.
        """
        ...

    def unprotect(self, apdu: bytes) -> bytes:
        """Return the APDU within what the meter sent, answer or notification.

        Raises:
            SecurityError: it can't be trusted; plain where it must not be, among others.
            DecodeError: it is malformed.
        """
        ...

    def overhead(self) -> int:
        """Return how many octets protection adds to a request at most."""
        ...
