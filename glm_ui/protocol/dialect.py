"""What a dialect must give to send a request; replies of all dialects are read by `decoder`. No HTTP, no
environment, no key lookup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from glm_ui.catalogue.route import Route
from glm_ui.messages import ChatRequest


@dataclass(frozen=True, slots=True)
class Encoded:
    """A request body ready for JSON, the headers that belong to it (no key), and one sentence for each option
    that was clamped or left out."""

    path: str
    """Below the provider's base address: "/chat/completions" or "/v1/messages"."""
    body: dict[str, Any]
    headers: Mapping[str, str]
    notes: tuple[str, ...]
    continues_by_prompt: bool = False
    """A prompt asks the model to go on with the unfinished answer, so the reply may repeat its end (see
    `protocol.continuation`)."""


class Dialect(Protocol):
    name: str

    def encode(self, request: ChatRequest, route: Route) -> Encoded:
        """Raises CannotSend for a part that this provider or model does not take, BadInput when nothing is
        left."""
        ...

    def key_headers(self, key: str) -> dict[str, str]: ...
