"""What can be asked of a meter, whatever services it speaks.

Where the meter speaks ACCESS, but not the service that is made for the request, ACCESS does it.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from dcud.dlms.access import (
    AttributeDescriptor,
    AttributeWithSelection,
    DataAccessResult,
    Selection,
)
from dcud.dlms.access_exchange import AccessExchange, Asked, calling, reading, writing
from dcud.dlms.action_exchange import (
    ActionExchange,
    ActionManyExchange,
    AllReturned,
    MethodCall,
    Returned,
)
from dcud.dlms.conformance import Conformance
from dcud.dlms.exchange import Alone, Exchange, Terms
from dcud.dlms.get_exchange import GetExchange, Value
from dcud.dlms.get_list_exchange import GetManyExchange, Values
from dcud.dlms.set_exchange import Results, SetExchange, SetManyExchange, Writing

T = TypeVar("T")


def _lacks(terms: Terms, service: Conformance) -> bool:
    """Tell whether a meter that speaks ACCESS doesn't speak `service`."""
    return Conformance.ACCESS in terms.conformance and service not in terms.conformance


@dataclass(frozen=True, slots=True)
class Get:
    """Read an attribute, or what `selection` selects of it."""

    attribute: AttributeDescriptor
    selection: Selection | None = None

    def exchange(self, terms: Terms) -> Exchange[Value]:
        """Return the exchange that asks it."""
        if _lacks(terms, Conformance.GET):
            target = AttributeWithSelection(attribute=self.attribute, selection=self.selection)
            return Alone(AccessExchange((reading(target),), terms))
        return GetExchange(self.attribute, self.selection, terms)


@dataclass(frozen=True, slots=True)
class GetMany:
    """Read several attributes at once."""

    targets: tuple[AttributeWithSelection, ...]

    def exchange(self, terms: Terms) -> Exchange[Values]:
        """Return the exchange that asks it."""
        if _lacks(terms, Conformance.GET | Conformance.MULTIPLE_REFERENCES):
            return AccessExchange([reading(each) for each in self.targets], terms)
        return GetManyExchange(self.targets, terms)


@dataclass(frozen=True, slots=True)
class Set:
    """Write an attribute."""

    writing: Writing

    def exchange(self, terms: Terms) -> Exchange[DataAccessResult]:
        """Return the exchange that asks it."""
        if _lacks(terms, Conformance.SET):
            return Alone(AccessExchange((writing(self.writing),), terms))
        return SetExchange(self.writing, terms)


@dataclass(frozen=True, slots=True)
class SetMany:
    """Write several attributes at once."""

    writings: tuple[Writing, ...]

    def exchange(self, terms: Terms) -> Exchange[Results]:
        """Return the exchange that asks it."""
        if _lacks(terms, Conformance.SET | Conformance.MULTIPLE_REFERENCES):
            return AccessExchange([writing(each) for each in self.writings], terms)
        return SetManyExchange(self.writings, terms)


@dataclass(frozen=True, slots=True)
class Act:
    """Have a method carried out."""

    call: MethodCall

    def exchange(self, terms: Terms) -> Exchange[Returned]:
        """Return the exchange that asks it."""
        if _lacks(terms, Conformance.ACTION):
            return Alone(AccessExchange((calling(self.call),), terms))
        return ActionExchange(self.call, terms)


@dataclass(frozen=True, slots=True)
class ActMany:
    """Have several methods carried out, one after the other."""

    calls: tuple[MethodCall, ...]

    def exchange(self, terms: Terms) -> Exchange[AllReturned]:
        """Return the exchange that asks it."""
        if _lacks(terms, Conformance.ACTION | Conformance.MULTIPLE_REFERENCES):
            return AccessExchange([calling(each) for each in self.calls], terms)
        return ActionManyExchange(self.calls, terms)


@dataclass(frozen=True, slots=True)
class Access(Generic[T]):
    """Do several things of all kinds at once, in this order.

    Attributes:
        asked: at least one, made by `reading`, `writing` or `calling`.
        break_on_error: whether what follows upon an error is left undone.
    """

    asked: tuple[Asked[T], ...]
    break_on_error: bool = False

    def exchange(self, terms: Terms) -> Exchange[tuple[T, ...]]:
        """Return the exchange that asks it."""
        return AccessExchange(self.asked, terms, break_on_error=self.break_on_error)
