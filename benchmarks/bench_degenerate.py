"""What answers that no person writes cost the page's main thread, each held to 200 ms of its CPU time.

    python -m benchmarks.bench_degenerate [--names quotes,stars]

Parsing, drawing and layout of one answer of 50 kB in real Chromium, without the formulas and colours that come after.
"""

from __future__ import annotations

import argparse
import json
import sys

from playwright.sync_api import CDPSession

from benchmarks.page import browser as opened_browser
from tests.browser.degenerate import CASES, EXPAND
from tests.browser.static_page import static_page

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
        for name in [name for name in CASES if any(part in name for part in wanted)]:
            before = spent(devtools)
            page.evaluate(DRAW, CASES[name])
            cost = spent(devtools) - before
            over += cost > LIMIT
            print(f"{cost:7.0f} ms  {'OVER' if cost > LIMIT else '    '}  {json.dumps(name)}", flush=True)
            page.evaluate("box.replaceChildren()")
    print(f"{over} over {LIMIT} ms")
    return int(over > 0)


if __name__ == "__main__":
    sys.exit(main())
