"""What the demo says about pictures and documents: only what can be computed from them. Each function gives the
thinking and the answer."""

from __future__ import annotations

import re

from glm_ui.accounting.tokens import visual_tokens
from glm_ui.demo.image_stats import COLOURS, regions
from glm_ui.demo.request_reader import READ, Ask, AskedImage
from glm_ui.languages import listed, say


def on_media(ask: Ask) -> tuple[str, str]:
    wants_boxes = bool(_GROUNDING.search(ask.prompt[:READ])) and any(picture.data for picture in ask.pictures)
    lines = [_about(number, picture) for number, picture in enumerate(ask.pictures[:MOST], 1)]
    if len(ask.pictures) > MOST:
        lines.append("- " + say("{count} more pictures came along.", count=len(ask.pictures) - MOST))
    lines += ["- " + say(_OTHER.get(kind, _OTHER["file"])) for kind in ask.other_media]
    lines += _told(ask.beside)
    answer = say("What can be measured without a model:") + "\n\n" + "\n".join(lines)
    if wants_boxes:
        answer = _boxes(ask) + "\n\n" + answer
    answer += "\n\n" + say(
        "What the picture *means* takes a vision model such as GLM-4.6V or GLM-4.5V. Set a key and send this again."
    )
    thinking = say(
        "Pictures in the request: {count}. No model can look at them here, so only what arithmetic can tell is worth "
        "saying: format, size in pixels, how many visual tokens that makes at 28 × 28 pixels each, and which colours "
        "cover most of it.",
        count=len(ask.pictures),
    )
    if wants_boxes:
        thinking += " " + say(
            "The question asks where something is. I can compare each pixel with the border, or with a colour that "
            "the question names, and take the box around each connected region."
        )
    return thinking, answer


_OTHER = {
    "video": "A video came along as an address or a file; the demo opens neither.",
    "audio": "A recording came along as an address or a file; the demo opens neither.",
    "file": "A document came along as an address or a file; the demo opens neither.",
}


MOST = 4
"""Pictures and names that an answer lists."""

_LABEL = re.compile(r"^[A-Z][^\n“]{0,40}“[^\n”]{1,200}”[^\n]{0,60}(?=:$)", re.M)
_GROUNDING = re.compile(r"\b(find|locate|detect|where|box(es)?|ground(ing)?|point)\b|找|定位|框|哪里", re.I)
_CHINESE_COLOURS = dict(zip("红橙黄绿蓝紫粉黑白灰", COLOURS, strict=True))


def _about(number: int, picture: AskedImage) -> str:
    seen = picture.seen
    if seen is None:
        why = "**Picture {number}** is an address, and the demo fetches nothing."
        if picture.data:
            why = "**Picture {number}** is no picture that can be opened here."
        return "- " + say(why, number=number)
    frames = say(", {count} frames", count=seen.frames) if seen.frames > 1 else ""
    colours = listed(f"{say(c.name)} `{c.hex}` {c.share:.0%}" for c in seen.colours)
    facts = say(
        "**Picture {number}**: {format}{frames}, {width} × {height} pixels, {size}, about {tokens:,} visual tokens.",
        number=number,
        format=seen.format,
        frames=frames,
        width=seen.width,
        height=seen.height,
        size=_size(seen.size),
        tokens=visual_tokens(seen.width, seen.height),
    )
    said = say("Colours: {colours}.", colours=colours) if colours else say("No colour stands out.")
    return f"- {facts} {said}"


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} KB"


def _boxes(ask: Ask) -> str:
    picture = next(picture for picture in ask.pictures if picture.data)
    words = re.findall(r"[a-z]+", ask.prompt[:READ].lower())
    colour = next((word for word in words if word in COLOURS), "")
    colour = colour or next(
        (name for mark, name in _CHINESE_COLOURS.items() if mark in ask.prompt[:READ]), ""
    )
    found = regions(picture.data, colour)
    if not found:
        none = "No region in {colour} was found." if colour else "No region unlike the border was found."
        return say(none, colour=say(colour))
    what = say("Regions in {colour}:", colour=say(colour)) if colour else say("Regions unlike the border:")
    boxes = ",".join(f"[{box.left},{box.top},{box.right},{box.bottom}]" for box in found)
    which = say(
        "Boxes found by comparing colours: {count}. That knows nothing of what things are called.",
        count=len(found),
    )
    return f"{what} <|begin_of_box|>[{boxes}]<|end_of_box|>\n\n{which}"


def _told(beside: tuple[str, ...]) -> list[str]:
    """What the texts beside the media or the prompt call themselves: files, pages, frames and their
    length."""
    labels = [label for text in beside for label in _LABEL.findall(text)]
    return ["- " + say("It is named *{label}*", label=label) for label in labels[:MOST]]


def on_documents(ask: Ask) -> tuple[str, str]:
    rows = [
        f"| {number} | {_first_line(text)} "
        f"| {len(text.splitlines()):,} | {len(text.split()):,} | {len(text):,} |"
        for number, text in enumerate(ask.beside, 1)
    ]
    answer = "\n".join(
        [
            say("This is what the request carries beside your question:") + "\n",
            say("| | begins with | lines | words | characters |"),
            "|---|---|---:|---:|---:|",
            *rows,
            "",
            *_told(ask.beside),
            "\n" + say("To read it and answer takes a model. Set a key and send this again."),
        ]
    )
    thinking = say(
        "Text came along with the question. It can be counted here, not understood: there is no model."
    )
    return thinking, answer


def _first_line(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), say("(blank)"))
    return (line[:40] + "…" if len(line) > 40 else line).replace("|", "\\|")
