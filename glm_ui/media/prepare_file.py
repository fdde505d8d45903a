"""Makes one chosen file ready to be sent, or refuses it: a function for each kind. What these share is in `job`. No
provider's name, no wire format.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from glm_ui.catalogue.route import Route
from glm_ui.errors import CannotSend, GlmUiError
from glm_ui.languages import listed, say
from glm_ui.media.formats import audio, documents, images, pdf, video
from glm_ui.media.formats.kinds import EXTENSIONS_OF, Found, Kind
from glm_ui.media.job import (
    PARTS,
    Work,
    as_file,
    as_text,
    check_bytes,
    image_part,
    item_of,
    label_tokens,
    look_once,
    picture_limits,
    picture_rule,
    warning_of,
)
from glm_ui.media.models import Chosen, Item, OnProgress, Options, Ready
from glm_ui.messages import Audio, Part, Text
from glm_ui.net import public_fetch

AUTO_PAGES = 20
"""A longer PDF goes as text unless a person picks its pages."""
NATIVE_BYTES = 20 << 20
"""A film up to this goes as it is where a provider takes films and names no limit."""


async def make_ready(
    index: int, chosen: Chosen, route: Route, options: Options, on_progress: OnProgress
) -> Ready:
    """Never raises what is the file's own fault: that is its `refusal`."""
    name = (
        chosen.name
        or (public_fetch.name_in(chosen.url) if chosen.url else "")
        or (chosen.path.name if chosen.path else "")
    )
    found: Found | None = None
    try:
        if chosen.url and (by_address := _by_address(chosen, name, route)) is not None:
            await options.check(chosen.url)
            return by_address
        source = (await options.fetch(chosen.url)).data if chosen.url else chosen.path or chosen.data or b""
        found, sha = await look_once(source, name, options.shelf)
        work = Work(index, chosen, source, name, found, sha, route, options, on_progress)
        return await _STEPS[found.format.kind](work)
    except GlmUiError as e:
        if found is None:
            return Ready(name, "a file", None, 0, refusal=e)
        known = found.format
        return Ready(name, say(known.label), known.kind, found.size, refusal=e, format=known.key)


def _by_address(chosen: Chosen, name: str, route: Route) -> Ready | None:
    """An address goes as it is where the provider fetches such things itself, and cannot reach its owner's network: a
    server of one's own has no "url" among its ways."""
    format = EXTENSIONS_OF.get(name.rsplit(".", 1)[-1].lower()) if "." in name else None
    if format is None or chosen.send_as not in ("auto", "file") or chosen.pages:
        return None
    rule = route.media_rule(format.kind)
    if rule is None or "url" not in rule.ways or not rule.takes(format.mime):
        return None
    part = PARTS[format.kind](url=chosen.url, mime=format.mime, name=name)
    note = say("{name} fetches it; its size and tokens are not known here.", name=route.provider.name)
    item = Item(chosen.url, format.mime, 0, 0)
    return Ready(
        name, say(format.label), format.kind, 0, "address", items=(item,), parts=(part,), notes=(note,),
        warning=warning_of(rule, format.kind, route), format=format.key,
    )  # fmt: skip


async def _image(work: Work) -> Ready:
    rule = picture_rule(work)
    wanted = max(1, min(work.chosen.pictures, rule.max_count or 64, 64))
    made = await work.run(images.prepare_image, work.name, picture_limits(rule), wanted)
    many = len(made) > 1
    one = "{number} of {count}" if many else "picture"
    labels = [say(one, number=n, count=len(made)) for n in range(1, len(made) + 1)]
    return work.ready(
        sent_as="pictures" if many else "picture",
        original_size=made[0].original_size,
        pictures=made[0].count,
        items=tuple(item_of(label, p) for label, p in zip(labels, made, strict=True)),
        parts=tuple(image_part(p, work.name) for p in made),
        notes=made[0].notes,
        warning=warning_of(rule, "image", work.route),
    )


async def _document(work: Work) -> Ready:
    if work.chosen.send_as == "file":
        return await as_file(
            work, "document", "Send it as text or as pictures." if _is_pdf(work) else "Send it as text."
        )
    if _is_pdf(work):
        return await _pdf(work)
    if work.chosen.send_as in ("pictures", "frames"):
        raise CannotSend(
            say("“{name}” cannot be sent as pictures.", name=work.shown),
            "Only the pages of a PDF can.",
            "Save it as PDF, or send it as text.",
        )
    extract = await work.run(documents.read_text, work.found.format, work.name)
    text = f"File “{work.shown}”:\n\n{extract.text}"
    facts = _counted(extract.unit, extract.count) if extract.unit else say("text")
    return as_text(work, text, extract.tokens, facts, extract.notes)


