"""Pictures, documents, films and recordings of a request, on the way that the page's own files go: looked at by their
bytes, made to fit the model and the provider, stripped of what a camera wrote into them. Addresses are checked, and
fetched here where the provider does not fetch them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeGuard

from glm_ui.catalogue.route import Route
from glm_ui.errors import BadInput
from glm_ui.media import worker
from glm_ui.media.cache import Shelf
from glm_ui.media.fetched import MAX_ADDRESSES, Fetches
from glm_ui.media.models import Chosen, Options
from glm_ui.media.prepare_file import make_ready
from glm_ui.messages import Audio, ChatRequest, Document, Image, Message, Part, Text, ToolResult, Video
from glm_ui.net.public_fetch import Fetched

File = Image | Video | Audio | Document
MOST = 200
"""Files of one request; agents send every screenshot of a session again."""
NAMES = {Image: "picture", Video: "video", Audio: "recording", Document: "document"}
Ready = Callable[[File], Awaitable[tuple[Part, ...]]]


class Attachments:
    """Keeps what was made ready, by content, so that a history that comes again is decoded once."""

    def __init__(self, shelf: Shelf | None = None, fetches: Fetches | None = None) -> None:
        self._shelf = shelf or Shelf()
        self._fetches = fetches or Fetches()

    async def prepared(self, request: ChatRequest, route: Route, client: str) -> ChatRequest:
        """The request with its files as they go to the model. Raises the first reason why one cannot go."""
        files = [part for message in request.messages for part in message.parts if _has_files(part)]
        if not files:
            return request
        _check(request)
        worker.visitor.set(client)
        options = Options(shelf=self._shelf, fetch=self._fetch)

        async def ready(file: File) -> tuple[Part, ...]:
            name = file.name or NAMES[type(file)]
            chosen = Chosen(url=file.url, name=file.name) if file.url else Chosen(data=file.data, name=name)
            made = await make_ready(0, chosen, route, options, lambda *_: None)
            if made.refusal is not None:
                raise made.refusal
            if isinstance(file, Image) and made.kind != "image":
                raise BadInput("A picture of this request is none.", f"Its bytes are those of {made.label}.")
            return made.parts

        sees = route.media_rule("image") is not None
        return replace(
            request,
            messages=tuple([await _message(message, ready, sees) for message in request.messages]),
        )

    async def _fetch(self, url: str) -> Fetched:
        return await self._fetches.get(url, worker.visitor.get())


def _has_files(part: Part) -> bool:
    return _is_file(part) or (isinstance(part, ToolResult) and bool(part.images))


def _is_file(part: Part) -> TypeGuard[File]:
    return isinstance(part, Image | Video | Audio | Document)


def _check(request: ChatRequest) -> None:
    """Raises BadInput for more files, or more addresses, than one request may have."""
    files: list[File] = []
    for message in request.messages:
        for part in message.parts:
            files += part.images if isinstance(part, ToolResult) else [part] if _is_file(part) else []
    addresses = {file.url for file in files if file.url}
    if len(files) > MOST or len(addresses) > MAX_ADDRESSES:
        raise BadInput(
            f"{len(files)} files, {len(addresses)} of them by address, are too many.",
            f"A request may have {MOST} files, and {MAX_ADDRESSES} addresses.",
            details={"param": "messages"},
        )


async def _message(message: Message, ready: Ready, sees: bool) -> Message:
    if not any(map(_has_files, message.parts)):
        return message
    made = await asyncio.gather(*(_parts(part, ready, sees) for part in message.parts))
    return replace(message, parts=tuple(part for parts in made for part in parts))


async def _parts(part: Part, ready: Ready, sees: bool) -> tuple[Part, ...]:
    """`sees`: the model takes pictures; where it does not, those of a tool's result are left for the dialect, which
    says so in words."""
    if _is_file(part):
        return await ready(part)
    if not isinstance(part, ToolResult) or not part.images or not sees:
        return (part,)
    made = [one for image in part.images for one in await ready(image)]
    words = [one.text for one in made if isinstance(one, Text)]
    images = tuple(one for one in made if isinstance(one, Image))
    return (replace(part, content="\n".join(filter(None, [part.content, *words])), images=images),)
