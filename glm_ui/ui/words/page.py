"""Every sentence of the page that a person reads, in one place. Errors have theirs in `glm_ui.errors`."""

from __future__ import annotations

from typing import Any

TITLE = "GLM UI"
SIGN_IN = "This GLM UI is private. After ten wrong passwords the next try has to wait ten minutes."
"""Over the form of GLM_UI_AUTH, which shows nothing when it is told to wait."""

OWN_SERVER: dict[str, tuple[str, str, str]] = {
    "address": (
        "Your own server",
        "Used instead of a provider until you close this page. It must be reachable from the internet.",
        "https://models.example.org/v1",
    ),
    "name": ("Its model", "The name that the server knows.", "default"),
    "key": ("Its key", "Sent to this address only.", "If it needs one"),
    "kind": ("What it runs", "", ""),
    "use": ("Use this server", "", ""),
}
"""Each box's label, line and placeholder."""

PICKER = "Model and provider"
KEY_KEPT = "Forgotten on close"
SYSTEM_PROMPT = "Instructions the model follows in this chat."

THINKING = {
    "none": "This model does not think.",
    "unknown": "Whether this model thinks is not known.",
    "always": "This model always thinks.",
    "switch": "The model thinks before it answers.",
    "effort": "How much it thinks.",
}

SAMPLING: dict[str, tuple[str, str]] = {
    "temperature": ("Temperature", "Higher: more varied. Lower: more predictable."),
    "top_p": ("Top-p", "Uses only the likeliest words, up to this share of the probability."),
    "max_tokens": ("Max tokens", "The longest reply, thinking included."),
    "stop": ("Stop words", "The reply ends before any of these, one per line."),
    "seed": ("Seed", "The same number gives a similar reply each time."),
    "json_output": ("JSON output", "The answer is one JSON object."),
}
"""Each control's label and line, in the order in which they stand."""

PAGE: dict[str, Any] = {
    "title": TITLE,
    "line": {
        "title": "Messages in line",
        "next": "Sent when the reply has ended",
        "offline": "Sent when the connection is back",
        "held": "Not sent yet",
        "send": "Send now",
        "edit": "Edit",
        "save": "Save",
        "remove": "Take out of the line",
    },
    "reach": {
        "no_network": ["Offline", "This device has no network. What you send waits here."],
        "no_server": [
            "Offline",
            "GLM UI's server cannot be reached. It is tried again; what you send waits here.",
        ],
    },
    "missing": "This conversation is not in this browser.",
    "missing_more": "Conversations stay in the browser they were held in. "
    "To move one, export it there and import it here.",
    "welcome": "Ask a GLM model",
    "welcome_more": "GLM UI is a chat for GLM models, from any provider that serves them. Thinking and answer stream "
    "apart; conversations stay in this browser.",
    "side_bar": "Side bar",
    "conversation_log": "Conversation",
    "you": "You",
    "assistant": "Assistant",
    "thinking": "Thinking…",
    "thought": "Thought",
    "thought_for": "Thought for",
    "tokens": "tokens",
    "tool_call": "Tool call",
    "model_unknown_yet": "This name could not be checked: GLM UI's server cannot be reached.",
    "page_failed": "Something went wrong in the page while this reply was shown.",
    "page_failed_todo": "Retry. If it happens again, reload the page.",
    "connecting": "Connecting",
    "preparing": "Preparing files",
    "waiting": "Waiting for the first token",
    "retrying": "Retrying in",
    "finished": "Answer finished.",
    "request": "Request",
    "copy": "Copy",
    "show_all": "Show all {n} characters",
    "show_less": "Show less",
    "copy_thinking": "Copy the thinking",
    "copied": "Copied",
    "preview": "Preview",
    "more": "More",
    "all_lines": "Show all {n} lines",
    "retry": "Retry",
    "edit": "Edit",
    "undo": "Remove this exchange",
    "previous": "Previous version",
    "next": "Next version",
    "cancel": "Cancel",
    "send": "Send",
    "file_in_chat": "Chat sends words only. {names} can go to Multimodal, which shows files to a model.",
    "file_take": "Take to Multimodal",
    "to_end": "To the end",
    "m_model": "The model that answered",
    "m_first": "Time to the first token",
    "m_speed": "Speed of the output",
    "m_in": "Input tokens",
    "m_out": "Output tokens, thinking included",
    "m_thinking": "Thinking tokens",
    "m_thinking_short": "thinking",
    "m_cached": "Input tokens from the cache",
    "m_cost": "Cost in USD",
    "m_window": "Context window in use",
    "per_second": "tok/s",
    "in": "in",
    "out": "out",
    "cached": "cached",
    "state_demo": "Demo",
    "state_own": "your key",
    "state_server": "server's key",
    "state_open": "no key needed",
    "state_missing": "no key",
    "left": "left",
    "left_turns": ["turn", "turns"],
    "left_tokens": ["token", "tokens"],
    "left_none": "used up until {time}",
    "left_nothing": "add your own key",
    "key_lost": "The server no longer has your key: it restarted, or this page was away for long. Enter it again.",
    "demo_mark": "Demo with canned replies.",
    "demo_note": "This is the offline demo: its replies are prepared, and no model reads what you write.",
    "demo_steps": "A real model in two steps:",
    "demo_get": "Get a key at {provider}",
    "demo_enter": "Enter it here",
    "appearance": {
        "label": "Colours and text size",
        "theme": "Colours",
        "themes": {"system": "As the system", "light": "Light", "dark": "Dark"},
        "text": "Text size",
        "texts": {"small": "Small", "normal": "Normal", "large": "Large", "largest": "Very large"},
    },
    "key_missing": [{"key": "Add an API key"}, " for {provider} to use this model. "],
    "key_from": "Get one at ",
    "key_saved": "Key saved until you close the page.",
    "server_used": "Questions now go to your own server.",
    "server_gone": "Your own server is no longer used.",
    "key_failed": "The key could not be saved: GLM UI's server cannot be reached.",
    "chats": "Conversations",
    "chats_search": "Search",
    "chats_none": "Nothing here yet.",
    "chats_nothing_found": "Nothing found.",
    "rename": "Rename",
    "pin": "Pin",
    "unpin": "Unpin",
    "delete": "Delete",
    "deleted": "Deleted.",
    "put_back": "Undo",
    "untitled": "New chat",
    "actions": {
        "continue": "Continue",
        "retry": "Retry",
        "key": "Enter a key",
        "shorten": "Edit the question",
        "edit_question": "Edit the question",
        "new_chat": "New chat",
        "no_thinking": "Retry without thinking",
        "more_tokens": "Retry with the full limit",
        "model": "Choose a model",
        "provider": "Choose another model",
        "settings": "Open the settings",
        "show_thinking": "Show as answer",
    },
    "endings": {
        "running": {"what": "Running in another tab", "more": "", "action": None},
        "stopped": {"what": "Stopped", "more": "", "action": "continue"},
        "interrupted": {
            "what": "Interrupted",
            "more": "The page was closed during this reply.",
            "action": "continue",
        },
        "length": {
            "what": "Token limit reached",
            "more": "The answer is not finished.",
            "action": "continue",
        },
        "filtered": {
            "what": "Blocked by the provider's content filter",
            "more": "",
            "action": "edit_question",
        },
        "context_full": {"what": "The context window is full", "more": "", "action": "new_chat"},
        "paused": {"what": "The model paused", "more": "", "action": "continue"},
        "other": {"what": "Ended for an unknown reason", "more": "", "action": "continue"},
    },
}
