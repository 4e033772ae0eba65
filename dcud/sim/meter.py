"""A simulated electricity meter: its objects with what they say at any time."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo

from dcud.cosem.register import ScalerUnit
from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.apdu.action import ActionResult, MethodDescriptor
from dcud.dlms.constructors import (
    array,
    double_long_unsigned,
    enum,
    integer,
    long64_unsigned,
    long_unsigned,
    null_data,
    octet_string,
    structure,
    unsigned,
)
from dcud.dlms.data_types import Data
from dcud.dlms.datalink import ClientSap
from dcud.dlms.obis import Obis
from dcud.dlms.server import Acted, ServerApplication, ServerParameters
from dcud.sim import changeable, push
from dcud.sim.changeable import Changeable, Key
from dcud.sim.consumption import LoadCurve
from dcud.sim.load_profile import (
    CLOCK,
    BufferEncoding,
    Column,
    LoadProfile,
    SelectionRefusedError,
    clock_octets,
)

WATT, VAR, WATT_HOUR, VAR_HOUR, AMPERE, VOLT, HERTZ = 27, 29, 30, 32, 33, 35, 44
"""[IEC 62056-6-2: unit]"""

QUARTER = 900.0

Instant = Callable[[float], Data]
"""What something is at a unix second."""
Attribute = Callable[[float, Selection | None], Data | bytes]
"""What a read of an attribute gives at a unix second: Data, or its A-XDR octets."""
Attributes = Mapping[int, Attribute]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterParameters:
    """What tells one simulated meter from another.

    Attributes:
        number: 1..; serial number and load curve follow from it.
        installed: unix second from which it counts energy and captures entries.
        capture_period: seconds between the entries of its load profile.
        capacity: entries that its load profile holds.
        zone: of its clock.
        buffer_encoding: the form in which the rows of its load profile come.
    """

    number: int
    installed: float
    capture_period: int = 900
    capacity: int = 2976
    zone: tzinfo = UTC
    buffer_encoding: BufferEncoding = BufferEncoding.PLAIN

    @property
    def logical_device_name(self) -> str:
        """Return the 16 characters that begin with the manufacturer's three letters."""
        return f"SIM{self.number:013d}"


class SimulatedMeter:
    """Answers reads of its attributes; the same parameters and time give the same answer.

    Args:
        parameters: what tells it from others.
        clock: unix seconds.
        extra: objects that it has beside those of every simulated meter.
    """

    def __init__(
        self,
        parameters: MeterParameters,
        clock: Callable[[], float],
        extra: Mapping[Key, Attributes] | None = None,
    ) -> None:
        self.parameters = parameters
        self._changeable = Changeable(clock, parameters.zone)
        own = {**self._changeable.objects(), **(extra or {})}
        self._objects = _objects(parameters, own)
        self._names = {name for _, name in self._objects}
        self._pushed = 0

    @property
    def keys(self) -> Iterable[Key]:
        """The objects that it has, as class and logical name."""
        return self._objects.keys()

    def read(
        self, attribute: AttributeDescriptor, selection: Selection | None
    ) -> Data | bytes | DataAccessResult:
        """Return what the attribute holds now, or why the meter does not say."""
        attributes = self._objects.get((attribute.class_id, attribute.logical_name))
        if attributes is None:
            if attribute.logical_name in self._names:
                return DataAccessResult.OBJECT_CLASS_INCONSISTENT
            return DataAccessResult.OBJECT_UNDEFINED
        value = attributes.get(attribute.attribute)
        if value is None:
            return DataAccessResult.READ_WRITE_DENIED
        try:
            return value(self._changeable.clock(), selection)
        except SelectionRefusedError:
            return DataAccessResult.OTHER_REASON

    def write(self, attribute: AttributeDescriptor, value: bytes) -> DataAccessResult:
        """Take a value, encoded, for an attribute, or say why not."""
        key = (attribute.class_id, attribute.logical_name)
        if key not in self._objects:
            return DataAccessResult.OBJECT_UNDEFINED
        if (key, attribute.attribute) not in changeable.ATTRIBUTES:
            return DataAccessResult.READ_WRITE_DENIED
        return self._changeable.write(key, attribute.attribute, value)

    def has_method(self, method: MethodDescriptor) -> bool:
        """Tell whether it can be called."""
        return ((method.class_id, method.logical_name), method.method) in changeable.METHODS

    def call(self, method: MethodDescriptor, parameter: bytes | None) -> ActionResult:
        """Carry a method out, or say why not."""
        key = (method.class_id, method.logical_name)
        if key not in self._objects:
            return ActionResult.OBJECT_UNDEFINED
        if not self.has_method(method):
            return ActionResult.READ_WRITE_DENIED
        return self._changeable.call(key, method.method, parameter)

    def notifications(self) -> list[bytes]:
        """Take (and forget) what it says unasked now, as APDUs."""
        due = self._changeable.take_push()
        if due is None:
            return []
        self._pushed += 1
        return [push.notification(self._pushed, due, self.read)]

    def object_list(self, names: Container[Obis]) -> Data:
        """Return the association view of a client that sees these objects alone."""
        seen = {key: value for key, value in self._objects.items() if key[1] in names}
        return _object_list(seen)

    def serve(
        self,
        attribute: AttributeDescriptor,
        selection: Selection | None,
        _client_sap: ClientSap,
    ) -> Data | bytes | DataAccessResult:
        """Answer a client: all clients see the same."""
        return self.read(attribute, selection)

    def take(
        self,
        attribute: AttributeDescriptor,
        selection: Selection | None,
        value: bytes,
        _client_sap: ClientSap,
    ) -> DataAccessResult:
        """Take what a client writes: whole attributes alone."""
        if selection is not None:
            return DataAccessResult.SCOPE_OF_ACCESS_VIOLATED
        return self.write(attribute, value)

    def act(
        self, method: MethodDescriptor, parameter: bytes | None, _client_sap: ClientSap
    ) -> Acted:
        """Do what a client calls for."""
        return Acted(result=self.call(method, parameter))

    def application(self, parameters: ServerParameters, client_sap: ClientSap) -> ServerApplication:
        """Return what one client speaks to, not associated yet."""
        return ServerApplication(self.serve, parameters, client_sap, self.act, self.take)


