"""Answers that no person writes cost a bounded time and a bounded number of elements, and never an exception."""

# ruff: noqa: E501 (scripts of the page)
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.degenerate import CASES, EXPAND, FORMULAS, MANY_FORMULAS
from tests.browser.static_page import StaticPage, static_page

pytestmark = pytest.mark.browser

MEASURE = (
    """async (cases) => {
  const { LiveMarkdown, renderMarkdown } = await import("/static/markdown/markdown.js");
  const expand = """
    + EXPAND
    + """;
  const timed = (run) => { const from = performance.now(); run(); return performance.now() - from; };
  const ordinary = "Plain words with **bold**, `code` and [a link](https://example.com) in them.\\n\\n".repeat(640);
  const usual = Math.min(...[1, 2, 3].map(() => timed(() => renderMarkdown(ordinary))));
  const depth = (root) => { let most = 0; const walk = (node, level) => { most = Math.max(most, level); for (const child of node.children) walk(child, level + 1); }; walk(root, 0); return most; };
  const told = {};
  for (const [name, parts] of Object.entries(cases)) {
    const text = expand(parts);
    const drawn = document.createElement("div");
    const draw = () => drawn.replaceChildren(renderMarkdown(text));
    let times = timed(draw) / usual;
    if (times > 20) times = Math.min(times, timed(draw) / usual, timed(draw) / usual);
    const [elements, deepest] = [drawn.querySelectorAll(":not(.md-formula *, code *)").length, depth(drawn)];
    const place = document.createElement("div");
    const arriving = new LiveMarkdown(place);
    const start = text.slice(0, 12000);
    const open = timed(() => arriving.append(start.slice(0, 10000))) / usual;
    arriving.append(start.slice(10000));
    arriving.finish();
    drawn.replaceChildren(renderMarkdown(start));
    const same = place.textContent === drawn.textContent && place.querySelectorAll("*").length === drawn.querySelectorAll("*").length;
    told[name] = { times, open, same, elements, deepest };
  }
  return told;
}"""
)


@contextmanager
def opened(browser: Browser, site: StaticPage) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(site.address)
    yield page
    page.close()


@pytest.fixture(scope="module")
def site() -> Iterator[StaticPage]:
    with static_page() as server:
        yield server


@pytest.fixture(scope="module")
def page(browser: Browser, site: StaticPage) -> Iterator[Page]:
    with opened(browser, site) as page:
        yield page


@pytest.fixture(scope="module")
def told(browser: Browser, site: StaticPage) -> dict[str, dict[str, Any]]:
    """Measured in a page of its own, closed at once: the formulas of three hundred answers, still to be drawn, would
    keep the next test waiting."""
    with opened(browser, site) as page:
        return dict(page.evaluate(MEASURE, CASES))


def test_there_are_three_hundred_degenerate_answers(told: dict[str, dict[str, Any]]) -> None:
    assert len(told) >= 300


def test_none_costs_many_times_what_ordinary_prose_of_its_length_does(
    told: dict[str, dict[str, Any]],
) -> None:
    """A rule that looks ahead from every place costs thousands of times as much."""
    slow = {
        name: (each["times"], each["open"])
        for name, each in told.items()
        if max(each["times"], each["open"]) > 60
    }
    assert not slow


def test_none_becomes_more_elements_or_deeper_ones_than_a_page_can_lay_out(
    told: dict[str, dict[str, Any]],
) -> None:
    assert {name: each["elements"] for name, each in told.items() if each["elements"] > 5000} == {}
    assert {name: each["deepest"] for name, each in told.items() if each["deepest"] > 120} == {}


def test_each_looks_the_same_however_it_arrives(told: dict[str, dict[str, Any]]) -> None:
    assert [name for name, each in told.items() if not each["same"]] == []


LAID_OUT = (
    """async (parts) => {
  const { renderMarkdown, settled } = await import("/static/markdown/markdown.js");
  box.className = "md";
  box.replaceChildren(renderMarkdown(("""
    + EXPAND
    + """)(parts)));
  await settled();
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  return [box.innerText, box.querySelectorAll("*").length];
}"""
)


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_of_any_depth_is_laid_out_and_the_tab_lives(page: Page, name: str) -> None:
    said, elements = page.evaluate(LAID_OUT, FORMULAS[name])
    assert said.endswith("ok")
    assert elements < 2000


GROWS = (
    """async (parts) => {
  const { renderMarkdown, settled } = await import("/static/markdown/markdown.js");
  const text = ("""
    + EXPAND
    + """)(parts);
  const now = () => box.querySelectorAll("*").length;
  const told = [];
  for (const time of ["new", "known"]) {
    box.className = "md";
    box.replaceChildren();
    await settled();
    let [before, most, over] = [0, 0, false];
    const watch = () => {
      most = Math.max(most, now() - before);
      before = now();
      if (!over) requestAnimationFrame(watch);
    };
    box.replaceChildren(renderMarkdown(text));
    watch();
    await settled();
    watch();
    over = true;
    told.push([most, now(), box.querySelectorAll(".katex").length]);
  }
  box.replaceChildren();
  return told;
}"""
)


@pytest.mark.parametrize("name", MANY_FORMULAS)
def test_formulas_come_a_few_thousand_elements_a_frame_and_no_answer_holds_too_many(
    page: Page, name: str
) -> None:
    for most, elements, formulas in page.evaluate(GROWS, MANY_FORMULAS[name]):
        assert most < 15_000
        assert elements < 70_000
        assert formulas or name == "one formula of many powers"
