#!/usr/bin/env python3
"""Adds the missing rows of providers to README.md's configuration table: the key and the address of each.

Rows that are there stay as they are, so that their words can be made better by hand.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from glm_ui.catalogue import load  # noqa: E402
from glm_ui.settings import ACCESS  # noqa: E402

BEFORE = {"key": "GLM_UI_CUSTOM_API_KEY", "address": "GLM_UI_CUSTOM_BASE_URL"}
"""A new row stands before this one."""


def with_missing_rows(readme: str) -> str:
    """README.md's text with a row for each variable of a provider."""
    for provider, access in ACCESS.items():
        row = load().providers[provider]
        told = {
            "key": (access.key, "", f"key for {row.name}"),
            "address": (access.address, f"`{row.base_url}` ", row.name),
        }
        for kind, (field, default, what) in told.items():
            if not re.search(rf"^\| `{field.upper()}` \|", readme, re.MULTILINE):
                before = f"| `{BEFORE[kind]}` |"
                readme = readme.replace(before, f"| `{field.upper()}` | {default}| {what} |\n{before}", 1)
    return readme


if __name__ == "__main__":
    page = ROOT / "README.md"
    page.write_text(with_missing_rows(page.read_text("utf-8")), "utf-8", newline="\n")
