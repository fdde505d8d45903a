"""Every sentence of the Connect view."""

from __future__ import annotations

from typing import Any

CONNECT: dict[str, Any] = {
    "about": "Programs that speak OpenAI's or Anthropic's protocol can use this GLM UI as their server.",
    "client": "Program",
    "model": "Model name",
    "answers": "{name} is answered by {model} at {provider}.",
    "copy": "Copy",
    "file": "File",
    "run": "In a shell",
    "states": {
        "open": "No key is needed: only programs on this machine are served.",
        "key": "A key is needed. The owner makes one with: glm-ui gateway key LABEL",
        "none": "The gateway is closed: other machines reach it, and it has no keys yet. "
        "The owner makes one with: glm-ui gateway key LABEL",
        "closed": "The owner has closed the gateway (GLM_UI_GATEWAY=off).",
    },
    "test": "Test",
    "stop": "Stop",
    "test_about": "Sends one short question as {client} would, and shows what went over both wires.",
    "key": "Key for the test",
    "key_about": "It is sent to this gateway alone and is not kept.",
    "sending": "Waiting for the first byte",
    "figures": {
        "status": "Status",
        "answered": "Answered by",
        "first": "First byte",
        "total": "Total time",
    },
    "wires": {"client": "{client} → GLM UI", "provider": "GLM UI → {provider}"},
    "provider": "provider",
    "sent": "Sent",
    "got": "Received",
    "nothing_sent": "Nothing was sent to a provider.",
    "failed": "The gateway was not reached. Is GLM UI still running?",
    "live": "Last requests",
    "live_none": "No program has asked yet. Requests appear here as they end.",
    "live_not_yours": "Only the owner sees the requests of programs. "
    "The owner is who sits at this machine, the first name in GLM_UI_AUTH, or the author of the Space.",
    "kept_off": "What is said is not kept. GLM_UI_GATEWAY_KEEP_CONTENT=true keeps it, in memory.",
    "kept_on": "What is said is kept in memory and shown to the owner.",
    "columns": {
        "at": "Time",
        "program": "Program",
        "asked": "Asked for",
        "model": "Answered by",
        "tokens": "Tokens",
        "cost": "Cost",
        "first": "First byte",
        "ending": "Ended",
    },
    "open": "Open this request",
    "local": "this machine",
    "failed_ending": "failed",
    "endings": {
        "stop": "complete",
        "length": "at the limit",
        "tool_calls": "tool call",
        "filtered": "filtered",
        "context_full": "context full",
        "left": "client left",
        "paused": "paused",
        "other": "other",
    },
}