def _objects(parameters: MeterParameters, extra: Mapping[Key, Attributes]) -> dict[Key, Attributes]:
    """Build the whole table of objects, the association view included."""
    curve = LoadCurve(parameters.logical_device_name)
    quantities = _quantities(curve, parameters.installed)
    objects: dict[Key, Attributes] = {
        _key(1, "0.0.42.0.0.255"): {2: _text(parameters.logical_device_name)},
        _key(1, "0.0.96.1.0.255"): {2: _text(f"{parameters.number:08d}")},
        _key(1, "0.0.96.10.1.255"): {2: _fixed(unsigned(0))},
        _key(8, str(CLOCK)): _clock(parameters.zone),
        _key(4, "1.0.1.6.0.255"): _maximum_demand(curve, parameters.zone),
        _key(5, "1.0.1.4.0.255"): _demand(curve, parameters.zone),
        _key(7, "1.0.99.1.0.255"): _profile_generic(_load_profile(parameters, quantities)),
        **extra,
    }
    for name, (value, scaler_unit) in quantities.items():
        objects[_key(3, name)] = {2: _varying(value), 3: _fixed(scaler_unit.to_data())}
    association = _key(15, "0.0.40.0.0.255")
    objects[association] = {2: lambda _now, _selection: _object_list(objects)}
    return {
        key: {1: _fixed(octet_string(key[1].octets)), **attributes}
        for key, attributes in objects.items()
    }


def _key(class_id: int, logical_name: str) -> Key:
    return class_id, Obis.parse(logical_name)


def _fixed(data: Data) -> Attribute:
    return lambda _now, _selection: data


def _varying(value: Instant) -> Attribute:
    return lambda now, _selection: value(now)


def _text(text: str) -> Attribute:
    return _fixed(octet_string(text.encode("ascii")))


def _quantities(curve: LoadCurve, installed: float) -> dict[str, tuple[Instant, ScalerUnit]]:
    """Return the registers by logical name."""

    def energy(share: float) -> Instant:
        return lambda t: double_long_unsigned(int(curve.energy(t, installed) * share))

    def voltage(phase: str) -> Callable[[float], float]:
        return lambda t: 230 + 4 * curve.ripple(t, f"voltage-{phase}")

    def current(t: float) -> float:
        return curve.power(t) / voltage("l1")(t)

    watt_hour = ScalerUnit(scaler=0, unit=WATT_HOUR)
    var_hour = ScalerUnit(scaler=0, unit=VAR_HOUR)
    volt = ScalerUnit(scaler=-1, unit=VOLT)
    quantities: dict[str, tuple[Instant, ScalerUnit]] = {
        "1.0.1.8.0.255": (energy(1.0), watt_hour),
        "1.0.2.8.0.255": (energy(0.03), watt_hour),
        "1.0.3.8.0.255": (energy(0.21), var_hour),
        "1.0.4.8.0.255": (energy(0.05), var_hour),
        "1.0.15.8.0.255": (
            # In milliwatt-hours since long ago: a count that no 32-bit register could hold.
            lambda t: long64_unsigned(2**40 + int(curve.energy(t, installed) * 1000)),
            ScalerUnit(scaler=-3, unit=WATT_HOUR),
        ),
        "1.0.1.7.0.255": (
            lambda t: double_long_unsigned(
                int(curve.power(t) * (1 + 0.05 * curve.ripple(t, "power")))
            ),
            ScalerUnit(scaler=0, unit=WATT),
        ),
        "1.0.14.7.0.255": (
            lambda t: long_unsigned(int(5000 + 3 * curve.ripple(t, "frequency"))),
            ScalerUnit(scaler=-2, unit=HERTZ),
        ),
        "1.0.31.7.0.255": (
            lambda t: long_unsigned(int(current(t) * 100)),
            ScalerUnit(scaler=-2, unit=AMPERE),
        ),
    }
    for phase, name in (("l1", "1.0.32.7.0.255"), ("l2", "1.0.52.7.0.255")):
        quantities[name] = (_tenths(voltage(phase)), volt)
    return quantities


