"""PDF pages as pictures or as text, through PDFium. Hostile input: call it through `worker.run`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pypdfium2  # type: ignore[import-untyped]

from glm_ui.errors import BadInput, CannotSend
from glm_ui.media.images import Limits, Picture, from_pillow
from glm_ui.media.kinds import Source, opened, shown_name
from glm_ui.tokens import estimate

Tell = Callable[[int, int], None]
"""Called with (done, total) as the work goes on."""

MAX_RENDERED = 500
MAX_READ = 5_000
"""Pages drawn, and pages read as text, in one go."""
PAGE_SIDE = 1680
"""Longer side of a drawn page in pixels: A4 at 144 dpi, about 2,600 visual tokens."""
_PAGE_QUALITY = 92
_WRONG_PASSWORD = 4  # FPDF_ERR_PASSWORD


@dataclass(frozen=True, slots=True)
class PageText:
    """`number` counts from 1; `text` is empty for a page that is only a picture, such as a scan."""

    number: int
    text: str
    tokens: int


def silent(done: int, total: int) -> None:
    """The default `tell`: nobody listens."""


def count_pages(source: Source, name: str, password: str = "") -> int:
    with _open(source, name, password) as pdf:
        return len(pdf)


def pages_in(picked: str, count: int) -> tuple[int, ...]:
    """ "1-3,7" as (1, 2, 3, 7), in the order given, each once; "" is all; "5-" goes to the end. Pages count
    from 1. BadInput when it cannot be read or names a page that is not there."""
    if not picked.strip():
        return tuple(range(1, count + 1))
    wanted: dict[int, None] = {}
    for piece in re.split(r"[,;，、\s]+", re.sub(r"\s*[-–—]\s*", "-", picked.strip())):
        if not piece:
            continue
        match = re.fullmatch(r"(\d{1,7})?(-)?(\d{1,7})?", piece)
        if not match or not (match[1] or match[3]):
            raise BadInput(
                f"“{shown_name(piece)}” is no page or range of pages.", "", "Write pages like 1-3,7."
            )
        first = int(match[1] or 1)
        last = int(match[3] or count) if match[2] else first
        if not 1 <= first <= last <= count:
            has = "page" if count == 1 else "pages"
            raise BadInput(
                f"There is no page {piece}.", f"The document has {count} {has}.", "Pick pages that exist."
            )
        wanted.update(dict.fromkeys(range(first, last + 1)))
    return tuple(wanted)


def page_pictures(
    source: Source,
    name: str,
    pages: Sequence[int],
    limits: Limits,
    password: str = "",
    side: int = PAGE_SIDE,
    tell: Tell = silent,
) -> tuple[Picture, ...]:
    """Each page of `pages` drawn with its longer side at `side` pixels, on white, forms filled in."""
    if len(pages) > MAX_RENDERED:
        raise CannotSend(
            f"{len(pages)} pages of “{shown_name(name)}” are too many to draw.",
            f"At most {MAX_RENDERED} are drawn at once.",
            "Pick fewer pages, or send them as text.",
        )
    drawn = []
    with _open(source, name, password) as pdf:
        pdf.init_forms()
        for done, number in enumerate(pages):
            tell(done, len(pages))
            drawn.append(_draw(pdf, number, name, limits, side))
    tell(len(pages), len(pages))
    return tuple(drawn)


def page_texts(
    source: Source, name: str, pages: Sequence[int], password: str = "", tell: Tell = silent
) -> tuple[PageText, ...]:
    if len(pages) > MAX_READ:
        raise CannotSend(
            f"{len(pages)} pages of “{shown_name(name)}” are too many to read.",
            f"At most {MAX_READ} are read at once.",
            "Pick fewer pages.",
        )
    texts = []
    with _open(source, name, password) as pdf:
        for done, number in enumerate(pages):
            if done % 20 == 0:
                tell(done, len(pages))
            page = pdf[number - 1]
            text_page = page.get_textpage()
            text = (
                text_page.get_text_bounded().replace("\r\n", "\n").replace("\r", "\n").replace("\ufffe", "-")
            )
            texts.append(PageText(number, text.strip(), estimate(text)))
            text_page.close()
            page.close()
    tell(len(pages), len(pages))
    return tuple(texts)


def _draw(pdf: Any, number: int, name: str, limits: Limits, side: int) -> Picture:
    page = pdf[number - 1]
    width, height = page.get_size()
    longer = max(width, height)
    if not 0 < longer < 1e6:
        raise BadInput(
            f"Page {number} of “{shown_name(name)}” has no usable size.", "", "Leave that page out."
        )
    # A strip page must not round to no pixels at all.
    scale = (
        max(side / longer, 1 / max(min(width, height), 1e-3))
        if min(width, height) * side < longer
        else side / longer
    )
    bitmap = page.render(scale=scale, may_draw_forms=True)
    image = bitmap.to_pil()
    picture = from_pillow(image.convert("RGB"), f"{name}, page {number}", limits, _PAGE_QUALITY)
    bitmap.close()
    page.close()
    return picture


@contextmanager
def _open(source: Source, name: str, password: str) -> Iterator[Any]:
    shown = shown_name(name)
    with opened(source) as file:
        pdf = None
        try:
            pdf = pypdfium2.PdfDocument(file, password=password or None)
            if len(pdf) == 0:
                raise BadInput(f"“{shown}” has no pages.", "", "Choose another file.")
            yield pdf
        except pypdfium2.PdfiumError as e:
            if getattr(e, "err_code", None) == _WRONG_PASSWORD:
                raise _locked(shown, bool(password)) from e
            raise BadInput(
                f"“{shown}” is damaged.", "It cannot be read as a PDF.", "Choose a whole copy."
            ) from e
        finally:
            if pdf is not None:
                pdf.close()


def _locked(shown: str, tried: bool) -> BadInput:
    what = f"The password for “{shown}” is wrong." if tried else f"“{shown}” is locked with a password."
    error = BadInput(what, "", "Type the password of the document.")
    error.details["needs"] = "password"
    return error
