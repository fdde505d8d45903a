"""What the page is told as JSON besides frames, as types: its configuration, and the answers of the routes. As `wire`,
and for the same readers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

from glm_ui.catalogue.told import ResolutionTold
from glm_ui.errors import ErrorTold
from glm_ui.inspection.snippets.request import MediaTold
from glm_ui.inspection.snippets.writers import SnippetTold
from glm_ui.ui.wire import ModelOffered, State

# ---- the configuration that the page carries


class ProviderTold(TypedDict):
    """`shares` is the provider whose key this one takes. One that only `asks_key` may be asked without: a gateway."""

    name: str
    needs_key: bool
    asks_key: bool
    key_page: str | None
    shares: str


class Offered(TypedDict):
    """A choice of the Multimodal tab's picker; `takes` are kinds of files."""

    label: str
    value: str
    takes: list[str]


class Example(TypedDict):
    title: str
    prompt: str
    file: str
    picture: str
    choices: NotRequired[dict[str, Any]]


class Offers(TypedDict):
    """`hears` are the providers that write recordings down."""

    hears: list[str]


class MultimodalSpoken(TypedDict):
    words: Any
    examples: list[Example]
    models: list[Offered]


class MultimodalConfig(Offers, MultimodalSpoken):
    pass


class ControlsConfig(TypedDict):
    """The states of all models' controls, each once, and which of them each choice has."""

    states: list[dict[str, dict[str, Any]]]
    choices: dict[str, list[int]]


class SpokenAnywhere(TypedDict):
    """`offered` has, by tab, (label, value) of what its list offers, where the page was not drawn in this language."""

    words: Any
    examples: list[list[str]]
    controls: ControlsConfig
    providers: dict[str, ProviderTold]
    offered: NotRequired[dict[str, list[tuple[str, str]]]]


class Spoken(SpokenAnywhere):
    """The part of the configuration that a person reads."""

    multimodal: MultimodalSpoken


class Config(SpokenAnywhere):
    """`picked` is by tab: the choice when the page opens."""

    multimodal: MultimodalConfig
    tabs: list[str]
    models: dict[str, ModelOffered]
    picked: dict[str, str]
    first_provider: str
    languages: dict[str, str]
    language: str
    space: str
    """The name of the Space that this runs in, or ""."""
    state: State


# ---- the Models tab and the view of an exact request


FigureValue: TypeAlias = str | int | float | bool | Sequence[str] | None
"""None is unknown."""


class SourceTold(TypedDict):
    """Where a figure was read. `value` is what stands there, where sources differ."""

    source: str
    title: str
    url: NotRequired[str]
    date: NotRequired[str | None]
    note: NotRequired[str]
    value: NotRequired[FigureValue]
    provider: NotRequired[str]


class Valued(TypedDict):
    """`provider` and `by_provider` are of a price, the rest of the thinking switch."""

    value: FigureValue
    provider: NotRequired[str | None]
    by_provider: NotRequired[dict[str, float | None]]
    can_disable: NotRequired[bool | None]
    efforts: NotRequired[list[str]]
    note: NotRequired[str]


class FigureTold(Valued):
    sources: list[SourceTold]


class RowFigure(Valued):
    """Its sources by key."""

    sources: list[str]


class RowTold(TypedDict):
    key: str
    kind: str
    name: str
    model: str | None
    model_name: str | None
    group: str
    provider: str | None
    surface: str | None
    wire_ids: Mapping[str, str]
    figures: Mapping[str, RowFigure]
    inputs_at: Mapping[str, Sequence[str]]
    conflicts: int
    find: str


class ProviderRow(TypedDict):
    name: str
    dialect: str


class SourceRow(TypedDict):
    key: str
    title: str
    url: str | None
    date: str | None
    note: str


class CardTold(TypedDict):
    family: str
    purpose: str


class Table(TypedDict):
    rows: list[RowTold]
    cards: Mapping[str, CardTold]
    groups: Mapping[str, str]
    providers: dict[str, ProviderRow]
    sources: dict[str, SourceRow]


class Point(TypedDict):
    point: str
    promised: FigureTold | None
    given: FigureTold | None
    differs: bool


class ConflictTold(TypedDict):
    key: str
    point: str
    verdict: str
    sides: list[SourceTold]


class AliasSays(SourceTold):
    kind: Literal["alias"]
    name: str
    surface: str
    target: str
    description: str


class FamilySays(SourceTold):
    kind: Literal["family"]
    name: str
    columns: dict[str, FigureValue]


class Trace(ResolutionTold):
    """A typed name with all that is known of it; `ids` and `elsewhere` are ids on the wire by provider."""

    name: str
    model_name: str | None
    points: list[Point]
    conflicts: list[ConflictTold]
    ids: dict[str, str]
    elsewhere: dict[str, str]
    notes: list[str]
    status: str
    says: list[AliasSays | FamilySays]


class RawTold(TypedDict):
    """The raw stream of a turn: `cut` where only its beginning is shown, not `whole` where not all was kept."""

    size: int
    text: str
    cut: bool
    whole: bool


class RequestTold(TypedDict):
    """Request `round` of the `rounds` of its turn."""

    round: int
    rounds: int
    method: str
    url: str
    headers: dict[str, str]
    body: Any
    media: list[MediaTold]
    size: int
    provider: str | None
    dialect: str | None
    notes: list[str]
    snippets: list[SnippetTold]
    raw: RawTold
    kept: bool


class UploadTold(TypedDict):
    """`size` in bytes."""

    id: str
    name: str
    size: int


# ---- programs that use the gateway


class BlockTold(TypedDict):
    """What a person copies; `file` is where it goes, "" for a shell."""

    file: str
    language: str
    text: str


class ProgramTest(TypedDict):
    """The request of a test, without the key."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Program(TypedDict):
    key: str
    label: str
    blocks: list[BlockTold]
    test: ProgramTest


class Answering(TypedDict):
    """Who would answer a program; `id` is the model's on the wire."""

    model: str
    provider: str
    id: str


class Answers(TypedDict):
    """One of the two is None."""

    answers: Answering | None
    problem: ErrorTold | None


class Connections(Answers):
    """`state` is the gateway's: open (no key is needed), key, none (there are no keys yet), closed. `owner`: whether
    the owner asks."""

    state: Literal["open", "key", "none", "closed"]
    owner: bool
    keeps_content: bool
    clients: list[Program]


class BegunTest(TypedDict):
    turn: str
    token: str


class ProgramRequest(TypedDict):
    """As the gateway's `Record`."""

    id: str
    at: float
    client: str
    program: str
    path: str
    asked: str
    provider: str
    provider_name: str
    model: str | None
    ending: str
    seconds: float
    first_word: float | None
    input_tokens: int
    output_tokens: int
    cost: float | None
    said: str
    kept: bool


class RecentRequests(TypedDict):
    requests: list[ProgramRequest]
