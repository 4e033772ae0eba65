import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.apdu.information_report import InformationReport
from dcud.dlms.errors import DecodeError
from dcud.dlms.variable_access import Variable, VariableName, VariablesWithValues
from tests.support.variables import writings


@pytest.mark.parametrize(
    ("octets", "time"),
    [
        ("1800" + "0102fa10" + "011107", None),
        ("18010f" + b"20260601120000Z".hex() + "0102fa10" + "011107", b"20260601120000Z"),
    ],
)
def test_it_is_these_octets(octets: str, time: bytes | None) -> None:
    report = InformationReport(
        VariablesWithValues((VariableName(0xFA10),), (b"\x11\x07",)), current_time=time
    )
    assert report.encode().hex() == octets
    assert InformationReport.decode(bytes.fromhex(octets)) == report


def test_a_time_behind_a_tag_of_data_is_understood() -> None:
    time = "07ea060101" + "0c000000" + "ff8880"
    report = InformationReport.decode(bytes.fromhex("18" + "090c" + time + "0000"))
    assert report == InformationReport(VariablesWithValues((), ()), bytes.fromhex(time))


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        ("16", "tag 16 stands where InformationReport"),
        ("18000102fa1000", "0 values for 1 variables"),
        ("18000102fa1001110700", "1 octets too many"),
    ],
)
def test_malformed_ones_are_refused(octets: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        InformationReport.decode(bytes.fromhex(octets))


@given(st.none() | st.binary(max_size=20), writings)
def test_decoding_gives_it_back(time: bytes | None, pairs: list[tuple[Variable, bytes]]) -> None:
    told = VariablesWithValues(tuple(each for each, _ in pairs), tuple(value for _, value in pairs))
    report = InformationReport(told, time)
    assert InformationReport.decode(report.encode()) == report


@given(st.binary(max_size=60), st.sampled_from(["18", "1800", ""]))
def test_any_octets_end_in_a_value_or_a_decode_error(octets: bytes, begins: str) -> None:
    try:
        InformationReport.decode(bytes.fromhex(begins) + octets)
    except DecodeError as error:
        assert error.message  # noqa: PT017  # whatever else is raised fails the test
