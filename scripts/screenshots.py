"""Takes the README's screenshots of the real page in the offline demo: python scripts/screenshots.py

Needs what `scripts/test` installs. Writes docs/screenshots/*.png, wide and phone, light and dark.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from tests.browser.chat_page import ask, wait_idle  # noqa: E402
from tests.browser.conftest import FLAGS, chromium, start_app, stop_app  # noqa: E402

OUT = ROOT / "docs" / "screenshots"
QUESTION = "Compare simple and compound interest on 1,000 at 5 % after 1, 5, 10 and 30 years: a table and the formulas."
SHOTS = (("chat", 1440, 900, "light"), ("chat-dark", 1440, 900, "dark"), ("chat-phone", 390, 844, "dark"))


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    app = start_app()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            for name, width, height, scheme in SHOTS:
                shoot(browser, app.url, OUT / f"{name}.png", width, height, scheme)
            browser.close()
    finally:
        stop_app(app)


def shoot(browser: Browser, url: str, path: Path, width: int, height: int, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("#chat-log .log-column")
    ask(page, QUESTION)
    wait_idle(page)
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(500)
    page.screenshot(path=path)
    context.close()


if __name__ == "__main__":
    main()
