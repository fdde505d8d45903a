#!/usr/bin/env python3
"""Adds the rows of providers that docs/settings.md lacks: the name, the variables of key and address, the address.

Rows that are there stay as they are.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from glm_ui.catalogue import load  # noqa: E402
from glm_ui.settings import ACCESS  # noqa: E402

LAST = f"| {load().providers['custom'].name} |"
"""A new row stands before this one."""


def row(provider: str) -> str:
    access, found = ACCESS[provider], load().providers[provider]
    address = f"`{found.base_url.removesuffix(access.below)}` " if found.base_url else ""
    return f"| {found.name} | `{access.key.upper()}` | `{access.address.upper()}` | {address}|\n"


def with_missing_rows(page: str) -> str:
    """The text of docs/settings.md with a row for each provider."""
    for provider in ACCESS:
        if f"| {load().providers[provider].name} |" not in page:
            page = page.replace(LAST, row(provider) + LAST, 1)
    return page


if __name__ == "__main__":
    page = ROOT / "docs/settings.md"
    page.write_text(with_missing_rows(page.read_text("utf-8")), "utf-8", newline="\n")
