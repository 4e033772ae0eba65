"""Short names of a few objects, known from the start."""

from dcud.dlms.access import AttributeDescriptor, MethodDescriptor
from dcud.dlms.short_names import UnknownNameError


class FewNames:
    """Knows a register at 0x0100, and a method of it and of the association."""

    is_known = True

    def learn(self, object_list: bytes) -> None:
        raise NotImplementedError

    def attribute(self, descriptor: AttributeDescriptor) -> int:
        if descriptor.class_id != 3:
            raise UnknownNameError(f"no {descriptor}")
        return 0x0100 + 8 * (descriptor.attribute - 1)

    def method(self, descriptor: MethodDescriptor) -> int:
        return 0x0128 if descriptor.class_id == 3 else 0xFA58

    def returns_data(self, descriptor: MethodDescriptor) -> bool:
        return descriptor.class_id == 12
