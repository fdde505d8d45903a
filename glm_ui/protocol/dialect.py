"""What a dialect promises. No HTTP, no environment, no key lookup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from glm_ui.catalogue.rows import Route
from glm_ui.events import StreamEvent
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


class Decoder(Protocol):
    """One reply's state. `feed` takes the data of one server-sent event (bytes of JSON, or b"[DONE]") with
    its event name; `close` is called once when the bytes end and gives what was held back and the `Done`, or
    raises StreamCut.

    Iterate what they give: an error is raised after the last event that came before it. Exactly one `Done` is
    given, after the last usage; whatever comes behind it is ignored.
    """

    @property
    def finished(self) -> bool:
        """Whether the finish reason has come: all that may still follow is usage and the end of the stream."""
        ...

    def feed(self, data: bytes, event: str = "") -> Iterable[StreamEvent]: ...

    def close(self) -> Iterable[StreamEvent]: ...


class Dialect(Protocol):
    name: str

    def encode(self, request: ChatRequest, route: Route) -> Encoded:
        """Raises CannotSend for a part that this provider or model does not take, BadInput when nothing is
        left."""
        ...

    def key_headers(self, key: str) -> dict[str, str]: ...

    def decoder(
        self, route: Route, *, partial: str | None = None, continues_by_prompt: bool = False
    ) -> Decoder:
        """`partial`: the unfinished answer that the reply continues, so that its leading blanks are kept and it begins
        inside the code block that `partial` ends in. `continues_by_prompt`: see `Encoded`."""
        ...

    def decode_whole(
        self,
        body: Mapping[str, Any],
        route: Route,
        *,
        partial: str | None = None,
        continues_by_prompt: bool = False,
    ) -> Iterable[StreamEvent]:
        """A complete (non-stream) JSON reply as the events that a stream of it would have given. Iterating raises what
        the body says went wrong, or NotAStream, after the last event."""
        ...
