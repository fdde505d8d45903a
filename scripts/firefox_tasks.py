"""Does the tasks of docs/people.md in a real Firefox, and writes there what came of each.

    python -m venv firefox && firefox/bin/pip install -r tests/requirements.txt
    firefox/bin/pip install playwright==1.61.0
    firefox/bin/python scripts/firefox_tasks.py           # all thirty, and the walks by touch and by keys
    firefox/bin/python scripts/firefox_tasks.py 18 23     # these alone; what is written of the others stays

Firefox is firefox-esr or firefox on the PATH, or GLM_UI_FIREFOX. Each task is the browser test that its row names: the
tests are the same for both browsers. scripts/real_firefox.py says why Playwright is an older one here.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/people.md"
ROW = re.compile(r"\| (\d+) \|.*?`(test_\w+\.py)::(test_\w+)`.*\|")
WALKS = ["test_people.py"]


def firefox() -> str:
    found = os.environ.get("GLM_UI_FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
    if not found:
        sys.exit("There is no Firefox here: install firefox-esr, or set GLM_UI_FIREFOX to its path.")
    return found


class Outcomes:
    """A plugin of pytest: test's name -> whether it passed, with each of its parameters and in each of its parts."""

    def __init__(self) -> None:
        self.passed: dict[str, bool] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.location[2].partition("[")[0]
        self.passed[name] = self.passed.get(name, True) and not report.failed


def run(tests: list[str]) -> dict[str, bool]:
    os.environ["GLM_UI_FIREFOX"] = firefox()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    outcomes = Outcomes()
    pytest.main(["-q", "-p", "no:randomly", *tests], plugins=[outcomes])
    return outcomes.passed


def written(line: str, passed: dict[str, bool]) -> str:
    """The row with what came of its test, in its last cell."""
    row = ROW.fullmatch(line)
    if not row or row[3] not in passed:
        return line
    cells = line.split("|")
    cells[-2] = " passes " if passed[row[3]] else " fails "
    return "|".join(cells)


def main() -> int:
    lines = PAGE.read_text("utf-8").splitlines()
    wanted = set(sys.argv[1:])
    rows = [row for line in lines if (row := ROW.fullmatch(line)) and (not wanted or row[1] in wanted)]
    tests = [f"tests/browser/{row[2]}::{row[3]}" for row in rows]
    passed = run([*tests, *([] if wanted else [f"tests/browser/{name}" for name in WALKS])])
    PAGE.write_text("\n".join(written(line, passed) for line in lines) + "\n", "utf-8")
    return 0 if all(passed.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
