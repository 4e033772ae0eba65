"""The ways to propose sizes when a link is set up, one tried after the other.

[field: meters that read lengths only in one octet or only in two, and meters that take SNRM only
without parameters] So what is configured is tried first, then the other forms as far as they make
other octets, and at last SNRM without parameters, which every meter takes.
"""

from dataclasses import dataclass
from functools import lru_cache

from dcud.dlms.hdlc.negotiation import LinkSizes, SizeForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What SNRM carries.

    Attributes:
        sizes: what it tells; the defaults where it tells nothing.
        information: its information field.
    """

    sizes: LinkSizes
    information: bytes


BARE = Proposal(sizes=LinkSizes(), information=b"")
"""SNRM without parameters."""


@lru_cache(maxsize=64)
def proposals(sizes: LinkSizes, form: SizeForm) -> tuple[Proposal, ...]:
    """Return the proposals for these sizes, the best first and `BARE` last."""
    forms = (
        form,
        *(other for other in (SizeForm.TWO, SizeForm.ONE, SizeForm.AUTO) if other is not form),
    )
    ladder = {
        sizes.build(each): Proposal(sizes=sizes.told_in(each), information=sizes.build(each))
        for each in forms
    }
    return (*ladder.values(), BARE)


def rung(attempt: int, retries: int, count: int) -> int:
    """Return which of `count` proposals is due at an attempt, counted from 0, of 1 + `retries`.

    Silence is loss more often than it is dislike: the first proposal is repeated as long as there
    are attempts left for the others.
    """
    return max(0, count - 1 - (retries - attempt)) if attempt else 0
