"""Which APDU answers which, as far as that can be told without sequence numbers.

Over such links an answer may come late or twice, and a request may be repeated only where no harm
comes of its being carried out twice.
"""

from typing import Final

_GET: Final = 0xC0
_GET_RESPONSE: Final = 0xC4
_ANSWERS: Final = {0x60: 0x61, 0x62: 0x63, _GET: _GET_RESPONSE}
"""Tags of AARE by AARQ, RLRE by RLRQ, get-response by get-request."""
_KNOWN: Final = frozenset(_ANSWERS.values())

_GET_SIZE: Final = 3
"""Octets of a GET, request or response, up to its invoke id, which is the last of them."""


def is_repeatable(request: bytes) -> bool:
    """Tell whether a request changes nothing when it is carried out twice."""
    return request[:1] != b"" and request[0] in _ANSWERS


def may_answer(request: bytes, answer: bytes, *, match_invoke_id: bool = True) -> bool:
    """Tell whether `answer` can be the one to `request`.

    Nothing is held against what isn't looked into: errors, ciphered APDUs, other services. Only the
    low four bits of the invoke id must match. [field: meters that clear the priority bit]
    """
    if not is_repeatable(request) or answer[:1] == b"" or answer[0] not in _KNOWN:
        return True
    if answer[0] != _ANSWERS[request[0]]:
        return False
    is_get = answer[0] == _GET_RESPONSE and min(len(request), len(answer)) >= _GET_SIZE
    if not (is_get and match_invoke_id):
        return True
    return (request[_GET_SIZE - 1] ^ answer[_GET_SIZE - 1]) & 0x0F == 0


class AnswerMatch:
    """Tells the answer to the last request from what comes late or twice.

    Args:
        match_invoke_id: whether a GET's answer must bear its invoke id; if not, doubles can't be
            told from answers that are the same.
    """

    __slots__ = ("_is_new", "_last_answer", "_match_invoke_id", "_request")

    def __init__(self, *, match_invoke_id: bool = True) -> None:
        self._match_invoke_id = match_invoke_id
        self._request = b""
        self._last_answer = b""
        self._is_new = True

    @property
    def request(self) -> bytes:
        """The last one; empty where none was made."""
        return self._request

    def forget(self) -> None:
        """Begin afresh."""
        self._request = self._last_answer = b""

    def asked(self, request: bytes) -> None:
        """Learn what is asked next."""
        self._is_new = request != self._request
        self._request = request

    def accepts(self, answer: bytes) -> bool:
        """Tell whether `answer` is the one to what was asked last."""
        is_double = self._is_new and self._match_invoke_id and answer == self._last_answer
        if is_double or not may_answer(
            self._request, answer, match_invoke_id=self._match_invoke_id
        ):
            return False
        self._last_answer = answer
        return True
