"""ACCESS from several things asked for to what came of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from dcud.dlms.access import (
    ActionResult,
    AttributeWithSelection,
    DataAccessResult,
    LongInvokeIdAndPriority,
)
from dcud.dlms.action_exchange import MethodCall, Returned
from dcud.dlms.apdu import access_service
from dcud.dlms.apdu.access_service import (
    NULL_DATA,
    AccessAction,
    AccessGet,
    AccessRequest,
    AccessSet,
    Service,
    Specification,
    decode_access_response,
    encode_access_request,
)
from dcud.dlms.errors import UnexpectedApduError
from dcud.dlms.exchange import Answered, Outcome, Ranges, Terms, take_answer
from dcud.dlms.get_exchange import Value
from dcud.dlms.set_exchange import Writing

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Code = DataAccessResult | ActionResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Generic[T_co]):
    """One of the things that ACCESS asks for.

    Attributes:
        specification: what is to be done.
        service: what the answer has to say that it did.
        subject: what errors are about.
        understand: what the result and the data that came with it mean.
        data: the encoding of one Data. No `repr` shows it.
        is_secret: whether no log may show it.
    """

    specification: Specification
    service: Service
    subject: str
    understand: Callable[[Code, bytes], T_co]
    data: bytes = field(default=NULL_DATA, repr=False)
    is_secret: bool = False


def reading(target: AttributeWithSelection) -> Asked[Value]:
    """Ask for an attribute."""
    return Asked(
        specification=AccessGet(target),
        service=Service.GET,
        subject=str(target.attribute),
        understand=lambda code, data: data if code == 0 else DataAccessResult(code),
    )


def writing(what: Writing) -> Asked[DataAccessResult]:
    """Ask that an attribute be written."""
    return Asked(
        specification=AccessSet(what.target),
        service=Service.SET,
        subject=str(what.target.attribute),
        understand=lambda code, _data: DataAccessResult(code),
        data=what.value,
        is_secret=what.is_secret,
    )


def calling(call: MethodCall) -> Asked[Returned]:
    """Ask that a method be carried out."""
    return Asked(
        specification=AccessAction(call.method),
        service=Service.ACTION,
        subject=str(call.method),
        understand=_returned,
        data=NULL_DATA if call.parameter is None else call.parameter,
        is_secret=call.is_secret,
    )


def _returned(code: Code, data: bytes) -> Returned:
    """Return what a method returned, None where that is nothing, or why it wasn't carried out."""
    if code != 0:
        return ActionResult(code)
    return None if data == NULL_DATA else data


class AccessExchange(Generic[T]):
    """One ACCESS; the meter tells of each thing what became of it. Nothing is ever asked twice.

    What is longer than the meter takes only general block transfer can cut.
    [IEC 62056-5-3: ACCESS service]

    Args:
        asked: at least one.
        break_on_error: whether the meter is to leave undone what follows upon an error.
    """

    def __init__(
        self, asked: Sequence[Asked[T]], terms: Terms, *, break_on_error: bool = False
    ) -> None:
        self._asked = tuple(asked)
        self._terms = terms
        self._request = AccessRequest(
            invoke=LongInvokeIdAndPriority(
                invoke_id=terms.invoke.invoke_id,
                high_priority=terms.invoke.high_priority,
                break_on_error=break_on_error,
            ),
            specifications=tuple([each.specification for each in self._asked]),
            data=tuple([each.data for each in self._asked]),
        )

    @property
    def subject(self) -> str:
        """What errors are about."""
        first = f"ACCESS {self._asked[0].subject}"
        others = len(self._asked) - 1
        return f"{first} and {others} more" if others else first

    def request(self) -> bytes:
        """Return the APDU that is to be sent now."""
        return encode_access_request(self._request)

    def secret(self) -> Ranges:
        """Return the half-open ranges of that APDU that no log may show."""
        if not any(each.is_secret for each in self._asked):
            return ()
        octets = len(self.request())
        return ((octets - sum(map(len, self._request.data)), octets),)

    def receive(self, apdu: bytes) -> Outcome[tuple[T, ...]]:
        """Take an answer."""
        return take_answer(self, apdu, access_service.RESPONSE_TAG, self._answered)

    def _answered(self, apdu: bytes) -> Outcome[tuple[T, ...]]:
        response = decode_access_response(apdu)
        answered = response.invoke.invoke_id
        if self._terms.parameters.match_invoke_id and answered != self._request.invoke.invoke_id:
            return None
        services = [service for service, _ in response.results]
        if services != [each.service for each in self._asked]:
            told = ", ".join(service.name for service in services) or "nothing"
            return UnexpectedApduError(f"the meter answered {self.subject} with results of {told}")
        answers = zip(self._asked, response.results, response.data, strict=True)
        return Answered(
            answer=tuple([each.understand(code, data) for each, (_, code), data in answers])
        )
