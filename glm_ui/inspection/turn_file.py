"""A turn as a file: the request with the name of its key, the raw stream, and when each piece came. Plays such a file
again through the same decoder. No network, no key, no Gradio.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import Field, ValidationError

from glm_ui.backend import Tap
from glm_ui.backend.prepare import PreparedRequest
from glm_ui.backend.response import ReplyValidator, ResponseReader, refusal
from glm_ui.catalogue import load
from glm_ui.catalogue.route import Route
from glm_ui.catalogue.rows import DialectName
from glm_ui.errors import BadInput, GlmUiError, StreamCut, plain_text
from glm_ui.events import Done, Round, StreamEvent, ToolEnded, ToolState, Waiting
from glm_ui.languages import say
from glm_ui.messages import ChatRequest, Message
from glm_ui.net.request import Outgoing
from glm_ui.protocol import DIALECTS, Encoded
from glm_ui.serving.bodies import Name, Strict
from glm_ui.tools import results

FORMAT: Final = "glm-ui-turn"
LONGEST_GAP: Final = 30.0
"""Seconds; a longer silence is played as this one."""
MAX_MARKS: Final = 60_000
"""Of a turn's pace; of more, only every second, third ... is written."""
MAX_VALUES: Final = 100_000
"""In a reply that is one JSON text."""
MAX_RAW: Final = 16 * 2**20
PIECE: Final = 16 * 1024
"""Bytes that are decoded at once; others have their turn in between."""
STRANGER: Final = "custom"
"""The provider whose row is used for one that this catalogue does not have."""

Pace = list[tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]]


class Asked(Strict):
    """The request as it went out. `$ZAI_API_KEY` stands where the key was."""

    method: Name
    url: Annotated[str, Field(max_length=4096)]
    headers: dict[str, str]
    body: Any = None


