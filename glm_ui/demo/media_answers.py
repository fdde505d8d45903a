"""What the demo says about pictures and documents: only what can be computed from them. Each function gives the
thinking and the answer."""

from __future__ import annotations

import re

from glm_ui.accounting.tokens import visual_tokens
from glm_ui.demo.image_stats import COLOURS, regions
from glm_ui.demo.request_reader import READ, Ask, AskedImage


def on_media(ask: Ask) -> tuple[str, str]:
    wants_boxes = bool(_GROUNDING.search(ask.prompt[:READ])) and any(picture.data for picture in ask.pictures)
    lines = [_about(number, picture) for number, picture in enumerate(ask.pictures[:MOST], 1)]
    if len(ask.pictures) > MOST:
        lines.append(f"- {len(ask.pictures) - MOST} more pictures came along.")
    lines += [
        f"- A {kind} came along as an address or a file; the demo opens neither." for kind in ask.other_media
    ]
    lines += _told(ask.beside)
    answer = "What can be measured without a model:\n\n" + "\n".join(lines)
    if wants_boxes:
        answer = _boxes(ask) + "\n\n" + answer
    answer += (
        "\n\nWhat the picture *means* takes a vision model such as GLM-4.6V or GLM-4.5V. Set a key and send "
        "this again."
    )
    thinking = (
        f"The request carries {len(ask.pictures)} picture(s). No model can look at them here, so only what "
        "arithmetic can tell is worth saying: format, size in pixels, how many visual tokens that makes at "
        "28 × 28 pixels each, and which colours cover most of it."
    )
    if wants_boxes:
        thinking += (
            " The question asks where something is. I can compare each pixel with the border, or with "
            "a colour that the question names, and take the box around each connected region."
        )
    return thinking, answer


MOST = 4
"""Pictures and names that an answer lists."""

_LABEL = re.compile(r"^[A-Z][^\n“]{0,40}“[^\n”]{1,200}”[^\n]{0,60}(?=:$)", re.M)
_GROUNDING = re.compile(r"\b(find|locate|detect|where|box(es)?|ground(ing)?|point)\b|找|定位|框|哪里", re.I)
_CHINESE_COLOURS = dict(zip("红橙黄绿蓝紫粉黑白灰", COLOURS, strict=True))


def _about(number: int, picture: AskedImage) -> str:
    seen = picture.seen
    if seen is None:
        why = (
            "is no picture that can be opened here"
            if picture.data
            else "is an address, and the demo fetches nothing"
        )
        return f"- **Picture {number}** {why}."
    frames = f", {seen.frames} frames" if seen.frames > 1 else ""
    colours = ", ".join(f"{c.name} `{c.hex}` {c.share:.0%}" for c in seen.colours)
    return (
        f"- **Picture {number}**: {seen.format}{frames}, {seen.width} × {seen.height} pixels, "
        f"{_size(seen.size)}, about {visual_tokens(seen.width, seen.height):,} visual tokens. "
        f"Colours: {colours or 'none stands out'}."
    )


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
    what = f"{colour.capitalize()} region" if colour else "Region unlike the border"
    if not found:
        return f"No {what[0].lower()}{what[1:]} was found."
    boxes = ",".join(f"[{box.left},{box.top},{box.right},{box.bottom}]" for box in found)
    which = f"{len(found)} boxes" if len(found) > 1 else "One box"
    return (
        f"{what}: <|begin_of_box|>[{boxes}]<|end_of_box|>\n\n"
        f"{which}, found by comparing colours: that knows nothing of what things are called."
    )


def _told(beside: tuple[str, ...]) -> list[str]:
    """What the texts beside the media or the prompt call themselves: files, pages, frames and their
    length."""
    labels = [label for text in beside for label in _LABEL.findall(text)]
    return [f"- It is named *{label}*" for label in labels[:MOST]]


def on_documents(ask: Ask) -> tuple[str, str]:
    rows = [
        f"| {number} | {_first_line(text)} "
        f"| {len(text.splitlines()):,} | {len(text.split()):,} | {len(text):,} |"
        for number, text in enumerate(ask.beside, 1)
    ]
    answer = "\n".join(
        [
            "This is what the request carries beside your question:\n",
            "| | begins with | lines | words | characters |",
            "|---|---|---:|---:|---:|",
            *rows,
            "",
            *_told(ask.beside),
            "\nTo read it and answer takes a model. Set a key and send this again.",
        ]
    )
    thinking = "Text came along with the question. It can be counted here, not understood: there is no model."
    return thinking, answer


def _first_line(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "(blank)")
    return (line[:40] + "…" if len(line) > 40 else line).replace("|", "\\|")
