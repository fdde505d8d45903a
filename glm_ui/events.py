"""What a reply streams, as one flat union. Imports nothing of ours; no provider's words enter here.

There are no start and end pairs: a change of type is the boundary. A stream ends with exactly one `Done`,
or with an exception from `glm_ui.errors`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

FinishReason = Literal["stop", "length", "tool_calls", "filtered", "context_full", "paused", "other"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something is being waited for: a connection, or the first byte of the reply."""

    phase: Literal["connecting", "first_byte"]


@dataclass(frozen=True, slots=True)
class Retrying:
    """The attempt failed before its first byte; attempt number `attempt` starts in `delay` seconds."""

    attempt: int
    of: int
    delay: float
    why: str


@dataclass(frozen=True, slots=True)
class Started:
    """The first frame has come. `model` is what the upstream says is answering; `notes` has one sentence for each
    option that was clamped or left out of the request."""

    model: str | None = None
    response_id: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """One sentence for the reader of this reply: what of it could not be read."""

    text: str


@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    """A piece of thinking. `opaque` is provider data (a signature, encrypted details) that belongs to thinking
    block number `block` and must go back unchanged; later deltas of the same block add keys to it.

    `takes_answer`: all answer text so far was thinking in truth (its closing tag has come, its opening tag never
    did, for the prompt template wrote it); it moves to the end of the thinking, before `text`. An empty `text`
    never means that thinking has begun again."""

    text: str
    block: int = 0
    opaque: Mapping[str, Any] | None = None
    takes_answer: bool = False


@dataclass(frozen=True, slots=True)
class AnswerDelta:
    text: str


@dataclass(frozen=True, slots=True)
class Logprobs:
    """How likely the tokens of the next piece of the answer were: for each its `token`, its `logprob` and, where they
    were asked for, other likely ones, as the provider says it."""

    tokens: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A piece of tool call number `index` (0, 1, ... in order of appearance); `arguments` is JSON text to be joined.

    `id` and `name` are given once known and then stay the same; an empty string means not known yet. `inline`: the call
    was found in the text of the answer, where a model may also quote one.
    """

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counts them, and what it says it cost in USD. `None` is not reported, never zero.

    `output_tokens` includes `thinking_tokens`; `input_tokens` includes `cached_tokens`. The last one holds.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    thinking_tokens: int | None = None
    cached_tokens: int | None = None
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The reply is complete. `reason` is ours, `raw_reason` the provider's own word, `why` its own explanation of a
    refusal as plain text, where it gives one."""

    reason: FinishReason
    raw_reason: str = ""
    model: str | None = None
    why: str = ""


Piece = ThinkingDelta | AnswerDelta | Logprobs | ToolCallDelta | Note | Done
"""What one answer is made of."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """A piece of another answer to the same question, number `index` from 1; its `Done` comes before that of the first.
    They come only where several answers were asked for."""

    index: int
    event: Piece


@dataclass(frozen=True, slots=True)
class Frame:
    """One event of the provider's stream as it came; what was read from it stands before this. It comes only to whoever
    asks for frames, which is a server that passes them on.

    `data` is empty where the bytes must not be shown. `content` is what they hold. `unread` has the members that no
    event tells, by the path of their names, as far as they may be shown. `ends`: a text has ended here."""

    data: bytes
    content: Mapping[str, Any]
    unread: Mapping[tuple[str | int, ...], Any]
    ends: bool = False


# What a turn with tools adds. A reply knows none of these: they stand between the replies of one turn.


@dataclass(frozen=True, slots=True)
class Round:
    """The calls so far have their results, and the model is asked again: reply `number` of the turn begins, whose
    request comes to `input_tokens` by our own estimate. Indexes and usage begin at zero again."""

    number: int
    input_tokens: int | None
    """None where that was not counted."""


@dataclass(frozen=True, slots=True)
class ToolWaiting:
    """Call `index` waits for the person's word, for the reason `why`, or, where that is "", for other calls of its
    round. `key` is the call's own, unlike the id that a provider gives. `pin` is the hash of the definition that the
    person is asked about, and `tool` stands for both where the person allows it for the whole conversation."""

    index: int
    key: str
    server: str
    title: str
    why: str
    pin: str
    tool: str = ""


@dataclass(frozen=True, slots=True)
class ToolStarted:
    index: int
    key: str
    server: str
    title: str


@dataclass(frozen=True, slots=True)
class ToolProgress:
    """How far call `index` is: `done` of `total`, which is None where it is not known."""

    index: int
    done: float
    total: float | None = None
    text: str = ""


ToolState = Literal["done", "failed", "refused", "unknown"]


@dataclass(frozen=True, slots=True)
class ToolEnded:
    """The one result of call `index`. `content` is what the page keeps; `pictures` are (MIME type, bytes). `seconds` is
    None for a call that did not run."""

    index: int
    key: str
    state: ToolState
    content: str
    seconds: float | None = None
    pictures: tuple[tuple[str, bytes], ...] = ()
    server: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Something that an answer may cite as [`number`]. `published` is a date as the search gave it, or "". `ref`: the
    number that it had in the provider's own search, whose reply cites it as [ref_1] or [1]; 0 for what a tool found."""

    number: int
    url: str
    title: str
    snippet: str = ""
    published: str = ""
    ref: int = 0


@dataclass(frozen=True, slots=True)
class Sources:
    """Sources that a tool found, or a search that the provider ran, with numbers that no earlier one of the round
    has."""

    items: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Citation:
    """The answer rests on the source at `url`, which says `passage`: at the end of what has come of it, or `back`
    characters before that."""

    url: str
    passage: str = ""
    back: int = 0


ReplyEvent = (
    Waiting
    | Retrying
    | Started
    | Note
    | ThinkingDelta
    | AnswerDelta
    | Logprobs
    | ToolCallDelta
    | Usage
    | Alternative
    | Sources
    | Citation
    | Frame
    | Done
)
ToolEvent = Round | ToolWaiting | ToolStarted | ToolProgress | ToolEnded | Sources
StreamEvent = ReplyEvent | ToolEvent
