import pytest

from tests.support.trees import apdu, fields, sound


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        # In the keys of the DLMS Green Book.
        (
            "C81E1001234567C0010000080000010000FF020006725D910F9221D263877516",
            "glo-get-request suite 0, authenticated IC 19088743, 13 octets of plaintext",
        ),
        ("D50720000000010102", "ded-set-response suite 0, encrypted IC 1, 2 octets of ciphertext"),
        (
            "28053000000001",
            "glo-initiate-response suite 0, authenticated, encrypted IC 1, 0 octets of ciphertext",
        ),
        (
            "DB084B414D450134908307D100000002ABCD",
            (
                "general-glo-ciphering suite 1, authenticated, broadcast key, compressed "
                "IC 2, 0 octets of plaintext"
            ),
        ),
        (
            "DC000620000000010A",
            "general-ded-ciphering suite 0, encrypted IC 1, 1 octets of ciphertext",
        ),
        (
            "DD0000000000000720000000010A0B",
            "general-ciphering suite 0, encrypted IC 1, 2 octets of ciphertext",
        ),
        ("DF0000000000020A0B01FF", "general-signing 2 octets"),
    ],
)
def test_headers_are_told(octets: str, words: str) -> None:
    assert sound(octets).words == words


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ("010001", [("key-info", 0, "identified-key"), ("key-id", 1, "")]),
        ("01010002ABCD", [("kek-id", 0, ""), ("key-ciphered-data", "ABCD", "")]),
        ("010202AB0100", [("key-parameters", "AB01", ""), ("key-ciphered-data", "", "")]),
        ("010901AB", [("key-info", 9, "unknown"), ("key", "AB", "")]),
    ],
)
def test_how_the_key_is_told(info: str, expected: list[tuple[str, object, str]]) -> None:
    told = sound(f"DD0000000000{info}0620000000010A")
    assert all(each in fields(told) for each in expected), fields(told)


def test_a_length_beyond_the_end() -> None:
    assert apdu("C81E10").has_trouble
