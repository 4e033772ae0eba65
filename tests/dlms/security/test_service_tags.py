import pytest

from dcud.dlms.security.service_tags import (
    DEDICATED_TAGS,
    GLOBAL_TAGS,
    PLAIN_OF_DEDICATED,
    PLAIN_OF_GLOBAL,
)

# [IEC 62056-5-3: COSEMpdu]: the choice numbers, in decimal as they stand there.
SERVICES = [
    ("initiateRequest", 1, 33, 65),
    ("readRequest", 5, 37, 69),
    ("writeRequest", 6, 38, 70),
    ("initiateResponse", 8, 40, 72),
    ("readResponse", 12, 44, 76),
    ("writeResponse", 13, 45, 77),
    ("confirmedServiceError", 14, 46, 78),
    ("unconfirmedWriteRequest", 22, 54, 86),
    ("informationReportRequest", 24, 56, 88),
    ("get-request", 192, 200, 208),
    ("set-request", 193, 201, 209),
    ("event-notification-request", 194, 202, 210),
    ("action-request", 195, 203, 211),
    ("get-response", 196, 204, 212),
    ("set-response", 197, 205, 213),
    ("action-response", 199, 207, 215),
]


@pytest.mark.parametrize(("name", "plain", "under_global", "under_dedicated"), SERVICES)
def test_each_service_has_its_tags(
    name: str, plain: int, under_global: int, under_dedicated: int
) -> None:
    assert GLOBAL_TAGS[plain] == under_global
    assert DEDICATED_TAGS[plain] == under_dedicated
    assert PLAIN_OF_GLOBAL[under_global] == plain
    assert PLAIN_OF_DEDICATED[under_dedicated] == plain


def test_there_are_no_others() -> None:
    tables = (GLOBAL_TAGS, DEDICATED_TAGS, PLAIN_OF_GLOBAL, PLAIN_OF_DEDICATED)
    assert {len(table) for table in tables} == {len(SERVICES)}
    assert not PLAIN_OF_GLOBAL.keys() & PLAIN_OF_DEDICATED.keys()
