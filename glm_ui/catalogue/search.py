"""Web searches that may be asked: how each wants its question, and where its results stand. Data; nothing is asked
here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class SearchEngine:
    """`params` and `body` hold "{query}" and "{count}" where these go. `results` is the path to the list of hits,
    `inside` the field of a hit that holds its `fields`, where there is one."""

    name: str
    path: str
    results: tuple[str | int, ...]
    fields: Mapping[str, str]
    address: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    key_header: str = "Authorization"
    key_required: bool = True
    key_of: str = ""
    """The provider whose key is used where the search has none of its own."""
    inside: str = ""


@cache
def search_engines() -> Mapping[str, SearchEngine]:
    rows = orjson.loads((Path(__file__).parent / "search.json").read_bytes())
    return {key: SearchEngine(**{**row, "results": tuple(row["results"])}) for key, row in rows.items()}


def search_engine_name(name: str) -> str:
    """Raises ValueError for a search that is not known."""
    if name.lower() not in search_engines():
        raise ValueError("no search that is known")
    return name.lower()
