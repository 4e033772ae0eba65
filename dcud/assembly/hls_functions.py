"""Finding the function that a manufacturer's mechanism computes."""

import importlib

from dcud.dlms.errors import KeyMissingError
from dcud.dlms.security.hls.manufacturer import FUNCTIONS, HlsFunction


def hls_function(name: str) -> HlsFunction:
    """Return the function of that name, or the one that "package.module:function" leads to.

    Raises:
        KeyMissingError: there is none.
    """
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    module, colon, function = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), function) if colon else None
    except (ImportError, AttributeError):
        found = None
    if not callable(found):
        raise KeyMissingError(
            f"there is no HLS function {name}",
            remedy=f'write one of {", ".join(FUNCTIONS)}, or "package.module:function" of one that'
            " this Python can import",
        )
    made: HlsFunction = found
    return made
