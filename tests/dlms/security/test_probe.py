import pytest

from dcud.dlms.errors import CountersSpentError, MisuseError
from dcud.dlms.security.probe import CounterProbe
from dcud.dlms.security.suite import SecuritySuite

TITLE = bytes.fromhex("4D4D4D0000BC614E")
NOISE = bytes(range(100, 164))
INITIATE = bytes.fromhex("01000000065F1F0400007E1F04B0")


def probe(noise: bytes = NOISE) -> CounterProbe:
    return CounterProbe(TITLE, SecuritySuite.SUITE_1, noise)


def test_the_request_looks_protected_and_is_noise() -> None:
    expected = "21 1F 31 00000000" + NOISE[: len(INITIATE) + 12].hex()
    assert probe().protect_initiate(INITIATE) == bytes.fromhex(expected)
    assert probe().client_system_title == TITLE
    assert probe().dedicated_key is None
    assert probe().overhead() == 0


def test_nothing_of_the_request_shows() -> None:
    assert INITIATE[4:] not in probe().protect_initiate(INITIATE)


def test_noise_that_is_too_short_is_not_repeated() -> None:
    with pytest.raises(MisuseError, match="25 octets of noise, where 26 are needed"):
        probe(NOISE[:25]).protect_initiate(INITIATE)


def test_whatever_is_no_hint_is_refused_with_the_remedy() -> None:
    for attempt in (probe().unprotect_initiate, probe().protect, probe().unprotect):
        with pytest.raises(CountersSpentError, match=r"answered with 28\); name the meter's frame"):
            attempt(b"\x28\x00")
        with pytest.raises(CountersSpentError, match=r"answered with nothing\)"):
            attempt(b"")


def test_any_meter_is_met() -> None:
    probe().meet(None)
