"""The bodies that outsiders post, as JSON: the one reader for every route. Bytes, values and depth are counted while
they come, before anything is parsed; what is long is parsed beside the event loop. What a body means is for its route.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glm_ui.errors import BadInput
from glm_ui.languages import say
from glm_ui.protocol import halves, json_text
from glm_ui.serving.paths import has_limit_of_its_own

T = TypeVar("T")
Model = TypeVar("Model", bound=BaseModel)
LONGEST_NAME = 300
Name = Annotated[str, Field(max_length=LONGEST_NAME)]
Secret = Annotated[str, Field(max_length=4096, repr=False)]
"""A page's secret, or a key."""


class Strict(BaseModel):
    """What outsiders post: a field that is not known is an error."""

    model_config = ConfigDict(extra="forbid")


class FromPage(Strict):
    """`session` is the secret of the page that asks."""

    session: Secret


@dataclass(frozen=True, slots=True)
class Limits:
    """What one body may have: bytes, values (and names) in all its lists and objects, lists within lists."""

    size: int
    values: int
    depth: int = 64


SMALL = Limits(256 * 1024, 2_000)
LIST = Limits(2 * 2**20, 60_000)
CONVERSATION = Limits(16 * 2**20, 100_000)
TURN_FILE = Limits(24 * 2**20, 300_000)
ENDPOINT = Limits(6 * 2**20, 20_000)
"""What programs post to Gradio's routes: Gradio walks through every value several times."""

BESIDE_THE_LOOP = 64 * 1024
"""Bytes from which parsing is left to a thread."""
AT_ONCE = 16 * 1024
"""Bytes that are counted before others have their turn: at most four milliseconds."""

_PARSED = re.compile(rb'(?:[^"]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class JsonSize:
    """Counts the values of a JSON text that comes in pieces. Takes time in proportion to each piece, and keeps none."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.size = self.values = self.depth = 0
        self._text = b""
        """How a text begins that did not end in the pieces so far: `"`, or `"` and a backslash."""

    def feed(self, piece: bytes) -> None:
        """Raises BadInput at the first piece that goes beyond a limit."""
        self.size += len(piece)
        if self.size > self.limits.size:
            raise BadInput(
                "This is too large to send.",
                say("It has more than {megabytes:.2g} MB.", megabytes=self.limits.size / 2**20),
                "Send less, or start a new chat.",
            )
        data = self._text + piece
        ended = _PARSED.match(data)
        end = ended.end() if ended else 0
        rest = data[end:]
        backslashes = len(rest) - len(rest.rstrip(b"\\"))
        self._text = rest[:1] + b"\\" * (backslashes % 2)
        self._count(_TEXT.sub(b"", data[:end]))

    def _count(self, marks: bytes) -> None:
        self.values += sum(marks.count(mark) for mark in (b",", b"[", b"{"))
        if self.values > self.limits.values:
            raise BadInput(
                "This has too many parts to send.",
                say("More than {values:,} values are in it.", values=self.limits.values),
                "Send less, or start a new chat.",
            )
        for bracket in marks.translate(None, _NOT_BRACKETS):
            self.depth += 1 if bracket in b"[{" else -1
            if self.depth > self.limits.depth:
                raise strange()


def strange() -> BadInput:
    return BadInput("The request is not one this page sends.")


async def read_body(request: Request, limits: Limits = SMALL) -> bytes:
    """The whole body. Raises BadInput for more than `limits`."""
    return await _whole(_pieces(request), limits)


async def read_json(request: Request, parse: Callable[[bytes], T], limits: Limits = SMALL) -> T:
    """What `parse` makes of the body. Raises what `parse` does, and BadInput for more than `limits`."""
    raw = await read_body(request, limits)
    return await beside(len(raw), lambda: parse(raw))


async def beside(size: int, work: Callable[[], T]) -> T:
    """`work` on `size` bytes: beside the event loop where they are many."""
    return await asyncio.to_thread(work) if size > BESIDE_THE_LOOP else work()


def object_of(raw: bytes) -> dict[str, Any]:
    """The posted object. Half a surrogate pair in it, such as an emoji that JavaScript cut in two, becomes U+FFFD.
    Raises BadInput."""
    try:
        said = orjson.loads(raw)
    except ValueError:
        said = _read_slowly(raw)
    if not isinstance(said, dict):
        raise strange()
    return said


def _read_slowly(raw: bytes) -> Any:
    """What orjson refuses; None for what is no JSON even so."""
    try:
        return halves.whole(json_text.read_json(raw))
    except ValueError:
        return None


def model_of(kind: type[Model]) -> Callable[[bytes], Model]:
    """A parser of the posted object as a model. Raises BadInput, without what was posted."""

    def parse(raw: bytes) -> Model:
        try:
            return kind.model_validate(object_of(raw))
        except ValidationError:
            raise strange() from None

    return parse


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    with contextlib.suppress(ClientDisconnect):
        async for piece in request.stream():
            yield piece


async def _whole(pieces: AsyncIterator[bytes], limits: Limits) -> bytes:
    size = JsonSize(limits)
    whole = bytearray()
    async for piece in pieces:
        for start in range(0, len(piece), AT_ONCE):
            size.feed(piece[start : start + AT_ONCE])
            await asyncio.sleep(0)
        whole += piece
    return bytes(whole)


class Bounded:
    """The middleware: what is posted to Gradio's own routes is held to `ENDPOINT` before Gradio parses it, and what it
    does not understand is refused in our words."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or has_limit_of_its_own(scope):
            await self.app(scope, receive, send)
            return
        try:
            whole = await _whole(_received(receive), ENDPOINT)
        except BadInput as err:
            await JSONResponse({"detail": str(err), "error": err.public()}, 413)(scope, receive, send)
            return
        if not _is_text(whole):
            await _strange(400)(scope, receive, send)
            return
        is_refused = False

        async def sent(message: Message) -> None:
            """Gradio's own refusal quotes the whole body, and says nothing to a person."""
            nonlocal is_refused
            if message["type"] == "http.response.start" and message["status"] == 422:
                is_refused = True
                await _strange(422)(scope, receive, send)
            elif not is_refused:
                await send(message)

        await self.app(scope, _again(whole, receive), sent)


def _strange(status: int) -> JSONResponse:
    refusal = strange()
    return JSONResponse({"detail": str(refusal), "error": refusal.public()}, status)


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


async def _received(receive: Receive) -> AsyncIterator[bytes]:
    while (message := await receive())["type"] == "http.request":
        yield message.get("body", b"")
        if not message.get("more_body"):
            return


def _again(body: bytes, receive: Receive) -> Callable[[], Awaitable[Message]]:
    """A `receive` that gives the body that was read, and then what comes."""
    given = False

    async def first() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return first
