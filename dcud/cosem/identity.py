"""Which of the shipped templates suit a meter, told by its name with its objects.

The rules are data: patterns of logical names that a companion profile's meters have, letters of
manufacturers that build to it. Country-specific objects weigh most. [IEC 62056-6-1: value group C
codes, country specific]
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from dcud.dlms.obis import Obis

MANUFACTURER_LETTERS = 3
"""[IEC 62056-6-2: COSEM logical device name]"""

_ANY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a meter says of itself.

    Attributes:
        logical_device_name: "" where the meter doesn't tell it.
        objects: the logical names that its object list holds.
    """

    logical_device_name: str = ""
    objects: frozenset[Obis] = frozenset()

    @property
    def manufacturer(self) -> str:
        """Return the manufacturer's three letters; "" where the name doesn't begin with any."""
        letters = self.logical_device_name[:MANUFACTURER_LETTERS]
        told = len(letters) == MANUFACTURER_LETTERS and letters.isascii() and letters.isalpha()
        return letters.upper() if told else ""

    def first(self, pattern: str) -> Obis | None:
        """Return the first object whose logical name has this pattern, "*" for any group."""
        return min(filter(_matcher(pattern).suits, self.objects), key=_octets, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Templates that suit a meter, the more general first, with the reasons in words."""

    templates: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Objects by which something is known.

    Attributes:
        patterns: one of them must be there.
        words: what they are.
        weight: how much they count.
    """

    patterns: tuple[str, ...]
    words: str
    weight: int = 1

    def found(self, identity: Identity) -> Obis | None:
        """Return an object of the meter that is one of these."""
        objects = (identity.first(pattern) for pattern in self.patterns)
        return next((each for each in objects if each is not None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When a template suits.

    Attributes:
        template: its name.
        needs: signs that must all be there.
        lacks: patterns of objects that must not be there.
        signs: others, which add weight.
        manufacturers: letters of those whose meters are often such.
        whole: whether it needs no template of registers beside it.
        secured: the template to add for meters that count invocations.
    """

    template: str
    needs: tuple[Sign, ...]
    lacks: tuple[str, ...] = ()
    signs: tuple[Sign, ...] = ()
    manufacturers: frozenset[str] = frozenset()
    whole: bool = False
    secured: str = ""


def _sign(words: str, *patterns: str, weight: int = 1) -> Sign:
    return Sign(patterns=patterns, words=words, weight=weight)


def _country(code: int, name: str) -> Sign:
    """Return the sign of a country's own objects."""
    patterns = tuple(f"{medium}.*.94.{code}.*.*" for medium in (0, 1, 7))
    return _sign(f"an object of {name}", *patterns, weight=4)


MEDIA: tuple[Rule, ...] = (
    Rule(
        template="generic-electricity",
        needs=(_sign("a register of electricity", "1.*.*.8.0.255", "1.*.*.7.0.255"),),
    ),
    Rule(
        template="generic-gas",
        needs=(_sign("a register of gas", "7.*.3.*.0.255", "7.*.13.*.0.255", "7.*.1.*.0.255"),),
    ),
    Rule(template="generic-heat", needs=(_sign("a register of heat", "6.*.*.0.*.255"),)),
    Rule(template="generic-cooling", needs=(_sign("a register of cooling", "5.*.*.0.*.255"),)),
    Rule(template="generic-water", needs=(_sign("a register of cold water", "8.*.*.0.*.255"),)),
    Rule(template="generic-hot-water", needs=(_sign("a register of hot water", "9.*.*.0.*.255"),)),
)
"""The templates of registers; a meter can have several."""

_EUROPE = frozenset({"ELS", "ISK", "KFM", "LGZ", "SAG", "ZPA"})

_DUTCH_LOGS = (
    _sign("a log of fraud", "0.0.99.98.1.255"),
    _sign("a daily profile", "1.0.99.2.0.255"),
)
_INDIA = _country(91, "India (IS 15959)")

COMPANIONS: tuple[Rule, ...] = (
    Rule(
        template="is15959-three-phase",
        needs=(_INDIA, _sign("a second phase", "1.0.52.7.0.255", "1.0.51.7.0.255")),
        whole=True,
        secured="is15959-smart",
    ),
    Rule(
        template="is15959-single-phase",
        needs=(_INDIA,),
        lacks=("1.0.52.7.0.255", "1.0.51.7.0.255"),
        whole=True,
        secured="is15959-smart",
    ),
    Rule(
        template="spodes",
        needs=(_country(7, "Russia (SPODES)"),),
        signs=(_sign("a daily profile where SPODES has it", "1.0.98.2.0.255"),),
    ),
    Rule(
        template="prime-iberia",
        needs=(_country(34, "Spain"),),
        signs=(_sign("a daily closing by contract", "0.0.98.2.1.255"),),
        manufacturers=frozenset({"ZIV", "CIR", "ORB"}),
    ),
    Rule(
        template="uni-ts-11291",
        needs=(_country(39, "Italy"), _sign("a register of gas", "7.*.13.*.*.255", "7.*.99.*.*.*")),
        whole=True,
    ),
    Rule(
        template="idis",
        needs=(
            _sign("a log of fraud", "0.0.99.98.1.255"),
            _sign("a daily profile", "1.0.99.2.0.255"),
            _sign("alarm register 1", "0.0.97.98.0.255"),
        ),
        signs=(_sign("a log of the disconnector", "0.0.99.98.2.255"),),
        manufacturers=_EUROPE,
        secured="idis-secured",
    ),
    Rule(
        template="esmr5",
        needs=(
            _country(31, "the Netherlands"),
            _sign("alarm register 3, new in ESMR 5", "0.0.97.98.2.255"),
        ),
        signs=_DUTCH_LOGS,
        manufacturers=_EUROPE,
    ),
    Rule(
        template="dsmr",
        needs=(_country(31, "the Netherlands"),),
        signs=_DUTCH_LOGS,
        manufacturers=_EUROPE,
        secured="dsmr-secured",
    ),
)
"""The templates of companion profiles; the heaviest is proposed, of equals the first."""

_SECURED = _sign("an invocation counter", "0.*.43.1.*.255")
_MBUS = _sign("an M-Bus client", "0.*.24.1.0.255", "0.*.24.2.*.255")


def propose(identity: Identity) -> Proposal | None:
    """Return the shipped templates that suit the meter best; None where none does.

    A meter that shows no objects is judged by its manufacturer alone.
    """
    judged = [judgement for rule in COMPANIONS if (judgement := _judge(rule, identity))]
    best = max(judged, key=lambda each: each.weight, default=None)
    parts = [] if best and best.rule.whole else _media(identity)
    parts += [*_companion(best, identity)] if best else []
    if not parts:
        return None
    if found := _MBUS.found(identity):
        parts.append(_Part("mbus", _reason(_MBUS, found)))
    return Proposal(
        templates=tuple(part.template for part in parts),
        reasons=tuple(part.reason for part in parts),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    template: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Judgement:
    rule: Rule
    weight: int
    reasons: tuple[str, ...]


def _media(identity: Identity) -> list[_Part]:
    judged = (_judge(rule, identity) for rule in MEDIA)
    return [_part(each) for each in judged if each]


def _companion(best: _Judgement, identity: Identity) -> Iterator[_Part]:
    yield _part(best)
    counter = _SECURED.found(identity)
    if best.rule.secured and counter:
        yield _Part(best.rule.secured, _reason(_SECURED, counter))


def _part(judgement: _Judgement) -> _Part:
    return _Part(judgement.rule.template, ", ".join(judgement.reasons))


def _judge(rule: Rule, identity: Identity) -> _Judgement | None:
    """Weigh what speaks for a rule; None where it doesn't apply."""
    made = identity.manufacturer in rule.manufacturers
    if not identity.objects:
        return _Judgement(rule, 1, (_made(identity),)) if made and rule.secured else None
    if any(sign.found(identity) is None for sign in rule.needs):
        return None
    if any(identity.first(pattern) for pattern in rule.lacks):
        return None
    found = [(sign, sign.found(identity)) for sign in (*rule.needs, *rule.signs)]
    there = [(sign, obis) for sign, obis in found if obis is not None]
    reasons = [_reason(sign, obis) for sign, obis in there]
    weight = sum(sign.weight for sign, _ in there) + made
    return _Judgement(rule, weight, (*reasons, *([_made(identity)] if made else [])))


def _reason(sign: Sign, found: Obis) -> str:
    return f"{sign.words} ({found})"


def _made(identity: Identity) -> str:
    return f"made by {identity.manufacturer}"


def _octets(obis: Obis) -> bytes:
    return obis.octets


@dataclass(frozen=True, slots=True)
class _Matcher:
    groups: tuple[int | None, ...]

    def suits(self, obis: Obis) -> bool:
        return all(
            wanted in {None, group} for wanted, group in zip(self.groups, obis.octets, strict=True)
        )


@lru_cache(maxsize=256)
def _matcher(pattern: str) -> _Matcher:
    return _Matcher(tuple(None if group == _ANY else int(group) for group in pattern.split(".")))
