"""What is known of an interface class: its attributes with their types, its methods."""

from dataclasses import dataclass


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
    """One version of one interface class.

    Attributes:
        class_id: 0..65535.
        version: 0..255.
        name: the standard's name.
        attributes: in order of their index.
        methods: in order of their index.
        methods_offset: how far the first method's short name lies above the object's base name;
            the others follow 8 apart. None where it is not known here.
    """

    class_id: int
    version: int
    name: str
    attributes: tuple[Attribute, ...]
    methods: tuple[Method, ...]
    methods_offset: int | None = None

    def attribute(self, key: str | int) -> Attribute | None:
        """Return the attribute of that name, or of that index; None where the class has none."""
        return next((each for each in self.attributes if key in {each.name, each.index}), None)

    def method(self, key: str | int) -> Method | None:
        """Return the method of that name, or of that index; None where the class has none."""
        return next((each for each in self.methods if key in {each.name, each.index}), None)
