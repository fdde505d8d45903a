"""The rows of the catalogue: what a model can do, who serves it, how that provider wants each switch.

Plain frozen values loaded from the JSON files beside this one. No logic, no addresses but the providers'
defaults, no keys. A provider's difference is a field here, read in one dialect, never an `if provider ==`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

DialectName = Literal["openai", "anthropic"]

ThinkingStyle = Literal[
    "thinking",  # {"thinking": {"type": "enabled" | "disabled"}}: Z.ai; a budget on the anthropic dialect
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
ReadyBy = Literal["key", "address", "either"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where figures were read. `date` is when (YYYY-MM-DD, YYYY-MM or None); `url` where one is known."""

    key: str
    title: str
    url: str | None = None
    date: str | None = None
    note: str = ""


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
class Conflict:
    """Sources that disagree: what about, each side with its source, and in one sentence what we go by."""

    key: str
    about: tuple[str, ...]
    """Keys of models and names of aliases."""
    point: str
    sides: tuple[Figure, ...]
    verdict: str

    @property
    def sentence(self) -> str:
        return f"{self.point} {self.verdict}"


@dataclass(frozen=True, slots=True)
class ThinkingAbility:
    """`kind`: switch (on or off), effort (levels; `can_disable`: off is one), forced, none, unknown."""

    kind: Literal["switch", "effort", "switch+effort", "forced", "none", "unknown"]
    can_disable: bool | None = None
    efforts: tuple[str, ...] = ()
    default_effort: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class MediaRule:
    """How one kind of input travels. `ways`: "data" (bytes inline), "url" (an address the provider fetches;
    never of a server that may stand in its owner's own network, where a visitor's address must not lead).

    `part` names the wire part where the dialect has several ("image_url", "file_url", "file", "video_url").
    `declared_only`: the provider says it takes it but is known to drop it; try only after a warning.
    """

    ways: tuple[str, ...]
    part: str = ""
    max_count: int | None = None
    max_bytes: int | None = None
    max_pixels: tuple[int, int] | None = None
    mimes: tuple[str, ...] = ()
    raw_base64: bool = False
    url_field: str = ""
    """The field of a "file" part that takes an address, where it is not the one for the bytes."""
    declared_only: bool = False
    note: str = ""

    def takes(self, mime: str) -> bool:
        return not self.mimes or mime in self.mimes

    def fits(self, size: int) -> bool:
        """Whether so many bytes may go."""
        return not self.max_bytes or size <= self.max_bytes


@dataclass(frozen=True, slots=True)
class Model:
    """The weights and what they can do. `window` and `max_output` are the working figures in tokens;
    each source's own figure, also where it disagrees, stands in `window_figures` and `output_figures`."""

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
    """provider key -> id on that provider's wire, those of `Provider.serves` included. A provider that is absent does
    not serve it."""
    prices: Mapping[str, Price]
    """provider key -> price there, "huggingface:novita" where a host behind it sets it. Absent: unknown."""
    inputs_at: Mapping[str, tuple[str, ...]]
    """provider key -> inputs it takes there, where that differs from `inputs`."""
    max_images: int | None = None
    refuses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """provider key -> sampling fields (as in `Provider.params`) that this model does not take there."""
    media_at: Mapping[str, Mapping[str, MediaRule]] = field(default_factory=dict)
    """provider key -> input kind -> the rule that stands for this model in place of the provider's."""
    structured: Figure | None = None
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Ids of what is no chat model there, and weights without a known host (hub)."""
    status: str = ""
    notes: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    chat: bool = True
    """False for rows that are listed but are no chat model (OCR endpoint, voice)."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What a person may expect of a name, whichever model answers. None, and no `inputs`, is unknown."""

    inputs: tuple[str, ...]
    thinking: Figure | None
    tools: Figure | None
    window: Figure | None
    price: Price | None
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Alias:
    """A name that people type and what the gateway's table maps it to. `date`: the month there (YYYY-MM)."""

    name: str
    surface: DialectName
    target: str
    model: str
    group: str
    date: str | None
    description: str
    flags: tuple[str, ...] = ()
    source: str = "gateway-table"
    promise: Promise | None = None


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """One row of the GLM-4 family table, verbatim, and the key of the catalogue's model that it means."""

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
    source: str = "family-table"
    signals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParamRange:
    """Bounds that the provider accepts; a value outside is clamped and said so. `decimals` rounds it."""

    low: float | None = None
    high: float | None = None
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class Transcription:
    """An endpoint that writes recordings down: its model, and what one request may carry as WAV, by `source` as read on
    `date`."""

    model: str
    max_seconds: int
    max_bytes: int
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class Provider:
    """Who serves models: where, with which key, in which dialect, and how it wants each switch."""

    key: str
    name: str
    dialect: DialectName
    base_url: str | None
    """Default address: everything before /chat/completions (openai) or before /v1/messages (anthropic)."""
    key_env: str | None
    """The environment variable of the owner's key."""
    key_required: bool
    key_page: str | None
    thinking: ThinkingStyle
    key_check: str = ""
    """The path of a free request that only a valid key passes; "" where there is none."""
    serves: Mapping[str, str] = field(default_factory=dict)
    """our model key -> its id here, in place of an entry in that model's `ids`: a new provider is then one row."""
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
    tool_choices: tuple[str, ...] = ("auto",)
    """Modes of `ToolChoice` that it has a word for; the others are said by the tools offered and in the prompt."""
    tool_stream: tuple[str, ...] = ()
    """Keys of the models that stream a call's arguments here only with `tool_stream: true`."""
    search_tool: Mapping[str, Any] = field(default_factory=dict)
    """The entry of `tools` with which it searches the web itself; empty: it does not."""
    json_schema: bool = False
    """Takes `response_format: json_schema`; else the schema is written into the system prompt."""
    continue_style: ContinueStyle = "ask"
    media: Mapping[str, MediaRule] = field(default_factory=dict)
    """input kind (image, video, audio, document) -> rule; what is absent is refused before sending."""
    media_exclusive: tuple[tuple[str, ...], ...] = ()
    """Groups of kinds that may not stand together in one request."""
    media_needs_key: bool = False
    transcription: Transcription | None = None
    """Its /audio/transcriptions, which makes a text of a recording; None where there is none."""
    address_env: str | None = None
    """The environment variable of the owner's own address for it; absent, it is named for the key: "zai-anthropic" has
    GLM_UI_ZAI_ANTHROPIC_BASE_URL."""
    address_below: str = ""
    """What stands below that address where several providers share it: "/v1"."""
    ready_by: ReadyBy = "key"
    """Which of key and address the owner must set for turns to go there unasked."""
    headers: Mapping[str, str] = field(default_factory=dict)
    suffixes: tuple[str, ...] = ()
    """What may follow an id here: ":" opens a variant or a host (z-ai/glm-4.6:nitro), "[1m]" is literal."""
    lists_all_vendors: bool = False
    """Its list of models holds those of many vendors; only GLM's are of interest here."""
    own_sdk: str | None = None
    """The Python package that its vendor publishes, beside the SDK of its dialect."""
    inline_markup: bool = True
    """Whether the answer text may hold <think> tags, box markers or tool XML that must be taken out."""
    personal: bool = False
    """Its terms allow the holder of the account alone: the owner's key is used only where nobody else can spend it."""
    note: str = ""

    @property
    def asks_key(self) -> bool:
        """Whether a person is told that it needs a key while it is not ready: a gateway may do without, few do."""
        return self.key_required or (self.key_env is not None and self.ready_by != "address")
