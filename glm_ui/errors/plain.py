"""Cleans an upstream's words so that a person can read them: no HTML, no key. What they mean is not looked at."""

from __future__ import annotations

import html
import re
from typing import Any

SAID_LIMIT = 500
"""Characters of a provider's own words that are kept."""

HIDDEN = "[key]"
SHORTEST_SECRET = 12
"""Characters of a key that is taken out of what an upstream sends. Shorter ones are placeholders ("EMPTY", "lm-studio",
"not-needed") and may be words of an answer: they are left where they stand."""
_IN_RUN = r"(?<![\w-])"
"""Where a run of letters, digits and hyphens begins: looked at once, not again from each of its words."""
_SECRET_SHAPES = re.compile(
    r"(?i:bearer)\s++[^\s\"',;<>]++"
    r"|\b(?:sk|hf|pk|rk|gsk|ak|key)[-_][\w.*-]{6,}+"
    r"|\b[0-9a-f]{24,}+\.[\w-]{6,}+"  # Z.ai: id.secret
    rf"|{_IN_RUN}(?P<a>(?>[\w-]*?\b(?=eyJ)))[\w-]{{11,}}+\.[\w-]++(?:\.[\w-]++)?"
    rf"|{_IN_RUN}(?P<b>-*+)(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{{40,}}\b"
)
_HIDDEN_SHAPE = rf"\g<a>\g<b>{HIDDEN}"
_MARKUP = re.compile(
    r"<(script|style|head)\b.*?(</\1\s*>|$)|<!--.*?(-->|$)|</?[a-zA-Z!?][^>]*(>|$)", re.S | re.I
)


def plain_text(text: str, limit: int = SAID_LIMIT) -> str:
    """An upstream's words as plain text on one line: no HTML, nothing shaped like a key, at most `limit`
    long."""
    text = html.unescape(_MARKUP.sub(" ", text[: 100 * SAID_LIMIT]))
    text = _SECRET_SHAPES.sub(_HIDDEN_SHAPE, _MARKUP.sub(" ", text))
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def redacted(value: Any, secret: str) -> Any:
    """The value, and all that is in it, with `HIDDEN` in place of the secret."""
    if isinstance(value, str):
        return value.replace(secret, HIDDEN)
    if isinstance(value, dict):
        return {k: redacted(v, secret) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(redacted(v, secret) for v in value)
    return value
