"""One chosen file made ready to be sent: the parts it becomes, what a person sees of it beforehand, or its
refusal.

Decides by tables what a file goes as; the decoding itself runs in `worker`. No provider's name, no wire
format.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from glm_ui.catalogue.rows import MediaRule, Route
from glm_ui.errors import CannotSend, GlmUiError
from glm_ui.media import address, audio, documents, images, pdf, video, worker
from glm_ui.media.kinds import EXTENSIONS_OF, Found, Kind, Source, look, shown_name
from glm_ui.media.shelf import Shelf, digest
from glm_ui.media.takes import largest_count, media_rule, names, picture_limits
from glm_ui.messages import Audio, Document, Image, Part, Text, Video
from glm_ui.tokens import estimate

T = TypeVar("T")
SendAs = Literal["auto", "pictures", "text", "frames", "file"]
Heard = Callable[[int, int, int], None]
Fetch = Callable[[str], Awaitable[address.Fetched]]

TIMES: Mapping[str, float] = {"image": 60.0, "document": 180.0, "video": 180.0, "audio": 120.0}
"""Seconds of decoding for one file of a kind."""
AUTO_PAGES = 20
"""A longer PDF goes as text unless a person picks its pages."""
NATIVE_BYTES = 20 << 20
"""A film up to this goes as it is where a provider takes films and names no limit."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A file that a person chose: `path` on the disk, or `url`. The rest are choices made in the plan.

    `pages` like "1-3,7"; `pictures` is how many frames of an animation go; `send_as` "auto" takes the best
    way.
    """

    path: Path | None = None
    url: str = ""
    name: str = ""
    send_as: SendAs = "auto"
    pages: str = ""
    per_second: float = 1.0
    max_frames: int = 32
    pictures: int = 1
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Options:
    """What of the conversation matters: parts of earlier turns that go again, and `taken`, the tokens of the
    window that the conversation, the prompt and the reserved answer take. `fetch` gets what stands at an
    address."""

    earlier: tuple[Part, ...] = ()
    taken: int = 0
    has_key: bool = True
    shelf: Shelf = field(default_factory=Shelf)
    fetch: Fetch = address.fetch


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that goes: a picture, a page, a frame, a text. `size` in pixels and `weight` in bytes as
    sent; `thumbnail` is a JPEG."""

    label: str
    mime: str
    weight: int
    tokens: int
    size: tuple[int, int] | None = None
    thumbnail: bytes | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """One file of the plan. `original_size` is (width, height) of the upright original; `pages` and
    `seconds` are the file's, not what was picked. `refusal` is set when it cannot go; then `parts` is
    empty."""

    name: str
    label: str
    kind: Kind | None
    original_bytes: int
    sent_as: Literal["picture", "pictures", "pages", "text", "frames", "file", "address", ""] = ""
    original_size: tuple[int, int] | None = None
    pages: int | None = None
    picked: tuple[int, ...] = ()
    seconds: float | None = None
    items: tuple[Item, ...] = ()
    parts: tuple[Part, ...] = ()
    text_tokens: int = 0
    notes: tuple[str, ...] = ()
    warning: str = ""
    refusal: GlmUiError | None = None

    @property
    def visual_tokens(self) -> int:
        return sum(i.tokens for i in self.items if i.size is not None)

    @property
    def sent_bytes(self) -> int:
        return sum(i.weight for i in self.items)


