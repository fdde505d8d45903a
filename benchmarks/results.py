"""Figures of the last runs, kept beside this file, so that docs/benchmarks.md can be written from several runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("results.json")


def load() -> dict[str, dict[str, Any]]:
    """section -> row -> figures."""
    return json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}


def keep(section: str, row: str, figures: dict[str, Any]) -> None:
    found = load()
    found.setdefault(section, {})[row] = rounded(figures)
    FILE.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")


def rounded(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 5) if isinstance(value, float) else value for name, value in figures.items()}
