"""The translator of gurux-dlms over lines of hex, each answered by a line of JSON.

    python gurux_translator.py

Run as a process of its own: what the package prints, warns of or changes for good stays in it.
An answer is {"xml": ...}, the package's simple XML, or {"error": ...}, what it raised. Its comments
are left out. It lives until its standard input is closed.
"""

import contextlib
import io
import json
import sys

from gurux_dlms import GXByteBuffer, GXDLMSTranslator
from gurux_dlms.enums import TranslatorOutputType


def translated(octets: str) -> dict[str, str]:
    """Return what the package makes of one APDU in hex."""
    translator = GXDLMSTranslator(TranslatorOutputType.SIMPLE_XML)
    translator.comments = False
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return {"xml": translator.pduToXml(GXByteBuffer(octets))}
    except Exception as error:  # noqa: BLE001  # whatever it fails with is its answer
        return {"error": f"{type(error).__name__}: {error}"}


for line in sys.stdin:
    sys.stdout.write(json.dumps(translated(line.strip())) + "\n")
    sys.stdout.flush()
