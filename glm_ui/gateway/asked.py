"""The two sides of each protocol: the values that its reader makes of a request, and the interface of the writer of
its replies. No HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from glm_ui.events import Done, Frame, StreamEvent
from glm_ui.gateway.problems import Problem
from glm_ui.gateway.usage import Count
from glm_ui.messages import ChatRequest, ToolCall


@dataclass(frozen=True, slots=True)
class Reply:
    """What a writer must know of the reply besides its events. `id` is that of the request; `model` the name that was
    asked for; `created` in seconds since 1970; `taken` the ids of the tool calls that the conversation has already.
    `relayed`: the provider speaks the client's protocol, so that its frames come along."""

    id: str
    model: str
    created: int
    streamed: bool = True
    taken: frozenset[str] = frozenset()
    relayed: bool = False


class Writer(Protocol):
    """One reply in a protocol's form. Streamed: `start`, `add` for each event, then `end` or `fail`, each giving the
    bytes to send. Whole: `add` for each event, `end`, then `whole`.

    `relay` is called with each frame of a relayed reply, after `add` with the events that were read from it."""

    count: Count

    def start(self) -> bytes: ...

    def add(self, event: StreamEvent) -> bytes: ...

    def relay(self, came: Frame) -> bytes: ...

    def ping(self) -> bytes:
        """What keeps a silent connection alive."""
        ...

    def end(self, done: Done, stop_word: str | None = None) -> bytes: ...

    def fail(self, problem: Problem) -> bytes: ...

    def whole(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was read. `thinking_hidden`: the client wants no thinking in the reply, though the model may
    think."""

    request: ChatRequest
    stream: bool
    writer: Callable[[Reply], Writer]
    thinking_hidden: bool = False


def ids_of_calls(request: ChatRequest) -> frozenset[str]:
    """The ids of the tool calls in the conversation."""
    return frozenset(
        part.id for message in request.messages for part in message.parts if isinstance(part, ToolCall)
    )
