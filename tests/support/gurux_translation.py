"""The translator of `tests/peers/gurux_translator.py`, in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

_TRANSLATOR = Path(__file__).parents[1] / "peers" / "gurux_translator.py"


def canonical(xml: str) -> str:
    """Return XML without what doesn't matter: whitespace, order of attributes, short ends.

    Raises:
        ParseError: it is not well-formed.
    """
    return ET.canonicalize(xml, strip_text=True)


class GuruxTranslation:
    """What the package makes of APDUs, one by one."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def xml_of(self, octets: str) -> str | None:
        """Return the XML of an APDU in hex, in canonical form.

        None where the package fails with an exception, or writes nothing that is well-formed.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{octets}\n")
        self._process.stdin.flush()
        answer: dict[str, str] = json.loads(self._process.stdout.readline())
        try:
            return canonical(answer["xml"])
        except (KeyError, ET.ParseError):
            return None


@contextmanager
def gurux_translation() -> Iterator[GuruxTranslation]:
    """Run the translator."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", str(_TRANSLATOR)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield GuruxTranslation(process)
            assert process.stdin is not None
            process.stdin.close()  # which tells it to end
            assert process.wait(timeout=10) == 0
        finally:
            process.kill()
