"""Which telnet options two ends agree on.

[RFC 854: negotiation] An option is asked for once, and an answer is given only to what changes
something, so that two ends never talk about it for ever. [RFC 1143: the Q method] What nobody here
wants is refused.
"""

from collections.abc import Iterable
from enum import Enum, auto
from typing import Final

from dcud.line.telnet import Negotiated, Verb, encode_verb

BINARY: Final = 0
"""[RFC 856: binary transmission] Without it, CR changes its meaning."""
SUPPRESS_GO_AHEAD: Final = 3
"""[RFC 858: suppress go ahead]"""


class Standing(Enum):
    """Where an option stands that this end wants."""

    ASKED = auto()
    AGREED = auto()
    REFUSED = auto()

    __hash__ = object.__hash__


TRANSITIONS: Final[dict[tuple[Standing, bool], tuple[Standing, bool]]] = {
    # where it stands, whether the far end consents: where it stands then, whether to answer
    (Standing.ASKED, True): (Standing.AGREED, False),
    (Standing.ASKED, False): (Standing.REFUSED, False),
    (Standing.AGREED, True): (Standing.AGREED, False),
    (Standing.AGREED, False): (Standing.REFUSED, True),
    (Standing.REFUSED, True): (Standing.AGREED, True),
    (Standing.REFUSED, False): (Standing.REFUSED, False),
}
"""Every standing with both things that the far end can say."""

_CONSENTS: Final = frozenset({Verb.WILL, Verb.DO})
_OF_FAR_END: Final = frozenset({Verb.WILL, Verb.WONT})
_ANSWERS: Final = {
    Verb.WILL: Verb.DO,
    Verb.WONT: Verb.DONT,
    Verb.DO: Verb.WILL,
    Verb.DONT: Verb.WONT,
}


class OptionNegotiation:
    """This end's part of the negotiation.

    Args:
        ours: the options that this end wants to use.
        theirs: the options that the far end is to use.
    """

    def __init__(self, *, ours: Iterable[int], theirs: Iterable[int]) -> None:
        self._ours = dict.fromkeys(ours, Standing.ASKED)
        self._theirs = dict.fromkeys(theirs, Standing.ASKED)

    def start(self) -> bytes:
        """Return the octets that ask for all that is wanted."""
        asked = [encode_verb(Verb.WILL, option) for option in self._ours]
        asked += [encode_verb(Verb.DO, option) for option in self._theirs]
        return b"".join(asked)

    def receive(self, said: Negotiated) -> bytes:
        """Take what the far end says; return the octets of the answer, b"" where none is due."""
        standings = self._theirs if said.verb in _OF_FAR_END else self._ours
        consents = said.verb in _CONSENTS
        if said.option not in standings:
            refusal = Verb.DONT if said.verb is Verb.WILL else Verb.WONT
            return encode_verb(refusal, said.option) if consents else b""
        standing, answers = TRANSITIONS[standings[said.option], consents]
        standings[said.option] = standing
        return encode_verb(_ANSWERS[said.verb], said.option) if answers else b""

    def standing(self, option: int) -> Standing:
        """Return where an option stands as a whole, at whichever ends it is wanted."""
        found = {ends[option] for ends in (self._ours, self._theirs) if option in ends}
        for standing in (Standing.REFUSED, Standing.ASKED):
            if standing in found:
                return standing
        return Standing.AGREED
