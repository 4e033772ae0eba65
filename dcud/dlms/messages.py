"""What can be said to a meter that nobody answers.

[IEC 62056-5-3: unconfirmed services]
"""

from dataclasses import dataclass

from dcud.dlms.access import InvokeIdAndPriority
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.apdu.action import ActionRequestNormal, encode_action_request
from dcud.dlms.apdu.set import SetRequestNormal, encode_set_request
from dcud.dlms.apdu.unconfirmed_write import UnconfirmedWrite
from dcud.dlms.exchange import Ranges, Terms
from dcud.dlms.set_exchange import Writing
from dcud.dlms.short_names import ShortNames
from dcud.dlms.variable_access import VariableName

_NO_PARAMETER = b"\x0f\x00"
"""What a method gets that takes nothing, where it is written."""


@dataclass(frozen=True, slots=True)
class SetUnconfirmed:
    """Write an attribute, whole."""

    writing: Writing

    def apdu(self, terms: Terms) -> tuple[bytes, Ranges]:
        """Return the APDU that says it, with the ranges of it that no log may show.

        Raises:
            UnknownNameError: it is not known to a meter that knows short names.
        """
        writing = self.writing
        if terms.names is not None:
            name = terms.names.attribute(writing.target.attribute)
            octets = UnconfirmedWrite((VariableName(name),), (writing.value,)).encode()
        else:
            octets = encode_set_request(
                SetRequestNormal(
                    invoke_id_and_priority=_unconfirmed(terms),
                    target=writing.target,
                    value=writing.value,
                )
            )
        return octets, _hidden(octets, writing.value, is_secret=writing.is_secret)


@dataclass(frozen=True, slots=True)
class ActUnconfirmed:
    """Have a method carried out."""

    call: MethodCall

    def apdu(self, terms: Terms) -> tuple[bytes, Ranges]:
        """Return the APDU that says it, with the ranges of it that no log may show.

        Raises:
            UnknownNameError: it is not known to a meter that knows short names.
        """
        call = self.call
        if terms.names is not None:
            return self._written(terms.names)
        octets = encode_action_request(
            ActionRequestNormal(
                invoke_id_and_priority=_unconfirmed(terms),
                method=call.method,
                parameter=call.parameter,
            )
        )
        return octets, _hidden(octets, call.parameter or b"", is_secret=call.is_secret)

    def _written(self, names: ShortNames) -> tuple[bytes, Ranges]:
        call = self.call
        parameter = _NO_PARAMETER if call.parameter is None else call.parameter
        octets = UnconfirmedWrite((VariableName(names.method(call.method)),), (parameter,)).encode()
        return octets, _hidden(octets, parameter, is_secret=call.is_secret)


def _unconfirmed(terms: Terms) -> InvokeIdAndPriority:
    invoke = terms.invoke
    return InvokeIdAndPriority(
        invoke_id=invoke.invoke_id, confirmed=False, high_priority=invoke.high_priority
    )


def _hidden(octets: bytes, value: bytes, *, is_secret: bool) -> Ranges:
    """Return where a value stands, which is at the end."""
    return ((len(octets) - len(value), len(octets)),) if is_secret and value else ()
