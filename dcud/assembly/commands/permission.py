"""Who may ask for what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from dcud.config import model
from dcud.errors import DcudError
from dcud.publish.command_request import Request
from dcud.publish.command_signature import check_signature


class ForbiddenError(DcudError):
    """No rule allows what is asked for."""

    code: ClassVar[str] = "forbidden"


@dataclass(frozen=True, slots=True)
class Permissions:
    """What the rules allow.

    Attributes:
        rules: any one of them is enough.
        keys: public keys of Ed25519 by name, 32 octets each.
    """

    rules: tuple[model.CommandRule, ...]
    keys: Mapping[str, bytes]

    def check(self, request: Request, groups: Iterable[str]) -> None:
        """Return if a rule allows it, and whoever has to vouches for it.

        Args:
            request: what is asked for.
            groups: of the meter or bus that it is about, without that of everything.

        Raises:
            ForbiddenError: no rule allows it.
            SignatureError: it is not signed as the rules want it.
        """
        wanted = {model.EVERYTHING, *groups}
        rules = [
            rule
            for rule in self.rules
            if request.verb in rule.verbs and wanted.intersection(rule.groups)
        ]
        if not rules:
            raise ForbiddenError(
                f"{request.verb!r} is not allowed there", remedy="see [[commands.allow]]"
            )
        if all(rule.signed_by for rule in rules):
            allowed = frozenset(name for rule in rules for name in rule.signed_by)
            check_signature(request, self.keys, allowed)
