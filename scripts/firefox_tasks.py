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
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/people.md"
ROW = re.compile(r"\| (\d+) \|.*?`(test_\w+\.py)::(test_\w+)`.*\|")
WALKS = ["test_people.py"]


def firefox() -> str:
    found = os.environ.get("GLM_UI_FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
    if not found:
        sys.exit("There is no Firefox here: install firefox-esr, or set GLM_UI_FIREFOX to its path.")
    return found


def run(tests: list[str]) -> dict[str, bool]:
    """Test's name -> whether it passed, with each of its parameters."""
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", f"--junitxml={report.name}"]
        environment = {**os.environ, "GLM_UI_FIREFOX": firefox()}
        subprocess.run([*command, *tests], cwd=ROOT, env=environment, check=False)
        # Written by the pytest that was just started.
        cases = ET.parse(report.name).getroot().iter("testcase")  # noqa: S314
    passed = defaultdict(list)
    for case in cases:
        name = case.get("name", "").partition("[")[0]
        passed[name].append(case.find("failure") is None and case.find("error") is None)
    return {name: all(each) for name, each in passed.items()}


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
