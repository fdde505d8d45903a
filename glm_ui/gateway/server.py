"""The gateway as ASGI: answers requests to its addresses in the protocol of the path; they never reach the page.
Reading and writing a protocol is pure and stands elsewhere; the catalogue decides who is asked."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from glm_ui.accounting.tokens import estimate_request
from glm_ui.backend import Tap, stream_chat
from glm_ui.backend.prepare import ResolvedTurn, answer_within
from glm_ui.catalogue.route import Route
from glm_ui.errors import BadInput, GlmUiError, TooLarge, UnknownModel, plain_text
from glm_ui.events import StreamEvent
from glm_ui.gateway import names
from glm_ui.gateway.access import Access, Client, Refused
from glm_ui.gateway.addresses import Address, dialect_of, find, is_ours, not_here
from glm_ui.gateway.asked import Asked, Reply, ids_of_calls
from glm_ui.gateway.attachments import Attachments
from glm_ui.gateway.chat import request as chat
from glm_ui.gateway.fields import bad
from glm_ui.gateway.messages import request as messages
from glm_ui.gateway.model_list import list_body, model_body
from glm_ui.gateway.problems import NO_METHOD, NOT_FOUND, OURS, Dialect, Problem, problem_of
from glm_ui.gateway.recent import Recent, Record, cost_of
from glm_ui.gateway.responses import request as responses
from glm_ui.gateway.sending import Outcome, Sender, Turn, unless_left
from glm_ui.gateway.stop_words import StopWords
from glm_ui.gateway.tool_names import shortened
from glm_ui.messages import ChatRequest
from glm_ui.serving.admission import Turnstile
from glm_ui.serving.bodies import Limits, beside, object_of, read_body, strange
from glm_ui.serving.paths import path_of
from glm_ui.settings import Settings

log = logging.getLogger("glm_ui")
BODY: Final = Limits(32 * 2**20, 400_000)
"""What a program may post: agents send their whole history each time, with a hundred tools."""
TRACE: Final = "x-glm-ui-trace"
"""Header by which a test that was begun in the page names itself."""
TEST: Final = "Test"
"""The program of such a request, in place of the browser's long name."""


class Service:
    """The gateway of this deployment."""

    def __init__(self, settings: Settings, turnstile: Turnstile) -> None:
        """Raises BadSettings for keys that cannot be read."""
        self.settings = names.without_personal_plans(names.without_itself(settings))
        self.access = Access(settings)
        self.turnstile = turnstile
        self.attachments = Attachments()
        self.recent = Recent(settings.glm_ui_gateway_keep_content)

    async def events(
        self,
        request: ChatRequest,
        route: Route,
        client: Client,
        tap: Tap,
        count: Callable[[], Awaitable[int]],
        frames: bool,
    ) -> AsyncGenerator[StreamEvent, None]:
        """The reply, counted by the limits of the client's key and, where the owner pays, of the page. `count`
        estimates the request in tokens; only limits make it wait for that. `frames`: see `stream_chat`."""

        resolved = ResolvedTurn(client.id, self.settings, {}, route)

        def ask(most: int | None) -> AsyncGenerator[StreamEvent, None]:
            asked = answer_within(request, route, most)
            return stream_chat(asked, turn=resolved, tap=tap, door="gateway_client", frames=frames)

        quota = self.turnstile.quota.narrowed(client.limits, own=resolved.owner_pays)
        question = await count() if quota.limits else None
        # Without a key it is the owner's own machine that asks: agents run as many turns at once as they like.
        each = None if client.key else self.turnstile.most
        turn = self.turnstile.through(ask, client.id, question, quota, each)
        async with contextlib.aclosing(turn) as events:
            async for event in events:
                yield event


