"""A simulated meter that knows its objects by short names."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from dcud.cosem.classes import InterfaceClass, interface_class
from dcud.cosem.short_names import ASSOCIATION_SN, CURRENT_ASSOCIATION
from dcud.dlms.access import (
    AttributeDescriptor,
    DataAccessResult,
    MethodDescriptor,
    Selection,
)
from dcud.dlms.conformance import IMPLEMENTED_BY_SHORT_NAMES, Conformance
from dcud.dlms.constructors import array, long, long_unsigned, octet_string, structure, unsigned
from dcud.dlms.data_types import Data
from dcud.dlms.datalink import ClientSap
from dcud.dlms.server import ServerApplication, ServerParameters
from dcud.sim.changeable import Key
from dcud.sim.meter import MeterParameters, SimulatedMeter

_STEP: Final = 8
_FIRST_BASE: Final = 0x0010
_ASSOCIATION_BASE: Final = 0xFA00
_ASSOCIATION_LN: Final = 15
_OBJECT_LIST: Final = 2
_FEWEST_NAMES: Final = 16
"""Names kept for an object of a class that isn't known."""
GRANTED: Final = IMPLEMENTED_BY_SHORT_NAMES | Conformance.UNCONFIRMED_WRITE


@dataclass(frozen=True, slots=True)
class _Named:
    """An object with the names from `base` (0..65535) on."""

    base: int
    key: Key

    @property
    def known(self) -> InterfaceClass | None:
        return interface_class(self.key[0], _version(self.key))

    @property
    def end(self) -> int:
        """The first name behind it."""
        known = self.known
        if known is None:
            return self.base + _FEWEST_NAMES * _STEP
        names = len(known.attributes)
        if known.methods_offset is not None:
            names = max(names, known.methods_offset // _STEP + len(known.methods))
        return self.base + names * _STEP

    def find(self, name: int) -> AttributeDescriptor | MethodDescriptor | None:
        """Return what of it has a name."""
        index, rest = divmod(name - self.base, _STEP)
        if rest or name >= self.end:
            return None
        known = self.known
        first = None if known is None else known.methods_offset
        if first is not None and index >= first // _STEP:
            return MethodDescriptor(*self.key, index - first // _STEP + 1)
        return AttributeDescriptor(*self.key, index + 1)

    def to_data(self) -> Data:
        """Return its entry in the list of objects."""
        signed = self.base - 0x10000 if self.base > 0x7FFF else self.base  # Integer16's end
        class_id, logical_name = self.key
        return structure(
            (
                long(signed),
                long_unsigned(class_id),
                unsigned(_version(self.key)),
                octet_string(logical_name.octets),
            )
        )


def _version(key: Key) -> int:
    return 1 if key[0] in {7, ASSOCIATION_SN} else 0


class BaseNames:
    """The short names of objects, one object's behind the other's."""

    def __init__(self, keys: Iterable[Key]) -> None:
        named: list[_Named] = []
        base = _FIRST_BASE
        for key in sorted(keys):
            named.append(_Named(base, key))
            base = named[-1].end
        named.append(_Named(_ASSOCIATION_BASE, (ASSOCIATION_SN, CURRENT_ASSOCIATION)))
        self._named = named
        self._bases = [each.base for each in named]

    def find(self, name: int) -> AttributeDescriptor | MethodDescriptor | None:
        """Return what has a name, None where nothing has."""
        at = bisect_right(self._bases, name) - 1
        return None if at < 0 else self._named[at].find(name)

    def object_list(self) -> Data:
        """Return the list of objects as the association tells it."""
        return array(each.to_data() for each in self._named)


class ShortNamedMeter:
    """One; like `SimulatedMeter` in everything else."""

    def __init__(self, parameters: MeterParameters, clock: Callable[[], float]) -> None:
        self._meter = SimulatedMeter(parameters, clock)
        self._names = BaseNames(key for key in self._meter.keys if key[0] != _ASSOCIATION_LN)

    def application(self, parameters: ServerParameters, client_sap: ClientSap) -> ServerApplication:
        """Return what one client speaks to, not associated yet."""
        parameters = replace(parameters, short_names=True, conformance=GRANTED)
        meter = self._meter
        return ServerApplication(
            self._serve, parameters, client_sap, meter.act, meter.take, self._names.find
        )

    def _serve(
        self, attribute: AttributeDescriptor, selection: Selection | None, client_sap: ClientSap
    ) -> Data | bytes | DataAccessResult:
        if attribute.class_id != ASSOCIATION_SN:
            return self._meter.serve(attribute, selection, client_sap)
        if attribute.attribute == 1:
            return octet_string(CURRENT_ASSOCIATION.octets)
        if attribute.attribute == _OBJECT_LIST:
            return self._names.object_list()
        return DataAccessResult.READ_WRITE_DENIED
