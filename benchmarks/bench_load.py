"""Page load and rest: until a person can type, and what an idle page and an idle server take, beside a bare Blocks page
with the same components.

    python -m benchmarks.bench_load [rounds]
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any

from playwright.sync_api import Browser

from benchmarks import results
from benchmarks.page import PROBE, Meter, browser
from benchmarks.servers import Server, server
from benchmarks.upstream import upstream

APPS = ("bare Blocks", "GLM UI")
BOX = "#chat-input textarea"
READY = {"bare Blocks": "true", "GLM UI": "document.querySelector('glm-log .log-column')"}
IDLE_SECONDS = 5


def visit(opened: Browser, app: Server, *, idle: bool, cached: bool) -> dict[str, float]:
    """Milliseconds until the page can be typed into; with `idle`, also the CPU of seconds in which nothing happens.
    `cached`: the second visit of the same browser."""
    context = opened.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(PROBE)
    page = context.new_page()
    try:
        if cached:
            page.goto(app.url)
            page.wait_for_selector(BOX)
            page.wait_for_timeout(1000)
        began = time.perf_counter()
        page.goto(app.url, wait_until="commit")
        page.wait_for_selector(BOX)
        page.wait_for_function(READY[app.name], polling=10)
        page.type(BOX, "x")
        page.wait_for_function(f"document.querySelector('{BOX}').value === 'x'", polling=10)
        ready = time.perf_counter() - began
        devtools = context.new_cdp_session(page)
        devtools.send("Performance.enable")
        metrics = {m["name"]: m["value"] for m in devtools.send("Performance.getMetrics")["metrics"]}
        found = {"ready": ready, "main": metrics["TaskDuration"]}
        entries: list[Any] = page.evaluate(
            "performance.getEntriesByType('resource').map(({transferSize}) => transferSize)"
        )
        found |= {"requests": len(entries), "bytes": sum(entries)}
        if idle:
            page.wait_for_timeout(8000)  # the service worker of a first visit reads its files meanwhile
            meter = Meter(devtools, app)
            page.wait_for_timeout(1000 * IDLE_SECONDS)
            spent = meter.read()
            found |= {
                f"idle_{name}": spent[key] / spent["wall"]
                for name, key in (("page", "TaskDuration"), ("browser", "browser"), ("server", "server"))
            }
        return found
    finally:
        context.close()


def main(rounds: int = 5) -> None:
    found: dict[tuple[str, bool], list[dict[str, float]]] = {}
    with (
        upstream() as up,
        browser() as opened,
        server(APPS[0], up.url) as bare,
        server(APPS[1], up.url) as ours,
    ):
        for app in (bare, ours):
            visit(opened, app, idle=False, cached=False)
        for number in range(rounds):
            for cached in (False, True):
                for app in (bare, ours):  # side by side, so that a busy machine slows both
                    figures = visit(opened, app, idle=number == 0 and not cached, cached=cached)
                    found.setdefault((app.name, cached), []).append(figures)
    for (name, cached), several in found.items():
        medians = {key: statistics.median(f[key] for f in several if key in f) for key in several[0]}
        results.keep("load", f"{name}, {'second' if cached else 'first'} visit", medians)
        print(
            f"{name:12} {'second' if cached else 'first '} visit",
            *(f"{k} {v:.3f}" for k, v in medians.items()),
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