class Gateway:
    """The middleware: answers what is the gateway's and hands everything else on."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app = app
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = path_of(scope)
        if scope["type"] != "http" or not (is_ours(path) or find(path)):
            await self.app(scope, receive, send)
            return
        exchange = Exchange(self.service, scope, path, receive, send)
        await exchange.answer()


class Exchange:
    """One request and its answer."""

    def __init__(self, service: Service, scope: Scope, path: str, receive: Receive, send: Send) -> None:
        self.service = service
        self.path = path
        self.method: str = scope["method"]
        self.headers = Headers(scope=scope)
        self.dialect: Dialect = dialect_of(path)
        self.id = f"req_{uuid.uuid4().hex[:24]}"
        self.since = time.monotonic()
        self.client: Client | None = None
        self.asked = ""
        self._scope, self._receive, self._send = scope, receive, send

    def sender(self, headers: Mapping[str, str] | None = None) -> Sender:
        return Sender(self._send, self.dialect, self.id, headers or {})

    async def answer(self) -> None:
        address = find(self.path)
        try:
            if address is None:
                host = self.headers.get("host", "")[:200]
                raise Refused(Problem(NOT_FOUND, not_here(self.path, host)))
            if self.method not in address.methods:
                allowed = ", ".join(address.methods)
                said = f"{self.path} is asked with {address.methods[0]}, not with {self.method[:20]}."
                await self.sender().problem(Problem(NO_METHOD, said), {"allow": allowed})
                return
            if address.name == "hello":
                await self.sender().json({"status": "ok"})
                return
            self.client = self.service.access.admit(self.headers)
            await self._route(address, self.client)
        except Refused as refused:
            await self._refuse(refused.problem, "refused")
        except GlmUiError as error:
            await self._refuse(problem_of(error, self.dialect), error.slug)
        except Exception:
            log.exception("request %s to the gateway failed in our own code", self.id)
            said = "Something went wrong in GLM UI itself; its log has the details under this request's id."
            with contextlib.suppress(Exception):  # the reply may have begun
                await self.sender().problem(Problem(OURS, said))

    async def _refuse(self, problem: Problem, ending: str) -> None:
        self.service.recent.refused.append(self._record(ending, said=problem.message))
        await self.sender().problem(problem)

    async def _route(self, address: Address, client: Client) -> None:
        if address.name == "models":
            await self._models(address.id)
            return
        body = await self._body()
        if address.name == "count_tokens":
            await self._count_tokens(body)
        else:
            await self._turn(address, body, client)

    async def _models(self, name: str) -> None:
        settings = self.service.settings
        if name:
            await self.sender().json(model_body(names.find(name, settings)))
        else:
            await self.sender().json(list_body(await asyncio.to_thread(names.listed, settings)))

    async def _body(self) -> bytes:
        request = Request(self._scope, self._receive)
        try:
            return await read_body(request, BODY)
        except BadInput as error:
            if error.what == strange().what:
                raise BadInput("The body is nested too deeply.") from None
            raise TooLarge(error.what, error.why) from None

    async def _read(self, address: Address, body: bytes) -> Asked:
        """Beside the event loop where it is long. Raises BadInput."""

        def read() -> Asked:
            said = _object(body)
            headers = {"x-think-tags-mode": self.service.settings.glm_ui_gateway_thinking, **self.headers}
            if address.name == "chat":
                return chat.read_request(said, headers, self.id)
            if address.name == "responses":
                return responses.read_request(said, headers, self.id)
            return messages.read_request(said, headers, self.id)

        asked = await beside(len(body), read)
        hidden = (
            self.service.settings.glm_ui_gateway_thinking == "strip"
            and "x-think-tags-mode" not in self.headers
        )
        return replace(asked, thinking_hidden=True) if hidden else asked

    async def _count_tokens(self, body: bytes) -> None:
        def count() -> int:
            request = messages.read_request(_object(body), {}).request
            return estimate_request(request, names.route(request.model, self.service.settings))

        await self.sender().json({"input_tokens": await asyncio.to_thread(count)})

    async def _turn(self, address: Address, body: bytes, client: Client) -> None:
        asked = await self._read(address, body)
        settings, name = self.service.settings, asked.request.model
        self.asked = name
        route = names.route(name, settings)
        _check_model(client, name, route)
        _check_form(asked.request, route)
        request, long_names = shortened(asked.request)
        request = replace(
            request,
            model=names.canonical(name, settings.custom_server),
            provider=route.provider.key,
        )
        request = await self.service.attachments.prepared(request, route, client.id)
        relayed = asked.stream and _speaks(address, route)
        reply = Reply(self.id, name, int(time.time()), asked.stream, ids_of_calls(request), relayed)
        tap = self.service.recent.tap(self.headers.get(TRACE, ""))
        count = partial(asyncio.to_thread, estimate_request, request, route)
        turn = Turn(
            self.service.events(request, route, client, tap, count, relayed),
            asked.writer(reply),
            StopWords(() if request.sampling.choices else request.sampling.stop),
            asked.thinking_hidden,
            partial(self._explained, route),
            Outcome(),
            self.since,
            count,
            long_names,
        )
        sender = self.sender({"x-glm-ui-model": route.wire_id, "x-glm-ui-provider": route.provider.key})
        try:
            with self.service.turnstile.sending(), contextlib.closing(turn):
                await unless_left(sender.stream(turn) if asked.stream else sender.whole(turn), self._receive)
        finally:
            self.service.recent.add(self._answered(route, turn, tap), tap)

    def _explained(self, route: Route, error: GlmUiError, tokens: int | None) -> Problem:
        window = route.model.window if route.model else None
        return problem_of(error, self.dialect, tokens=tokens, window=window)

    def _answered(self, route: Route, turn: Turn, tap: Tap) -> Record:
        counted, outcome = turn.writer.count, turn.outcome
        return replace(
            self._record(outcome.ending, said=outcome.said),
            provider=route.provider.key,
            model=outcome.model or route.wire_id,
            first_word=outcome.first_word,
            input_tokens=counted.input,
            output_tokens=counted.output,
            cost=cost_of(counted, route) if outcome.first_word is not None else None,
            kept=tap.request is not None,
        )

    def _record(self, ending: str, said: str = "") -> Record:
        """The request as it stands before a model was asked."""
        return Record(
            id=self.id,
            at=time.time(),
            client=self.client.id if self.client else "",
            program=TEST if TRACE in self.headers else plain_text(self.headers.get("user-agent", ""), 80),
            path=plain_text(self.path, 80),
            asked=plain_text(self.asked, 80),
            provider="",
            model=None,
            ending=ending,
            seconds=round(time.monotonic() - self.since, 3),
            first_word=None,
            input_tokens=0,
            output_tokens=0,
            said=plain_text(said, 300),
        )


def _object(body: bytes) -> dict[str, Any]:
    try:
        return object_of(body)
    except BadInput:
        raise BadInput("The body must be a JSON object.") from None


def _speaks(address: Address, route: Route) -> bool:
    """Whether the provider speaks the client's protocol."""
    return (address.name, route.dialect) in (("chat", "openai"), ("messages", "anthropic"))


def _check_form(request: ChatRequest, route: Route) -> None:
    """Raises BadInput where a reply is wanted in a form that the provider does not give: one without it would mislead
    the client."""
    wanted, name = request.sampling, route.provider.name
    if wanted.logprobs is not None and "logprobs" not in route.params:
        raise bad("logprobs", f"must be false: {name} reports no probabilities")
    if wanted.choices and "choices" not in route.params:
        raise bad("n", f"must be 1: {name} gives one answer to a request")


def _check_model(client: Client, name: str, route: Route) -> None:
    """Raises UnknownModel where the client's key is not for this model."""
    allowed = client.key.models if client.key else frozenset()
    if allowed and allowed.isdisjoint({name, route.model.key if route.model else route.wire_id}):
        raise UnknownModel("This key is not for this model.", f"It is for {', '.join(sorted(allowed))}.")
