"""The console script's way in."""

import sys


def main() -> int:
    """Run the command line; returns the exit code."""
    from dcud.cli.main import main as run  # noqa: PLC0415  # start-up: only what the command needs

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
