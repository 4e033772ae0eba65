"""An open association whose meter says what a table says."""

from collections.abc import Callable, Mapping

from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.data import Data, encode_data
from dcud.errors import DcudError
from tests.support.no_lists import NoLists

Said = Data | bytes | DataAccessResult | DcudError


class ScriptedReader(NoLists):
    """Answers by "3/1.0.1.8.0.255/2"; what isn't in the table is object-undefined.

    A `DcudError` is raised; `lost` makes the association end with it.
    """

    def __init__(self, said: Mapping[str, Said], *, lost: bool = False) -> None:
        self._said = said
        self._lost = lost
        self.is_open = True
        self.asked: list[tuple[str, Selection | None]] = []

    async def get(
        self,
        attribute: AttributeDescriptor,
        selection: Selection | None = None,
        *,
        progress: Callable[[int], None] | None = None,
    ) -> bytes | DataAccessResult:
        self.asked.append((str(attribute), selection))
        said = self._said.get(str(attribute), DataAccessResult.OBJECT_UNDEFINED)
        if isinstance(said, DcudError):
            self.is_open = not self._lost
            raise said
        if isinstance(said, DataAccessResult):
            return said
        octets = encode_data(said) if isinstance(said, Data) else said
        if progress is not None:
            progress(len(octets))
        return octets
