"""Whether an operator means what a command is about to do."""

import argparse
import sys

from dcud.cli.main import UsageError


def add_confirmation_argument(parser: argparse.ArgumentParser) -> None:
    """Declare `--yes`."""
    parser.add_argument("--yes", action="store_true", help="do not ask whether this is meant")


def confirm(arguments: argparse.Namespace, what: str) -> None:
    """Ask whether `what` is to be done.

    Raises:
        UsageError: it is not, or there is nobody to ask.
    """
    if arguments.yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{what}: nobody is there to confirm it", remedy="add --yes")
    print(f"{what}? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise UsageError(f"{what}: not confirmed")
