"""What a meter and its line were found to do, kept from one link to the next.

What a meter said is believed at once. What only its silence suggests may come from a bad line, so
it's believed when it was seen several times in a row; and what is believed is given up again as
soon as it helps no more.
"""

from collections.abc import Sequence
from typing import Final, Generic, TypeVar

from dcud.dlms.hdlc.proposal import Proposal

_SEEN: Final = 2
"""How often in a row silence must suggest something."""

T = TypeVar("T")


class _Belief(Generic[T]):
    """Something that may be known, or suspected."""

    __slots__ = ("_seen", "_suspected", "value")

    def __init__(self) -> None:
        self.value: T | None = None
        self._suspected: T | None = None
        self._seen = 0

    def know(self, value: T) -> None:
        self.value = value

    def suspect(self, value: T) -> None:
        self._seen = self._seen + 1 if value == self._suspected else 1
        self._suspected = value
        if self._seen >= _SEEN:
            self.value = value

    def forget(self) -> None:
        self.value = self._suspected = None
        self._seen = 0


class Habits:
    """One meter's; its owner gives it to each new link, which looks it up and adds to it.

    Attributes:
        line_echoes: whether what is sent comes back.
    """

    def __init__(self) -> None:
        self.line_echoes = False
        self._proposal: _Belief[bytes] = _Belief()
        self._wants_disc: _Belief[bool] = _Belief()
        self._wants_resend: _Belief[bool] = _Belief()
        self._try_disc = False

    # SNRM and what goes before it.

    @property
    def disc_first(self) -> bool:
        """Whether DISC is worth sending before SNRM, though nobody asked for it."""
        return self._wants_disc.value is True or self._try_disc

    def first_rung(self, ladder: Sequence[Proposal]) -> int:
        """Return which of the proposals to begin with."""
        known = self._proposal.value
        for place, proposal in enumerate(ladder):
            if proposal.information == known:
                return place
        return 0

    def link_set_up(self, proposal: Proposal, *, refused: bool, cleared: bool) -> None:
        """Note which proposal the meter took.

        Args:
            proposal: the one that went last before UA came.
            refused: whether the meter had refused another one (DM, FRMR).
            cleared: whether DISC had gone before, though nobody asked for it.
        """
        if refused:
            self._proposal.know(proposal.information)
        else:
            self._proposal.suspect(proposal.information)
        if cleared:
            self._wants_disc.suspect(True)
        else:
            self._wants_disc.forget()
        self._try_disc = False

    def link_not_set_up(self, *, cleared: bool) -> None:
        """Note that nothing helped: what was believed may be wrong."""
        self._proposal.forget()
        if cleared:
            self._wants_disc.forget()
        self._try_disc = not cleared

    # Recovery.

    @property
    def resend_first(self) -> bool:
        """Whether frames that stay unanswered are rather sent again than asked about."""
        return self._wants_resend.value is True

    def recovered(self, *, by_resending: bool, after_asking: bool) -> None:
        """Note what brought a silent meter to answer.

        Args:
            by_resending: the same frames again, rather than asking where it is (RR).
            after_asking: whether it had been asked before, in vain.
        """
        if not by_resending:
            self._wants_resend.forget()
        elif after_asking:
            self._wants_resend.suspect(True)
