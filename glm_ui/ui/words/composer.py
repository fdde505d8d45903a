"""Every sentence of the message boxes' own helpers that a person reads: saved prompts, references, filling in."""

from __future__ import annotations

from typing import Any

COMPOSER: dict[str, Any] = {
    "prompts": "Saved prompts",
    "system_prompts": "System prompts",
    "more": "More",
    "found": "{n} to choose from. Up and Down move, Enter takes, Escape leaves.",
    "save_text": "Save this text as a prompt…",
    "save_system": "Save this chat's system prompt…",
    "new_prompt": "New prompt…",
    "new_detail": "It is kept in this browser. Type / to find it again.",
    "manage": "Edit or delete saved prompts…",
    "none": "No prompt is saved yet.",
    "not_lasting": "This browser keeps nothing for this page: prompts last until the page is closed.",
    "name": "Name",
    "kind": "What it is",
    "kinds": {"prompt": "Prompt for the message box", "system": "System prompt of a chat"},
    "text": "Text",
    "hint": "What stands in double braces, such as {{topic}}, is filled in when the prompt is used.",
    "no_text": "Write the text of the prompt first.",
    "new_title": "New prompt",
    "edit_title": "Edit prompt",
    "save": "Save",
    "cancel": "Cancel",
    "close": "Close",
    "delete": "Delete {name}",
    "deleted": "Deleted.",
    "undo": "Undo",
    "saved": "Saved as {name}. Type / to use it.",
    "system_used": "System prompt of this chat: {name}.",
    "fill_more": "Fill in: {name}. Tab goes on, {n} more.",
    "fill_last": "Fill in: {name}. It is the last one.",
    "next": "Next",
    "done": "Done",
}
