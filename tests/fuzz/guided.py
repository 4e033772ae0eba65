"""Fuzzing of every decoder, guided by the branches that inputs reach.

    python -m tests.fuzz.guided CORPUS [options of libFuzzer, as -max_total_time=600]

The first octet of an input chooses the decoder. CORPUS is a directory; it gets the seeds, and what
was found to reach new branches.
"""

import hashlib
import sys
from pathlib import Path

import atheris  # type: ignore[import-untyped]  # it has no types

with atheris.instrument_imports(include=["dcud"]):
    from tests.fuzz.decoders import attempt, decoders

    _DECODERS = list(decoders().values())  # finds, hence imports, the modules of them all
from tests.fuzz.seeds import seeds


def try_one(octets: bytes) -> None:
    """Give what follows the first octet to the decoder that it chooses."""
    if octets:
        attempt(_DECODERS[octets[0] % len(_DECODERS)], octets[1:])


def _plant(corpus: Path) -> None:
    corpus.mkdir(parents=True, exist_ok=True)
    for number in range(len(_DECODERS)):
        for seed in seeds():
            octets = bytes((number,)) + seed
            (corpus / hashlib.sha256(octets).hexdigest()[:16]).write_bytes(octets)


def main() -> None:
    """Fuzz until libFuzzer's options say stop."""
    _plant(Path(sys.argv[1]))
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
