"""Runs the page in a real Firefox: Python in the browser, and the Chat tab as a person uses it.

    python -m venv firefox && firefox/bin/pip install playwright==1.61.0 -r requirements.txt
    firefox/bin/python scripts/real_firefox.py        # Firefox as firefox-esr or firefox on the PATH, or GLM_UI_FIREFOX

Playwright drives it by WebDriver BiDi. Its releases from 1.62 on ask for a command that Firefox ESR 153 does not have.
"""

# ruff: noqa: S101, BLE001 (each step is a test of its own)
from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page, expect, sync_playwright  # noqa: E402

from tests.browser.chat_page import answer_text, ask, last, wait_idle  # noqa: E402
from tests.browser.conftest import FAST_DEMO, READY, pointed_at, start_app, stop_app  # noqa: E402
from tests.browser.static_page import static_page  # noqa: E402
from tests.browser.test_python import HOSTILE, LEAVES, PATIENCE, RUN  # noqa: E402
from tests.browser.test_tools import noted, offer  # noqa: E402
from tests.upstream import Reply, Upstream, openai_frames  # noqa: E402

BLOCKED = "settings blocked"
"""Firefox tells what the sandbox's policy refused as an error of a script."""

expect.set_options(timeout=60_000)


def firefox() -> str:
    named = os.environ.get("GLM_UI_FIREFOX")
    found = named or shutil.which("firefox-esr") or shutil.which("firefox")
    if not found:
        sys.exit("There is no Firefox here: install firefox-esr, or set GLM_UI_FIREFOX to its path.")
    return found


def python_prints_and_leaves_nothing(page: Page) -> None:
    before = page.evaluate(RUN, [LEAVES, 270])
    assert (before["ok"], len(before["pictures"])) == (True, 1), before
    assert before["pictures"][0].startswith("data:image/png;base64,"), "an SVG becomes a PNG"
    after = page.evaluate(RUN, ["import json\nprint(hasattr(json, 'left'))\n6 * 7", 270])
    assert (after["text"], after["value"]) == ("False\n", "42"), after


def python_is_bounded_and_reaches_nobody(page: Page) -> None:
    endless = page.evaluate(RUN, ["print('begun')\nwhile True: pass", 3])
    assert (endless["why"], endless["text"]) == ("time", "begun\n"), endless
    with static_page() as trap:
        ran = page.evaluate(RUN, [HOSTILE.replace("@", trap.address), 270])
        lines = ran["text"].splitlines()
        said = [line.split()[1] for line in lines if line.endswith(("refused", "REACHED"))]
        assert said == ["refused"] * 9, lines[:20]
        assert "memory bounded" in lines, lines[:20]
        assert trap.asked == [], trap.asked
    expect(page.locator("iframe")).to_have_count(0)


def the_demo_draws_with_python(page: Page) -> None:
    offer(page, "Python, in your browser")
    ask(page, "Draw a random walk with Python.")
    card = last(page).locator(".tool")
    expect(card).to_have_attribute("data-state", "done", timeout=PATIENCE)
    expect(card.locator("img.tool-picture")).to_be_visible()
    expect(answer_text(page).last).to_contain_text("A random walk of 2,000 steps")
    wait_idle(page)


def the_demo_searches(page: Page) -> None:
    page.locator("#new-chat").click()
    offer(page, "Search the demo's documents")
    ask(page, "Where is tool calling described?")
    wait_idle(page)
    expect(answer_text(page).last.locator("a.cite")).to_have_count(3)
    last(page).locator(".source-list summary").click()
    expect(last(page).locator(".source")).to_have_count(3)


def a_turn_streams_and_lasts(page: Page, up: Upstream) -> None:
    up.reply(Reply(sse=openai_frames("I think.", ["Now ", "**it** ", "ends."]), hold=(3,)))
    ask(page, "Hello?")
    expect(answer_text(page)).to_contain_text("Now")
    up.release()
    wait_idle(page)
    expect(answer_text(page).locator("strong")).to_have_text("it")
    page.reload()
    page.wait_for_selector(READY, state="attached")
    expect(answer_text(page)).to_have_text("Now it ends.")


def stop_ends_a_turn(page: Page, up: Upstream) -> None:
    up.forget()
    up.reply(Reply(sse=openai_frames("", ["Never ", "ends"]), hold=(2,)))
    ask(page, "Stop me.")
    expect(answer_text(page).last).to_contain_text("Never")
    page.keyboard.press("Escape")
    wait_idle(page)
    expect(last(page).locator(".ending")).to_contain_text("Stopped")
    up.release()


def a_citation_is_a_chip(page: Page, up: Upstream) -> None:
    up.forget()
    page.locator("#new-chat").click()
    offer(page, "The provider's own web search")
    frames = openai_frames("", "High at noon. Low at six.")
    frames[-2]["choices"][0]["delta"]["annotations"] = [noted(0, 13, "https://a.example/", "At noon.")]
    up.reply(Reply(sse=frames))
    ask(page, "When is high tide?")
    wait_idle(page)
    expect(answer_text(page).last).to_have_text("High at noon.[1] Low at six.")
    select = "p => { const all = getSelection(); all.selectAllChildren(p); return String(all); }"
    assert answer_text(page).last.locator("p").evaluate(select) == "High at noon.[1] Low at six."


def main() -> int:
    failed = []

    def tried(name: str, work: Callable[[], None]) -> None:
        try:
            work()
            print(f"ok      {name}", flush=True)
        except Exception as wrong:
            failed.append(name)
            print(f"FAILED  {name}: {wrong}", flush=True)

    with sync_playwright() as playwright, Upstream() as up:
        browser = playwright.firefox.launch(channel="moz-firefox", executable_path=firefox(), headless=True)
        print(f"Firefox {browser.version}", flush=True)
        for demo, steps in (
            (True, (python_prints_and_leaves_nothing, python_is_bounded_and_reaches_nobody,
                    the_demo_draws_with_python, the_demo_searches)),
            (False, (a_turn_streams_and_lasts, stop_ends_a_turn, a_citation_is_a_chip)),
        ):  # fmt: skip
            app = start_app(code=FAST_DEMO) if demo else start_app(**pointed_at(up.url))
            try:
                page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
                page.set_default_timeout(120_000)
                thrown: list[str] = []
                page.on("pageerror", lambda error, thrown=thrown: thrown.append(str(error)))
                page.goto(app.url)
                page.wait_for_selector(READY, state="attached")
                for step in steps:
                    given = (page,) if demo else (page, up)
                    tried(step.__name__.replace("_", " "), lambda step=step, given=given: step(*given))
                if thrown := [said for said in thrown if BLOCKED not in said]:
                    failed.append("scripts")
                    print(f"FAILED  scripts threw: {thrown}", flush=True)
            finally:
                stop_app(app)
        browser.close()
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
