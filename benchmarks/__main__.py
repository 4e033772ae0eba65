"""Runs every benchmark, each in a process of its own, and writes build/bench.json.

Each module has `run()`, which returns its results; a ratio says how many times better than the
peer we are. Absolute figures belong to the machine: compare ratios.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.result import Result

MODULES = (
    "frames",
    "gcm",
    "link_frames",
    "profile_rows",
    "compressed_rows",
    "profile_read",
    "read_cpu",
    "line_use",
    "footprint",
    "outbox_values",
    "concentrator",
)
REPORT = Path(__file__).resolve().parent.parent / "build" / "bench.json"
ONE = "import json, sys; from benchmarks.{} import run; json.dump(run(), sys.stdout)"


def measure(module: str) -> list[Result]:
    """Run one module in a fresh interpreter, so that no benchmark warms another's caches."""
    print(f"  {module} ...", file=sys.stderr, flush=True)
    done = subprocess.run(
        [sys.executable, "-c", ONE.format(module)], check=True, stdout=subprocess.PIPE, text=True
    )
    results: list[Result] = json.loads(done.stdout)
    return results


def show(results: list[Result]) -> None:
    """Print the results as a table."""
    print(f"{'name':24}{'dcud':>14}{'peer':>14}  {'unit':10}{'times better':>13}")
    for result in results:
        peer = "-" if result["peer_value"] is None else f"{result['peer_value']:,.4g}"
        ratio = "-" if result["ratio"] is None else f"{result['ratio']:.1f}"
        print(
            f"{result['name']:24}{result['value']:>14,.4g}{peer:>14}"
            f"  {result['unit']:10}{ratio:>13}"
        )


def main() -> int:
    """Run the benchmarks named on the command line, or all."""
    # One core for all of it: what is measured is work, not parallelism.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    results = [result for module in sys.argv[1:] or MODULES for result in measure(module)]
    show(results)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(results, indent=1) + "\n")
    print(f"written to {REPORT.relative_to(REPORT.parent.parent)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
