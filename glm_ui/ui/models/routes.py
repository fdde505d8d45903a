"""What the Models tab and the view of an exact request fetch: rows, traces, what a provider lists, the doctor, a
turn as it was sent. HTTP in and out only; each answer is made in a room of its own.

A page's secret comes in a body, never in an address that a log may keep; a handler finds the room that it opens.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Annotated, Any, TypeVar, cast

import orjson
from pydantic import BeforeValidator, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from glm_ui.backend import Tap
from glm_ui.backend.prepare import resolve_turn
from glm_ui.catalogue import load
from glm_ui.catalogue.rows import Provider
from glm_ui.errors import BadInput
from glm_ui.gateway.recent import Outline
from glm_ui.inspection.snippets import Exact, read_sent, snippets
from glm_ui.languages import say, translated
from glm_ui.providers.doctor import examine
from glm_ui.providers.model_list import ask_list
from glm_ui.serving.bodies import LONGEST_NAME, Secret, Strict, model_of, read_json
from glm_ui.settings import Settings
from glm_ui.ui import answers, wire
from glm_ui.ui.chat import controls, picker
from glm_ui.ui.models import connect
from glm_ui.ui.models import rows as model_rows
from glm_ui.ui.models.cards import cards
from glm_ui.ui.models.name_trace import trace
from glm_ui.ui.routes import EventStream, events_of, guarded
from glm_ui.ui.turn.run import Live

Typed = Annotated[str, BeforeValidator(lambda said: said[:LONGEST_NAME] if isinstance(said, str) else "")]
"""What a person typed, cut where it is longer than any name; "" for what is no text."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, as turns are counted by, and whether it is the owner; no body can say it."""

    id: str
    owner: bool


class OfPage(Strict):
    """`session` is the page's secret; a handler finds the room that it opens in its place."""

    session: Secret = ""


class OfName(OfPage):
    name: Typed = ""
    provider: Typed = ""


class OfModel(OfPage):
    model: Typed = ""


class OfProvider(OfModel):
    provider: Typed = ""


class OfAddress(OfModel):
    address: Typed = ""


class OfTurn(OfPage):
    """`round` is which request of the turn; None is the last one."""

    turn: Typed = ""
    round: Annotated[int, Field(ge=1, le=1000)] | None = None


class OfFile(OfTurn):
    name: Typed = ""


Said = TypeVar("Said", bound=OfPage)


def routes(live: Live) -> list[BaseRoute]:
    async def rows(_: Request) -> Response:
        return json_of(table())

    posts = {
        "trace": _post(live, OfName, _trace),
        "controls": _post(live, OfModel, _controls),
        "request": _post(live, OfTurn, _request),
        "request/file": _post(live, OfFile, _request_file),
        "listing": _post(live, OfProvider, _listing),
        "doctor": _post(live, OfProvider, _doctor),
        "connect": _post(live, OfAddress, _connect),
        "connect/test": _post(live, OfPage, _begin_test),
        "connect/recent": _post(live, OfPage, _recent),
    }
    return [
        Route("/glm_ui/models", guarded(rows), methods=["GET"]),
        *(Route(f"/glm_ui/{name}", endpoint, methods=["POST"]) for name, endpoint in posts.items()),
    ]


def _post(live: Live, kind: type[Said], answer: Callable[[Live, Said, Asker], Awaitable[Response]]) -> Any:
    async def endpoint(request: Request) -> Response:
        said = await read_json(request, model_of(kind))
        caller = live.caller(request.scope)
        return await answer(live, caller.enter(said), Asker(caller.id, live.is_owner(request.scope)))

    return guarded(endpoint)


def json_of(value: Any) -> Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(orjson.dumps(value), media_type="application/json", headers=headers)


def table() -> answers.Table:
    """Everything that the table shows, in one piece."""
    catalogue = load()
    return {
        "rows": [row.brief() for row in model_rows.rows()],
        "cards": cards(),
        "groups": translated(model_rows.GROUPS),
        "providers": {
            p.key: {"name": say(p.name), "dialect": p.dialect} for p in catalogue.providers.values()
        },
        "sources": {
            key: cast(answers.SourceRow, asdict(source) | {"title": say(source.title)})
            for key, source in catalogue.sources.items()
        },
    }


async def _trace(live: Live, said: OfName, _: Asker) -> Response:
    settings = live.settings_of(said.session)
    told = trace(
        said.name,
        said.provider or None,
        ready=settings.ready() | set(live.sessions.keys(said.session)),
        custom=settings.custom_server,
    )
    return json_of(told)


