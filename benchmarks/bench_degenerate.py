"""What answers that no person writes cost the page's main thread, each held to 200 ms of its CPU time.

    python -m benchmarks.bench_degenerate [--names quotes,stars]

Parsing, drawing and layout of one answer of 50 kB in real Chromium, without the formulas and colours that come after.
The first row is prose of the same length: on a busy machine, the number of times its cost is what to compare.
"""

from __future__ import annotations

import argparse
import json
import sys

from playwright.sync_api import CDPSession, Page

from benchmarks.page import browser as opened_browser
from tests.browser.degenerate import CASES, EXPAND, Parts
from tests.browser.static_page import static_page

PROSE: Parts = [["Plain words that anybody may write, one after the other. " * 9 + "\n\n", 97]]
LIMIT = 200
"""Milliseconds of the main thread's CPU."""

LOAD = """async () => {
  window.draw = (await import("/static/markdown/markdown.js")).renderMarkdown;
  box.className = "md";
}"""
DRAW = f"(parts) => {{ box.replaceChildren(draw(({EXPAND})(parts))); return box.offsetHeight; }}"


def spent(devtools: CDPSession) -> float:
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return 1000 * next(float(each["value"]) for each in metrics if each["name"] == "TaskDuration")


def drawn(page: Page, devtools: CDPSession, parts: Parts) -> float:
    """Milliseconds that the page spent on drawing the answer of these `parts`."""
    page.evaluate("box.replaceChildren()")
    before = spent(devtools)
    page.evaluate(DRAW, parts)
    return spent(devtools) - before


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", default="", help="parts of names, with commas between them")
    wanted = parser.parse_args().names.split(",")
    over = 0
    with static_page() as site, opened_browser() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(site.address)
        page.evaluate(LOAD)
        devtools = page.context.new_cdp_session(page)
        devtools.send("Performance.setTimeDomain", {"timeDomain": "threadTicks"})
        devtools.send("Performance.enable")
        page.evaluate(DRAW, PROSE)
        prose = drawn(page, devtools, PROSE)
        print(f"{prose:7.0f} ms    1.0  prose", flush=True)
        for name in [name for name in CASES if any(part in name for part in wanted)]:
            cost = drawn(page, devtools, CASES[name])
            over += cost > LIMIT
            mark = "OVER" if cost > LIMIT else "    "
            print(f"{cost:7.0f} ms  {cost / prose:5.1f}  {mark}  {json.dumps(name)}", flush=True)
    print(f"{over} over {LIMIT} ms")
    return int(over > 0)


if __name__ == "__main__":
    sys.exit(main())
