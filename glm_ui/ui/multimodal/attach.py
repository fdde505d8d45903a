"""Turns the files of a turn into parts: a plan for each message with files, the same for the preview and for the
turn. Ids in, parts out; no HTTP, no Gradio, no words of the page.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from glm_ui.accounting.tokens import estimate_request
from glm_ui.backend.prepare import ResolvedTurn
from glm_ui.catalogue.route import Route
from glm_ui.demo.image_stats import decode_with
from glm_ui.errors import BadInput, CannotSend, GlmUiError
from glm_ui.languages import say
from glm_ui.media import worker
from glm_ui.media.cache import Shelf
from glm_ui.media.fetched import MAX_ADDRESSES, Fetches
from glm_ui.media.models import Chosen, Item, OnProgress, Options, Ready
from glm_ui.media.plan import Plan, make_plan
from glm_ui.messages import ChatRequest, Image, Message, Part
from glm_ui.net.public_fetch import Fetched
from glm_ui.serving.uploads import Uploads
from glm_ui.tools import documents
from glm_ui.ui.gradio.upload_folder import upload_folder
from glm_ui.ui.multimodal.api_request import Asked, is_address, name_of
from glm_ui.ui.turn.request import FileRef, Turn
from glm_ui.ui.wire import FileTold, ItemTold, PlanTold, SeenTold

Size = tuple[int, int]

MAX_THUMBNAILS = 60
"""Of one plan; the rest are shown by their numbers."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture that the model is given: which file of the message, which picture of it, and its upright size, the
    one that boxes are drawn at; None when the provider fetches it itself."""

    file: int
    item: int
    size: Size | None
    name: str


@dataclass(frozen=True, slots=True)
class Carried:
    """One plan a message, None where it has no files."""

    plans: tuple[Plan | None, ...] = ()
    parts: tuple[tuple[Part, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(plan.parts if plan else () for plan in self.plans))

    @property
    def last(self) -> Plan | None:
        """The plan of the message that is being asked."""
        return next((p for p in reversed(self.plans) if p), None) if self.plans else None

    def pictures(self) -> tuple[Seen, ...]:
        """Those of the last message that has any: what an answer's boxes are about."""
        for plan in reversed(self.plans):
            if plan and (seen := pictures_of(plan)):
                return seen
        return ()

    def check(self, consent: bool) -> None:
        """Raises the first reason why this turn cannot go."""
        for plan in self.plans:
            if plan is None:
                continue
            for refusal in plan.refused:
                raise refusal
            if plan.needs_consent and not consent:
                raise CannotSend(
                    "This may not arrive.", plan.warnings[0], "Agree below the files, or pick another provider.",
                    way_out="consent",
                )  # fmt: skip


class Carrier:
    """Makes the plans of turns; keeps what was prepared, so that a follow-up decodes nothing twice."""

    def __init__(
        self, uploads: Uploads | None = None, shelf: Shelf | None = None, fetches: Fetches | None = None
    ) -> None:
        self.uploads = uploads or Uploads(upload_folder())
        self.shelf = shelf or Shelf()
        self.fetches = fetches or Fetches()
        decode_with(worker.run_here)  # the demo looks at pictures, and this process holds the keys

    async def fetch(self, url: str) -> Fetched:
        """The content at an address, for the visitor of this turn; fetched again only after a while."""
        return await self.fetches.get(url, worker.visitor.get())

    async def carry(
        self, turn: Turn, resolved: ResolvedTurn, on_progress: OnProgress | None = None
    ) -> Carried:
        """Never raises for a file: its plan holds the refusal. `on_progress` follows the files of the last message
        that has any. Each visitor's files wait for their own alone."""
        worker.visitor.set(resolved.visitor or turn.visitor)
        route = resolved.route
        check_addresses([file.url for said in turn.messages for file in said.files])
        if not any(said.files for said in turn.messages):
            return Carried()
        newest = max(i for i, said in enumerate(turn.messages) if said.files)
        plans: list[Plan | None] = []
        earlier: tuple[Part, ...] = ()
        for i, said in enumerate(turn.messages):
            if not said.files:
                plans.append(None)
                continue
            taken = await asyncio.to_thread(_taken, turn, route, plans) if i == newest else 0
            options = Options(earlier, taken, resolved.has_key, self.shelf, self.fetch)
            plan = await self._plan(
                turn.visitor, said.files, route, options, on_progress if i == newest else None
            )
            earlier = (*earlier, *plan.parts)
            plans.append(plan)
        return Carried(tuple(plans))

    async def _plan(
        self,
        visitor: str,
        refs: Sequence[FileRef],
        route: Route,
        options: Options,
        on_progress: OnProgress | None,
    ) -> Plan:
        chosen, gone = [], {}
        for i, ref in enumerate(refs):
            try:
                chosen.append(self.chosen(visitor, ref))
            except BadInput as error:
                gone[i] = error
                chosen.append(Chosen(Path(), name=ref.name))
        plan = await make_plan(chosen, route, options, on_progress)
        files = tuple(replace(file, refusal=gone.get(i, file.refusal)) for i, file in enumerate(plan.files))
        return replace(plan, files=files)

    def chosen(self, visitor: str, ref: FileRef) -> Chosen:
        choices = {
            "send_as": ref.send_as,
            "pages": ref.pages,
            "per_second": ref.per_second,
            "max_frames": ref.max_frames,
            "pictures": ref.pictures,
        }
        if ref.url:
            return Chosen(url=ref.url, name=ref.name, **choices)  # type: ignore[arg-type]
        upload = self.uploads.find(visitor, ref.id, ref.name)
        return Chosen(upload.path, name=ref.name or upload.name, password=upload.password, **choices)  # type: ignore[arg-type]

    async def text_of(self, visitor: str, ref: FileRef) -> str:
        """The whole text of a document. Raises GlmUiError for one that is gone, or that has no text."""
        if ref.url:
            fetched = await self.fetch(ref.url)
            return await documents.text_of(fetched.data, fetched.name)
        upload = self.uploads.find(visitor, ref.id, ref.name)
        return await documents.text_of(upload.path, ref.name or upload.name, upload.password)

    async def ask(
        self, asked: Asked, turn: ResolvedTurn, on_progress: OnProgress | None = None
    ) -> ChatRequest:
        """A program's request with its files made ready. Raises the first reason why it cannot go."""
        worker.visitor.set(turn.visitor)
        route = turn.route
        check_addresses([place for place in asked.files if is_address(place)])
        chosen = [
            Chosen(url=place)
            if is_address(place)
            else Chosen(self.uploads.checked(place), name=name_of(place))
            for place in asked.files
        ]
        taken = await asyncio.to_thread(estimate_request, asked.request(Message.user(asked.prompt)), route)
        plan = await make_plan(
            chosen, route, Options((), taken, turn.has_key, self.shelf, self.fetch), on_progress
        )
        Carried((plan,)).check(consent=True)
        if not asked.prompt.strip() and not plan.parts:
            raise BadInput("There is nothing to send.", todo="Give a prompt, files, or both.")
        return asked.request(plan.message(asked.prompt))

    async def picture(self, visitor: str, ref: FileRef, item: int, route: Route) -> tuple[Ready, Image]:
        """The file and one picture of it, as it goes to the model. BadInput where there is none."""
        plan = await make_plan(
            [self.chosen(visitor, ref)], route, Options(shelf=self.shelf, fetch=self.fetch)
        )
        for refusal in plan.refused:
            raise refusal
        pictures = [part for part in plan.parts if isinstance(part, Image)]
        if not 0 <= item < len(pictures):
            raise BadInput("There is no such picture.", "", "Choose the file again.")
        return plan.files[0], pictures[item]


