"""The transaction of the general forms: a mark on the request that its one answer must bear."""

from dcud.dlms.errors import TransactionError
from dcud.dlms.security.general_header import GeneralHeader


class Transaction:
    """The one transaction that is open, if one is."""

    __slots__ = ("_request",)

    def __init__(self) -> None:
        self._request: GeneralHeader | None = None

    def open(self, request: GeneralHeader) -> None:
        """Let the answer to this request be awaited, and no other one."""
        self._request = request

    def close(self) -> None:
        """Let none be awaited."""
        self._request = None

    def awaits(self, header: GeneralHeader) -> bool:
        """Tell whether this is the header of the answer."""
        return self._request is not None and header.answers(self._request)

    def check(self, header: GeneralHeader) -> None:
        """Raise `TransactionError` unless this is the header of the answer."""
        if not self.awaits(header):
            raise TransactionError(
                "an APDU belongs to another transaction than the one that is open: it is old,"
                " meant for somebody else, or answers nothing"
            )
