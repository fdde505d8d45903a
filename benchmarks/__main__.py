"""Runs the benches that are named, or all, each in a fresh process, then writes docs/benchmarks.md.

python -m benchmarks [page|growth|rounds|at-once|concurrency|readers|load|backend|gateway|turns|replicas|files|store]
"""

from __future__ import annotations

import subprocess
import sys

from benchmarks import report

RUNS: dict[str, list[str]] = {
    "backend": ["benchmarks.bench_backend"],
    "gateway": ["benchmarks.bench_gateway"],
    "load": ["benchmarks.bench_load"],
    "page": ["benchmarks.bench_page"],
    "growth": ["benchmarks.bench_page", "--works", "none", "--growth"],
    "rounds": ["benchmarks.bench_rounds"],
    "at-once": ["benchmarks.bench_at_once"],
    "concurrency": ["benchmarks.bench_concurrency"],
    "readers": ["benchmarks.bench_concurrency", "--apps", "GLM UI", "--sessions", "400"],
    "turns": ["benchmarks.bench_turns"],
    "replicas": ["benchmarks.bench_replicas"],
    "files": ["benchmarks.bench_files"],
    "store": ["benchmarks.bench_store", "--conversations", "10000"],
}


def main(asked: list[str]) -> int:
    unknown = set(asked) - {*RUNS, "report"}
    if unknown:
        print(
            f"There is no bench called {', '.join(sorted(unknown))}: {', '.join(RUNS)}, or report for the page alone."
        )
        return 2
    failed = [
        name
        for name in RUNS
        if (name in asked or not asked)
        and subprocess.run([sys.executable, "-m", *RUNS[name]], check=False).returncode
    ]
    report.write()
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
