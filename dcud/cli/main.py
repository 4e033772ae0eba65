"""The command line's top: finds the command's module and maps errors to exit codes."""

import argparse
from collections.abc import Sequence

import dcud


def main(arguments: Sequence[str]) -> int:
    """Parse `arguments` and run the command; returns a sysexits-style exit code."""
    parser = argparse.ArgumentParser(prog="dcud", description=dcud.__doc__)
    parser.add_argument("--version", action="version", version=f"dcud {dcud.__version__}")
    parser.parse_args(arguments)
    return 0