class RoundFile(Strict):
    """One request of a turn, and its reply. `raw` is the body of the response, or `raw_base64` where it is not UTF-8.
    `pace` has (milliseconds since the request went out, bytes that had come by then)."""

    provider: Name
    dialect: DialectName
    model: Name
    request: Asked
    notes: list[str] = Field(default_factory=list, max_length=100)
    partial: str | None = None
    """The unfinished answer that this reply goes on with."""
    continues_by_prompt: bool = Field(default=False, alias="asks")
    """A prompt asked the model to go on, so the reply may repeat the end of `partial`."""
    status: int | None = None
    raw: str = Field(default="", max_length=MAX_RAW)
    raw_base64: str | None = Field(default=None, max_length=MAX_RAW * 4 // 3 + 4)
    whole: bool = True
    """False when only the first bytes of a very long reply were kept."""
    pace: Pace = Field(default_factory=list, max_length=1_000_000)

    def bytes(self) -> bytes:
        if self.raw_base64 is None:
            return self.raw.encode("utf-8", "surrogatepass")
        try:
            return base64.b64decode(self.raw_base64, validate=True)
        except binascii.Error:
            raise _unreadable("The raw stream in it is broken.") from None


class Result(Strict):
    """How a call of a round went; without its pictures."""

    index: Annotated[int, Field(ge=0, lt=1000)]
    key: Name
    state: ToolState
    content: Annotated[str, Field(max_length=2 * results.FOR_MODEL)] = ""
    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    server: Name = ""
    title: Name = ""

    def event(self) -> ToolEnded:
        content, server, title = map(results.visible, (self.content, self.server, self.title))
        return ToolEnded(self.index, self.key, self.state, content, self.seconds, (), server, title)


class EarlierRound(RoundFile):
    results: list[Result] = Field(default_factory=list, max_length=100)


class TurnFile(RoundFile):
    """The last request of a turn; `earlier` are those before it, whose calls have results."""

    format: Literal["glm-ui-turn"]
    version: Literal[1]
    earlier: list[EarlierRound] = Field(default_factory=list, max_length=100)

    @property
    def begins_with(self) -> str | None:
        """The unfinished answer that the turn goes on with."""
        return (self.earlier[0] if self.earlier else self).partial


Earlier = tuple[Tap, Sequence[tuple[int, int]], str | None, Sequence[ToolEnded]]
"""A request before the last one, when each piece of its reply came, `partial`, and how its calls went."""


def write_turn_file(
    tap: Tap, pace: Sequence[tuple[int, int]], partial: str | None, earlier: Sequence[Earlier] = ()
) -> bytes:
    """What was kept of a turn, as a file. Raises BadInput when nothing went out."""
    said = {"format": FORMAT, "version": 1, **_round(tap, pace, partial)}
    if earlier:
        said["earlier"] = [
            {**_round(kept, when, begun), "results": [_result(one) for one in ended]}
            for kept, when, begun, ended in earlier
        ]
    return orjson.dumps(said, option=orjson.OPT_INDENT_2)


def _result(ended: ToolEnded) -> dict[str, Any]:
    return {name: getattr(ended, name) for name in Result.model_fields}


def _round(tap: Tap, pace: Sequence[tuple[int, int]], partial: str | None) -> dict[str, Any]:
    if tap.request is None or tap.route is None:
        raise BadInput("Nothing was sent in this turn.")
    raw = bytes(tap.raw)
    said: dict[str, Any] = {
        "provider": tap.route.provider.key,
        "dialect": tap.route.dialect,
        "model": tap.route.wire_id,
        "request": {
            "method": tap.request.method,
            "url": tap.request.url,
            "headers": dict(tap.request.headers),
            "body": orjson.loads(tap.request.body),
        },
        "notes": list(tap.notes),
        "partial": partial,
        "asks": tap.continues_by_prompt,
        "status": tap.status,
        "whole": len(raw) < tap.limit,
        "pace": list(pace[:: len(pace) // MAX_MARKS + 1]),
    }
    try:
        said["raw"] = raw.decode()
    except UnicodeDecodeError:
        said["raw_base64"] = base64.b64encode(raw).decode()
    return said


def read_turn_file(data: bytes) -> TurnFile:
    """Raises BadInput that says what is wrong with the file."""
    try:
        said = orjson.loads(data)
    except ValueError:
        raise _unreadable("It is no JSON.") from None
    try:
        rounds = [said, *_dicts(said.get("earlier"))] if isinstance(said, dict) else []
        marks = [_marks(each.pop("pace", [])) for each in rounds]
        file = TurnFile.model_validate(said)
    except ValidationError as err:
        first = err.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(x) for x in first["loc"])
        raise _unreadable(f"{where}: {first['msg']}." if where else "It is no turn.") from None
    for each, pace in zip((file, *file.earlier), marks, strict=True):
        each.pace = pace
    return file


def _dicts(said: Any) -> list[dict[str, Any]]:
    return [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []


def _marks(said: Any) -> list[tuple[int, int]]:
    """Checked here rather than by pydantic, which would hold the interpreter for as long as there are marks."""
    marks: list[tuple[int, int]] = []
    if isinstance(said, list) and len(said) > MAX_MARKS:
        raise _unreadable(say("It has more than {count:,} marks of time.", count=MAX_MARKS))
    for mark in said if isinstance(said, list) else [None]:
        match mark:
            case [int(milliseconds), int(size)] if milliseconds >= 0 and size >= 0:
                marks.append((milliseconds, size))
            case _:
                raise _unreadable("Its pace is no list of milliseconds and bytes.")
    return marks


def _unreadable(why: str) -> BadInput:
    return BadInput("This turn file cannot be played.", plain_text(why), "Export the turn again.")


async def replay(turn: TurnFile, speed: float = 1.0) -> AsyncGenerator[StreamEvent, None]:
    """The events of the turn, as its rounds gave them: exactly one `Done`, or a GlmUiError. `speed` 2 plays twice as
    fast, `math.inf` without waiting. No tool runs."""
    for number, earlier in enumerate(turn.earlier, 2):
        async with aclosing(_replay_round(earlier, speed)) as events:
            async for event in events:
                if type(event) is not Done:
                    yield event
        for result in earlier.results:
            yield result.event()
        yield Round(number, None)
    async with aclosing(_replay_round(turn, speed)) as events:
        async for event in events:
            yield event


async def _replay_round(turn: RoundFile, speed: float) -> AsyncGenerator[StreamEvent, None]:
    plan = _plan(turn)
    raw = await asyncio.to_thread(turn.bytes)
    if raw.lstrip()[:1] in (b"{", b"[") and sum(map(raw.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise _unreadable(say("More than {count:,} values are in its reply.", count=MAX_VALUES))
    yield Waiting("first_byte")
    if turn.status is not None and not 200 <= turn.status < 300:
        raise refusal(raw, plan, turn.status)
    promises = ReplyValidator(plan)
    try:
        async with aclosing(_read(ResponseReader(plan), raw, turn.pace, speed)) as events:
            async for event in events:
                for shown in promises.feed(event):
                    yield shown
    except GlmUiError as error:
        for shown in promises.rest():
            yield shown
        promises.broken_off(error)
        raise (_cut(turn, error) if isinstance(error, StreamCut) else error) from None


async def _read(
    body: ResponseReader, raw: bytes, pace: Sequence[tuple[int, int]], speed: float
) -> AsyncGenerator[StreamEvent, None]:
    clock = time.monotonic()
    for delay, chunk in _pieces(raw, pace):
        clock += delay / speed
        if (left := clock - time.monotonic()) > 0:  # to a date, so that a late machine keeps the pace
            await asyncio.sleep(left)
        for start in range(0, len(chunk), PIECE):
            for event in body.feed(chunk[start : start + PIECE]):
                yield event
                if type(event) is Done:
                    return
            await asyncio.sleep(0)
    for event in body.close():
        yield event


def _cut(turn: RoundFile, cut: StreamCut) -> StreamCut:
    why = "The reply was stopped or cut here." if turn.whole else "No more than this was kept of the reply."
    return StreamCut("The replay ends here.", why, "", provider=cut.provider, way_out="")


def _pieces(raw: bytes, pace: Sequence[tuple[int, int]]) -> Iterator[tuple[float, bytes]]:
    """(seconds to wait, the bytes that came then). Marks that go back in time or beyond the end do nothing."""
    at, then = 0, 0
    for milliseconds, end in pace:
        if end <= at:
            continue
        yield min(LONGEST_GAP, max(0, milliseconds - then) / 1000), raw[at:end]
        at, then = min(end, len(raw)), max(then, milliseconds)
        if at >= len(raw):
            return
    if at < len(raw):
        yield 0.0, raw[at:]


def _plan(turn: RoundFile) -> PreparedRequest:
    """As much of a plan as reading a reply takes."""
    catalogue = load()
    row = catalogue.providers.get(turn.provider) or catalogue.providers[STRANGER]
    route = Route(None, replace(row, dialect=turn.dialect), turn.model)
    messages = (Message.assistant(turn.partial),) if turn.partial is not None else ()
    request = ChatRequest(
        model=turn.model, provider=row.key, messages=messages, continues=turn.partial is not None
    )
    encoded = Encoded("", {}, {}, tuple(turn.notes), continues_by_prompt=turn.continues_by_prompt)
    outgoing = Outgoing(url=turn.request.url, provider=row.key, provider_name=row.name)
    return PreparedRequest(request, route, DIALECTS[turn.dialect], encoded, outgoing)
