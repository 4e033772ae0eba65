"""What can be asked of a meter, whatever services it speaks.

Where the meter knows its objects by short names, READ and WRITE do it. Where it speaks ACCESS, but
not the service that is made for the request, ACCESS does it. The few meters that want either have
their modules loaded when they are first asked.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

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
from dcud.dlms.conformance import Conformance
from dcud.dlms.errors import EncodeError
from dcud.dlms.exchange import Alone, Exchange, Terms
from dcud.dlms.get_exchange import GetExchange, Value
from dcud.dlms.get_list_exchange import GetManyExchange, Values
from dcud.dlms.set_exchange import Results, SetExchange, SetManyExchange, Writing

if TYPE_CHECKING:
    from dcud.dlms.access_exchange import Asked

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Get:
    """Read an attribute, or what `selection` selects of it."""

    attribute: AttributeDescriptor
    selection: Selection | None = None

    def exchange(self, terms: Terms) -> Exchange[Value]:
        """Return the exchange that asks it."""
        if terms.gets_by_logical_names:
            return GetExchange(self.attribute, self.selection, terms)
        return self._otherwise(terms)

    def _otherwise(self, terms: Terms) -> Exchange[Value]:
        target = AttributeWithSelection(attribute=self.attribute, selection=self.selection)
        if terms.names is not None or _lacks(terms, Conformance.GET):
            return Alone(_read((target,), terms))
        return GetExchange(self.attribute, self.selection, terms)


@dataclass(frozen=True, slots=True)
class GetMany:
    """Read several attributes at once."""

    targets: tuple[AttributeWithSelection, ...]

    def exchange(self, terms: Terms) -> Exchange[Values]:
        """Return the exchange that asks it."""
        lists = Conformance.GET | Conformance.MULTIPLE_REFERENCES
        if terms.names is not None or _lacks(terms, lists):
            return _read(self.targets, terms)
        return GetManyExchange(self.targets, terms)


@dataclass(frozen=True, slots=True)
class Set:
    """Write an attribute."""

    writing: Writing

    def exchange(self, terms: Terms) -> Exchange[DataAccessResult]:
        """Return the exchange that asks it."""
        if terms.names is not None or _lacks(terms, Conformance.SET):
            return Alone(_write((self.writing,), terms))
        return SetExchange(self.writing, terms)


@dataclass(frozen=True, slots=True)
class SetMany:
    """Write several attributes at once."""

    writings: tuple[Writing, ...]

    def exchange(self, terms: Terms) -> Exchange[Results]:
        """Return the exchange that asks it."""
        lists = Conformance.SET | Conformance.MULTIPLE_REFERENCES
        if terms.names is not None or _lacks(terms, lists):
            return _write(self.writings, terms)
        return SetManyExchange(self.writings, terms)


@dataclass(frozen=True, slots=True)
class Act:
    """Have a method carried out."""

    call: MethodCall

    def exchange(self, terms: Terms) -> Exchange[Returned]:
        """Return the exchange that asks it."""
        if terms.names is not None or _lacks(terms, Conformance.ACTION):
            return Alone(_call((self.call,), terms))
        return ActionExchange(self.call, terms)


@dataclass(frozen=True, slots=True)
class ActMany:
    """Have several methods carried out, one after the other."""

    calls: tuple[MethodCall, ...]

    def exchange(self, terms: Terms) -> Exchange[AllReturned]:
        """Return the exchange that asks it."""
        lists = Conformance.ACTION | Conformance.MULTIPLE_REFERENCES
        if terms.names is not None or _lacks(terms, lists):
            return _call(self.calls, terms)
        return ActionManyExchange(self.calls, terms)


@dataclass(frozen=True, slots=True)
class Access(Generic[T]):
    """Do several things of all kinds at once, in this order.

    Attributes:
        asked: at least one, made by `reading`, `writing` or `calling` of `access_exchange`.
        break_on_error: whether what follows upon an error is left undone.
    """

    asked: "tuple[Asked[T], ...]"
    break_on_error: bool = False

    def exchange(self, terms: Terms) -> Exchange[tuple[T, ...]]:
        """Return the exchange that asks it.

        Raises:
            EncodeError: the meter knows short names.
        """
        from dcud.dlms.access_exchange import AccessExchange  # noqa: PLC0415  # as said above

        if terms.names is not None:
            raise EncodeError(
                "ACCESS wants logical names, but the meter knows short ones",
                remedy="ask for each thing by itself",
            )
        return AccessExchange(self.asked, terms, break_on_error=self.break_on_error)


@dataclass(frozen=True, slots=True)
class ReadVariable:
    """Read what has a short name that everybody knows.

    Attributes:
        name: 0..65535.
    """

    name: int

    def exchange(self, terms: Terms) -> Exchange[Value]:
        """Return the exchange that asks it."""
        from dcud.dlms.by_short_names import read_variable  # noqa: PLC0415  # as said above

        return Alone(read_variable(self.name, terms))


def _lacks(terms: Terms, service: Conformance) -> bool:
    """Tell whether a meter that speaks ACCESS doesn't speak `service`."""
    return Conformance.ACCESS in terms.conformance and service not in terms.conformance


def _read(targets: tuple[AttributeWithSelection, ...], terms: Terms) -> Exchange[Values]:
    if terms.names is not None:
        from dcud.dlms.by_short_names import read_attributes  # noqa: PLC0415  # as said above

        return read_attributes(targets, terms.names, terms)
    from dcud.dlms.access_exchange import AccessExchange, reading  # noqa: PLC0415  # likewise

    return AccessExchange([reading(target) for target in targets], terms)


def _write(writings: tuple[Writing, ...], terms: Terms) -> Exchange[Results]:
    if terms.names is not None:
        from dcud.dlms.by_short_names import write_attributes  # noqa: PLC0415  # as said above

        return write_attributes(writings, terms.names, terms)
    from dcud.dlms.access_exchange import AccessExchange, writing  # noqa: PLC0415  # likewise

    return AccessExchange([writing(each) for each in writings], terms)


def _call(calls: tuple[MethodCall, ...], terms: Terms) -> Exchange[AllReturned]:
    if terms.names is not None:
        from dcud.dlms.by_short_names import call_methods  # noqa: PLC0415  # as said above

        return call_methods(calls, terms.names, terms)
    from dcud.dlms.access_exchange import AccessExchange, calling  # noqa: PLC0415  # likewise

    return AccessExchange([calling(call) for call in calls], terms)
