from pathlib import Path

import pytest

from dcud.config.key_entries import Entry
from dcud.config.key_weakness import KeyFileContent, weaknesses
from dcud.dlms.secret import Secret

GOOD = bytes.fromhex("8f1c3a5be2790d46a1b3c5d7e9fb0d1f")


def content(entries: dict[Entry, bytes], path: str = "k") -> KeyFileContent:
    secrets = {entry: Secret(octets) for entry, octets in entries.items()}
    return KeyFileContent(
        path=Path(path), entries=secrets, line=lambda entry: list(secrets).index(entry) + 1
    )


def told(entries: dict[Entry, bytes]) -> list[str]:
    problems = weaknesses([content(entries)])
    return [f"{problem.line} {problem.key}: {problem.message}" for problem in problems]


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (bytes(16), "is all zeros"),
        (bytes(32), "is all zeros"),
        (b"\xff" * 16, "is one octet, repeated"),
        (bytes(range(16)), "counts up, as the keys of examples in the standard do"),
        (bytes(range(0xD0, 0xE0)), "counts up, as the keys of examples in the standard do"),
        (bytes(range(32)), "counts up, as the keys of examples in the standard do"),
        (bytes(range(16)) * 2, "counts up, as the keys of examples in the standard do"),
    ],
)
def test_keys_that_anybody_would_try_are_told(octets: bytes, message: str) -> None:
    assert told({("meter", "m", "broadcast_key"): octets}) == [
        f"1 meter.m.broadcast_key: {message}"
    ]


@pytest.mark.parametrize("octets", [GOOD, bytes(range(16)) + GOOD, bytes(15) + b"\x01"])
def test_other_keys_are_left_alone(octets: bytes) -> None:
    assert told({("meter", "m", "unicast_key"): octets}) == []


def test_a_meters_keys_should_differ() -> None:
    assert told(
        {("meter", "m", "unicast_key"): GOOD, ("meter", "m", "authentication_key"): GOOD}
    ) == ["2 meter.m.authentication_key: is the same as unicast_key"]


def test_a_key_of_two_meters_is_told_at_the_second() -> None:
    assert told(
        {
            ("meter", "a", "unicast_key"): GOOD,
            ("meter", "b", "master_key"): GOOD,
            ("meter", "a", "broadcast_key"): GOOD[::-1],
            ("meter", "b", "broadcast_key"): GOOD[::-1],
        }
    ) == ["2 meter.b.master_key: is the same as meter.a.unicast_key"]


def test_a_key_of_all_meters_is_told() -> None:
    assert told({("default", "unicast_key"): GOOD, ("default", "broadcast_key"): GOOD[::-1]}) == [
        "1 default.unicast_key: is the key of all meters that have none of their own"
    ]


def test_a_key_of_two_meters_is_told_across_files() -> None:
    one = content({("meter", "a", "unicast_key"): GOOD}, "one")
    other = content({("meter", "b", "unicast_key"): GOOD}, "other")
    copy = content({("meter", "a", "unicast_key"): GOOD}, "copy")
    assert [str(problem).split(";")[0] for problem in weaknesses([one, other, copy])] == [
        "other:1: meter.b.unicast_key: is the same as meter.a.unicast_key of one"
    ]


def test_a_replaced_key_may_be_weak() -> None:
    assert told({("meter", "a", "previous_unicast_key"): bytes(16)}) == []


def test_passwords_and_private_keys_are_not_judged() -> None:
    entries: dict[Entry, bytes] = {
        ("meter", "a", "lls_password"): bytes(16),
        ("meter", "b", "lls_password"): bytes(16),
        ("gateway", "signing_key"): bytes(16),
    }
    assert told(entries) == []
