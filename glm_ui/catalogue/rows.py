"""The rows of the catalogue: what a model can do, who serves it, how that provider wants each switch.

Plain frozen values loaded from the JSON files beside this one. No logic, no addresses but the providers' defaults,
no keys. A provider's difference is a field here, read in one dialect; never an `if provider ==` elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

DialectName = Literal["openai", "anthropic"]

ThinkingStyle = Literal[
    "thinking",  # {"thinking": {"type": "enabled" | "disabled"}}: Z.ai; on the anthropic dialect with a budget
    "reasoning",  # {"reasoning": {"enabled": bool} | {"effort": ...}}: OpenRouter
    "chat_template_kwargs",  # {"chat_template_kwargs": {"enable_thinking": bool}}: vLLM, SGLang, llama.cpp
    "reasoning_effort",  # {"reasoning_effort": "none" | level}: Ollama, Cerebras
    "headers",  # X-Feature-Thinking, X-Think-Tags-Mode: the gateway
    "none",  # nothing can be said
]

ContinueStyle = Literal[
    "prefill",  # the conversation ends with the assistant's text; the server goes on
    "continue_final_message",  # the same, with vLLM's and SGLang's two switches
    "ask",  # only by asking in words; the seam is cleaned of repetition
]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its source (a key of the catalogue's `sources`) and the date it was read, if known."""

    value: Any
    source: str
    date: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens. `None` is unknown, never zero."""

    input: float | None
    output: float | None
    cached_input: float | None
    source: str
    date: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ThinkingAbility:
    """`kind`: switch (on or off), effort (levels, `can_disable` says whether off is one), forced, none, unknown."""

    kind: Literal["switch", "effort", "switch+effort", "forced", "none", "unknown"]
    can_disable: bool | None = None
    efforts: tuple[str, ...] = ()
    default_effort: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """The weights and what they can do. `window` and `max_output` are the working figures in tokens (the source that
    stands for them is in `window_figures`, where every disagreeing figure stands too)."""

    key: str
    name: str
    window: int | None
    max_output: int | None
    window_figures: tuple[Figure, ...]
    output_figures: tuple[Figure, ...]
    released: Figure | None
    inputs: tuple[str, ...]
    thinking: ThinkingAbility
    tools: Figure | None
    params: str | None
    temperature: float | None
    top_p: float | None
    ids: Mapping[str, str]
    """provider key -> id on that provider's wire. A provider that is absent does not serve it."""
    prices: Mapping[str, Price]
    inputs_at: Mapping[str, tuple[str, ...]]
    """provider key -> inputs it takes there, where that differs from `inputs`."""
    max_images: int | None = None
    status: str = ""
    notes: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    chat: bool = True
    """False for rows that are listed but are no chat model (OCR endpoint, voice)."""


@dataclass(frozen=True, slots=True)
class Alias:
    """A name that people type and what the gateway's table maps it to."""

    name: str
    surface: DialectName
    target: str
    model: str
    group: str
    date: str | None
    description: str
    flags: tuple[str, ...] = ()
    source: str = "seed-000"


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """One row of the GLM-4 family table, verbatim, with the key of the catalogue's model it stands for (or None)."""

    name: str
    model: str | None
    released: str
    context: str
    parameters: str
    vision: bool
    multimodal: bool
    function_calling: bool
    tool_use: bool
    structured_outputs: bool
    code_execution: bool
    use_when: str
    status: str
    source: str = "seed-003"


@dataclass(frozen=True, slots=True)
class ParamRange:
    """Bounds that the provider accepts; a value outside is clamped and said so. `decimals` rounds it."""

    low: float | None = None
    high: float | None = None
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class MediaRule:
    """How one kind of input travels. `ways` holds "data" (bytes inline), "url" (an address the provider fetches).

    `part` names the wire part where the dialect has several ("image_url", "file_url", "file", "video_url", ...).
    `declared_only`: the provider says it takes it but is known to drop it; try only after a warning.
    """

    ways: tuple[str, ...]
    part: str = ""
    max_count: int | None = None
    max_bytes: int | None = None
    max_pixels: tuple[int, int] | None = None
    mimes: tuple[str, ...] = ()
    raw_base64: bool = False
    declared_only: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Provider:
    """Who serves models: where, with which key, in which dialect, and how it wants each switch."""

    key: str
    name: str
    dialect: DialectName
    base_url: str | None
    """Default address; an OpenAI one is everything before /chat/completions, an Anthropic one before /v1/messages."""
    key_env: str | None
    key_required: bool
    key_page: str | None
    thinking: ThinkingStyle
    effort_field: str | None = None
    """Dotted path for an effort level: "reasoning_effort", "reasoning.effort", "output_config.effort"."""
    replay_thinking: tuple[str, ...] = ()
    """Fields that carry earlier thinking in assistant messages; empty: it is left out of the history."""
    preserve_thinking: bool = False
    """Says `clear_thinking: false`, so that replayed thinking is used (Z.ai)."""
    params: Mapping[str, ParamRange] = field(default_factory=dict)
    """Sampling fields it takes (of `Sampling`, and `json_output`); what is absent is left out and said so."""
    max_stops: int | None = None
    usage_option: bool = False
    """Reports usage only with `stream_options.include_usage`."""
    continue_style: ContinueStyle = "ask"
    media: Mapping[str, MediaRule] = field(default_factory=dict)
    """input kind (image, video, audio, document) -> rule; what is absent is refused before sending."""
    media_exclusive: tuple[tuple[str, ...], ...] = ()
    """Groups of kinds that may not stand together in one request."""
    media_needs_key: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    inline_markup: bool = True
    """Whether the answer text may hold <think> tags, box markers or tool XML that must be taken out."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """A resolved name: this model, at this provider, under this id, in this dialect."""

    model: Model | None
    """None for a custom server's model that the catalogue does not know."""
    provider: Provider
    wire_id: str

    @property
    def dialect(self) -> DialectName:
        return self.provider.dialect
