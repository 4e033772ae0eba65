"""Whether an APDU can be the answer to another, as far as its first octets tell.

Over links without sequence numbers an answer may come late or twice, and a request may be repeated
only where no harm comes of its being carried out twice.
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
