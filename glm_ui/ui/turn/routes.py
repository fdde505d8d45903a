"""The routes by which a page comes back to turns that it has asked for: to follow them, and to stop one. HTTP in and
out only; the secrets travel in headers and bodies, never in an address."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from glm_ui.errors import BadInput, TurnGone
from glm_ui.serving.bodies import Secret, Strict, model_of, read_json, strange
from glm_ui.ui.routes import EventStream, Lines, guarded, numbered
from glm_ui.ui.turn.lasting import LastingTurn, follow, gone
from glm_ui.ui.turn.run import Live

VISITOR, SESSION = "x-glm-ui-visitor", "x-glm-ui-session"
"""Headers with the browser's secret, which finds a turn, and the page's, which finds its keys."""
MOST_FOLLOWED: Final = 64
PLACE: Final = re.compile(r"([A-Za-z0-9_-]{1,64}):([0-9]{1,9})")
"""A turn's name, and the number of its last frame that the page has."""


def routes(live: Live) -> list[BaseRoute]:
    return [
        Route("/glm_ui/turns", guarded(lambda request: _follow(live, request)), methods=["GET"]),
        Route("/glm_ui/stop", guarded(lambda request: _stop(live, request)), methods=["POST"]),
    ]


async def _follow(live: Live, request: Request) -> Response:
    """The frames of the turns that `after` names, each behind its number, over one connection. Of a turn that is not
    here one frame says so; where none is, the answer does."""
    caller = live.caller(request.scope)
    room, session = (caller.room(request.headers.get(name, "")) for name in (VISITOR, SESSION))
    asked = _places(request.query_params.getlist("after"))
    known = {id: live.lasting.find(room, id) for id in asked} if room else {}
    here = [(turn, asked[id]) for id, turn in known.items() if turn]
    if not here:
        raise TurnGone.of(status=404)
    lines = _with_gone(here, [id for id in asked if not known[id]])
    return EventStream(numbered(lines, live, session, caller, named=True), live.turnstile.sending())


def _places(named: Sequence[str]) -> dict[str, int]:
    """turn id -> number. Raises BadInput."""
    found = [PLACE.fullmatch(place) for place in named]
    if not all(found) or not 0 < len(found) <= MOST_FOLLOWED:
        raise strange()
    return {place[1]: int(place[2]) for place in found if place}


async def _with_gone(here: list[tuple[LastingTurn, int]], absent: Sequence[str]) -> Lines:
    for id in absent:
        yield gone(id)
    async with contextlib.aclosing(follow(here)) as lines:
        async for line in lines:
            yield line


class TurnStopped(Strict):
    visitor: Secret
    turn: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


async def _stop(live: Live, request: Request) -> Response:
    caller = live.caller(request.scope)
    said = caller.enter(await read_json(request, model_of(TurnStopped)))
    if not said.visitor:
        raise BadInput("The request is not one this page sends.", todo="Reload the page.")
    stopped = live.lasting.stop(said.visitor, said.turn, caller.id)
    return JSONResponse({"stopped": stopped}, headers={"Cache-Control": "no-store"})
