"""How one link is set up: DISC or not, which SNRM, and when to give up.

Silence is met by repeating SNRM, and by other forms of it as the tries run out. A refusal (DM,
FRMR) leads to the next form at once; when the last is refused DISC goes out, for meters that hold
on to a broken session, and all is tried once more. A refusal right after DISC is doubted once: it
may answer a DISC that arrived twice.
"""

from enum import Enum, auto

from dcud.dlms.hdlc.habits import Habits
from dcud.dlms.hdlc.parameters import HdlcParameters
from dcud.dlms.hdlc.proposal import BARE, Proposal, proposals, rung


class Move(Enum):
    """What to do after a refusal."""

    SNRM = auto()
    DISC = auto()
    GIVE_UP = auto()

    __hash__ = object.__hash__  # members are themselves alone; Enum's own hashes their names


class SetUp:
    """The tries to set a link up, one procedure after another.

    Attributes:
        attempts: how often SNRM was repeated in vain since it last made sense.
    """

    def __init__(self, parameters: HdlcParameters, habits: Habits) -> None:
        self._habits = habits
        self._retries = parameters.connect_retries
        self._told_to_clear = parameters.disc_first
        self._ladder = (
            proposals(parameters.sizes, parameters.size_form) if parameters.propose else (BARE,)
        )
        self.begin()

    def begin(self) -> bool:
        """Begin anew; tell whether DISC goes first."""
        self.attempts = 0
        self._first = self._place = self._habits.first_rung(self._ladder)
        self._refused = False
        self._doubted = False
        self._cleared = self._told_to_clear or self._habits.disc_first
        return self._cleared

    @property
    def proposal(self) -> Proposal:
        """What SNRM carries now."""
        return self._ladder[self._place]

    def unanswered(self) -> bool:
        """Take note that SNRM met silence; tell whether it goes again."""
        self.attempts += 1
        if self.attempts > self._retries:
            self._habits.link_not_set_up(cleared=self._cleared and not self._told_to_clear)
            return False
        self._place = max(self._place, rung(self.attempts, self._retries, len(self._ladder)))
        return True

    def refused(self) -> Move:
        """Take note that SNRM was refused."""
        if self._cleared and not self._doubted:
            self._doubted = True
            return Move.SNRM
        if self._place + 1 < len(self._ladder):
            self._place += 1
            self._refused = True
            return Move.SNRM
        if not self._cleared:
            self._cleared = True
            self._refused = False
            self._place = self._first
            return Move.DISC
        return Move.GIVE_UP

    def accepted(self) -> Proposal:
        """Take note that UA came; return the proposal that it answers."""
        self._habits.link_set_up(
            self.proposal,
            refused=self._refused,
            cleared=self._cleared and not self._told_to_clear,
        )
        return self.proposal
