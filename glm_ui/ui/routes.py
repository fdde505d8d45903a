"""Our own HTTP routes beside Gradio's: the live turn, the visitor's key and server, the page's files.

Pure ASGI, because it must be known the moment a reader goes away, also while the upstream is silent. `turn/run.py`
runs a turn, `turn/lasting.py` keeps one that outlives its connection; nothing of a provider enters here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any, cast

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from glm_ui import languages
from glm_ui.errors import BadInput, GlmUiError, RequestError
from glm_ui.serving import identity, metrics_gate, own_server, service_worker, static_files
from glm_ui.serving.bodies import CONVERSATION, FromPage, Name, Secret, model_of, read_json
from glm_ui.serving.identity import Caller
from glm_ui.telemetry import metrics
from glm_ui.ui import config, wire
from glm_ui.ui.gradio.labels import language_files
from glm_ui.ui.gradio.sign_in import signed_in
from glm_ui.ui.turn.kept_frames import LAST
from glm_ui.ui.turn.lasting import LastingTurn, Line, follow
from glm_ui.ui.turn.request import Turn, read_turn
from glm_ui.ui.turn.run import Live

log = logging.getLogger("glm_ui")

Frames = AsyncGenerator[wire.Frame, None]
Lines = AsyncGenerator[Line, None]
Events = AsyncGenerator[bytes, None]
STREAM_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


def routes(live: Live) -> list[BaseRoute]:
    """Everything that the page fetches from us besides Gradio's own routes."""

    async def healthz(_: Request) -> Response:
        # For whoever decides where requests go: no secret, no state of anyone.
        status, code = ("stopping", 503) if live.turnstile.closing else ("ok", 200)
        return JSONResponse({"status": status}, code, headers={"Cache-Control": "no-store"})

    async def counts(request: Request) -> Response:
        if not metrics_gate.may_read(request.headers, live.settings):
            return Response(status_code=404)
        body = await asyncio.to_thread(metrics.page)
        return Response(body, headers={"Content-Type": metrics.CONTENT_TYPE, "Cache-Control": "no-store"})

    return [
        Route("/glm_ui/chat", guarded(lambda request: _chat(live, request)), methods=["POST"]),
        Route("/glm_ui/key", guarded(lambda request: _key(live, request)), methods=["POST"]),
        Route("/glm_ui/server", guarded(lambda request: _server(live, request)), methods=["POST"]),
        Route("/glm_ui/state", guarded(lambda request: _state(live, request)), methods=["POST"]),
        Route("/glm_ui/leave", guarded(lambda request: _leave(live, request)), methods=["POST"]),
        Route("/glm_ui/words", guarded(lambda request: _words(live, request)), methods=["GET"]),
        Route("/healthz", healthz, methods=["GET"]),
        Route("/metrics", counts, methods=["GET"]),
        service_worker.route(live.settings, language_files()),
        Mount(static_files.ADDRESS, static_files.VersionedFiles()),
    ]


async def _words(live: Live, request: Request) -> Response:
    """The page's words in the language of the request, as the configuration has them in English."""
    words = await asyncio.to_thread(config.spoken, live.settings, languages.current())
    return Response(orjson.dumps(words), media_type="application/json", headers={"Cache-Control": "no-store"})


Handler = Callable[[Request], Awaitable[Any]]


def guarded(handler: Handler) -> Handler:
    """Lets in who may use the app, and turns our errors into JSON: with a 4xx status, or 502 where a provider failed.
    Other sites are refused before that (headers.py)."""

    async def endpoint(request: Request) -> Any:
        try:
            identity.let_in(signed_in(request.scope))
            return await handler(request)
        except RequestError as err:
            return JSONResponse({"error": err.public()}, status_code=err.status or 400)
        except GlmUiError as err:
            return JSONResponse({"error": err.public()}, status_code=502)

    return endpoint


async def _chat(live: Live, request: Request) -> EventStream:
    caller = live.caller(request.scope)
    turn = caller.enter(await read_json(request, read_turn, CONVERSATION))
    live.departures.back(turn.session)
    lasts = turn.lasts and turn.visitor
    lines = follow([(_lasting(live, turn, caller, request), 0)]) if lasts else None
    told = lines or _unnumbered(_frames(live, turn, caller, request))
    return EventStream(numbered(told, live, turn.session, caller), live.turnstile.sending())


def _frames(live: Live, turn: Turn, caller: Caller, request: Request) -> Frames:
    return live.frames(turn, caller.id, owner=bool(turn.tools) and live.is_owner(request.scope))


def _lasting(live: Live, turn: Turn, caller: Caller, request: Request) -> LastingTurn:
    """The turn, begun; where it is asked for a second time, the one that runs. Raises Busy."""
    known = live.lasting.find(turn.visitor, turn.lasts)
    if known and not known.frames.ended:
        return known
    lasting = live.lasting.open(turn.visitor, turn.lasts, caller.id)
    lasting.begin(asyncio.create_task(_run(lasting, _frames(live, turn, caller, request))))
    return lasting


