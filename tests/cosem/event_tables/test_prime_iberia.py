from dcud.cosem.event_tables.prime_iberia import PRIME_IBERIA
from tests.support.event_tables import assert_well_formed


def test_the_table_is_well_formed() -> None:
    assert_well_formed(PRIME_IBERIA)


def test_the_ten_logs_have_names() -> None:
    assert len(PRIME_IBERIA.logs) == 10
    assert PRIME_IBERIA.logs["0.0.99.98.3.255"].name == "power contract"
    assert PRIME_IBERIA.logs["0.0.99.98.9.255"].name == "power quality, finished"


def test_codes_stay_numbers() -> None:
    assert PRIME_IBERIA.text("0.0.99.98.0.255", 1) is None
