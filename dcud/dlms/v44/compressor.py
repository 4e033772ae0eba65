"""Octets to codes, with the dictionary as the sender builds it.

The dictionary is a forest with a tree for each octet. A node is a string: that of the node above,
with a segment added. Its codeword is sent where the string comes again; what comes after it then is
compared with what came after it at first.
"""

from dcud.dlms.v44.code_writer import CodeWriter
from dcud.dlms.v44.extension_length import LONGEST
from dcud.dlms.v44.parameters import FIRST_CODEWORD, MAX_CODEWORDS, MAX_STRING

_ROOTS = MAX_CODEWORDS
"""The node of octet 0; nodes below this have their codewords for numbers."""


def compress(octets: bytes) -> bytes:
    """Return a packet that expands to the octets; it may be longer than they are."""
    return _Compressor(octets).compress()


class _Compressor:
    """Compresses one packet.

    `_ends` tells for each codeword where its string ended when it was learnt. `_branches` leads
    from a node and the first octet of a segment to the segments that begin so, the oldest first.
    """

    __slots__ = ("_branches", "_codes", "_ends", "_octets")

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._codes = CodeWriter()
        self._ends = [0] * FIRST_CODEWORD
        self._branches: dict[int, list[tuple[bytes, int]]] = {}

    def compress(self) -> bytes:
        """Return the packet."""
        octets, size = self._octets, len(self._octets)
        start = 0
        while start < size:
            node, end = self._longest_match(start)
            if node >= _ROOTS:
                self._codes.ordinal(octets[start])
                self._learn(node, end, 1)
            else:
                self._codes.codeword(node)
                further = self._further(node, start, end)
                if further:
                    self._codes.extension(further)
                    self._learn(node, end, further)
                    end += further
                elif end - start < MAX_STRING:
                    self._learn(node, end, 1)
            start = end
        return self._codes.flush()

    def _longest_match(self, start: int) -> tuple[int, int]:
        """Return the node of the string that comes next, and where that string ends."""
        octets, size = self._octets, len(self._octets)
        node, end = _ROOTS + octets[start], start + 1
        while end < size:
            for segment, child in self._branches.get(node << 8 | octets[end], ()):
                if octets.startswith(segment, end):
                    node, end = child, end + len(segment)
                    break
            else:
                break
        return node, end

    def _further(self, node: int, start: int, end: int) -> int:
        """Return for how many octets a string goes on as it did when it was learnt."""
        octets = self._octets
        learnt = self._ends[node]
        if octets[end : end + 1] != octets[learnt : learnt + 1]:
            return 0
        most = min(LONGEST, MAX_STRING - (end - start))
        now = octets[end : end + most]
        then = octets[learnt : learnt + len(now)]
        if now == then:
            return len(now)
        # The lowest bit that differs stands in the first octet that differs.
        difference = int.from_bytes(now, "little") ^ int.from_bytes(then, "little")
        return (difference & -difference).bit_length() - 1 >> 3

    def _learn(self, node: int, end: int, size: int) -> None:
        """Learn the node's string with the octets that follow its end."""
        codeword = len(self._ends)
        segment = self._octets[end : end + size]
        if segment and codeword < MAX_CODEWORDS:
            self._branches.setdefault(node << 8 | segment[0], []).append((segment, codeword))
            self._ends.append(end + size)
