import pytest

from dcud.cosem.classes import interface_class
from dcud.cosem.value_shapes import parse_shape
from dcud.cosem.value_tables import SHAPES

ENTRIES = [(class_id, index) for class_id, shapes in SHAPES.items() for index in shapes]


@pytest.mark.parametrize(("class_id", "index"), ENTRIES)
def test_each_is_a_shape_of_an_attribute_that_there_is(class_id: int, index: int) -> None:
    known = interface_class(class_id)
    assert known is not None
    assert known.attribute(index) is not None
    parse_shape(SHAPES[class_id][index])
