import pytest

from dcud.dlms.data_types import DataType
from dcud.trace.xml_names import DATA, camel


def test_every_type_of_data_has_an_element() -> None:
    assert set(DATA) == {kind.words for kind in DataType}
    assert len(set(DATA.values())) == len(DATA)


@pytest.mark.parametrize(
    ("name", "element"),
    [
        ("get-request", "GetRequest"),
        ("vaa-name", "VaaName"),
        ("called-AP-title", "CalledAPTitle"),
        ("HDLC frame", "HDLCFrame"),
        ("N(R)", "NR"),
        ("", ""),
    ],
)
def test_names_of_fields_become_names_of_elements(name: str, element: str) -> None:
    assert camel(name) == element