@dataclass(frozen=True, slots=True)
class _Work:
    """What every step needs: the file, where it goes, and how to run something over it once."""

    index: int
    chosen: Chosen
    source: Source
    name: str
    found: Found
    sha: str
    route: Route
    options: Options
    heard: Heard

    @property
    def shown(self) -> str:
        return shown_name(self.name)

    async def run(self, function: Callable[..., T], *arguments: Any, told: bool = False) -> T:
        """`function(source, *arguments)` in a worker, kept by the content and the arguments."""

        def heard(done: int, total: int) -> None:
            self.heard(self.index, done, total)

        async def make() -> T:
            return await worker.run(
                function,
                self.source,
                *arguments,
                seconds=TIMES[self.found.format.kind],
                about=f"“{self.shown}”",
                heard=heard if told else None,
            )

        unnamed = tuple(_UNNAMED if a == self.name else a for a in arguments)
        key = (function.__module__, function.__qualname__, self.sha, unnamed)
        return await self.options.shelf.get(key, make, _weight)

    def ready(self, **fields: Any) -> Ready:
        found, notes = self.found, tuple(n for n in (self.found.note, *fields.pop("notes", ())) if n)
        return Ready(self.name, found.format.label, found.format.kind, found.size, notes=notes, **fields)


_UNNAMED = "\0"


async def make_ready(index: int, chosen: Chosen, route: Route, options: Options, heard: Heard) -> Ready:
    """Never raises what is the file's own fault: that is its `refusal`."""
    name = (
        chosen.name
        or (address.name_in(chosen.url) if chosen.url else "")
        or (chosen.path.name if chosen.path else "")
    )
    found: Found | None = None
    try:
        if chosen.url and (by_address := _by_address(chosen, name, route)) is not None:
            return by_address
        source = (await options.fetch(chosen.url)).data if chosen.url else chosen.path or b""
        found = look(source, name)
        work = _Work(index, chosen, source, name, found, await digest(source), route, options, heard)
        return await _STEPS[found.format.kind](work)
    except GlmUiError as e:
        label, kind, size = (
            (found.format.label, found.format.kind, found.size) if found else ("a file", None, 0)
        )
        return Ready(name, label, kind, size, refusal=e)


def _by_address(chosen: Chosen, name: str, route: Route) -> Ready | None:
    """An address goes as it is where the provider fetches such things itself."""
    format = EXTENSIONS_OF.get(name.rsplit(".", 1)[-1].lower()) if "." in name else None
    if format is None or chosen.send_as not in ("auto", "file") or chosen.pages:
        return None
    rule = media_rule(format.kind, route)
    if rule is None or "url" not in rule.ways or (rule.mimes and format.mime not in rule.mimes):
        return None
    part = _PARTS[format.kind](url=chosen.url, mime=format.mime, name=name)
    note = f"{route.provider.name} fetches it; its size and tokens are not known here."
    item = Item(chosen.url, format.mime, 0, 0)
    return Ready(
        name, format.label, format.kind, 0, "address", items=(item,), parts=(part,), notes=(note,),
        warning=_warning(rule, format.kind, route),
    )  # fmt: skip


_PARTS: Mapping[str, Callable[..., Part]] = {
    "image": Image,
    "video": Video,
    "audio": Audio,
    "document": Document,
}


async def _image(work: _Work) -> Ready:
    rule = _picture_rule(work)
    wanted = max(1, min(work.chosen.pictures, largest_count("image", work.route) or 64, 64))
    made = await work.run(images.prepare, work.name, picture_limits(rule), wanted)
    many = len(made) > 1
    labels = [f"{n} of {len(made)}" if many else "picture" for n in range(1, len(made) + 1)]
    return work.ready(
        sent_as="pictures" if many else "picture",
        original_size=made[0].original_size,
        items=tuple(_item(label, p) for label, p in zip(labels, made, strict=True)),
        parts=tuple(_image_part(p, work.name) for p in made),
        notes=made[0].notes,
        warning=_warning(rule, "image", work.route),
    )


