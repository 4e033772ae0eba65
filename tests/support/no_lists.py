"""A meter that gives one attribute at a time."""

from collections.abc import Sequence

from dcud.dlms.access import AttributeDescriptor, DataAccessResult


class NoLists:
    """What a reader says of lists then."""

    list_limit = 1

    async def get_many(
        self, attributes: Sequence[AttributeDescriptor]
    ) -> tuple[bytes | DataAccessResult, ...]:
        raise AssertionError(attributes)
