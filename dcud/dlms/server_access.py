"""The server's side of ACCESS: what is asked is done in its order, with an answer for each.

[IEC 62056-5-3: ACCESS service]
"""

from collections.abc import Iterator
from typing import assert_never

from dcud.dlms.access import ActionResult, DataAccessResult
from dcud.dlms.apdu.access_service import (
    NULL_DATA,
    AccessAction,
    AccessGet,
    AccessRequest,
    AccessResponse,
    AccessSet,
    Result,
    Service,
    Specification,
    decode_access_request,
    encode_access_response,
)
from dcud.dlms.data import Data, encode_data
from dcud.dlms.datalink import ClientSap
from dcud.dlms.server_action import Act, Afterwards, all_of
from dcud.dlms.server_get import Read
from dcud.dlms.server_set import Write

_Done = tuple[Result, bytes, Afterwards]

_LEFT_OUT: dict[type[Specification], Result] = {
    AccessGet: (Service.GET, DataAccessResult.OTHER_REASON),
    AccessSet: (Service.SET, DataAccessResult.OTHER_REASON),
    AccessAction: (Service.ACTION, ActionResult.OTHER_REASON),
}
"""What is told of what was left undone since something before it failed."""


class AccessService:
    """Answers one client's requests; nothing is kept."""

    def __init__(self, read: Read, write: Write, act: Act, client_sap: ClientSap) -> None:
        self._read = read
        self._write = write
        self._act = act
        self._client_sap = client_sap

    def answer(self, apdu: bytes) -> tuple[bytes | None, Afterwards]:
        """Return the answer, None where the client wants none, with what follows upon it.

        Raises:
            DecodeError: the request is malformed.
        """
        request = decode_access_request(apdu)
        done = list(self._all(request))
        afterwards = all_of([after for _, _, after in done if after is not None])
        if not request.invoke.confirmed:
            return None, afterwards
        response = AccessResponse(
            invoke=request.invoke,
            specifications=request.specifications if request.invoke.self_descriptive else None,
            data=tuple([data for _, data, _ in done]),
            results=tuple([result for result, _, _ in done]),
        )
        return encode_access_response(response), afterwards

    def _all(self, request: AccessRequest) -> Iterator[_Done]:
        is_broken = False
        for specification, data in zip(request.specifications, request.data, strict=True):
            if is_broken:
                yield _LEFT_OUT[type(specification)], NULL_DATA, None
                continue
            done = self._one(specification, data)
            _, code = done[0]
            is_broken = request.invoke.break_on_error and code != 0
            yield done

    def _one(self, specification: Specification, data: bytes) -> _Done:
        match specification:
            case AccessGet(target=target):
                found = self._read(target.attribute, target.selection, self._client_sap)
                if isinstance(found, DataAccessResult):
                    return (Service.GET, found), NULL_DATA, None
                value = encode_data(found) if isinstance(found, Data) else found
                return (Service.GET, DataAccessResult.SUCCESS), value, None
            case AccessSet(target=target):
                written = self._write(target.attribute, target.selection, data, self._client_sap)
                return (Service.SET, written), NULL_DATA, None
            case AccessAction(method=method):
                parameter = None if data == NULL_DATA else data
                acted = self._act(method, parameter, self._client_sap)
                returned = NULL_DATA if acted.returned is None else acted.returned
                return (Service.ACTION, acted.result), returned, acted.afterwards
            case _:
                assert_never(specification)
