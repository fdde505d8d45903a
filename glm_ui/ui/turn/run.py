"""A turn as frames for the page: what `web/server/stream.js` reads. One place that holds settings and visitors' keys.

Frames are small JSON objects, told apart by `k`:
  wait {phase}  retry {attempt, of, delay, why}  start {model, notes}  d {t?, a?} (text of thinking, of answer)
  take (answer so far was thinking)  note {notes} (all that is to be known of the reply so far)
  files {file, done, total} (made ready so far)  boxes {boxes} (found in the answer so far, on the turn's pictures)
  tool {calls} (of this round)  call {index, call} (how one of them goes)  sources {items}
  searched (the provider may search the web from now on)
  round {thinking, seconds} (the calls have their results: what follows is the model's next reply)
  m {metrics}  done {ending, metrics, thinking, calls}  error {error, metrics, thinking, calls}
  ended {ending} (from outside)  all {frames} (in place of all before: kept_frames.py)
An empty object is a heartbeat.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from functools import partial

from starlette.datastructures import Headers
from starlette.types import Scope

from glm_ui.accounting.quota import PLANS, ProbeRateLimit, Quota
from glm_ui.accounting.tokens import estimate_request
from glm_ui.backend import stream_chat
from glm_ui.backend.prepare import ResolvedTurn, answer_within, resolve_turn
from glm_ui.backend.stream import request_bytes
from glm_ui.catalogue import resolve
from glm_ui.catalogue.route import Route
from glm_ui.errors import CountUnknown, GlmUiError
from glm_ui.events import StreamEvent
from glm_ui.gateway.server import Service
from glm_ui.inspection.turn_file import TurnFile, replay
from glm_ui.messages import ChatRequest
from glm_ui.reply import Reply
from glm_ui.serving import own_server
from glm_ui.serving.admission import Ask, Turnstile
from glm_ui.serving.bodies import beside
from glm_ui.serving.coalesce import add_all, coalesce
from glm_ui.serving.departures import Departures
from glm_ui.serving.identity import SPACES_PROXIES, Caller, at, caller, is_forwarded, networks
from glm_ui.serving.ownership import is_owner, shared
from glm_ui.serving.visitor_keys import Sessions
from glm_ui.serving.visitor_servers import VisitorServers
from glm_ui.settings import PinnedResolver, Settings
from glm_ui.tools.mcp.server import Server
from glm_ui.tools.registry import Registry
from glm_ui.ui import wire
from glm_ui.ui.gradio.sign_in import signed_in
from glm_ui.ui.multimodal.api_request import Asked
from glm_ui.ui.multimodal.attach import Carried, Carrier, public
from glm_ui.ui.turn.boxes import Boxes
from glm_ui.ui.turn.frames import Count, Frames, ending_of, frames_of, rest_of
from glm_ui.ui.turn.lasting import LastingTurns
from glm_ui.ui.turn.progress import Following
from glm_ui.ui.turn.request import Turn
from glm_ui.ui.turn.taps import Turns, TurnTap
from glm_ui.ui.turn.tools import TurnTools, in_rounds, numbers_of, renumbered_by

log = logging.getLogger("glm_ui")
Asking = Callable[[ChatRequest], AsyncGenerator[StreamEvent, None]]
METRICS_EVERY = 0.5
SHORT = 16 * 1024
"""Bytes of a question that is counted at once: a thread to do it would cost more."""


class Live:
    """Turns for the page, with this deployment's settings and the keys that visitors typed."""

    def __init__(
        self, settings: Settings, sessions: Sessions | None = None, check: PinnedResolver | None = None
    ) -> None:
        """`check` is what every address of a visitor goes through. Raises BadSettings for keys of the gateway that
        cannot be read."""
        self.settings = self._in_force = settings
        """The second are those of turns: what a proxy has shown counts there (`ownership.shared`)."""
        self.check = check or own_server.public_only
        self.sessions = sessions or Sessions()
        self.turns = Turns()
        self.lasting = LastingTurns(settings.glm_ui_unread_timeout)
        self.departures = Departures(self.forget)
        self.carrier = Carrier()
        registry = Registry(settings, self.carrier.fetches.get)
        self.servers = VisitorServers(
            lambda *at: self.check(*at), [server.row.name for server in registry.servers]
        )
        self.tools = TurnTools(registry, self.carrier.text_of, self.servers_of)
        self.turnstile = Turnstile(Quota.of(settings))
        self.gateway = Service(settings, self.turnstile)
        self.pace = ProbeRateLimit.of(settings)
        self.work_pace = ProbeRateLimit(120, 1200, why=PLANS)
        """What costs this process time and no turn counts."""
        own = SPACES_PROXIES if settings.space_id else ()
        self._proxies = networks(settings.glm_ui_trusted_proxies or own)

    def settings_of(self, session: str) -> Settings:
        """The settings that hold for this visitor: the owner's, with the server that the visitor named."""
        server = self.sessions.server(session) if self.settings.custom_addresses else None
        return server.settings(self._in_force, self.check) if server else self._in_force

    def servers_of(self, session: str) -> tuple[Server, ...]:
        """The MCP servers that this visitor named."""
        return self.servers.of(session) if self.settings.custom_addresses else ()

    def state(self, session: str) -> wire.State:
        """What the page may know of keys: which providers can be used, and whose key it is."""
        own = self.sessions.keys(session)
        settings = self.settings_of(session)
        return {
            "own": sorted(own),
            "ready": sorted(settings.ready()),
            "offline": settings.offline and not own,
        }

    def caller(self, scope: Scope) -> Caller:
        """Who sent this request."""
        if is_forwarded(Headers(scope=scope)):
            self._in_force = shared(self.settings)
        return caller(scope, self._proxies, signed_in(scope))

    def is_owner(self, scope: Scope) -> bool:
        """Whether this request is the owner's."""
        return is_owner(self.caller(scope), scope, self.settings)

    def address_of(self, scope: Scope) -> str:
        """The address that a request comes from, hashed, whichever name signed in there."""
        return at(scope, self._proxies)

    def visitor(self, scope: Scope) -> str:
        """Who sent this request, as turns are counted by."""
        return self.caller(scope).id

    def forget(self, session: str) -> None:
        """Everything that is kept for this page."""
        self.sessions.forget(session)
        self.servers.forget(session)
        self.turns.forget(session)

    def leave(self, session: str) -> None:
        """The page says that it closes, or is loaded again."""
        if any(kept.holds(session) for kept in (self.sessions, self.servers, self.turns)):
            self.departures.leave(session)

    async def state_of(self, session: str, who: str) -> wire.State:
        """`state`, and what this visitor may still spend of the owner's; `left` is None where that cannot be told."""
        try:
            left = (await self.turnstile.quota.left(who)).public()
        except CountUnknown:
            left = None
        return {**self.state(session), "left": left}

    def resolved(self, session: str, model: str, provider: str | None, who: str = "") -> ResolvedTurn:
        """What is decided about a turn before it begins. Raises RequestError for a name that no model has."""
        return resolve_turn(model, provider, self.settings_of(session), self.sessions.keys(session), who)

    def frames(self, turn: Turn, who: str = "", *, owner: bool = False) -> Frames:
        """The frames of one turn of visitor `who`, perhaps the owner. Failures become a last `error` frame; what
        came before them stays valid."""
        reply = Reply(continues=turn.continues)
        try:
            resolved = self.resolved(turn.session, turn.model, turn.provider, who)
        except GlmUiError as unknown:
            return _ended(_failing(unknown), reply, counter(None), turn.id)
        count = counter(resolved.route)
        return _ended(self._turn(turn, resolved, reply, count, owner), reply, count, turn.id)

    def replay(self, file: TurnFile) -> Frames:
        """The frames of a turn that was kept as a file, at its old pace. No request is sent."""
        known = resolve(
            file.model, file.provider, ready=self.settings.ready(), custom=self.settings.custom_server
        )
        count = counter(known.route)
        reply = Reply(continues=file.begins_with is not None)
        return _ended(told(replay(file), reply, count), reply, count)

    async def _turn(
        self, turn: Turn, resolved: ResolvedTurn, reply: Reply, count: Count, owner: bool
    ) -> Frames:
        if turn.has_files:
            async with self._attaching(turn, resolved) as job:
                async for progress in job:
                    yield progress
                attached = job.result()
        else:
            attached = await self.carrier.carry(turn, resolved, lambda *_: None)
        attached.check(turn.consent)
        boxes = Boxes(turn, attached.pictures())
        request = await beside(turn.size, lambda: turn.request(attached.parts))
        gone_on = self.tools.times(turn)
        tools = await self.tools.of(turn, resolved.visitor, owner, gone_on)
        request = replace(request, tools=tools.box.definitions()) if tools else request
        counting = _counted(request, resolved.route, reply)
        if self._counts(resolved):
            await counting
        tap = self._tap(turn, resolved)

        def ask_once(request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
            return stream_chat(request, turn=resolved, tap=tap.next())

        ask: Asking = ask_once
        if tools is not None:
            ask = await in_rounds(turn, request, reply, ask=ask_once, tap=tap, tools=tools)
        elif turn.sources:
            ask = partial(renumbered_by, ask_once, numbers_of(turn))
        if _searches(request, resolved):
            yield {"k": "searched"}
        events = self.through(ask, request, resolved, turns=0 if gone_on else 1)
        async with contextlib.aclosing(_with_boxes(told(events, reply, count), boxes, reply)) as frames:
            async for frame in frames:
                yield frame
        await counting

    def _tap(self, turn: Turn, resolved: ResolvedTurn) -> TurnTap:
        before = turn.messages[-1].text if turn.continues else None
        first = self.turns.open(turn.session, turn.id, before, holder=resolved.visitor, resumes=turn.resumes)
        return TurnTap(first)

    def through(
        self, ask: Asking, request: ChatRequest, turn: ResolvedTurn, turns: int = 1
    ) -> AsyncGenerator[StreamEvent, None]:
        """The events of a request that `ask` sends, counted where the owner pays, and then with an answer that is no
        longer than what is left. `turns` is 0 for a turn that goes on."""

        def limited(most: int | None) -> AsyncGenerator[StreamEvent, None]:
            return ask(answer_within(request, turn.route, most))

        if not self._counts(turn):
            return self.turnstile.through(limited, turn.visitor)
        return self._counted(limited, request, turn, turns)

    async def _counted(
        self, ask: Ask, request: ChatRequest, turn: ResolvedTurn, turns: int
    ) -> AsyncGenerator[StreamEvent, None]:
        question = await _estimated(request, turn.route)
        async with contextlib.aclosing(
            self.turnstile.through(ask, turn.visitor, question, turns=turns)
        ) as counted:
            async for event in counted:
                yield event

    def _counts(self, turn: ResolvedTurn) -> bool:
        """Whether what a visitor spends of the owner's is limited."""
        return bool(self.turnstile.quota.limits) and turn.owner_pays

    async def plan(self, turn: Turn, who: str = "") -> AsyncGenerator[wire.PlanFrame, None]:
        """The plan of the turn's last message, after frames of how far it is. Nothing is sent."""
        try:
            resolved = self.resolved(turn.session, turn.model, turn.provider, who)
            async with self._attaching(turn, resolved) as job:
                async for frame in job:
                    yield frame
                attached = job.result()
            if attached.last:
                yield public(attached.last)
        except GlmUiError as known:
            yield {"k": "error", "error": known.public()}

    def prepared(self, asked: Asked, turn: ResolvedTurn) -> Following[ChatRequest]:
        """A program's request, once its files are made ready. Its result raises what cannot go."""
        return Following(lambda on_progress: self.carrier.ask(asked, turn, on_progress))

    def _attaching(self, turn: Turn, resolved: ResolvedTurn) -> Following[Carried]:
        return Following(lambda on_progress: self.carrier.carry(turn, resolved, on_progress))


def _searches(request: ChatRequest, resolved: ResolvedTurn) -> bool:
    """Whether the provider may search the web itself."""
    return request.provider_search and bool(resolved.route.provider.search_tool)


def counter(route: Route | None) -> Count:
    """What turns a reply into its figures: prices and window are those of the route, None where it is unknown."""
    if route is None:
        return lambda reply: reply.metrics()
    return lambda reply: reply.metrics(route.model, route.provider.key)


async def _failing(error: GlmUiError) -> Frames:
    raise error
    yield


def _counted(request: ChatRequest, route: Route, reply: Reply) -> asyncio.Task[None]:
    """Counts the question beside its way out: a long conversation takes a tenth of a second the first time."""

    async def count() -> None:
        reply.input_estimate = await _estimated(request, route)

    return asyncio.create_task(count())


async def _estimated(request: ChatRequest, route: Route) -> int:
    """Tokens of the question. Counting what is long takes a tenth of a second the first time, pictures and tools more:
    beside the event loop."""
    if request.tools or request_bytes(request) > SHORT:
        return await asyncio.to_thread(estimate_request, request, route)
    return estimate_request(request, route)


async def _with_boxes(frames: Frames, boxes: Boxes, reply: Reply) -> Frames:
    """`frames`, with the boxes that the answer so far tells of."""
    async with contextlib.aclosing(frames):
        async for frame in frames:
            yield frame
            if frame.get("k") == "m":
                for news in await boxes.news(reply.answer):
                    yield news
    for news in await boxes.news(reply.answer, ended=True):
        yield news


async def told(events: AsyncGenerator[StreamEvent, None], reply: Reply, count: Count) -> Frames:
    """What the page is told while `events` add up to `reply`."""
    shown = 0.0
    async with contextlib.aclosing(coalesce(events)) as batches:
        async for batch in batches:
            await add_all(reply, batch)
            for frame in frames_of(batch, reply):
                yield frame
            if not batch:
                yield {}
            elif reply.seconds - shown >= METRICS_EVERY and not reply.done:
                shown = reply.seconds
                yield {"k": "m", "metrics": count(reply)}


async def _ended(frames: Frames, reply: Reply, count: Count, turn: str = "") -> Frames:
    """`frames`, then the one that ends them: how it went, or what went wrong."""
    try:
        async with contextlib.aclosing(frames):
            async for frame in frames:
                yield frame
        yield {"k": "done", "ending": ending_of(reply), **rest_of(reply, count)}
    except GlmUiError as known:
        reply.end(known)
        yield {"k": "error", "error": known.public(), **rest_of(reply, count)}
    except Exception:
        log.exception("turn %s failed in our own code", turn)
        ours = GlmUiError(
            "Something went wrong in GLM UI itself.",
            todo="Try again; the log has the details.",
            details={"turn": turn} if turn else None,
        )
        reply.end(ours)
        yield {"k": "error", "error": ours.public(), **rest_of(reply, count)}
