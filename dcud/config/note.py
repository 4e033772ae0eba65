"""What is said of a configuration key beside its kind."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Note:
    """One key's sentence.

    Attributes:
        sentence: what the key is for.
        derived: the default in words, where it depends on other keys.
        example: a value for the reference file, which writes the key out in place of a comment.
        own: whether only a meter itself can hold the key, and no template.
    """

    sentence: str
    derived: str = ""
    example: object = None
    own: bool = False
