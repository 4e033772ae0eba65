"""The list of the objects that a meter lets its client see, however the meter knows them."""

from dcud.cli.progress import progress
from dcud.cosem.association_view import ASSOCIATION_LN, ObjectListElement, decode_object_list
from dcud.dlms.access import AttributeDescriptor, DataAccessResult
from dcud.dlms.obis import Obis
from dcud.line.session import Session

_OBJECT_LIST = 2
"""Attribute. [IEC 62056-6-2: Association LN]"""


async def object_list(
    session: Session, association: Obis, *, wants_progress: bool
) -> tuple[ObjectListElement, ...] | DataAccessResult:
    """Return the objects, or why the meter doesn't tell them.

    Args:
        session: an open one.
        association: whom to ask; a meter that knows short names has none but the current one.
        wants_progress: whether a bar may be shown.

    Raises:
        ProtocolError: the request failed, or what came is no list.
    """
    with progress("object list", wanted=wants_progress) as bar:
        if session.knows_short_names:
            return await _by_short_names(session)
        attribute = AttributeDescriptor(ASSOCIATION_LN, association, _OBJECT_LIST)
        answer = await session.get(attribute, progress=bar.octets)
    return answer if isinstance(answer, DataAccessResult) else decode_object_list(answer)


async def _by_short_names(session: Session) -> tuple[ObjectListElement, ...] | DataAccessResult:
    """Return the objects; such a meter tells no rights along with them."""
    from dcud.cosem.short_names import decode_named_objects  # noqa: PLC0415  # few meters want it
    from dcud.dlms.requests import ReadVariable  # noqa: PLC0415  # likewise
    from dcud.dlms.short_names import OBJECT_LIST  # noqa: PLC0415  # likewise

    answer = await session.ask(ReadVariable(OBJECT_LIST))
    if isinstance(answer, DataAccessResult):
        return answer
    return tuple(
        [
            ObjectListElement(
                class_id=each.class_id, version=each.version, logical_name=each.logical_name
            )
            for each in decode_named_objects(answer)
        ]
    )
