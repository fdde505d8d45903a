"""A failing browser test names a folder with a picture and a trace."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.browser.conftest import ROOT

FAILS = """
def test_that_fails(open_page):
    page = open_page("data:text/html,<p id=there>Hello", ready="#there")
    page.click("#there")
    assert page.inner_text("#there") == "Goodbye"

def test_that_passes(open_page):
    open_page("data:text/html,<p id=there>Hello", ready="#there")
"""


def test_a_failing_test_leaves_a_picture_and_a_trace_in_a_folder_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_page.py").write_text(FAILS)
    plugins = ["-p", "tests.browser.failures", "-p", "tests.browser.conftest", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugins],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    (folder,) = (tmp_path / "test-results").iterdir()
    assert folder.name == "test_page.py-test_that_fails"
    assert f"{folder}\n  page-1.png\n  trace-1.zip\n" in done.stdout
    assert (folder / "page-1.png").read_bytes().startswith(b"\x89PNG")
    with zipfile.ZipFile(folder / "trace-1.zip") as trace:
        steps = b"".join(trace.read(name) for name in trace.namelist() if name.endswith(".trace"))
    assert b'"selector":"#there"' in steps
