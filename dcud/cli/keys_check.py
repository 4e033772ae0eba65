"""`dcud keys check`: says whether key files can be used, and what is weak in them."""

import argparse
from pathlib import Path

from dcud.cli.check import DEFAULT_PATH, access_of
from dcud.cli.keys_findings import PROBLEM, Finding, of_configuration, of_files
from dcud.cli.main import CONFIG
from dcud.cli.rendering import Column, Rows, add_format_argument, rows
from dcud.config.key_file import key_file
from dcud.config.load import load

summary = "check key files: who may read them, what is missing for which meter, what is weak"

_COLUMNS = (
    Column(heading="level"),
    Column(heading="file"),
    Column(heading="line", right=True, sparse=True),
    Column(heading="key", sparse=True),
    Column(heading="finding"),
    Column(heading="remedy", sparse=True),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--config",
        type=Path,
        default=DEFAULT_PATH,
        metavar="FILE",
        help="the configuration whose key files are checked (default: %(default)s)",
    )
    which.add_argument(
        "--key-file",
        type=Path,
        action="append",
        metavar="FILE",
        help="a key file to check by itself; may be given several times",
    )
    parser.add_argument(
        "--user", metavar="NAME", help="the user that the daemon runs as (default: who runs this)"
    )
    add_format_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check, and tell; returns 0, or the exit code for configuration where something is wrong."""
    access = access_of(arguments.user)
    if arguments.key_file:
        files = [key_file(str(path.absolute())) for path in arguments.key_file]
        findings = list(of_files(files, access))
    else:
        findings = list(of_configuration(load(arguments.config), access))
    with rows(arguments.format, _COLUMNS) as shown:
        for finding in findings:
            _add(shown, finding)
    return CONFIG if any(finding.level == PROBLEM for finding in findings) else 0


def _add(shown: Rows, finding: Finding) -> None:
    problem = finding.problem
    cells = (
        finding.level,
        problem.file,
        problem.line or None,
        problem.key,
        problem.message,
        problem.remedy,
    )
    names = ("level", "file", "line", "key", "finding", "remedy")
    shown.add(cells, dict(zip(names, cells, strict=True)))
