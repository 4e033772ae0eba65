"""What can be asked of a meter, whatever services it speaks."""

from dataclasses import dataclass

from dcud.dlms.access import (
    AttributeDescriptor,
    AttributeWithSelection,
    DataAccessResult,
    Selection,
)
from dcud.dlms.action_exchange import (
    ActionExchange,
    ActionManyExchange,
    AllReturned,
    MethodCall,
    Returned,
)
from dcud.dlms.exchange import Exchange, Terms
from dcud.dlms.get_exchange import GetExchange, Value
from dcud.dlms.get_list_exchange import GetManyExchange, Values
from dcud.dlms.set_exchange import Results, SetExchange, SetManyExchange, Writing


@dataclass(frozen=True, slots=True)
class Get:
    """Read an attribute, or what `selection` selects of it."""

    attribute: AttributeDescriptor
    selection: Selection | None = None

    def exchange(self, terms: Terms) -> Exchange[Value]:
        """Return the exchange that asks it."""
        return GetExchange(self.attribute, self.selection, terms)


@dataclass(frozen=True, slots=True)
class GetMany:
    """Read several attributes at once."""

    targets: tuple[AttributeWithSelection, ...]

    def exchange(self, terms: Terms) -> Exchange[Values]:
        """Return the exchange that asks it."""
        return GetManyExchange(self.targets, terms)


@dataclass(frozen=True, slots=True)
class Set:
    """Write an attribute."""

    writing: Writing

    def exchange(self, terms: Terms) -> Exchange[DataAccessResult]:
        """Return the exchange that asks it."""
        return SetExchange(self.writing, terms)


@dataclass(frozen=True, slots=True)
class SetMany:
    """Write several attributes at once."""

    writings: tuple[Writing, ...]

    def exchange(self, terms: Terms) -> Exchange[Results]:
        """Return the exchange that asks it."""
        return SetManyExchange(self.writings, terms)


@dataclass(frozen=True, slots=True)
class Act:
    """Have a method carried out."""

    call: MethodCall

    def exchange(self, terms: Terms) -> Exchange[Returned]:
        """Return the exchange that asks it."""
        return ActionExchange(self.call, terms)


@dataclass(frozen=True, slots=True)
class ActMany:
    """Have several methods carried out, one after the other."""

    calls: tuple[MethodCall, ...]

    def exchange(self, terms: Terms) -> Exchange[AllReturned]:
        """Return the exchange that asks it."""
        return ActionManyExchange(self.calls, terms)