def check_addresses(urls: Sequence[str]) -> None:
    """BadInput for a turn that names more than MAX_ADDRESSES of them."""
    count = len({url for url in urls if url})
    if count > MAX_ADDRESSES:
        raise BadInput(
            say("{count} addresses are too many.", count=count),
            say("A conversation may name {most} of them.", most=MAX_ADDRESSES),
            "Save some of the files and choose them instead, or begin a new chat.",
        )


def _taken(turn: Turn, route: Route, plans: Sequence[Plan | None]) -> int:
    """Tokens that the conversation takes besides the files of its newest message."""
    with contextlib.suppress(GlmUiError):  # nothing is typed yet
        request = turn.request([plan.parts if plan else () for plan in plans])
        return estimate_request(request, route)
    return sum(plan.tokens for plan in plans if plan)


def pictures_of(plan: Plan) -> tuple[Seen, ...]:
    found: list[Seen] = []
    for number, file in enumerate(plan.files):
        if file.refusal is not None or not any(isinstance(part, Image) for part in file.parts):
            continue
        for i, item in enumerate(file.items):
            size = file.original_size if file.sent_as == "picture" else item.size
            name = file.name if len(file.items) == 1 else f"{file.name}, {item.label}"
            found.append(Seen(number, i, size, name))
    return tuple(found)


def public(plan: Plan) -> PlanTold:
    """The plan as the page shows it."""
    room = MAX_THUMBNAILS
    files = []
    for file in plan.files:
        files.append(_file(file, room))
        room = max(0, room - len(file.items))
    return {
        "k": "plan",
        "files": files,
        "pictures": [seen_public(seen) for seen in pictures_of(plan)],
        "visual_tokens": plan.visual_tokens,
        "text_tokens": plan.text_tokens,
        "taken": plan.taken,
        "window": plan.window,
        "fill": plan.fill,
        "warnings": list(plan.warnings),
        "refusals": [refusal.public() for refusal in plan.refusals],
        "needs_consent": plan.needs_consent,
    }


def seen_public(seen: Seen) -> SeenTold:
    return {"file": seen.file, "item": seen.item, "size": seen.size, "name": seen.name}


def _file(file: Ready, room: int) -> FileTold:
    return {
        "name": file.name,
        "label": file.label,
        "kind": file.kind,
        "format": file.format,
        "pictures": file.pictures,
        "original_bytes": file.original_bytes,
        "sent_as": file.sent_as,
        "original_size": file.original_size,
        "pages": file.pages,
        "picked": list(file.picked),
        "seconds": file.seconds,
        "sent_bytes": file.sent_bytes,
        "tokens": file.visual_tokens + file.text_tokens,
        "items": [_item(item, i < room) for i, item in enumerate(file.items)],
        "notes": list(file.notes),
        "warning": file.warning,
        "refusal": file.refusal.public() if file.refusal else None,
    }


def _item(item: Item, shown: bool) -> ItemTold:
    drawn = base64.b64encode(item.thumbnail).decode() if shown and item.thumbnail else None
    return {
        "label": item.label,
        "mime": item.mime,
        "weight": item.weight,
        "tokens": item.tokens,
        "size": item.size,
        "thumbnail": f"data:image/jpeg;base64,{drawn}" if drawn else None,
    }
