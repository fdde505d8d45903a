"""Draws the icons of the installed page, glm_ui/web/icons, from glm_ui/web/mark.svg.

.venv/bin/python scripts/icons.py
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import sync_playwright  # noqa: E402

from tests.browser.conftest import FLAGS, chromium  # noqa: E402

WEB = ROOT / "glm_ui/web"
BLUE = "#3d5bd9"
ICONS = {"192": (192, 1.0, "transparent"), "512": (512, 1.0, "transparent"), "maskable-512": (512, 0.8, BLUE)}
"""Name -> its side in px, the share of it that the mark takes, what lies behind. Systems cut a maskable icon to their
own shape: what is within four fifths of it stays."""


def main() -> None:
    mark = (WEB / "mark.svg").read_text("utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for name, (side, share, behind) in ICONS.items():
            page = browser.new_page(viewport={"width": side, "height": side})
            look = f"margin: 0; height: 100vh; display: grid; place-items: center; background: {behind}"
            drawn = mark.replace("<svg ", f'<svg width="{side * share}" height="{side * share}" ', 1)
            page.set_content(f'<body style="{look}">{drawn}</body>')
            page.screenshot(path=WEB / f"icons/{name}.png", omit_background=behind == "transparent")
        browser.close()


if __name__ == "__main__":
    main()