async def _pdf(work: Work) -> Ready:
    chosen, route = work.chosen, work.route
    count = await work.run(pdf.count_pages, work.name, chosen.password)
    try:
        picked = pdf.pages_in(chosen.pages, count, work.name)
    except GlmUiError as wrong:  # the page's box stays, so that it can be put right
        return work.ready(pages=count, refusal=wrong)
    rule = route.media_rule("image")
    most = rule.max_count if rule else None
    fitting = rule is not None and not rule.declared_only and len(picked) <= (most or pdf.MAX_RENDERED)
    as_pictures = chosen.send_as == "pictures" or (
        chosen.send_as == "auto" and fitting and (bool(chosen.pages.strip()) or count <= AUTO_PAGES)
    )
    facts: dict[str, Any] = {"pages": count, "picked": picked}
    if as_pictures:
        return await _pages_as_pictures(work, picked, facts)
    texts = await work.run(pdf.page_texts, work.name, picked, chosen.password, reports_progress=True)
    if not any(t.text for t in texts):
        raise _no_text(work, texts, most or AUTO_PAGES)
    notes = [
        say(sentence, pages=_listed(numbers), most=pdf.MAX_CHARS)
        for flaw, sentence in _PAGES_LEFT_OUT.items()
        if (numbers := [t.number for t in texts if t.flaw == flaw])
    ]
    if chosen.send_as == "auto" and count > AUTO_PAGES and rule is not None:
        notes.append("It is long, so its text goes; pick pages to send them as pictures.")
    body = "\n\n".join(f"## Page {t.number}\n\n{t.text or '(no text)'}" for t in texts)
    text = f"File “{work.shown}”, {_pages(len(picked))} of {count}:\n\n{body}"
    return as_text(
        work,
        text,
        sum(t.tokens for t in texts) + 8 * len(texts),
        _counted("pages", len(picked)),
        tuple(notes),
        **facts,
    )


_PAGES_LEFT_OUT: Mapping[str, str] = {
    "empty": "Pages without text: {pages}. Send them as pictures to show them.",
    "garbled": "Pages whose fonts do not name their letters: {pages}. Send them as pictures to show them.",
    "broken": "Damaged pages, left out: {pages}.",
    "beyond": "Pages left out, beyond {most:,} characters: {pages}.",
}
_WHY_NO_TEXT: Mapping[str, str] = {
    "empty": "Its pages are pictures, as from a scanner.",
    "garbled": "Its fonts do not say which letters they draw.",
    "broken": "Its pages are damaged.",
}


def _no_text(work: Work, texts: tuple[pdf.PageText, ...], most: int) -> CannotSend:
    flaw = next((f for f in _WHY_NO_TEXT if any(t.flaw == f for t in texts)), "empty")
    few = "Send it as pictures." if len(texts) <= most else "Send up to {most} pages as pictures."
    what = "“{name}” has no text that can be read." if flaw != "empty" else "“{name}” holds no text."
    return CannotSend(say(what, name=work.shown), _WHY_NO_TEXT[flaw], say(few, most=most))


async def _pages_as_pictures(work: Work, picked: tuple[int, ...], facts: dict[str, Any]) -> Ready:
    rule = picture_rule(work)
    if (most := rule.max_count) is not None and len(picked) > most:
        who = work.route.model.name if work.route.model else work.route.provider.name
        raise CannotSend(
            say("{count} pages of “{name}” are too many.", count=len(picked), name=work.shown),
            say("{who} takes {most} pictures.", who=who, most=most),
            say("Pick up to {most} pages, or send it as text.", most=most),
        )  # fmt: skip
    side = _page_side(len(picked), work.route)
    made = await work.run(
        pdf.page_pictures,
        work.name,
        picked,
        picture_limits(rule),
        work.chosen.password,
        side,
        reports_progress=True,
    )
    drawn = [(number, picture) for number, picture in zip(picked, made, strict=True) if picture is not None]
    broken = [number for number, picture in zip(picked, made, strict=True) if picture is None]
    parts: list[Part] = []
    for number, picture in drawn:
        parts += [
            Text(f"Page {number} of “{work.shown}”:"),
            image_part(picture, f"{work.name}, page {number}"),
        ]
    return work.ready(
        sent_as="pages",
        original_size=drawn[0][1].original_size,
        items=tuple(item_of(say("page {number}", number=n), p) for n, p in drawn),
        parts=tuple(parts),
        text_tokens=label_tokens(parts),
        notes=(say(_PAGES_LEFT_OUT["broken"], pages=_listed(broken)),) if broken else (),
        warning=warning_of(rule, "image", work.route),
        **facts,
    )


