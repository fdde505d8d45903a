"""The wire formats: the Dialect protocol and the DIALECTS table. No HTTP, no environment, no key lookup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from glm_ui.catalogue.rows import Route
from glm_ui.events import StreamEvent
from glm_ui.messages import ChatRequest


@dataclass(frozen=True, slots=True)
class Encoded:
    """A request body ready for JSON, the headers that belong to it (no key), and one sentence for each option that
    was clamped or left out."""

    path: str
    """Below the provider's base address: "/chat/completions" or "/v1/messages"."""
    body: dict[str, Any]
    headers: Mapping[str, str]
    notes: tuple[str, ...]


class Decoder(Protocol):
    """One reply's state. `feed` takes the data of one server-sent event (bytes of JSON, or b"[DONE]") with its event
    name; `close` is called once when the bytes end and gives what was held back and the `Done`, or raises StreamCut."""

    def feed(self, data: bytes, event: str = "") -> Iterable[StreamEvent]: ...

    def close(self) -> Iterable[StreamEvent]: ...


class Dialect(Protocol):
    name: str

    def encode(self, request: ChatRequest, route: Route) -> Encoded: ...

    def key_headers(self, key: str) -> dict[str, str]: ...

    def decoder(self, route: Route) -> Decoder: ...

    def decode_whole(self, body: Mapping[str, Any], route: Route) -> list[StreamEvent]:
        """A complete (non-stream) JSON reply as the events that a stream of it would have given."""
        ...
