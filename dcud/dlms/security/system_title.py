"""System titles: the names under which parties count and cipher.

[IEC 62056-5-3: system title]
"""

from dcud.dlms.errors import SystemTitleError

SYSTEM_TITLE_SIZE = 8
"""Octets."""


def check_system_title(whose: str, system_title: bytes) -> None:
    """Raise `SystemTitleError` unless it has 8 octets."""
    if len(system_title) != SYSTEM_TITLE_SIZE:
        raise SystemTitleError(
            f"{whose} system title, {system_title.hex() or 'empty'}, has {len(system_title)}"
            f" octets; it has {SYSTEM_TITLE_SIZE}",
            remedy="configure it with all of its octets, as the meter's data sheet tells them; some"
            " meters fill a shorter one up with 00",
        )
