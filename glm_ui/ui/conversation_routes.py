"""What keeping conversations needs of the server: a turn as a file, the same played again, and to forget. HTTP in and
out only; the conversations themselves never come here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from glm_ui.errors import BadInput
from glm_ui.replay import read_turn, write_turn
from glm_ui.ui.live import Live
from glm_ui.ui.routes import EventStream, guarded, read_body
from glm_ui.ui.visitors import Caller


def routes(live: Live) -> list[BaseRoute]:
    answers: dict[str, Callable[[Live, bytes, Caller], Awaitable[Response]]] = {
        "turn": _turn,
        "replay": _replay,
        "forget": _forget,
    }
    return [
        Route(f"/glm_ui/{name}", _post(live, answer), methods=["POST"]) for name, answer in answers.items()
    ]


def _post(live: Live, answer: Callable[[Live, bytes, Caller], Awaitable[Response]]) -> Any:
    async def endpoint(request: Request) -> Response:
        return await answer(live, await read_body(request), live.caller(request.scope))

    return guarded(endpoint)


def _names(raw: bytes, *names: str) -> list[str]:
    try:
        said = orjson.loads(raw)
        return [str(said[name])[:300] for name in names]
    except (ValueError, KeyError, TypeError):
        raise BadInput("The request is not one this page sends.") from None


async def _turn(live: Live, raw: bytes, caller: Caller) -> Response:
    secret, turn = _names(raw, "session", "turn")
    kept = live.turns.find(caller.room(secret), turn)
    if kept is None:
        raise BadInput(
            "This turn is no longer kept.",
            todo="The server keeps the last 20 turns of an open page; ask again and export that one.",
        )
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(write_turn(kept, kept.pace, kept.partial), media_type="application/json", headers=headers)


async def _replay(live: Live, raw: bytes, caller: Caller) -> Response:
    return EventStream(live.replay(read_turn(raw)))


async def _forget(live: Live, raw: bytes, caller: Caller) -> Response:
    """What was sent and got in this page's turns; its keys stay."""
    (secret,) = _names(raw, "session")
    live.turns.forget(caller.room(secret))
    return JSONResponse({})
