"""What the page says of tools: the switch in the composer, and the cards of calls."""

from __future__ import annotations

from typing import Any

from glm_ui.tools.consent import REASONS

TOOLS: dict[str, Any] = {
    "title": "Tools",
    "none_offered": "Tools: none offered",
    "offered": "Tools: {n} offered",
    "looking": "Looking for tools…",
    "unreachable": "The tools cannot be listed: GLM UI's server cannot be reached.",
    "built_in": "Built in",
    "provider": "The model's provider",
    "asks": "asks first",
    "tokens": "{n} tokens",
    "cost": "About {n} tokens with each request.",
    "none_chosen": "The model is offered no tools in this chat.",
    "call": "Tool call",
    "arguments": "Arguments",
    "result": "Result",
    "waits": "A tool waits for your answer.",
    "once": "Run once",
    "always": "Always in this chat",
    "no": "No",
    "reason": "Reason for the model, if you like",
    "sources": "Sources",
    "own": {
        "title": "Your own MCP server",
        "about": "Each call of its tools asks. Address and key are kept in this server's memory until the page closes.",
        "address": "Address, https://…",
        "key": "Key, if it wants one",
        "use": "Connect",
        "connecting": "Connecting…",
        "remove": "Remove",
        "ready": "Connected",
        "none": "It offers no tools.",
    },
    "states": {
        "none": "Not run",
        "waiting": "Waits for you",
        "ready": "Waits for the others",
        "allowed": "Allowed",
        "running": "Running",
        "done": "Done",
        "failed": "Failed",
        "refused": "Refused",
        "unknown": "Outcome unknown",
    },
    "why": REASONS,
    "python": {
        "running": "Runs in your browser",
        "loading": "loads Python, 13 MB the first time",
        "value": "Value:",
        "nothing": "The code printed nothing and gave no value.",
        "left_out": "[{n} bytes of output are left out.]",
        "time": "The code was ended after {n} seconds, the longest that it may run.",
        "stopped": "The person stopped the code.",
        "broken": "Python broke off in the browser before the code ended. It may have used up the memory.",
        "not_loaded": "Python could not be loaded into the browser. Check the connection to GLM UI, then retry.",
        "no_code": "The call holds no code.",
    },
}