def _page_side(count: int, route: Route) -> int:
    """Pages are drawn smaller when many share the window: all of them in about half of it, but still
    readable."""
    window = (route.model.window if route.model else None) or 65_536
    # An A4 page whose longer side has n pixels comes to n² / √2 / 28² tokens.
    affordable = int((window / 2 / max(1, count) * 28 * 28 * 2**0.5) ** 0.5)
    return max(840, min(pdf.PAGE_SIDE, affordable // 28 * 28))


async def _video(work: Work) -> Ready:
    recording = await work.run(video.facts, work.found.format, work.name)
    if recording.size is None:
        sound = replace(work.found.format, kind="audio", label="a recording")
        return await _audio(replace(work, found=replace(work.found, format=sound)))
    if work.chosen.send_as == "file" or (work.chosen.send_as == "auto" and _takes_film(work)):
        made = await as_file(work, "video", "Send it as frames.")
        return replace(made, seconds=recording.seconds, original_size=recording.size)
    rule = picture_rule(work)
    most = min(work.chosen.max_frames, rule.max_count or 256, 256)
    made_clip = await work.run(
        video.clip,
        work.found.format,
        work.name,
        picture_limits(rule),
        work.chosen.per_second,
        most,
        reports_progress=True,
    )
    length = f", {video.clock(recording.seconds)} long" if recording.seconds else ""
    parts: list[Part] = [Text(f"Frames of the video “{work.shown}”{length}:")]
    for frame in made_clip.frames:
        at = video.clock(frame.seconds)
        parts += [Text(f"[{at}]"), image_part(frame.picture, f"{work.name}, {at}")]
    silent = "Its sound is not sent." if recording.audio_codec else ""
    return work.ready(
        sent_as="frames",
        original_size=made_clip.recording.size,
        seconds=recording.seconds,
        items=tuple(item_of(video.clock(f.seconds), f.picture) for f in made_clip.frames),
        parts=tuple(parts),
        text_tokens=label_tokens(parts),
        notes=(*made_clip.notes, *((silent,) if silent else ())),
        warning=warning_of(rule, "image", work.route),
    )


def _takes_film(work: Work) -> bool:
    """Only where the model is known to see films there, and this one fits."""
    rule = work.route.media_rule("video")
    if rule is None or rule.declared_only or work.route.model is None or "data" not in rule.ways:
        return False
    fits = work.found.size <= (rule.max_bytes or NATIVE_BYTES)
    return fits and rule.takes(work.found.format.mime)


async def _audio(work: Work) -> Ready:
    recording = await work.run(video.facts, work.found.format, work.name)
    rule = work.route.media_rule("audio")
    if rule is None or "data" not in rule.ways:
        raise _no_audio(work)
    mimes = rule.mimes or ("audio/wav",)
    mime = next((m for m in ("audio/wav", "audio/mpeg") if m in mimes), "audio/wav")
    sound = await work.run(audio.convert, work.found.format, work.name, mime, reports_progress=True)
    if not rule.fits(len(sound.data)) and mime == "audio/wav" and "audio/mpeg" in mimes:
        mime = "audio/mpeg"
        sound = await work.run(audio.convert, work.found.format, work.name, mime, reports_progress=True)
    check_bytes(work, len(sound.data), rule, "Cut out a part of it.")
    return work.ready(
        sent_as="file",
        seconds=sound.seconds or recording.seconds,
        items=(Item(video.clock(sound.seconds), mime, len(sound.data), 0),),
        parts=(Audio(data=sound.data, mime=mime, name=work.name),),
        notes=(*((sound.note,) if sound.note else ()), "Its tokens are not known here."),
        warning=warning_of(rule, "audio", work.route),
    )


def _no_audio(work: Work) -> CannotSend:
    who = work.route.model.name if work.route.model else say("The model")
    return CannotSend(
        say("“{name}” cannot be sent.", name=work.shown),
        say("{who} does not accept audio at {name}.", who=who, name=work.route.provider.name),
        "Send a transcript instead; Z.ai's transcription makes one where a key of Z.ai is set.",
        way_out="transcribe",
        details={"sha256": work.sha},
    )


def _is_pdf(work: Work) -> bool:
    return work.found.format.key == "pdf"


def _pages(count: int) -> str:
    return "1 page" if count == 1 else f"{count} pages"


_COUNTED: Mapping[str, str] = {
    "pages": "{count:,} pages",
    "slides": "{count:,} slides",
    "sheets": "{count:,} sheets",
    "rows": "{count:,} rows",
    "lines": "{count:,} lines",
}


def _counted(unit: str, count: int) -> str:
    return say("1 page") if (unit, count) == ("pages", 1) else say(_COUNTED[unit], count=count)


def _listed(numbers: list[int]) -> str:
    return listed(numbers[:10]) + (" …" if len(numbers) > 10 else "")


_STEPS: Mapping[Kind, Callable[[Work], Awaitable[Ready]]] = {
    "image": _image,
    "document": _document,
    "video": _video,
    "audio": _audio,
}
