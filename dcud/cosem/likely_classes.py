"""Which interface classes an object is likely to be of, by its logical name alone."""

from collections.abc import Mapping
from typing import Final

from dcud.dlms.obis import Obis

_MEASURED: Final = (3, 1, 4, 5, 8)
_ABSTRACT: Final = (1, 3, 4, 8, 5)
_ABSTRACT_MEDIUM: Final = 0
_PROFILE_GROUPS: Final = frozenset({98, 99})
_REGISTER_TABLES: Final = (98, 10)
_CONTROLS: Final = (96, 3)
_DISCONNECT_CONTROL: Final = 10
_ARBITRATORS: Final = range(20, 30)

_BY_GROUPS: Final[Mapping[tuple[int, int], tuple[int, ...]]] = {
    (1, 0): (8, 1, 3),
    (2, 0): (27,),
    (2, 1): (29,),
    (2, 2): (28,),
    (10, 0): (9,),
    (11, 0): (11,),
    (12, 0): (10,),
    (13, 0): (20,),
    (14, 0): (6,),
    (15, 0): (22,),
    (16, 0): (21,),
    (16, 1): (21,),
    (16, 2): (65,),
    (17, 0): (71,),
    (18, 0): (123,),
    **{(19, d): (111,) for d in range(10)},
    **{(19, d): (112,) for d in range(10, 20)},
    **{(19, d): (113,) for d in range(20, 30)},
    **{(19, d): (115,) for d in range(40, 50)},
    **{(19, d): (1, 3, 4) for d in range(50, 60)},
    **{(19, d): (116,) for d in range(60, 70)},
    (20, 0): (19,),
    (21, 0): (7,),
    (22, 0): (23,),
    **{(23, d): (24,) for d in range(4)},
    (24, 0): (25,),
    (24, 1): (72,),
    (24, 2): (4, 3, 1),
    (24, 3): (7,),
    (24, 4): (70,),
    (24, 5): (7,),
    (24, 6): (74,),
    (24, 8): (76,),
    (24, 9): (77,),
    **{(25, d): (41 + d,) for d in range(8)},
    (25, 9): (40,),
    (25, 10): (100,),
    (25, 11): (151,),
    **{(26, d): (50 + d,) for d in (0, 1, 2, 3, 5, 6)},
    **{(27, d): (57 + d,) for d in range(3)},
    **{(28, d): (80 + d,) for d in range(6)},
    (28, 6): (43,),
    (28, 7): (86,),
    **{(29, d): (90 + d,) for d in range(3)},
    **{(30, d): (101 + d,) for d in range(5)},
    (31, 0): (73,),
    **{(33, d): (140 + d,) for d in range(4)},
    (40, 0): (15, 12),
    (41, 0): (17,),
    (42, 0): (1,),
    (43, 0): (64,),
    (43, 1): (1,),
    (43, 2): (30,),
    (44, 0): (18,),
    (44, 1): (122,),
    **{(65, d): (26,) for d in range(64)},
    (66, 0): (62,),
}
"""By value groups C, D of the abstract medium. [IEC 62056-6-1: abstract objects]"""


def likely_classes(obis: Obis) -> tuple[int, ...]:
    """Return the ids of the classes that the object may be of, likeliest first; never empty."""
    groups = (obis.c, obis.d)
    if groups == _REGISTER_TABLES:
        return (61,)
    if obis.c in _PROFILE_GROUPS:
        return (7,)
    if obis.a != _ABSTRACT_MEDIUM:
        return _MEASURED
    if groups == _CONTROLS:
        return _control(obis.e)
    return _BY_GROUPS.get(groups, _ABSTRACT)


def _control(e: int) -> tuple[int, ...]:
    if e == _DISCONNECT_CONTROL:
        return (70,)
    return (68,) if e in _ARBITRATORS else (1, 63, 3)
