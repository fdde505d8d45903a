"""Five conversations whose replies come at once in one page: the lag of each, looked at or not.

python -m benchmarks.bench_at_once [--rates 30,100] [--rounds 3]

The one that is looked at counts when it is painted. The others count when their words stand in the page's state, from
which they are kept and drawn; the page is asked every 5 ms. Only what was sent while all five came is counted.
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Page

from benchmarks import results
from benchmarks.page import NUMBERS, PAGES, browser, chat_page
from benchmarks.servers import server
from benchmarks.upstream import Run, Upstream, upstream

APP = "GLM UI"
AT_ONCE = 5
SECONDS = 20
"""How long a reply comes; asking for all takes three."""

WATCH = """(run) => {
  const { node } = GLM.chat.replies.of(GLM.chat.conversation.id);
  const watched = (window.__watched ??= {});
  const state = (watched[run] = { at: {}, node, read: { text: 0, thinking: 0 } });
  window.__watching ??= setInterval(() => {
    const now = performance.now() + __probe.epoch;
    for (const { at, node, read } of Object.values(watched))
      for (const name of ["text", "thinking"]) {
        const said = node[name];
        if (said.length <= read[name]) continue;
        for (const mark of said.slice(Math.max(0, read[name] - 6)).match(/(?:tk|an)\\d{4}/g) ?? []) at[mark] ??= now;
        read[name] = said.length;
      }
  }, 5);
  return state.node.id;
}"""
TAKE = """() => {
  clearInterval(window.__watching);
  return Object.fromEntries(Object.entries(window.__watched).map(([run, { at }]) => [run, at]));
}"""


def asked(page: Page, rate: int) -> list[str]:
    """Asks in five new conversations, one after the other; the last one stays in sight. The names of the runs."""
    how = PAGES[APP]
    runs = [f"r{os.getpid()}-{next(NUMBERS)}" for _ in range(AT_ONCE)]
    page.evaluate("__probe.start()")
    for run in runs:
        page.locator("#new-chat").click()
        page.fill(how.box, f"bench:{run}:{SECONDS * rate}:{rate}")
        if run == runs[-1]:
            page.evaluate("__probe.painted = {}")
        page.press(how.box, "Enter")
        page.wait_for_function("GLM.chat.replies.of(GLM.chat.conversation.id)")
        page.evaluate(WATCH, run)
    return runs


def lags(run: Run, came: Mapping[str, float], begin: float, end: float) -> list[float]:
    """Seconds from the upstream to the page, of each mark that was sent between the two times."""
    return [
        came[mark] / 1000 - sent for mark, sent in run.marks.items() if begin <= sent <= end and mark in came
    ]


def measured(page: Page, up: Upstream, rate: int) -> dict[str, float]:
    """The median and the most of the lag of the one in sight, and of the others."""
    runs = asked(page, rate)
    page.wait_for_function("!document.querySelector('.list-running')", timeout=120_000, polling=250)
    page.wait_for_timeout(300)
    painted = page.evaluate("__probe.take()")["painted"]
    state = page.evaluate(TAKE)
    page.evaluate("() => { delete window.__watched; delete window.__watching; }")
    sent = [up.run(name) for name in runs]
    begin, end = max(run.asked for run in sent), min(run.marks["an9999"] for run in sent)
    seen = lags(sent[-1], {mark: at for mark, at in painted.items() if at}, begin, end)
    others = [
        lag for name, run in zip(runs[:-1], sent, strict=False) for lag in lags(run, state[name], begin, end)
    ]
    return {
        "seen_median": statistics.median(seen),
        "seen_most": max(seen),
        "others_median": statistics.median(others),
        "others_most": max(others),
        "marks": len(seen) + len(others),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rates", default="30,100")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with upstream() as up, browser() as opened, server(APP, up.url) as app:
        for rate in map(int, options.rates.split(",")):
            found: list[dict[str, Any]] = []
            for _ in range(options.rounds):
                with chat_page(opened, app) as page:
                    found.append(measured(page, up, rate))
            figures = {name: statistics.median(each[name] for each in found) for name in found[0]}
            results.keep("at once", f"{AT_ONCE} at {rate} tokens/s", figures)
            print(
                f"{rate:4} tokens/s each",
                {name: round(value, 4) for name, value in figures.items()},
                flush=True,
            )


if __name__ == "__main__":
    main()
