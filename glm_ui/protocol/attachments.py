"""Whether a picture, video, sound or document may travel to this model at this provider, and its bytes as
text.

Refusals happen here, before anything is sent. No file access; the dialects write the wire parts.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from glm_ui.catalogue.route import Route
from glm_ui.catalogue.rows import MediaRule
from glm_ui.errors import CannotSend
from glm_ui.languages import all_of, listed, say
from glm_ui.messages import Audio, Document, Image, Message, ToolResult, Video

Attachment = Image | Video | Audio | Document

KINDS: Final[dict[type[Attachment], str]] = {
    Image: "image",
    Document: "document",
    Video: "video",
    Audio: "audio",
}
PLURALS: Final = {"image": "pictures", "video": "videos", "audio": "recordings", "document": "documents"}


def kind_of(part: Attachment) -> str:
    return KINDS[type(part)]


def check_attachments(messages: Iterable[Message], route: Route, notes: list[str]) -> None:
    """Raises CannotSend with what is wrong and the way out; adds a warning for what may be dropped on the
    way."""
    parts = list(_attachments(messages))
    counts = Counter(kind_of(part) for part in parts)
    for part in parts:
        _check_one(part, route)
    for kind, count in counts.items():
        rule = rule_of(kind, route)
        _check_count(kind, count, rule, route)
        if rule.declared_only:
            may_drop = say(
                "{provider} may drop {plural} without a word.",
                provider=route.provider.name,
                plural=say(PLURALS[kind]),
            )
            notes.append(say(rule.note) if rule.note else may_drop)
    for group in route.provider.media_exclusive:
        present = [say(PLURALS[kind]) for kind in group if counts[kind]]
        if len(present) > 1:
            raise CannotSend.of(
                route.provider.name,
                what=say(
                    "{{provider}} cannot take {names} in one conversation.",
                    names=all_of(present),
                ),
                todo="Keep one kind, or start a new chat.",
            )


def _attachments(messages: Iterable[Message]) -> Iterator[Attachment]:
    for message in messages:
        for part in message.parts:
            if isinstance(part, ToolResult):
                yield from part.images
            elif isinstance(part, Image | Video | Audio | Document):
                yield part


def _check_one(part: Attachment, route: Route) -> None:
    kind = kind_of(part)
    name, plural, rule = route.provider.name, say(PLURALS[kind]), rule_of(kind, route)
    if ("url" if part.data is None else "data") not in rule.ways:
        what = (
            say("{{provider}} takes {plural} only as a file, not by address.", plural=plural)
            if part.data is None
            else say("{{provider}} takes {plural} only by a public address.", plural=plural)
        )
        raise CannotSend.of(name, what=what, todo="Pick another provider.")
    if part.data is not None and not rule.takes(part.mime):
        formats = listed(mime.partition("/")[2] for mime in rule.mimes)
        raise CannotSend.of(
            name,
            what=say(
                "{{provider}} does not take {plural} of the type {mime}.", plural=plural, mime=part.mime
            ),
            why=say("It takes {formats}.", formats=formats),
            todo="Convert the file.",
        )
    if part.data is not None and not rule.fits(len(part.data)):
        limit = f"{(rule.max_bytes or 0) / 1024 / 1024:g} MB"
        raise CannotSend.of(
            name,
            what=say("{{provider}} takes {plural} up to {limit}.", plural=plural, limit=limit),
            todo="Make the file smaller.",
        )


def rule_of(kind: str, route: Route) -> MediaRule:
    """How this kind travels. Raises CannotSend where it cannot: the provider takes none for anyone, or this model reads
    none there."""
    if rule := route.media_rule(kind):
        return rule
    plural, model = say(PLURALS[kind]), route.model
    if model and kind in route.provider.media:
        raise CannotSend.of(
            route.provider.name,
            what=say("{model} takes no {plural} here.", model=model.name, plural=plural),
            todo="Pick a model that does.",
            way_out="model",
        )
    raise CannotSend.of(
        route.provider.name,
        what=say("{{provider}} takes no {plural}.", plural=plural),
        todo="Pick another provider or model.",
    )


def _check_count(kind: str, count: int, rule: MediaRule, route: Route) -> None:
    most = rule.max_count
    if most is not None and count > most:
        raise CannotSend.of(
            route.provider.name,
            what=say(
                "This conversation holds {count} {plural}; {most} is the most that can be sent.",
                count=count,
                plural=say(PLURALS[kind]),
                most=most,
            ),
            todo="Start a new chat with fewer.",
            way_out="new_chat",
        )


def base64_of(part: Attachment) -> str:
    return base64.b64encode(part.data or b"").decode("ascii")


def data_url(part: Attachment) -> str:
    return f"data:{part.mime};base64,{base64_of(part)}"
