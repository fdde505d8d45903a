"""What is asked of a model: a conversation as plain values. No file access, no encoding, no provider's field names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["system", "user", "assistant"]
"""A "system" message is one in the middle of the conversation; what stands before it is `ChatRequest.system`."""


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
    """What the tool call `id` gave: a text, and pictures beside it. `is_error`: the tool failed and `content` says
    how."""

    id: str
    content: str
    is_error: bool = False
    images: tuple[Image, ...] = ()


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
    choices: int | None = None
    """So many answers to the same question."""
    logprobs: int | None = None
    """Says how likely each token was, and so many of the likeliest others."""
    json_output: bool = False


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool that the model may call. `parameters` is the JSON Schema of its arguments, an object."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """Whether tools are called: as the model likes ("auto"), never ("none"), at least one ("required"), or the one
    called `name` ("named")."""

    mode: Literal["auto", "none", "required", "named"] = "auto"
    name: str = ""


@dataclass(frozen=True, slots=True)
class JsonSchema:
    """The answer is one JSON value that fits `schema`. `name` is what the schema is called in the request."""

    schema: Mapping[str, Any]
    name: str = "answer"
    strict: bool | None = None


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
    tools: tuple[ToolDefinition, ...] = ()
    tool_choice: ToolChoice = field(default_factory=ToolChoice)
    parallel_tool_calls: bool | None = None
    """False: at most one call a turn; None leaves it to the model."""
    provider_search: bool = False
    """The provider shall search the web itself, where it can."""
    json_schema: JsonSchema | None = None
    response_id: str = ""
    """Ours, to find the turn in the log; never sent as content."""
