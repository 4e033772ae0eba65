"""Which APDU answers which, as far as that can be told without sequence numbers.

Over such links an answer may come late or twice, and a request may be repeated only where no harm
comes of its being carried out twice. A ciphered one never may: its invocation counter makes a
repetition of it a replay, which the meter refuses, and may well report as an attack.
"""

from typing import Final

_AARQ: Final = 0x60
_RLRQ: Final = 0x62
_GET: Final = 0xC0
_GET_RESPONSE: Final = 0xC4
_SET: Final = 0xC1
_SET_RESPONSE: Final = 0xC5
_ACTION: Final = 0xC3
_ACTION_RESPONSE: Final = 0xC7
_ACCESS: Final = 0xD9
_ACCESS_RESPONSE: Final = 0xDA
_READ: Final = 0x05
_READ_RESPONSE: Final = 0x0C
_WRITE: Final = 0x06
_WRITE_RESPONSE: Final = 0x0D
_BLOCK: Final = 0xE0
_PUSHED: Final = (b"\x40", b"\xc0")
"""Block control: streaming, no window; the last block, too."""
_ANSWERS: Final = {
    _AARQ: 0x61,
    _RLRQ: 0x63,
    _GET: _GET_RESPONSE,
    _SET: _SET_RESPONSE,
    _ACTION: _ACTION_RESPONSE,
    _ACCESS: _ACCESS_RESPONSE,
    _READ: _READ_RESPONSE,
    _WRITE: _WRITE_RESPONSE,
}
"""Tags of AARE by AARQ, RLRE by RLRQ, get-response by get-request, and so on."""
_HARMLESS: Final = frozenset({_GET, _BLOCK})
"""A value asked for twice is told twice; a block that comes twice is passed over."""
_PLAIN_READS: Final = (b"\x02", b"\x05")
"""What a read-request reads first: a variable, or a block of one; what has a parameter may be a
method."""
_KNOWN: Final = frozenset(_ANSWERS.values())

LATE: Final = frozenset(
    bytes((answer,)) for request, answer in _ANSWERS.items() if request not in {_AARQ, _RLRQ}
)
"""The tags of what may come when nobody waits for it any more."""

_HEADER_SIZES: Final = {
    _GET_RESPONSE: 3,
    _SET_RESPONSE: 3,
    _ACTION_RESPONSE: 3,
    _ACCESS_RESPONSE: 5,
}
"""Octets of those, and of their requests, up to the invoke id, which is the last of them."""

_CIPHERING: Final = tuple(bytes.fromhex(name) for name in ("60857405080103", "60857405080104"))
"""The application contexts in which AARQ carries a ciphered InitiateRequest."""
_MECHANISM: Final = bytes.fromhex("608574050802")
"""What the name of an authentication mechanism begins with; its number follows."""
_HIGHEST_WITHOUT_CHALLENGE: Final = 1
_USER_INFORMATION: Final = 0xBE


def is_repeatable(request: bytes) -> bool:
    """Tell whether a request changes nothing when it is carried out twice."""
    if request[:1] == b"":
        return False
    if request[0] == _AARQ:
        return not (_is_ciphered(request) or _challenges(request))
    if request[0] == _RLRQ:
        return _USER_INFORMATION not in request[2:]  # it has some where that is ciphered
    if request[0] == _READ:
        return request[2:3] in _PLAIN_READS
    return request[0] in _HARMLESS


def is_block(apdu: bytes) -> bool:
    """Tell whether an APDU is a block of a transfer that goes both ways.

    Blocks that stream with neither window nor acknowledgement are pushes, to which nobody answers.
    [IEC 62056-5-3: general block transfer]
    """
    if apdu[:1] != bytes((_BLOCK,)):
        return False
    return apdu[1:2] not in _PUSHED or apdu[4:6] != b"\0\0"


def _is_ciphered(aarq: bytes) -> bool:
    """Tell whether AARQ may carry what is ciphered; octets that only look so are borne with."""
    return any(context in aarq for context in _CIPHERING)


def _challenges(aarq: bytes) -> bool:
    """Tell whether AARQ may carry a challenge; the meter's to a second one would undo the first."""
    start = aarq.find(_MECHANISM) + len(_MECHANISM)
    return start >= len(_MECHANISM) and aarq[start : start + 1] > bytes(
        (_HIGHEST_WITHOUT_CHALLENGE,)
    )


def may_answer(request: bytes, answer: bytes, *, match_invoke_id: bool = True) -> bool:
    """Tell whether `answer` can be the one to `request`.

    Nothing is held against what isn't looked into: errors, ciphered APDUs, other services. Only the
    low four bits of the invoke id must match. [field: meters that clear the priority bit]
    """
    if request[:1] == b"" or request[0] not in _ANSWERS:
        return True
    if answer[:1] == b"" or answer[0] not in _KNOWN:
        return True
    if answer[0] != _ANSWERS[request[0]]:
        return False
    size = _HEADER_SIZES.get(answer[0], 0)
    has_id = 0 < size <= min(len(request), len(answer))
    if not (has_id and match_invoke_id):
        return True
    return (request[size - 1] ^ answer[size - 1]) & 0x0F == 0


class AnswerMatch:
    """Tells the answer to the last request from what comes late or twice.

    Args:
        match_invoke_id: whether an answer must bear its request's invoke id; if not, doubles can't
            be told from answers that are the same.
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