async def _controls(live: Live, said: OfModel, _: Asker) -> Response:
    """What the controls may be for a name that was typed: the page holds those of the models that it offers."""
    own, settings = live.sessions.keys(said.session), live.settings_of(said.session)
    return json_of(controls.states(picker.pick(said.model, settings, own), settings))


# ---- a provider, asked


DOCTORS_QUESTIONS = 4
"""What an examination asks: is anyone there, and three short turns."""


async def _listing(live: Live, said: OfProvider, asker: Asker) -> Response:
    await live.pace.take(asker.id)
    asked = ask_list(said.provider, live.settings_of(said.session), live.sessions.keys(said.session))
    return json_of(await asked)


async def _doctor(live: Live, said: OfProvider, asker: Asker) -> Response:
    await live.pace.take(asker.id, DOCTORS_QUESTIONS)
    keys, settings = live.sessions.keys(said.session), live.settings_of(said.session)
    findings = examine(
        said.provider,
        settings,
        keys,
        said.model,
        through=lambda ask, request: live.through(
            ask, request, resolve_turn(request.model, request.provider, settings, keys, asker.id)
        ),
    )

    async def frames() -> AsyncGenerator[wire.DoctorFrame, None]:
        async with contextlib.aclosing(findings):
            async for finding in findings:
                yield {"k": "finding", "finding": finding.public()}
        yield {"k": "done"}

    return EventStream(events_of(frames()))


# ---- programs that use the gateway


async def _connect(live: Live, said: OfAddress, asker: Asker) -> Response:
    return json_of(connect.connections(live, said.address, said.model, owner=asker.owner))


async def _begin_test(live: Live, said: OfPage, asker: Asker) -> Response:
    return json_of(connect.begin_test(live, said.session, asker.id))


async def _recent(live: Live, _: OfPage, asker: Asker) -> Response:
    return json_of(connect.recent(live, owner=asker.owner))


# ---- a turn as it was sent

SHOWN = 256 * 1024
"""Bytes of a raw stream that are shown at once; the file has them all."""
STREAM, BODY = "stream.sse", "request.json"


async def _request(live: Live, said: OfTurn, asker: Asker) -> Response:
    tap, exact, number, count = _kept(live, said, asker)
    provider = _asked(exact.url, live.settings_of(said.session))
    kept = not isinstance(tap, Outline)
    copies = snippets(exact, provider.dialect, provider.key) if provider and kept else ()
    raw = bytes(tap.raw)
    told: answers.RequestTold = {
        **exact.public(),
        "round": number,
        "rounds": count,
        "kept": kept,
        "provider": provider.key if provider else None,
        "dialect": provider.dialect if provider else None,
        "notes": list(tap.notes),
        "snippets": [copy.public() for copy in copies],
        "raw": {
            "size": len(raw),
            "text": raw[:SHOWN].decode("utf-8", "replace"),
            "cut": len(raw) > SHOWN,
            "whole": len(raw) < tap.limit,
        },
    }
    return json_of(told)


async def _request_file(live: Live, said: OfFile, asker: Asker) -> Response:
    tap, exact, *_ = _kept(live, said, asker)
    files = {STREAM: bytes(tap.raw), BODY: exact.body_bytes, **{m.name: m.data for m in exact.media}}
    if said.name not in files:
        raise BadInput("There is no such file in this turn.")
    headers = {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'attachment; filename="{said.name}"',
    }
    return Response(files[said.name], media_type="application/octet-stream", headers=headers)


def _kept(live: Live, said: OfTurn, asker: Asker) -> tuple[Tap, Exact, int, int]:
    """One request of a turn, which one it is, and of how many."""
    mine = live.turns.find(said.session, said.turn)
    last = mine or connect.kept(live, said.turn, owner=asker.owner)
    every = [*(mine.earlier if mine else ()), *([last] if last else ())]
    number = min(said.round or len(every), len(every))
    tap = every[number - 1] if every else None
    if tap is None or tap.request is None:
        raise BadInput(
            "There is no request of this turn here.",
            "Either nothing was sent, or it is no longer kept: the server keeps the last 20 turns of an open page.",
            "Ask again to see it.",
        )
    return tap, read_sent(tap.request), number, len(every)


def _asked(url: str, settings: Settings) -> Provider | None:
    """The provider whose address this is."""
    for provider in load().providers.values():
        base = settings.base_url(provider.key)
        path = "/v1/messages" if provider.dialect == "anthropic" else "/chat/completions"
        if base and url == base + path:
            return provider
    return None