def _tenths(value: Callable[[float], float]) -> Instant:
    return lambda t: long_unsigned(int(value(t) * 10))


def _clock(zone: tzinfo) -> Attributes:
    return {
        2: _varying(lambda now: clock_octets(now, zone)),
        4: _fixed(unsigned(0)),
    }


def _mean_power(curve: LoadCurve, end: float) -> int:
    return int(curve.energy(end, end - QUARTER) * 3600 / QUARTER)


def _maximum_demand(curve: LoadCurve, zone: tzinfo) -> Attributes:
    """An extended register: the highest quarter of an hour of the day before."""

    def highest(now: float) -> float:
        midnight = now // 86_400 * 86_400
        quarters = (midnight - n * QUARTER for n in range(96))
        return max(quarters, key=lambda end: _mean_power(curve, end))

    return {
        2: _varying(lambda now: double_long_unsigned(_mean_power(curve, highest(now)))),
        3: _fixed(ScalerUnit(scaler=0, unit=WATT).to_data()),
        4: _fixed(null_data()),
        5: _varying(lambda now: clock_octets(highest(now), zone)),
    }


def _demand(curve: LoadCurve, zone: tzinfo) -> Attributes:
    """A demand register over a quarter of an hour."""

    def began(now: float) -> float:
        return now // QUARTER * QUARTER

    def current(now: float) -> int:
        return int(curve.energy(now, began(now)) * 3600 / QUARTER)

    return {
        2: _varying(lambda now: double_long_unsigned(current(now))),
        3: _varying(lambda now: double_long_unsigned(_mean_power(curve, began(now)))),
        4: _fixed(ScalerUnit(scaler=0, unit=WATT).to_data()),
        5: _fixed(null_data()),
        6: _varying(lambda now: clock_octets(began(now), zone)),
        7: _varying(lambda now: clock_octets(began(now), zone)),
        8: _fixed(double_long_unsigned(int(QUARTER))),
        9: _fixed(long_unsigned(1)),
    }


def _load_profile(
    parameters: MeterParameters, quantities: Mapping[str, tuple[Instant, ScalerUnit]]
) -> LoadProfile:
    names = (
        "1.0.1.8.0.255",
        "1.0.2.8.0.255",
        "1.0.3.8.0.255",
        "1.0.4.8.0.255",
        "1.0.32.7.0.255",
        "1.0.31.7.0.255",
    )
    status = Column(
        class_id=1,
        logical_name=Obis.parse("0.0.96.10.1.255"),
        attribute=2,
        value=lambda _: unsigned(0),
    )
    registers = (
        Column(class_id=3, logical_name=Obis.parse(name), attribute=2, value=quantities[name][0])
        for name in names
    )
    return LoadProfile(
        (status, *registers),
        period=parameters.capture_period,
        capacity=parameters.capacity,
        started=parameters.installed,
        zone=parameters.zone,
        encoding=parameters.buffer_encoding,
    )


def _profile_generic(profile: LoadProfile) -> Attributes:
    return {
        2: profile.buffer,
        3: _fixed(profile.capture_objects()),
        4: _fixed(double_long_unsigned(profile.period)),
        5: _fixed(enum(1)),
        6: _fixed(profile.sort_object()),
        7: _varying(lambda now: double_long_unsigned(profile.entries_in_use(now))),
        8: _fixed(double_long_unsigned(profile.capacity)),
    }


def _object_list(objects: Mapping[Key, Attributes]) -> Data:
    """Return the association view."""
    return array(
        structure(
            (
                long_unsigned(key[0]),
                unsigned(1 if key[0] in {7, 15} else 0),
                octet_string(key[1].octets),
                _rights(key, sorted({1, *attributes})),
            )
        )
        for key, attributes in sorted(objects.items())
    )


def _rights(key: Key, indices: Sequence[int]) -> Data:
    """Return the rights to read (1), to read and write (3), and to call (1).

    [IEC 62056-6-2: access_rights]
    """
    may_write = {index for changed, index in changeable.ATTRIBUTES if changed == key}
    methods = sorted(index for called, index in changeable.METHODS if called == key)
    return structure(
        (
            array(
                structure((integer(index), enum(3 if index in may_write else 1), null_data()))
                for index in indices
            ),
            array(structure((integer(index), enum(1))) for index in methods),
        )
    )