async def _run(lasting: LastingTurn, frames: Frames) -> None:
    """A turn that goes on whoever reads it."""
    async with contextlib.aclosing(_never_fails(frames)) as safe:
        async for frame in safe:
            lasting.add(cast(wire.TurnFrame, frame))


async def _unnumbered(frames: Frames) -> Lines:
    """A turn that ends with its connection."""
    async with contextlib.aclosing(_never_fails(frames)) as safe:
        async for frame in safe:
            yield Line("", 0, cast(wire.TurnFrame, frame))


async def numbered(lines: Lines, live: Live, session: str, caller: Caller, *, named: bool = False) -> Events:
    """The lines as events with the numbers of their frames; `named`: and the ids of their turns. The last frame of a
    turn also says whose key the next one takes and what is left: a restart may have changed the one, the turn itself
    the other."""
    async with contextlib.aclosing(lines):
        async for turn, number, frame in lines:
            if frame.get("k") in TELLS_STATE:
                frame = cast(wire.TurnFrame, {**frame, "state": await live.state_of(session, caller.id)})
            name = b"event: %s\n" % turn.encode() if named and turn else b""
            yield (b"id: %d\n" % number if number else b"") + name + _event(frame)


TELLS_STATE = LAST | {"all"}


async def _state(live: Live, request: Request) -> Response:
    caller = live.caller(request.scope)
    said = caller.enter(await read_json(request, model_of(FromPage)))
    return await _told(live, said.session, caller)


async def _leave(live: Live, request: Request) -> Response:
    """What the page says when it closes, also before a reload."""
    said = await read_json(request, model_of(FromPage))
    live.leave(live.caller(request.scope).room(said.session))
    return JSONResponse({})


class KeyTyped(FromPage):
    """A visitor's key; a blank one takes the key away."""

    provider: Name
    key: Secret


async def _key(live: Live, request: Request) -> Response:
    caller = live.caller(request.scope)
    said = caller.enter(await read_json(request, model_of(KeyTyped)))
    room = kept_in(said.session)
    live.sessions.save(room, said.provider.removesuffix("-anthropic"), said.key, caller.id)
    return await _told(live, room, caller)


async def _server(live: Live, request: Request) -> Response:
    """A visitor's own server, kept with its key once it was looked at."""
    caller = live.caller(request.scope)
    named = caller.enter(await read_json(request, own_server.read_named))
    if not live.settings.custom_addresses:
        raise BadInput("Visitors cannot use servers of their own here.", "The owner has not allowed it.")
    room = kept_in(named.session)
    server = named.server()
    if server is not None:
        await own_server.check_host(server, live.check)
    live.sessions.name_server(room, server, named.key, caller.id)
    return await _told(live, room, caller)


def kept_in(room: str) -> str:
    """The room, or BadInput where the page has none to keep a key in."""
    if not room:
        raise BadInput("The request is not one this page sends.", todo="Reload the page.")
    return room


async def _told(live: Live, room: str, caller: Caller) -> Response:
    live.departures.back(room)
    state = await live.state_of(room, caller.id)
    return JSONResponse(state, headers={"Cache-Control": "no-store"})


class EventStream(Response):
    """Server-sent events. A reader who leaves cancels what makes them at once."""

    def __init__(self, events: Events, around: AbstractContextManager[None] | None = None) -> None:
        super().__init__(status_code=200)
        self.events = events
        self.around = around or contextlib.nullcontext()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self.around:
            await self._stream(receive, send)

    async def _stream(self, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": STREAM_HEADERS})
        sender = asyncio.create_task(self._send(send))
        leaver = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait({sender, leaver}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sender, leaver):
                task.cancel()
            await asyncio.gather(sender, leaver, return_exceptions=True)

    async def _send(self, send: Send) -> None:
        async with contextlib.aclosing(self.events) as events:
            async for event in events:
                await send({"type": "http.response.body", "body": event, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def events_of(frames: Frames) -> Events:
    """Each frame as an event."""
    async with contextlib.aclosing(_never_fails(frames)) as safe:
        async for frame in safe:
            yield _event(frame)


def _event(frame: wire.Frame) -> bytes:
    return b"data: " + orjson.dumps(frame) + b"\n\n" if frame else b":\n\n"


async def _never_fails(frames: Frames) -> Frames:
    """`frames`, and where they fail one more that says so: nothing after this could."""
    try:
        async with contextlib.aclosing(frames):
            async for frame in frames:
                yield frame
    except GlmUiError as known:
        yield {"k": "error", "error": known.public()}
    except Exception:
        log.exception("a stream to the page failed in our own code")
        ours = GlmUiError(
            "Something went wrong in GLM UI itself.", todo="Try again; the log has the details."
        )
        yield {"k": "error", "error": ours.public()}


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
