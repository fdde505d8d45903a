"""The model list in a form that clients of both protocols read, and one model of it. Pure.

`models` is what Codex reads; Claude Code keeps only ids that have `claude` in them and shows `display_name`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from glm_ui.gateway.names import Listed

CREATED: Final = 1_735_689_600
"""Seconds since 1970: the protocols want a date, and clients only sort by it."""


def list_body(found: Sequence[Listed]) -> dict[str, Any]:
    return {
        "object": "list",
        "data": [model_body(one) for one in found],
        "has_more": False,
        "first_id": found[0].id if found else None,
        "last_id": found[-1].id if found else None,
        "models": [{"slug": one.id, "display_name": one.display_name} for one in found],
    }


def model_body(one: Listed) -> dict[str, Any]:
    """One model. `glm_model` says what answers to the name."""
    return {
        "id": one.id,
        "object": "model",
        "type": "model",
        "created": CREATED,
        "created_at": datetime.fromtimestamp(CREATED, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "owned_by": "glm-ui",
        "display_name": one.display_name,
        "glm_model": one.model,
        "context_length": one.window,
        "max_input_tokens": one.window,
        "max_tokens": one.max_output,
        "capabilities": {
            "image_input": {"supported": one.images},
            "thinking": {"supported": one.thinks, "types": None},
        },
    }
