"""What the page asks about a visitor's key once it is saved. `ui/routes.py` keeps it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from glm_ui.errors import BadInput
from glm_ui.providers.key_check import check_key
from glm_ui.serving.bodies import FromPage, Name, model_of, read_json
from glm_ui.ui.routes import guarded
from glm_ui.ui.turn.run import Live


class KeyAsked(FromPage):
    provider: Name


def routes(live: Live) -> list[BaseRoute]:
    async def check(request: Request) -> Response:
        caller = live.caller(request.scope)
        said = caller.enter(await read_json(request, model_of(KeyAsked)))
        await live.pace.take(caller.id)
        provider = said.provider.removesuffix("-anthropic")
        keys = live.sessions.keys(said.session)
        if provider not in keys:  # the owner's key is not examined for visitors
            raise BadInput("There is no key of yours to check.", todo="Enter one and save it.")
        checked = await check_key(provider, live.settings_of(said.session), keys)
        return JSONResponse({"checked": checked}, headers={"Cache-Control": "no-store"})

    return [Route("/glm_ui/key/check", guarded(check), methods=["POST"])]
