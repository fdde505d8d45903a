"""What the tools panel asks for: the tools that there are, and the MCP servers that a visitor names. HTTP in and out
only."""

from __future__ import annotations

from importlib.util import find_spec

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from glm_ui.errors import BadInput
from glm_ui.serving.bodies import FromPage, Name, model_of, read_json
from glm_ui.serving.own_server import check_address
from glm_ui.serving.visitor_servers import Named
from glm_ui.ui.routes import guarded, kept_in
from glm_ui.ui.turn.run import Live


class Removed(FromPage):
    name: Name


def routes(live: Live) -> list[BaseRoute]:
    return [
        Route("/glm_ui/tools", guarded(lambda request: _tools(live, request)), methods=["POST"]),
        Route("/glm_ui/tools/server", guarded(lambda request: _add(live, request)), methods=["POST"]),
        Route("/glm_ui/tools/remove", guarded(lambda request: _remove(live, request)), methods=["POST"]),
    ]


def may_name_servers(live: Live) -> bool:
    """Whether visitors may name MCP servers here: the owner allows it, this is no Space, and the package is there."""
    return live.settings.custom_addresses and find_spec("mcp") is not None


async def _tools(live: Live, request: Request) -> Response:
    caller = live.caller(request.scope)
    said = caller.enter(await read_json(request, model_of(FromPage)))
    return await _listed(live, request, said.session)


async def _add(live: Live, request: Request) -> Response:
    """Keeps a server with its key once its address was looked at; the answer says how connecting went."""
    caller = live.caller(request.scope)
    named = caller.enter(await read_json(request, model_of(Named)))
    if not may_name_servers(live):
        raise BadInput("Visitors cannot use servers of their own here.", "The owner has not allowed it.")
    room = kept_in(named.session)
    await live.pace.take(caller.id)
    await check_address(named.row().url, live.check)
    live.servers.add(room, named, caller.id)
    return await _listed(live, request, room)


async def _remove(live: Live, request: Request) -> Response:
    caller = live.caller(request.scope)
    said = caller.enter(await read_json(request, model_of(Removed)))
    live.servers.remove(said.session, said.name)
    return await _listed(live, request, said.session)


async def _listed(live: Live, request: Request, room: str) -> Response:
    live.departures.back(room)
    listed = await live.tools.listed(live.is_owner(request.scope), room)
    told = {**listed, "own_servers": may_name_servers(live)}
    return JSONResponse(told, headers={"Cache-Control": "no-store"})
