"""A turn of 8 rounds with tools beside a turn of one reply with as many tokens, in one browser: what drawing them as
they come, drawing them again and scrolling over them cost the page.

python -m benchmarks.bench_rounds [tokens] [rounds]
"""

from __future__ import annotations

import os
import statistics
import sys
from typing import Any

from playwright.sync_api import Page

from benchmarks import results
from benchmarks.page import NUMBERS, PAGES, Meter, browser, chat_page
from benchmarks.servers import Server, server
from benchmarks.upstream import Upstream, upstream

APP = "GLM UI"
WORKS = {"one reply": "r", "8 rounds with tools": "t"}
"""What is asked for, and how the name of its run begins."""
SCREENS = 40

OPEN = """async (tools) => {
  const { newConversation } = await import("/glm_ui/static/conversations/conversation.js");
  const conversation = Object.assign(newConversation({ tab: "chat" }), { title: "A turn", tools });
  await GLM.chat.store.save(conversation);
  GLM.chat.open(conversation);
}"""
LEAVE = """async () => {
  window.left = GLM.chat.conversation;
  await GLM.chat.fresh();
}"""
AGAIN = """async () => {
  GLM.chat.open(window.left);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))));
}"""


def once(opened: Any, app: Server, up: Upstream, begins: str, tokens: int) -> dict[str, float]:
    """Seconds of the page's main thread."""
    how = PAGES[APP]
    with chat_page(opened, app) as page:
        page.evaluate(OPEN, ["built-in/calculator"])
        devtools = page.context.new_cdp_session(page)
        devtools.send("Performance.enable")
        page.fill(how.box, f"bench:{begins}{os.getpid()}-{next(NUMBERS)}:{tokens}:0")
        page.wait_for_timeout(300)
        streams = Meter(devtools, app)
        page.press(how.box, "Enter")
        page.wait_for_selector(".turn.assistant .metrics *")
        page.wait_for_selector(how.idle)
        page.wait_for_timeout(500)
        found = {"streaming": streams.read()["TaskDuration"]}
        found["rounds"] = 1 + page.locator(".round").count()
        page.evaluate(LEAVE)
        page.wait_for_selector(".turn.assistant", state="detached")
        again = Meter(devtools, app)
        page.evaluate(AGAIN)
        page.wait_for_selector(".turn.assistant .answer > *", state="attached")
        found["opening"] = again.read()["TaskDuration"]
        moves = Meter(devtools, app)
        scroll(page)
        found["scrolling"] = moves.read()["TaskDuration"]
        return found


def scroll(page: Page) -> None:
    page.mouse.move(800, 400)
    for step in range(SCREENS):
        page.mouse.wheel(0, -500 if step < SCREENS // 2 else 500)
        page.evaluate("new Promise((done) => requestAnimationFrame(done))")


def main(tokens: int = 4000, rounds: int = 3) -> None:
    found: dict[str, list[dict[str, float]]] = {name: [] for name in WORKS}
    with upstream() as up, server(APP, up.url) as app, browser() as opened:
        once(opened, app, up, "r", 500)
        for _ in range(rounds):
            for name, begins in WORKS.items():
                found[name].append(once(opened, app, up, begins, tokens))
    for name, each in found.items():
        figures = {what: statistics.median(one[what] for one in each) for what in each[0]}
        results.keep("rounds", name, {**figures, "tokens": tokens})
        print(name, " ".join(f"{what} {value:.3f}" for what, value in figures.items()), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
