"""Holds the coverage of each room to its gate.

The pure rooms: 100 % of lines and branches, each module counted from its own test module alone.
Everything
else together: 90 %. Reads the data that `make test` has left; prints what is short and exits 1.
"""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from coverage import Coverage
from coverage.exceptions import NoDataError

ROOT = Path(__file__).resolve().parent.parent
PURE_ROOMS = ("dlms", "cosem", "trace")
SHELL_GATE = 90.0


def pure_modules() -> Iterator[tuple[Path, Path]]:
    """Yield each module of the pure rooms with the test module that answers for it."""
    for room in PURE_ROOMS:
        for module in sorted((ROOT / "dcud" / room).rglob("*.py")):
            if module.name == "__init__.py":
                continue
            relative = module.relative_to(ROOT / "dcud")
            yield module, ROOT / "tests" / relative.parent / f"test_{relative.name}"


def missing_of(coverage: Coverage, module: Path, tests: Path) -> str:
    """Return what `module` lacks when only `tests` counts; empty when nothing."""
    if not tests.exists():
        return f"has no test module {tests.relative_to(ROOT)}"
    own = rf"^{re.escape(str(tests.relative_to(ROOT)))}"
    # The empty context is the import: definitions, which no single test runs.
    coverage.get_data().set_query_contexts([own, "^$"])
    analysis = coverage._analyze(str(module))  # the one way to branches per context
    lines = sorted(analysis.missing)
    branches = sorted(analysis.missing_branch_arcs())
    if not lines and not branches:
        return ""
    return f"lines {lines} branches from {branches}"


def main() -> int:
    """Check both gates; returns the exit code."""
    coverage = Coverage(data_file=os.environ.get("COVERAGE_FILE", ".coverage"))
    coverage.load()
    failed = False
    count = 0
    for module, tests in pure_modules():
        count += 1
        if missing := missing_of(coverage, module, tests):
            failed = True
            print(f"{module.relative_to(ROOT)}: {missing}")  # noqa: T201  # its output
    coverage.get_data().set_query_contexts(None)
    with Path(os.devnull).open("w") as nowhere:
        omit = [f"{ROOT}/dcud/{room}/*" for room in PURE_ROOMS]
        try:
            shell = coverage.report(omit=omit, file=nowhere)
        except NoDataError:
            shell = 0.0
    print(f"pure rooms: {count} modules; shell: {shell:.1f} % (gate {SHELL_GATE:.0f} %)")  # noqa: T201
    if shell < SHELL_GATE:
        failed = True
        coverage.report(omit=omit, skip_covered=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
