"""What a visitor says into the microphone, as words. The recording is in memory for that one request."""

from __future__ import annotations

from typing import Annotated

from pydantic import Base64Bytes, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from glm_ui.catalogue import load
from glm_ui.languages import say
from glm_ui.media import worker
from glm_ui.serving.bodies import FromPage, Limits, Name, model_of, read_json, strange
from glm_ui.ui.routes import guarded
from glm_ui.ui.transcripts import write_down
from glm_ui.ui.turn.run import Live

RECORDING = Limits(4 * 2**20, 20)
"""The page records 30 seconds: half a megabyte in the most lavish browser, in Base64 a third more."""


class Dictation(FromPage):
    """`sound` is a recording in any container that a browser makes."""

    provider: Name
    sound: Annotated[Base64Bytes, Field(repr=False)]


def routes(live: Live) -> list[BaseRoute]:
    async def dictation(request: Request) -> Response:
        caller = live.caller(request.scope)
        worker.visitor.set(caller.id)
        said = caller.enter(await read_json(request, model_of(Dictation), RECORDING))
        provider = load().providers.get(said.provider)
        if provider is None or provider.transcription is None:
            raise strange()
        await live.work_pace.take(caller.id)
        by, keys = (provider, provider.transcription), live.sessions.keys(said.session)
        name = say("Your recording")
        text = await write_down(live, said.sound, name, by=by, keys=keys, visitor=caller.id)
        return JSONResponse({"text": text}, headers={"Cache-Control": "no-store"})

    return [Route("/glm_ui/dictation", guarded(dictation), methods=["POST"])]