async def _document(work: _Work) -> Ready:
    if work.chosen.send_as == "file":
        return _as_file(work, "document", "Send it as text" + (" or as pictures." if _is_pdf(work) else "."))
    if _is_pdf(work):
        return await _pdf(work)
    if work.chosen.send_as in ("pictures", "frames"):
        raise CannotSend(
            f"“{work.shown}” cannot be sent as pictures.",
            "Only the pages of a PDF can.",
            "Save it as PDF, or send it as text.",
        )
    extract = await work.run(documents.read_text, work.found.format, work.name)
    text = f"File “{work.shown}”:\n\n{extract.text}"
    facts = f"{extract.count:,} {extract.unit}" if extract.unit else ""
    return _text(work, text, extract.tokens, facts or "text", extract.notes)


async def _pdf(work: _Work) -> Ready:
    chosen, route = work.chosen, work.route
    count = await work.run(pdf.count_pages, work.name, chosen.password)
    picked = pdf.pages_in(chosen.pages, count)
    rule, most = media_rule("image", route), largest_count("image", route)
    fitting = rule is not None and not rule.declared_only and len(picked) <= (most or pdf.MAX_RENDERED)
    as_pictures = chosen.send_as == "pictures" or (
        chosen.send_as == "auto" and fitting and (bool(chosen.pages.strip()) or count <= AUTO_PAGES)
    )
    facts: dict[str, Any] = {"pages": count, "picked": picked}
    if as_pictures:
        return await _pages_as_pictures(work, picked, facts)
    texts = await work.run(pdf.page_texts, work.name, picked, chosen.password, told=True)
    empty = [t.number for t in texts if not t.text]
    if len(empty) == len(texts):
        raise CannotSend(
            f"“{work.shown}” holds no text.", "Its pages are pictures, as from a scanner.",
            f"Pick up to {most or AUTO_PAGES} pages and send them as pictures.",
        )  # fmt: skip
    notes = [f"Pages without text: {_listed(empty)}. Send them as pictures to show them."] if empty else []
    if chosen.send_as == "auto" and count > AUTO_PAGES and rule is not None:
        notes.append("It is long, so its text goes; pick pages to send them as pictures.")
    body = "\n\n".join(f"## Page {t.number}\n\n{t.text or '(no text)'}" for t in texts)
    text = f"File “{work.shown}”, {_pages(len(picked))} of {count}:\n\n{body}"
    return _text(
        work, text, sum(t.tokens for t in texts) + 8 * len(texts), _pages(len(picked)), tuple(notes), **facts
    )


async def _pages_as_pictures(work: _Work, picked: tuple[int, ...], facts: dict[str, Any]) -> Ready:
    rule, most = _picture_rule(work), largest_count("image", work.route)
    if most is not None and len(picked) > most:
        who = work.route.model.name if work.route.model else work.route.provider.name
        raise CannotSend(
            f"{len(picked)} pages of “{work.shown}” are too many.", f"{who} takes {most} pictures.",
            f"Pick up to {most} pages, or send it as text.",
        )  # fmt: skip
    side = _page_side(len(picked), work.route)
    made = await work.run(
        pdf.page_pictures, work.name, picked, picture_limits(rule), work.chosen.password, side, told=True
    )
    parts: list[Part] = []
    for number, picture in zip(picked, made, strict=True):
        parts += [
            Text(f"Page {number} of “{work.shown}”:"),
            _image_part(picture, f"{work.name}, page {number}"),
        ]
    return work.ready(
        sent_as="pages",
        original_size=made[0].original_size,
        items=tuple(_item(f"page {n}", p) for n, p in zip(picked, made, strict=True)),
        parts=tuple(parts),
        text_tokens=_label_tokens(parts),
        warning=_warning(rule, "image", work.route),
        **facts,
    )


