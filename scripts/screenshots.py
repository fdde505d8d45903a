"""Takes the screenshots of the documents of the real page in the offline demo: python scripts/screenshots.py

Needs what `scripts/test` installs. Writes docs/screenshots/*.png, and beside them the text of each scene as *.txt,
which `tests/browser/test_screenshots.py` compares with the page.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from tests.browser.conftest import FLAGS, READY, chromium, start_app, stop_app  # noqa: E402
from tests.browser.scenes import SCENES, visible_text  # noqa: E402

OUT = ROOT / "docs" / "screenshots"
SHOTS = (
    ("chat", "chat", 1440, 900, "light"),
    ("chat-dark", "chat", 1440, 900, "dark"),
    ("chat-phone", "chat", 390, 844, "dark"),
    ("multimodal", "multimodal", 1440, 900, "light"),
)
"""(file, scene, width, height, colours). The text is that of the shot that is named like its scene."""


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    app = start_app()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            for name, scene, width, height, colours in SHOTS:
                shoot(browser, app.url, name, scene, (width, height), dark=colours == "dark")
            browser.close()
    finally:
        stop_app(app)


def shoot(browser: Browser, url: str, name: str, scene: str, size: tuple[int, int], *, dark: bool) -> None:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        locale="en-US",
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(READY, state="attached")
    SCENES[scene](page)
    page.wait_for_timeout(500)
    page.screenshot(path=OUT / f"{name}.png")
    if name == scene:
        (OUT / f"{name}.txt").write_text(visible_text(page), "utf-8", newline="\n")
    context.close()


if __name__ == "__main__":
    main()
