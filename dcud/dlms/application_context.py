"""The application contexts that an association can be made in."""

from enum import Enum


class ApplicationContext(Enum):
    """The registered contexts, each valued with the content of its object identifier.

    [IEC 62056-5-3: COSEM application context name]
    """

    LOGICAL_NAMES = bytes.fromhex("60857405080101")
    SHORT_NAMES = bytes.fromhex("60857405080102")
    LOGICAL_NAMES_WITH_CIPHERING = bytes.fromhex("60857405080103")
    SHORT_NAMES_WITH_CIPHERING = bytes.fromhex("60857405080104")


def context_words(name: bytes) -> str:
    """Return a context's name in words; one that isn't registered is told in hex."""
    try:
        return ApplicationContext(name).name.lower().replace("_", " ")
    except ValueError:
        return f"unknown context {name.hex()}"
