"""One file that is made ready: its source, where it goes, and what the steps for all kinds share. `prepare_file`
decides how a kind is sent; `worker` decodes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from glm_ui.accounting.tokens import estimate
from glm_ui.catalogue.route import Route
from glm_ui.catalogue.rows import MediaRule
from glm_ui.errors import CannotSend
from glm_ui.languages import current, say
from glm_ui.media import worker
from glm_ui.media.cache import Shelf, digest
from glm_ui.media.formats import images
from glm_ui.media.formats.kinds import Found, Kind, Source, gone, identify, shown_name
from glm_ui.media.models import Chosen, Item, OnProgress, Options, Ready
from glm_ui.messages import Image, Part, Text
from glm_ui.protocol.attachments import KINDS, PLURALS

T = TypeVar("T")

TIMES: Mapping[str, float] = {"image": 60.0, "document": 180.0, "video": 180.0, "audio": 120.0}
"""Seconds of decoding for one file of a kind."""
_UNNAMED = "\0"

PARTS: Mapping[str, Callable[..., Part]] = {kind: part for part, kind in KINDS.items()}


LOOKING = 20.0
"""Seconds of telling what a file is."""


async def look_at(source: Source, name: str) -> Found:
    """`kinds.look`, in a worker."""
    return await worker.run(identify, source, name, seconds=LOOKING, about=f"“{shown_name(name)}”")


async def look_once(source: Source, name: str, shelf: Shelf) -> tuple[Found, str]:
    """(`look_at`, SHA-256 of the content), kept by the content and the name."""
    try:
        sha = await digest(source)
    except OSError as e:
        raise gone(name) from e
    key = (identify.__qualname__, sha, name, current())
    return await shelf.get(key, lambda: look_at(source, name), _weight), sha


@dataclass(frozen=True, slots=True)
class Work:
    """What every step needs: the file, where it goes, and how to run something over it once."""

    index: int
    chosen: Chosen
    source: Source
    name: str
    found: Found
    sha: str
    route: Route
    options: Options
    on_progress: OnProgress

    @property
    def shown(self) -> str:
        return shown_name(self.name)

    async def run(self, function: Callable[..., T], *arguments: Any, reports_progress: bool = False) -> T:
        """`function(source, *arguments)` in a worker, kept by the content and the arguments."""

        def on_progress(done: int, total: int) -> None:
            self.on_progress(self.index, done, total)

        async def make() -> T:
            return await worker.run(
                function,
                self.source,
                *arguments,
                seconds=TIMES[self.found.format.kind],
                about=f"“{self.shown}”",
                on_progress=on_progress if reports_progress else None,
            )

        unnamed = tuple(_UNNAMED if a == self.name else a for a in arguments)
        key = (
            function.__module__,
            function.__qualname__,
            self.sha,
            unnamed,
            current(),
        )  # notes are sentences
        return await self.options.shelf.get(key, make, _weight)

    def ready(self, **fields: Any) -> Ready:
        found, notes = self.found, tuple(say(n) for n in (self.found.note, *fields.pop("notes", ())) if n)
        return Ready(
            self.name,
            say(found.format.label),
            found.format.kind,
            found.size,
            notes=notes,
            format=found.format.key,
            **fields,
        )


def picture_rule(work: Work) -> MediaRule:
    """The rule by which pictures go there. CannotSend where none do."""
    rule = work.route.media_rule("image")
    if rule is not None and "data" in rule.ways:
        return rule
    model = work.route.model
    blind = model is not None and "image" not in model.inputs
    raise CannotSend(
        say("“{name}” cannot be sent.", name=work.shown),
        say("{name} does not accept images.", name=model.name)
        if model and blind
        else say("{name} takes no pictures for it.", name=work.route.provider.name),
        "Pick a model that accepts images, such as GLM-4.5V." if blind else "Pick another provider.",
        way_out="model" if blind else "provider",
    )


def picture_limits(rule: MediaRule) -> images.Limits:
    """The best of what the provider takes and we write; JPEG and PNG where it does not say."""
    mimes = tuple(m for m in ("image/jpeg", "image/png", "image/webp") if m in rule.mimes)
    return images.Limits(rule.max_bytes, rule.max_pixels, mimes or ("image/jpeg", "image/png"))


async def as_file(work: Work, kind: Kind, otherwise: str) -> Ready:
    """Sends the file's own bytes in the wire part that the provider has for such files."""
    rule, mime = work.route.media_rule(kind), work.found.format.mime
    provider = work.route.provider.name
    if rule is None or "data" not in rule.ways:
        by_address = rule is not None and "url" in rule.ways
        why = (
            say("{provider} takes {plural} by address only.", provider=provider, plural=say(PLURALS[kind]))
            if by_address
            else say("{provider} takes no {plural} for it.", provider=provider, plural=say(PLURALS[kind]))
        )
        raise CannotSend(say("“{name}” cannot be sent as a file.", name=work.shown), why, otherwise)
    if not rule.takes(mime):
        why = say("{provider} does not take {label}.", provider=provider, label=say(work.found.format.label))
        raise CannotSend(say("“{name}” cannot be sent as a file.", name=work.shown), why, otherwise)
    check_bytes(work, work.found.size, rule, otherwise)
    try:
        data = (
            work.source if isinstance(work.source, bytes) else await asyncio.to_thread(work.source.read_bytes)
        )
    except OSError as e:
        raise gone(work.name) from e
    return work.ready(
        sent_as="file",
        items=(Item(say("file"), mime, len(data), 0),),
        parts=(PARTS[kind](data=data, mime=mime, name=work.name),),
        notes=("It goes as it is, with what it says about its author; its tokens are not known here.",),
        warning=warning_of(rule, kind, work.route),
    )


