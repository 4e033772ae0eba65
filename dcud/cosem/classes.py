"""The interface classes: which attributes an object has, which methods.

A class is one row of the table at the end, as [IEC 62056-6-2: interface classes] has it. Attribute
1, the logical name, is common to all and stands in no row: attributes count up from 2, methods
from 1. A version that only adds to the one before it is written as that row with more in it.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute of an interface class.

    Attributes:
        index: its number, 1..127.
        name: the standard's name, snake-cased.
        type: the standard's name of the type, "CHOICE" where each object has its own.
        dynamic: whether the meter changes it by itself.
        scaled_by: index of the scaler_unit attribute that holds for it, None where none does.
    """

    index: int
    name: str
    type: str
    dynamic: bool = False
    scaled_by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of an interface class: its number, from 1, with its standard name."""

    index: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceClass:
    """One version of one interface class; attributes and methods in order of their index."""

    class_id: int
    version: int
    name: str
    attributes: tuple[Attribute, ...]
    methods: tuple[Method, ...]

    def attribute(self, key: str | int) -> Attribute | None:
        """Return the attribute of that name, or of that index; None where the class has none."""
        return next((each for each in self.attributes if key in {each.name, each.index}), None)

    def method(self, key: str | int) -> Method | None:
        """Return the method of that name, or of that index; None where the class has none."""
        return next((each for each in self.methods if key in {each.name, each.index}), None)


def interface_class(class_id: int, version: int | None = None) -> InterfaceClass | None:
    """Return the class as of a version, by default its latest; None where the class is unknown.

    A version that is not in the table gives the nearest older one, else the oldest: classes grow
    at their end, so what versions share keeps its number.
    """
    versions = _VERSIONS.get(class_id)
    if versions is None:
        return None
    if version is None:
        return versions[-1]
    older = [known for known in versions if known.version <= version]
    return older[-1] if older else versions[0]


def interface_classes() -> tuple[InterfaceClass, ...]:
    """Return every version of every class known, in order of class id, then of version."""
    return tuple(known for class_id in sorted(_VERSIONS) for known in _VERSIONS[class_id])


def _static(name: str, type_name: str, *, scaled_by: int | None = None) -> Attribute:
    return Attribute(index=0, name=name, type=type_name, scaled_by=scaled_by)


def _dynamic(name: str, type_name: str, *, scaled_by: int | None = None) -> Attribute:
    return Attribute(index=0, name=name, type=type_name, dynamic=True, scaled_by=scaled_by)


def _class(
    class_id: int,
    version: int,
    name: str,
    attributes: tuple[Attribute, ...],
    methods: tuple[str, ...] = (),
) -> InterfaceClass:
    numbered = enumerate((_static("logical_name", "octet-string"), *attributes), start=1)
    return InterfaceClass(
        class_id=class_id,
        version=version,
        name=name,
        attributes=tuple(replace(attribute, index=index) for index, attribute in numbered),
        methods=tuple(Method(index=index, name=each) for index, each in enumerate(methods, 1)),
    )


_ASSOCIATION_LN_0 = (
    _static("object_list", "object_list_type"),
    _static("associated_partners_id", "associated_partners_type"),
    _static("application_context_name", "application_context_name"),
    _static("xdlms_context_info", "xDLMS_context_type"),
    _static("authentication_mechanism_name", "mechanism_name"),
    _static("secret", "octet-string"),
    _dynamic("association_status", "enum"),
)
_ASSOCIATION_LN_1 = (*_ASSOCIATION_LN_0, _static("security_setup_reference", "octet-string"))
_ASSOCIATION_LN_2 = (
    *_ASSOCIATION_LN_1,
    _static("user_list", "array"),
    _dynamic("current_user", "structure"),
)
_ASSOCIATION_LN_0_METHODS = (
    "reply_to_hls_authentication",
    "change_hls_secret",
    "add_object",
    "remove_object",
)
_ASSOCIATION_LN_2_METHODS = (*_ASSOCIATION_LN_0_METHODS, "add_user", "remove_user")

_PROFILE_GENERIC = (
    _dynamic("buffer", "array"),
    _static("capture_objects", "array"),
    _static("capture_period", "double-long-unsigned"),
    _static("sort_method", "enum"),
    _static("sort_object", "capture_object_definition"),
    _dynamic("entries_in_use", "double-long-unsigned"),
    _static("profile_entries", "double-long-unsigned"),
)

_ROWS = (
    _class(1, 0, "Data", (_dynamic("value", "CHOICE"),)),
    _class(
        3,
        0,
        "Register",
        (
            _dynamic("value", "CHOICE", scaled_by=3),
            _static("scaler_unit", "scal_unit_type"),
        ),
        ("reset",),
    ),
    _class(
        4,
        0,
        "Extended register",
        (
            _dynamic("value", "CHOICE", scaled_by=3),
            _static("scaler_unit", "scal_unit_type"),
            _dynamic("status", "CHOICE"),
            _dynamic("capture_time", "octet-string"),
        ),
        ("reset",),
    ),
    _class(
        5,
        0,
        "Demand register",
        (
            _dynamic("current_average_value", "CHOICE", scaled_by=4),
            _dynamic("last_average_value", "CHOICE", scaled_by=4),
            _static("scaler_unit", "scal_unit_type"),
            _dynamic("status", "CHOICE"),
            _dynamic("capture_time", "octet-string"),
            _dynamic("start_time_current", "octet-string"),
            _static("period", "double-long-unsigned"),
            _static("number_of_periods", "long-unsigned"),
        ),
        ("reset", "next_period"),
    ),
    _class(
        7,
        0,
        "Profile generic",
        _PROFILE_GENERIC,
        ("reset", "capture", "get_buffer_by_range", "get_buffer_by_index"),
    ),
    _class(7, 1, "Profile generic", _PROFILE_GENERIC, ("reset", "capture")),
    _class(
        8,
        0,
        "Clock",
        (
            _dynamic("time", "octet-string"),
            _static("time_zone", "long"),
            _dynamic("status", "unsigned"),
            _static("daylight_savings_begin", "octet-string"),
            _static("daylight_savings_end", "octet-string"),
            _static("daylight_savings_deviation", "integer"),
            _static("daylight_savings_enabled", "boolean"),
            _static("clock_base", "enum"),
        ),
        (
            "adjust_to_quarter",
            "adjust_to_measuring_period",
            "adjust_to_minute",
            "adjust_to_preset_time",
            "preset_adjusting_time",
            "shift_time",
        ),
    ),
    _class(15, 0, "Association LN", _ASSOCIATION_LN_0, _ASSOCIATION_LN_0_METHODS),
    _class(15, 1, "Association LN", _ASSOCIATION_LN_1, _ASSOCIATION_LN_0_METHODS),
    _class(15, 2, "Association LN", _ASSOCIATION_LN_2, _ASSOCIATION_LN_2_METHODS),
    _class(15, 3, "Association LN", _ASSOCIATION_LN_2, _ASSOCIATION_LN_2_METHODS),
)


def _by_version(rows: tuple[InterfaceClass, ...]) -> dict[int, tuple[InterfaceClass, ...]]:
    ids = {row.class_id for row in rows}
    return {
        class_id: tuple(
            sorted((row for row in rows if row.class_id == class_id), key=lambda row: row.version)
        )
        for class_id in ids
    }


_VERSIONS = _by_version(_ROWS)
