"""Spellings: when two typed names mean the same one. Pure text; no model and no provider enters here.

Case, spaces, underscores and dashes do not count, nor whether a version is 4.6, 4-6 or glued to a word.
Anything else counts: no substring, no look-alike letter, no missing word ever makes two names one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

MAX_NAME = 200
"""No name is longer; looking for near ones would only cost time."""

_GAP = re.compile(r"[ _-]+|(?<=[0-9])\.(?=[0-9])")
_EDGE = re.compile(r"(?<=[a-z])(?=[0-9])|(?<=[0-9])(?=[a-z])")
_WORDS = re.compile(r"~?[a-z0-9]+(?:[-/][a-z0-9]+)*")
_SUFFIX = re.compile(r"(?P<head>.+?)(?P<suffix>\[1m\]|:[A-Za-z0-9._-]+)", re.IGNORECASE)


def spelling(name: str) -> str | None:
    """The form that all spellings of a name share ("GLM_4.6", "glm4.6" -> "glm-4-6"); None: no name."""
    text = name.strip()
    if not text.isascii() or len(text) > MAX_NAME:
        return None
    words = _EDGE.sub("-", _GAP.sub("-", text.lower()))
    return words if _WORDS.fullmatch(words) else None


def split_suffix(name: str) -> tuple[str, str]:
    """("zai-org/GLM-4.6:novita") -> ("zai-org/GLM-4.6", ":novita"); the suffix is "" where there is none."""
    text = name.strip()
    found = _SUFFIX.fullmatch(text) if len(text) <= MAX_NAME else None
    if found is None:
        return text, ""
    suffix = found["suffix"]
    return found["head"], suffix.lower() if suffix[0] == "[" else suffix


def nearest(name: str, names: Iterable[str], limit: int = 4) -> tuple[str, ...]:
    """Names that look like it, likeliest first; empty where nothing does."""
    text = unicodedata.normalize("NFKC", name[: MAX_NAME + 1]).strip().lower()
    if len(text) < 2 or len(text) > MAX_NAME:
        return ()
    by_lower: dict[str, str] = {}
    for one in names:
        by_lower.setdefault(one.lower(), one)
    close = get_close_matches(text, by_lower, n=limit, cutoff=0.7)
    longer = [n for n in by_lower if len(text) >= 3 and n.startswith(text) and n not in close]
    return tuple(by_lower[n] for n in (*close, *longer)[:limit])
