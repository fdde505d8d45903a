"""Waiting for what only a promise of the page can tell. `Page.wait_for_function` takes the promise itself for true."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.browser.profiles import PATIENCE

LOOP = """async (wanted) => {
  const holds = %s;
  const end = performance.now() + %d;
  for (let why = ""; ; ) {
    try {
      if (await holds(wanted)) return;
    } catch (reason) {
      why = ` ${reason}`;
    }
    if (performance.now() > end) throw new Error(`This never came true.${why}`);
    await new Promise((later) => setTimeout(later, 50));
  }
}"""


def comes_true(page: Page, holds: str, arg: Any = None) -> None:
    """Until `holds`, an async function of the page that is given `arg`, resolves to something true. What it throws on
    the way is told only if it never does."""
    page.evaluate(LOOP % (holds, PATIENCE), arg)
