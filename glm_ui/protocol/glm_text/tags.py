"""GLM's tags, and which of them stands at a place of a text. No state, no events."""

from __future__ import annotations

import re
from typing import Final

from glm_ui.protocol.glm_text.tool_call import CALL

OPENERS: Final = ("<think>", "<thinking>")
CLOSERS: Final = ("</think>", "</thinking>")
BOX_BEGIN: Final = "<|begin_of_box|>"
BOX_END: Final = "<|end_of_box|>"
DETAILS: Final = "<details"
DETAILS_END: Final = "</details>"
SUMMARY: Final = "<summary>"
SUMMARY_END: Final = "</summary>"

ANSWER_TAGS: Final = (*OPENERS, *CLOSERS, BOX_BEGIN, BOX_END, CALL)
DETAILS_TAGS: Final = (DETAILS_END, SUMMARY)
SUMMARY_TAGS: Final = (SUMMARY_END, DETAILS_END)

_HALF_TAG: Final = r"<(?=[^<]{0,19}\Z)"
ANSWER_STOP: Final = re.compile("|".join((*map(re.escape, ANSWER_TAGS), r"<details[ \n]", _HALF_TAG)))
THINKING_STOP: Final = re.compile("|".join((*map(re.escape, CLOSERS), _HALF_TAG)))
"""Where a text must be looked at: a tag, or what the next piece may make one."""

MAX_DETAILS_TAG: Final = 256
PARTIAL: Final = "partial"


def tag_at(text: str, at: int, tags: tuple[str, ...]) -> str:
    """The tag that stands at `at`, PARTIAL if the text ends inside one, else ''."""
    for tag in tags:
        if text.startswith(tag, at):
            return tag
    rest = text[at : at + 20]
    if len(text) - at < 20 and any(tag.startswith(rest) for tag in tags):
        return PARTIAL
    return ""


def details_at(text: str, at: int, final: bool) -> str:
    """The whole opening tag `<details type="reasoning" ..>` at `at`, PARTIAL, or ''. Other details are
    HTML."""
    rest = text[at : at + MAX_DETAILS_TAG]
    if len(rest) <= len(DETAILS):
        return PARTIAL if DETAILS.startswith(rest) and not final else ""
    if not rest.startswith((DETAILS + " ", DETAILS + "\n")):
        return ""
    end = rest.find(">")
    if end < 0:
        return PARTIAL if len(rest) < MAX_DETAILS_TAG and not final else ""
    tag = rest[: end + 1]
    return tag if 'type="reasoning"' in tag else ""
