"""What we ask: a conversation as plain values. No file access, no encoding, no provider's field names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Thinking:
    """Earlier thinking of the model. `opaque` is provider data that goes back as it came."""

    text: str
    opaque: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: `data` in format `mime`, or `url` for the provider to fetch. Exactly one is set."""

    data: bytes | None = None
    mime: str = "image/jpeg"
    url: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Video:
    data: bytes | None = None
    mime: str = "video/mp4"
    url: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Audio:
    data: bytes | None = None
    mime: str = "audio/wav"
    url: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    data: bytes | None = None
    mime: str = "application/pdf"
    url: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class ToolCall:
    id: str
    name: str
    arguments: str
    """JSON text, exactly as the model wrote it."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    id: str
    content: str


Part = Text | Thinking | Image | Video | Audio | Document | ToolCall | ToolResult


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    parts: tuple[Part, ...]

    @staticmethod
    def user(text: str) -> Message:
        return Message("user", (Text(text),))

    @staticmethod
    def assistant(text: str, thinking: str = "") -> Message:
        parts: tuple[Part, ...] = (Thinking(thinking),) if thinking else ()
        return Message("assistant", (*parts, Text(text)))


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to draw the tokens; `None` leaves the choice to the model's own default."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    json_output: bool = False


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One turn to be answered.

    `model` is any name that people type; `provider` narrows who serves it. `thinking` None leaves it to the model;
    `effort` is one of the model's own levels. The last message is the user's, unless `continues` is true: then the
    last message is the assistant's unfinished answer and the reply goes on at its seam.
    """

    model: str
    messages: tuple[Message, ...]
    provider: str | None = None
    system: str = ""
    thinking: bool | None = True
    effort: str | None = None
    sampling: Sampling = field(default_factory=Sampling)
    continues: bool = False
    response_id: str = ""
    """Ours, to find the turn in the log; never sent as content."""
