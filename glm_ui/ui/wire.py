"""What the page is told as JSON, as types: the frames of a turn, of a plan and of a doctor's visit, and models.
`scripts/web_types.py` makes the types of the page's scripts of these. No value is made here.

What the page posts is held by the models of its routes (`turn/request.py` and others).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

from glm_ui.accounting.quota import LeftTold
from glm_ui.errors import ErrorTold
from glm_ui.providers.doctor.findings import FindingTold
from glm_ui.reply.metrics import Metrics
from glm_ui.reply.rounds import CallTold, RunTold

Size = tuple[int, int]
"""Width and height in pixels."""


# ---- the frames of a turn; `k` says which


class Silence(TypedDict):
    """Nothing was said for a while: it keeps the connection open and never reaches the scripts. `k` is never
    there; without it every frame would pass for this one."""

    k: NotRequired[Literal[""]]


class Delta(TypedDict):
    """A batch of thinking and answer, joined."""

    k: Literal["d"]
    t: NotRequired[str]
    a: NotRequired[str]


class TakeBack(TypedDict):
    """All answer text so far was thinking."""

    k: Literal["take"]


class Wait(TypedDict):
    k: Literal["wait"]
    phase: Literal["connecting", "first_byte"]


class Retry(TypedDict):
    """`delay` in seconds."""

    k: Literal["retry"]
    attempt: int
    of: int
    delay: float
    why: str


class Start(TypedDict):
    k: Literal["start"]
    model: str | None
    notes: list[str]


class Notes(TypedDict):
    k: Literal["note"]
    notes: list[str]


class Tool(TypedDict):
    k: Literal["tool"]
    calls: list[CallTold]


class CallNews(TypedDict):
    """How call number `index` of the round goes."""

    k: Literal["call"]
    index: int
    call: RunTold


class CitedTold(TypedDict):
    """A source that the answer may cite as [`number`]; what the provider's own search found (`ref` is not 0), as
    [ref_1] or [1] by that number."""

    number: int
    url: str
    title: str
    snippet: str
    published: str
    ref: int


class SourcesTold(TypedDict):
    k: Literal["sources"]
    items: list[CitedTold]


class CitationTold(TypedDict):
    """The answer rests on the source at `url`, which says `text`: at the end of what has come, or `back` characters
    before that."""

    k: Literal["cite"]
    url: str
    text: str
    back: int


class Searched(TypedDict):
    """The provider was asked to search the web where it likes: what comes may hold text from there."""

    k: Literal["searched"]


class Measured(TypedDict):
    k: Literal["m"]
    metrics: Metrics


class BoxTold(TypedDict):
    """`box` in thousandths of the picture, `pixels` in its own; `text` is what the answer says of it."""

    box: tuple[float, float, float, float]
    label: str
    picture: int
    text: str
    pixels: tuple[int, int, int, int] | None


class BoxesFound(TypedDict):
    k: Literal["boxes"]
    boxes: list[BoxTold]


class Files(TypedDict):
    """How far file number `file` is."""

    k: Literal["files"]
    file: int
    done: int
    total: int


class EndingTold(TypedDict):
    """How a reply ended: a finish reason and the provider's own word for it."""

    kind: str
    raw: str
    why: NotRequired[str]


class Block(TypedDict):
    """A block of thinking, with what its provider wants back unchanged."""

    text: str
    opaque: Mapping[str, Any] | None


class PastRoundTold(TypedDict):
    """All calls of a round have their results, and the next one begins. `seconds`: how long it thought."""

    k: Literal["round"]
    thinking: list[Block]
    seconds: float | None


class State(TypedDict):
    """Whose account turns are billed to: which providers have a key of this visitor, which can be asked."""

    own: list[str]
    ready: list[str]
    offline: bool
    left: NotRequired[LeftTold | None]


class Kept(TypedDict):
    """What the browser keeps of a reply to send it back unchanged, what it cost, and whose key the next turn takes."""

    metrics: Metrics
    thinking: list[Block]
    calls: list[CallTold]
    state: NotRequired[State]


class Done(Kept):
    k: Literal["done"]
    ending: EndingTold


class Ended(TypedDict):
    """The turn was ended from outside: "stopped" by the person, or "interrupted", because no page read it for long."""

    k: Literal["ended"]
    ending: EndingTold
    state: NotRequired[State]


class Failed(TypedDict):
    """What came before it stays valid."""

    k: Literal["error"]
    error: ErrorTold
    metrics: NotRequired[Metrics]
    thinking: NotRequired[list[Block]]
    calls: NotRequired[list[CallTold]]
    state: NotRequired[State]


class All(TypedDict):
    """Stands for all frames so far: the reply begins anew, and takes these."""

    k: Literal["all"]
    frames: list[TurnFrame]
    state: NotRequired[State]


# ---- what the page knows of a model


class ModelAt(TypedDict):
    """A model at one provider: what it takes there, where that differs; USD for a million tokens in and out."""

    takes: NotRequired[list[str]]
    price: NotRequired[tuple[float, float]]


class ModelOffered(TypedDict):
    """`released` is a date, `takes` kinds of files, `at` by provider."""

    name: str
    released: str | None
    window: int | None
    takes: list[str]
    thinks: bool
    tools: bool
    at: dict[str, ModelAt]


# ---- the plan of a turn's files


class ItemTold(TypedDict):
    """`weight` in bytes; `thumbnail` is a data URL."""

    label: str
    mime: str
    weight: int
    tokens: int
    size: Size | None
    thumbnail: str | None


class FileTold(TypedDict):
    name: str
    label: str
    kind: str | None
    format: str
    pictures: int
    original_bytes: int
    sent_as: Literal["picture", "pictures", "pages", "text", "frames", "file", "address", ""]
    original_size: Size | None
    pages: int | None
    picked: list[int]
    seconds: float | None
    sent_bytes: int
    tokens: int
    items: list[ItemTold]
    notes: list[str]
    warning: str
    refusal: ErrorTold | None


class SeenTold(TypedDict):
    file: int
    item: int
    size: Size | None
    name: str


class PlanTold(TypedDict):
    k: Literal["plan"]
    files: list[FileTold]
    pictures: list[SeenTold]
    visual_tokens: int
    text_tokens: int
    taken: int
    window: int | None
    fill: float | None
    warnings: list[str]
    refusals: list[ErrorTold]
    needs_consent: bool


# ---- the doctor


class Found(TypedDict):
    k: Literal["finding"]
    finding: FindingTold


class Over(TypedDict):
    """The report is whole."""

    k: Literal["done"]


TurnFrame = (
    Silence
    | Delta
    | TakeBack
    | Wait
    | Retry
    | Start
    | Notes
    | Tool
    | CallNews
    | PastRoundTold
    | SourcesTold
    | CitationTold
    | Searched
    | Measured
    | BoxesFound
    | Files
    | Done
    | Ended
    | Failed
    | All
)
PlanFrame = Silence | Files | PlanTold | Failed
DoctorFrame = Found | Over | Failed
Frame = TurnFrame | PlanTold | Found | Over