def _page_side(count: int, route: Route) -> int:
    """Pages are drawn smaller when many share the window: all of them in about half of it, but still
    readable."""
    window = (route.model.window if route.model else None) or 65_536
    # An A4 page whose longer side has n pixels comes to n² / √2 / 28² tokens.
    affordable = int((window / 2 / max(1, count) * 28 * 28 * 2**0.5) ** 0.5)
    return max(840, min(pdf.PAGE_SIDE, affordable // 28 * 28))


async def _video(work: _Work) -> Ready:
    recording = await work.run(video.facts, work.found.format, work.name)
    if recording.size is None:
        sound = replace(work.found.format, kind="audio", label="a recording")
        return await _audio(replace(work, found=replace(work.found, format=sound)))
    if work.chosen.send_as == "file" or (work.chosen.send_as == "auto" and _takes_film(work)):
        made = _as_file(work, "video", "Send it as frames.")
        return replace(made, seconds=recording.seconds, original_size=recording.size)
    rule = _picture_rule(work)
    most = min(work.chosen.max_frames, largest_count("image", work.route) or 256, 256)
    made_clip = await work.run(
        video.clip,
        work.found.format,
        work.name,
        picture_limits(rule),
        work.chosen.per_second,
        most,
        told=True,
    )
    length = f", {video.clock(recording.seconds)} long" if recording.seconds else ""
    parts: list[Part] = [Text(f"Frames of the video “{work.shown}”{length}:")]
    for frame in made_clip.frames:
        at = video.clock(frame.seconds)
        parts += [Text(f"[{at}]"), _image_part(frame.picture, f"{work.name}, {at}")]
    silent = "Its sound is not sent." if recording.audio_codec else ""
    return work.ready(
        sent_as="frames",
        original_size=made_clip.recording.size,
        seconds=recording.seconds,
        items=tuple(_item(video.clock(f.seconds), f.picture) for f in made_clip.frames),
        parts=tuple(parts),
        text_tokens=_label_tokens(parts),
        notes=(*made_clip.notes, *((silent,) if silent else ())),
        warning=_warning(rule, "image", work.route),
    )


def _takes_film(work: _Work) -> bool:
    """Only where the model is known to see films there, and this one fits."""
    rule = media_rule("video", work.route)
    if rule is None or rule.declared_only or work.route.model is None or "data" not in rule.ways:
        return False
    fits = work.found.size <= (rule.max_bytes or NATIVE_BYTES)
    return fits and (not rule.mimes or work.found.format.mime in rule.mimes)


async def _audio(work: _Work) -> Ready:
    recording = await work.run(video.facts, work.found.format, work.name)
    rule = media_rule("audio", work.route)
    if rule is None or "data" not in rule.ways:
        raise _no_audio(work)
    mimes = rule.mimes or ("audio/wav",)
    mime = next((m for m in ("audio/wav", "audio/mpeg") if m in mimes), "audio/wav")
    sound = await work.run(audio.convert, work.found.format, work.name, mime, told=True)
    if rule.max_bytes and len(sound.data) > rule.max_bytes and mime == "audio/wav" and "audio/mpeg" in mimes:
        mime = "audio/mpeg"
        sound = await work.run(audio.convert, work.found.format, work.name, mime, told=True)
    _check_bytes(work, len(sound.data), rule, "Cut out a part of it.")
    return work.ready(
        sent_as="file",
        seconds=sound.seconds or recording.seconds,
        items=(Item(video.clock(sound.seconds), mime, len(sound.data), 0),),
        parts=(Audio(data=sound.data, mime=mime, name=work.name),),
        notes=(*((sound.note,) if sound.note else ()), "Its tokens are not known here."),
        warning=_warning(rule, "audio", work.route),
    )


def _no_audio(work: _Work) -> CannotSend:
    who = work.route.model.name if work.route.model else "The model"
    return CannotSend(
        f"“{work.shown}” cannot be sent.",
        f"{who} does not hear: {work.route.provider.name} takes no recordings for it.",
        "Send a transcript instead; Z.ai's transcription makes one where a key of Z.ai is set.",
        way_out="transcribe",
        details={"sha256": work.sha},
    )


def _picture_rule(work: _Work) -> MediaRule:
    rule = media_rule("image", work.route)
    if rule is not None and "data" in rule.ways:
        return rule
    model = work.route.model
    blind = model is not None and "image" not in model.inputs
    raise CannotSend(
        f"“{work.shown}” cannot be sent.",
        f"{model.name} does not see pictures."
        if model and blind
        else f"{work.route.provider.name} takes no pictures for it.",
        "Pick a model that sees, such as GLM-4.5V." if blind else "Pick another provider.",
        way_out="model" if blind else "provider",
    )


def _as_file(work: _Work, kind: Kind, otherwise: str) -> Ready:
    """The file's own bytes in the provider's own part for such files."""
    rule, mime = media_rule(kind, work.route), work.found.format.mime
    provider = work.route.provider.name
    if rule is None or "data" not in rule.ways:
        by_address = rule is not None and "url" in rule.ways
        why = (
            f"{provider} takes {names(kind)} by address only."
            if by_address
            else f"{provider} takes no {names(kind)} for it."
        )
        raise CannotSend(f"“{work.shown}” cannot be sent as a file.", why, otherwise)
    if rule.mimes and mime not in rule.mimes:
        why = f"{provider} does not take {work.found.format.label}."
        raise CannotSend(f"“{work.shown}” cannot be sent as a file.", why, otherwise)
    _check_bytes(work, work.found.size, rule, otherwise)
    data = work.source if isinstance(work.source, bytes) else work.source.read_bytes()
    return work.ready(
        sent_as="file",
        items=(Item("file", mime, len(data), 0),),
        parts=(_PARTS[kind](data=data, mime=mime, name=work.name),),
        notes=("It goes as it is, with what it says about its author; its tokens are not known here.",),
        warning=_warning(rule, kind, work.route),
    )


def _check_bytes(work: _Work, size: int, rule: MediaRule, otherwise: str) -> None:
    if rule.max_bytes and size > rule.max_bytes:
        raise CannotSend(
            f"“{work.shown}” is too large.",
            f"It has {size / 2**20:.1f} MB; {work.route.provider.name} takes {rule.max_bytes >> 20} MB.",
            otherwise,
        )


def _text(work: _Work, text: str, tokens: int, label: str, notes: tuple[str, ...], **facts: Any) -> Ready:
    item = Item(label, "text/markdown", len(text.encode()), tokens)
    return work.ready(
        sent_as="text", items=(item,), parts=(Text(text),), text_tokens=tokens + 12, notes=notes, **facts
    )


def _item(label: str, picture: images.Picture) -> Item:
    size = (picture.width, picture.height)
    return Item(label, picture.mime, len(picture.data), picture.tokens, size, picture.thumbnail)


def _image_part(picture: images.Picture, name: str) -> Image:
    return Image(data=picture.data, mime=picture.mime, name=name)


def _label_tokens(parts: list[Part]) -> int:
    return sum(estimate(p.text) for p in parts if isinstance(p, Text))


def _warning(rule: MediaRule, kind: str, route: Route) -> str:
    if not rule.declared_only:
        return ""
    return rule.note or f"{route.provider.name} says that it takes {names(kind)}, but is known to drop them."


def _is_pdf(work: _Work) -> bool:
    return work.found.format.key == "pdf"


def _pages(count: int) -> str:
    return "1 page" if count == 1 else f"{count} pages"


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers[:10])) + (" …" if len(numbers) > 10 else "")


def _weight(value: object) -> int:
    """Bytes that a kept value holds, about."""
    if isinstance(value, bytes | str):
        return len(value)
    if isinstance(value, tuple | list):
        return sum(map(_weight, value))
    if hasattr(value, "__dataclass_fields__"):
        return 200 + sum(_weight(getattr(value, f)) for f in value.__dataclass_fields__)
    return 32


_STEPS: Mapping[Kind, Callable[[_Work], Awaitable[Ready]]] = {
    "image": _image,
    "document": _document,
    "video": _video,
    "audio": _audio,
}
