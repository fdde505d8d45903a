"""What the Multimodal tab fetches: an upload taken in, the plan of a turn, a picture as it is sent, a region cut out,
boxes in COCO's form. HTTP in and out only; each answer is made in a room of its own.

Whose files they are is a secret, so it comes in a body, never in an address that a log may keep.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import orjson
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from glm_ui.backend.prepare import route_of
from glm_ui.errors import GlmUiError
from glm_ui.media import worker
from glm_ui.media.formats import images
from glm_ui.media.formats.kinds import Source
from glm_ui.media.grounding import Box, crop, to_coco
from glm_ui.media.models import Ready
from glm_ui.messages import Image
from glm_ui.providers.transcription import hearing
from glm_ui.serving.bodies import (
    CONVERSATION,
    LIST,
    SMALL,
    Limits,
    Name,
    Strict,
    beside,
    model_of,
    read_json,
    strange,
)
from glm_ui.serving.identity import Caller
from glm_ui.ui.routes import EventStream, events_of, guarded
from glm_ui.ui.transcripts import write_down
from glm_ui.ui.turn.request import FileRef, Turn, read_turn
from glm_ui.ui.turn.run import Live

MARGIN = 8.0
"""Thousandths of the picture that a cut-out shows around a box that a model named."""
Long = Annotated[str, Field(max_length=4096)]
LOOKS = "glm-4.5v"
"""Whose limits the pictures of a conversation are shown within when its own model is gone."""
Thousandth = Annotated[float, Field(ge=0, le=1000)]
Answer = Callable[[Live, Any, Caller], Awaitable[Response]]
"""(live, what the body says, who asks)."""


class Arrived(Strict):
    visitor: Name
    path: Long
    name: Long = ""


class Unlock(Strict):
    visitor: Name
    id: Name
    password: Name


class TranscriptionRequest(Strict):
    session: Name = ""
    visitor: Name
    file: FileRef


class Wanted(Strict):
    """One picture of a file, as it goes to this model."""

    session: Name = ""
    visitor: Name
    model: Name
    provider: Name | None = None
    file: FileRef
    item: int = 0


class Region(Wanted):
    """`drawn`: a person drew the box, so that no more than it is cut out."""

    box: tuple[Thousandth, Thousandth, Thousandth, Thousandth]
    label: Name = ""
    drawn: bool = False


class Found(Strict):
    box: tuple[Thousandth, Thousandth, Thousandth, Thousandth]
    label: Name = ""
    picture: int = Field(default=0, ge=0)


class Boxes(Strict):
    boxes: list[Found] = Field(max_length=5000)
    pictures: list[tuple[Long, tuple[int, int]]] = Field(max_length=1000)


def routes(live: Live) -> list[BaseRoute]:
    answers: dict[str, tuple[Answer, Callable[[bytes], object], Limits]] = {
        "file": (_file, model_of(Arrived), SMALL),
        "unlock": (_unlock, model_of(Unlock), SMALL),
        "plan": (_plan, read_turn, CONVERSATION),
        "picture": (_picture, model_of(Wanted), SMALL),
        "region": (_region, model_of(Region), SMALL),
        "coco": (_coco, model_of(Boxes), LIST),
        "transcript": (_transcript, model_of(TranscriptionRequest), SMALL),
    }
    return [
        Route(f"/glm_ui/{name}", _post(live, *answer), methods=["POST"]) for name, answer in answers.items()
    ]


def _post(live: Live, answer: Answer, parse: Callable[[bytes], object], limits: Limits) -> Any:
    async def endpoint(request: Request) -> Response:
        caller = live.caller(request.scope)
        worker.visitor.set(caller.id)
        return await answer(live, await read_json(request, parse, limits), caller)

    return guarded(endpoint)


async def _file(live: Live, said: Arrived, caller: Caller) -> Response:
    said = caller.enter(said)
    upload = live.carrier.uploads.add(said.visitor, said.path, said.name, caller.id)
    return JSONResponse({"id": upload.id, "name": upload.name, "size": upload.size})


async def _unlock(live: Live, said: Unlock, caller: Caller) -> Response:
    """Keeps the password of a document beside it: in this memory, for as long as the document."""
    said = caller.enter(said)
    live.carrier.uploads.find(said.visitor, said.id).password = said.password
    return JSONResponse({})


async def _plan(live: Live, turn: Turn, caller: Caller) -> Response:
    await live.work_pace.take(caller.id)
    return EventStream(events_of(live.plan(caller.enter(turn), caller.id)))


async def _picture(live: Live, said: Wanted, caller: Caller) -> Response:
    data, mime = await _seen(live, caller.enter(said))
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    return Response(data, media_type=mime, headers=headers)


async def _region(live: Live, said: Region, caller: Caller) -> Response:
    """That region as a new upload, cut out of the original where the file is a single picture."""
    said = caller.enter(said)
    ready, image = await _item(live, said)
    source = live.carrier.chosen(said.visitor, said.file).path if ready.sent_as == "picture" else None
    cut = await worker.run(
        crop,
        source or await _source(live, image),
        list(said.box),
        ready.name,
        0.0 if said.drawn else MARGIN,
        about=f"“{ready.name}”",
    )
    name = f"{ready.name.rpartition('.')[0] or ready.name}, {said.label or 'region'}.png"
    upload = await live.carrier.uploads.keep(said.visitor, cut, name, caller.id)
    return JSONResponse({"id": upload.id, "name": upload.name, "size": upload.size})


async def _coco(live: Live, said: Boxes, caller: Caller) -> Response:
    if any(box.picture >= len(said.pictures) for box in said.boxes):
        raise strange()
    boxes = [Box(found.box, found.label, (0, 0), found.picture) for found in said.boxes]
    coco = await beside(100 * len(boxes), lambda: orjson.dumps(to_coco(boxes, said.pictures)))
    return Response(coco, media_type="application/json")


async def _transcript(live: Live, said: TranscriptionRequest, caller: Caller) -> Response:
    """What is said in a recording, as a new upload."""
    said = caller.enter(said)
    chosen = live.carrier.chosen(said.visitor, said.file)
    keys = live.sessions.keys(said.session)
    by = hearing(live.settings, keys)
    text = await write_down(live, chosen.path or b"", chosen.name, by=by, keys=keys, visitor=caller.id)
    name = f"{chosen.name.rpartition('.')[0] or chosen.name}, transcript.txt"
    upload = await live.carrier.uploads.keep(said.visitor, text.encode(), name, caller.id)
    return JSONResponse({"id": upload.id, "name": upload.name, "size": upload.size})


async def _item(live: Live, said: Wanted) -> tuple[Ready, Image]:
    try:
        route = live.resolved(said.session, said.model, said.provider).route
    except GlmUiError:  # the model of an old conversation may be gone; its pictures can still be looked at
        route = route_of(LOOKS, "demo", live.settings, {})
    return await live.carrier.picture(said.visitor, said.file, said.item, route)


async def _seen(live: Live, said: Wanted) -> tuple[bytes, str]:
    _, image = await _item(live, said)
    if image.url is None:
        return image.data or b"", image.mime
    source = await _source(live, image)
    (shown,) = await worker.run(images.prepare_image, source, image.name, images.Limits())
    return shown.data, shown.mime


async def _source(live: Live, image: Image) -> Source:
    """What a provider fetches by itself is fetched here too, to be looked at."""
    return image.data or (await live.carrier.fetch(image.url or "")).data
