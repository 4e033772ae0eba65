from dcud.cosem.interface_class import Attribute, InterfaceClass, Method

VALUE = Attribute(index=2, name="value", type="CHOICE", dynamic=True, scaled_by=3)
RESET = Method(index=1, name="reset")
REGISTER = InterfaceClass(
    class_id=3, version=0, name="Register", attributes=(VALUE,), methods=(RESET,)
)


def test_an_attribute_is_found_by_name_or_index() -> None:
    assert REGISTER.attribute("value") is VALUE
    assert REGISTER.attribute(2) is VALUE
    assert REGISTER.attribute("buffer") is None
    assert REGISTER.attribute(4) is None


def test_a_method_is_found_by_name_or_index() -> None:
    assert REGISTER.method("reset") is RESET
    assert REGISTER.method(1) is RESET
    assert REGISTER.method("capture") is None
    assert REGISTER.method(2) is None


def test_where_methods_lie_is_unknown_unless_said() -> None:
    assert REGISTER.methods_offset is None
