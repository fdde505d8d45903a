"""One turn as it ended, in figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from glm_ui.events import Usage

Door = Literal["page", "endpoint", "gateway_client", "doctor"]
"""Who began a turn: the page, a program at an endpoint of Gradio, a program that uses the app as its server, or the
doctor."""


@dataclass(frozen=True, slots=True)
class FinishedTurn:
    """`ending` is a finish reason, the slug of an error (then `failed`), or "stopped" where the reader left. Times are
    in seconds since the turn began; `started_at` is in nanoseconds since 1970. `model` is the catalogue's key, None
    for one that the catalogue does not know; `asked_model` is what was sent."""

    id: str
    door: Door
    provider: str
    model: str | None
    asked_model: str
    answered_by: str | None
    ending: str
    failed: bool
    attempts: int
    started_at: int
    seconds: float
    first_token: float | None
    usage: Usage