def check_bytes(work: Work, size: int, rule: MediaRule, otherwise: str) -> None:
    """CannotSend, with the way out, for more bytes than the rule allows."""
    if not rule.fits(size):
        raise CannotSend(
            say("“{name}” is too large.", name=work.shown),
            say(
                "It has {megabytes:.1f} MB; {name} takes {most} MB.",
                megabytes=size / 2**20,
                name=work.route.provider.name,
                most=(rule.max_bytes or 0) >> 20,
            ),
            otherwise,
        )


def as_text(work: Work, text: str, tokens: int, label: str, notes: tuple[str, ...], **facts: Any) -> Ready:
    """The file as one text, of about so many tokens."""
    item = Item(label, "text/markdown", len(text.encode()), tokens)
    return work.ready(
        sent_as="text", items=(item,), parts=(Text(text),), text_tokens=tokens + 12, notes=notes, **facts
    )


def item_of(label: str, picture: images.Picture) -> Item:
    """A picture as the plan shows it."""
    size = (picture.width, picture.height)
    return Item(label, picture.mime, len(picture.data), picture.tokens, size, picture.thumbnail)


def image_part(picture: images.Picture, name: str) -> Image:
    """A picture as it goes into the message."""
    return Image(data=picture.data, mime=picture.mime, name=name)


def label_tokens(parts: list[Part]) -> int:
    """What the words between the pictures come to."""
    return sum(estimate(p.text) for p in parts if isinstance(p, Text))


def warning_of(rule: MediaRule, kind: str, route: Route) -> str:
    """What to say where the provider only declares that it takes this; else nothing."""
    if not rule.declared_only:
        return ""
    return say(rule.note) or say(
        "{name} says that it takes {plural}, but is known to drop them.",
        name=route.provider.name,
        plural=say(PLURALS[kind]),
    )


def _weight(value: object) -> int:
    """Bytes that a kept value holds, about."""
    if isinstance(value, bytes | str):
        return len(value)
    if isinstance(value, tuple | list):
        return sum(map(_weight, value))
    if hasattr(value, "__dataclass_fields__"):
        return 200 + sum(_weight(getattr(value, f)) for f in value.__dataclass_fields__)
    return 32
