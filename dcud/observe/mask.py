"""Which octets no log may show."""

from collections.abc import Iterator, Sequence
from typing import Final

SHORTEST_SECRET: Final = 4
"""Octets: what is shorter stands in ordinary frames by chance all the time."""

Range = tuple[int, int]
"""Half-open, in octets."""

_Window = tuple[int, int, int, int]


class Mask:
    """Finds known secrets in octets, whole or cut off where the octets begin or end.

    Its cost grows with the octets and hardly with the number of secrets: a thousand meters may
    have a thousand passwords, and every frame is searched for all of them.
    """

    def __init__(self) -> None:
        self._by_head: dict[_Window, list[bytes]] = {}
        self._by_tail: dict[_Window, list[bytes]] = {}
        self._longest = 0

    def add(self, secret: bytes) -> None:
        """Know the secret from now on; one shorter than four octets is not looked for."""
        if len(secret) < SHORTEST_SECRET:
            return
        head, tail = next(_windows(secret)), next(_windows(secret[-SHORTEST_SECRET:]))
        if secret not in self._by_head.setdefault(head, []):
            self._by_head[head].append(secret)
            self._by_tail.setdefault(tail, []).append(secret)
            self._longest = max(self._longest, len(secret))

    def ranges(self, octets: bytes) -> list[Range]:
        """Return where known secrets stand."""
        begin = octets[: self._longest]
        found: list[Range] = []
        # Nearly always there is nothing to find, and these two lookups are all that is done.
        if not self._by_tail.keys().isdisjoint(_windows(begin)):
            found += self._without_beginning(begin)
        if not self._by_head.keys().isdisjoint(_windows(octets)):
            found += self._with_beginning(octets)
        return found

    def hex(self, octets: bytes, secret: Sequence[Range] = ()) -> str:
        """Return upper-case hex, `**` for each octet that is in `secret` or in a known one."""
        shown = octets.hex().upper()
        hidden = [*secret, *self.ranges(octets)] if self._longest else secret
        if not hidden:
            return shown
        return _starred(shown, [(2 * start, 2 * end) for start, end in hidden])

    def text(self, text: str) -> str:
        """Return the text, `*` for each octet of a known secret."""
        octets = text.encode()
        hidden = self.ranges(octets) if self._longest else ()
        if not hidden:
            return text
        return _starred(octets.decode("latin-1"), hidden).encode("latin-1").decode(errors="replace")

    def _with_beginning(self, octets: bytes) -> Iterator[Range]:
        for start, window in enumerate(_windows(octets)):
            for secret in self._by_head.get(window, ()):
                end = min(start + len(secret), len(octets))
                if secret.startswith(octets[start:end]):
                    yield start, end

    def _without_beginning(self, octets: bytes) -> Iterator[Range]:
        for end, window in enumerate(_windows(octets), SHORTEST_SECRET):
            for secret in self._by_tail.get(window, ()):
                if secret.endswith(octets[:end]):
                    yield 0, end


def _windows(octets: bytes) -> Iterator[_Window]:
    return zip(octets, octets[1:], octets[2:], octets[3:], strict=False)


def _starred(shown: str, hidden: Sequence[Range]) -> str:
    letters = list(shown)
    for start, end in hidden:
        for index in range(max(start, 0), min(end, len(letters))):
            letters[index] = "*"
    return "".join(letters)
