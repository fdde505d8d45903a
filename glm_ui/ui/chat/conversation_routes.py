"""What keeping conversations needs of the server: a turn as a file, the same played again, and to forget. HTTP in and
out only; the conversations themselves never come here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from glm_ui.errors import BadInput
from glm_ui.inspection.turn_file import read_turn_file, write_turn_file
from glm_ui.serving.bodies import TURN_FILE, FromPage, Name, beside, model_of, read_json
from glm_ui.serving.identity import Caller
from glm_ui.ui.routes import EventStream, events_of, guarded
from glm_ui.ui.turn.run import Live
from glm_ui.ui.turn.taps import Kept


class TurnAsked(FromPage):
    turn: Name


def routes(live: Live) -> list[BaseRoute]:
    answers: dict[str, Callable[[Live, Request, Caller], Awaitable[Response]]] = {
        "turn": _turn,
        "replay": _replay,
        "forget": _forget,
    }
    return [
        Route(f"/glm_ui/{name}", _post(live, answer), methods=["POST"]) for name, answer in answers.items()
    ]


def _post(live: Live, answer: Callable[[Live, Request, Caller], Awaitable[Response]]) -> Any:
    async def endpoint(request: Request) -> Response:
        return await answer(live, request, live.caller(request.scope))

    return guarded(endpoint)


async def _turn(live: Live, request: Request, caller: Caller) -> Response:
    said = caller.enter(await read_json(request, model_of(TurnAsked)))
    kept = live.turns.find(said.session, said.turn)
    if kept is None:
        raise BadInput(
            "This turn is no longer kept.",
            todo="The server keeps the last 20 turns of an open page; ask again and export that one.",
        )
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    every = (*kept.earlier, kept)
    size = sum(len(tap.raw) + (len(tap.request.body) if tap.request else 0) for tap in every)
    file = await beside(size, lambda: file_of(kept))
    return Response(file, media_type="application/json", headers=headers)


def file_of(kept: Kept) -> bytes:
    """The turn with all its requests."""
    earlier = [(tap, tap.pace, tap.partial, tap.ended) for tap in kept.earlier]
    return write_turn_file(kept, kept.pace, kept.partial, earlier)


async def _replay(live: Live, request: Request, caller: Caller) -> Response:
    await live.work_pace.take(caller.id)
    return EventStream(events_of(live.replay(await read_json(request, read_turn_file, TURN_FILE))))


async def _forget(live: Live, request: Request, caller: Caller) -> Response:
    """What was sent and got in this page's turns; its keys stay."""
    live.turns.forget(caller.enter(await read_json(request, model_of(FromPage))).session)
    return JSONResponse({})
