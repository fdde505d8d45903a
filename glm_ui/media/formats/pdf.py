"""PDF pages as pictures or as text, through PDFium. Hostile input: call it through `worker.run`."""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as raw  # type: ignore[import-untyped]

from glm_ui.accounting.tokens import estimate
from glm_ui.errors import BadInput, CannotSend
from glm_ui.languages import say
from glm_ui.media.formats.images import Limits, Picture, from_pillow
from glm_ui.media.formats.kinds import Source, opened, shown_name

Tell = Callable[[int, int], None]
"""Called with (done, total) as the work goes on."""

MAX_RENDERED = 500
MAX_READ = 5_000
"""Pages drawn, and pages read as text, in one go."""
PAGE_SIDE = 1680
"""Longer side of a drawn page in pixels: A4 at 144 dpi, about 2,600 visual tokens."""
MAX_CHARS = 1_000_000
"""Characters of text from one document."""
_PAGE_QUALITY = 92
_MAX_ANNOTATIONS = 2_000
_GARBLED = 0.1
"""Share of characters that no text has, from which a page's fonts do not say which letters they draw."""
_WRONG_PASSWORD = 4  # FPDF_ERR_PASSWORD


Flaw = Literal["", "empty", "garbled", "broken", "beyond"]


@dataclass(frozen=True, slots=True)
class PageText:
    """`number` counts from 1. `flaw` says why `text` is empty: a page that is only a picture, such as a scan; one whose
    fonts do not name their letters; one that PDFium cannot open; one beyond MAX_CHARS."""

    number: int
    text: str
    tokens: int
    flaw: Flaw = ""


def silent(done: int, total: int) -> None:
    """The default `tell`: does nothing."""


def count_pages(source: Source, name: str, password: str = "") -> int:
    with _open(source, name, password) as pdf:
        return len(pdf)


def pages_in(picked: str, count: int, name: str) -> tuple[int, ...]:
    """ "1-3,7" as (1, 2, 3, 7), in the order given, each once; "" is all; "5-" goes to the end. Pages count from 1.
    `count` is what the document says it has, so nothing is listed before it is known to be few: time and memory are
    bounded by the length of `picked` and MAX_READ. BadInput when `picked` cannot be read or names a page that is not
    there, CannotSend for more than MAX_READ pages (those of different ranges that overlap count in each)."""
    ranges = [_range(piece, count) for piece in _pieces(picked)] if picked.strip() else [(1, count)]
    if not ranges:
        raise BadInput(
            say("“{name}” names no page.", name=shown_name(picked)),
            "",
            "Write pages like 1-3,7, or nothing for all.",
        )
    ranges = list(dict.fromkeys(ranges))
    _check_few(sum(last - first + 1 for first, last in ranges), name)
    return tuple(dict.fromkeys(page for first, last in ranges for page in range(first, last + 1)))


_MARKS = str.maketrans(dict.fromkeys("–—", "-") | dict.fromkeys(",;，、", ","))


def _pieces(picked: str) -> list[str]:
    """Numbers and ranges; blanks around a dash belong to the range. Linear: runs of blanks are gone before the dashes
    are looked at."""
    words = " ".join(picked.translate(_MARKS).split())
    return words.replace(" -", "-").replace("- ", "-").replace(",", " ").split()


def _check_few(pages: int, name: str) -> None:
    if pages > MAX_READ:
        raise CannotSend(
            say("{pages} pages of “{name}” are too many to read.", pages=pages, name=shown_name(name)),
            say("At most {most} are read at once.", most=MAX_READ),
            "Pick fewer pages.",
        )


def _range(piece: str, count: int) -> tuple[int, int]:
    """The first and the last page of "3", "1-3", "5-" or "-2"."""
    match, shown = re.fullmatch(r"(\d{1,99})?(-)?(\d{1,99})?", piece), shown_name(piece)
    if not match or not (match[1] or match[3]):
        raise BadInput(
            say("“{name}” is no page or range of pages.", name=shown), "", "Write pages like 1-3,7."
        )
    first = int(match[1] or 1)
    last = int(match[3] or max(first, count)) if match[2] else first
    if first > last:
        raise BadInput(
            say("“{name}” ends before it begins.", name=shown),
            "",
            say("Write {pages}.", pages=shown_name(f"{last}-{first}")),
        )
    if not 1 <= first <= last <= count:
        missing = shown_name(str(first if not 1 <= first <= count else last))
        has = "The document has one page." if count == 1 else "The document has {count} pages."
        raise BadInput(
            say("There is no page {missing}.", missing=missing),
            say(has, count=count),
            "Pick pages that exist.",
        )
    return first, last


def page_pictures(
    source: Source,
    name: str,
    pages: Sequence[int],
    limits: Limits,
    password: str = "",
    side: int = PAGE_SIDE,
    tell: Tell = silent,
) -> tuple[Picture | None, ...]:
    """Each page of `pages` drawn with its longer side at `side` pixels, on white, forms filled in; None for a page that
    is broken. BadInput where all are."""
    if len(pages) > MAX_RENDERED:
        raise CannotSend(
            say("{count} pages of “{name}” are too many to draw.", count=len(pages), name=shown_name(name)),
            say("At most {most} are drawn at once.", most=MAX_RENDERED),
            "Pick fewer pages, or send them as text.",
        )
    drawn: list[Picture | None] = []
    with _open(source, name, password) as pdf:
        for done, number in enumerate(pages):
            tell(done, len(pages))
            drawn.append(_draw(pdf, number, name, limits, side))
    tell(len(pages), len(pages))
    if not any(drawn):
        raise BadInput(
            say("“{name}” is damaged.", name=shown_name(name)),
            "None of its pages can be drawn.",
            "Choose a whole copy.",
        )
    return tuple(drawn)


def page_texts(
    source: Source, name: str, pages: Sequence[int], password: str = "", tell: Tell = silent
) -> tuple[PageText, ...]:
    _check_few(len(pages), name)
    texts = []
    room = MAX_CHARS
    with _open(source, name, password) as pdf:
        for done, number in enumerate(pages):
            if done % 20 == 0:
                tell(done, len(pages))
            texts.append(_read(pdf, number) if room > 0 else PageText(number, "", 0, "beyond"))
            room -= len(texts[-1].text)
    tell(len(pages), len(pages))
    return tuple(texts)


def _read(pdf: Any, number: int) -> PageText:
    try:
        page = pdf[number - 1]
        text_page = page.get_textpage()
    except pypdfium2.PdfiumError:
        return PageText(number, "", 0, "broken")
    text = text_page.get_text_bounded().replace("\r\n", "\n").replace("\r", "\n").replace("\ufffe", "-")
    filled = "\n".join(_filled_in(pdf, page))
    text_page.close()
    page.close()
    odd = sum(map(_is_odd, text))
    flaw: Flaw = "garbled" if odd > _GARBLED * len(text) else "" if text.strip() or filled else "empty"
    text = (
        filled
        if flaw
        else "\n\n".join(filter(None, ("".join(c for c in text if not _is_odd(c)).strip(), filled)))
    )
    return PageText(number, text[:MAX_CHARS], estimate(text[:MAX_CHARS]), flaw)


def _is_odd(char: str) -> bool:
    return char not in "\n\t" and unicodedata.category(char) in ("Cc", "Co", "Cn", "Cs")


def _filled_in(pdf: Any, page: Any) -> Iterator[str]:
    """What was typed into the fields of a form, and the notes on a page: no part of the page's own text."""
    for index in range(min(raw.FPDFPage_GetAnnotCount(page), _MAX_ANNOTATIONS)):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        kind = raw.FPDFAnnot_GetSubtype(annotation)
        if kind == raw.FPDF_ANNOT_WIDGET and pdf.formenv is not None:
            yield from _field(pdf.formenv, annotation)
        elif kind in (raw.FPDF_ANNOT_FREETEXT, raw.FPDF_ANNOT_TEXT) and (
            note := _wide(lambda *out: raw.FPDFAnnot_GetStringValue(annotation, b"Contents", *out))  # noqa: B023
        ):
            yield f"Note: {note}"
        raw.FPDFPage_CloseAnnot(annotation)


def _field(form: Any, annotation: Any) -> Iterator[str]:
    kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
    name = _wide(lambda *out: raw.FPDFAnnot_GetFormFieldName(form, annotation, *out))
    value = _wide(lambda *out: raw.FPDFAnnot_GetFormFieldValue(form, annotation, *out))
    if kind in (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON):
        if raw.FPDFAnnot_IsChecked(form, annotation):
            yield f"{name or 'Field'}: {'chosen' if value in ('', 'Yes', 'On') else value}"
    elif kind != raw.FPDF_FORMFIELD_PUSHBUTTON and value:
        yield f"{name or 'Field'}: {value}"


def _wide(get: Callable[..., int]) -> str:
    """A text of PDFium, by two calls: one for its length in bytes, one for the text."""
    length = min(get(None, 0), 2 * MAX_CHARS)
    buffer = ctypes.create_string_buffer(max(length, 2))
    get(ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), length)
    return " ".join(buffer.raw[:length].decode("utf-16-le", "replace").replace("\0", "").split())


def _draw(pdf: Any, number: int, name: str, limits: Limits, side: int) -> Picture | None:
    try:
        page = pdf[number - 1]
    except pypdfium2.PdfiumError:
        return None
    width, height = page.get_size()
    longer = max(width, height)
    if not 0 < longer < 1e6:
        return None
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
            pdf.init_forms()  # before anything is asked of the document
            if len(pdf) == 0:
                raise BadInput(say("“{name}” has no pages.", name=shown), "", "Choose another file.")
            yield pdf
        except pypdfium2.PdfiumError as e:
            if getattr(e, "err_code", None) == _WRONG_PASSWORD:
                raise _locked(shown, bool(password)) from e
            raise BadInput(
                say("“{name}” is damaged.", name=shown), "It cannot be read as a PDF.", "Choose a whole copy."
            ) from e
        finally:
            if pdf is not None:
                pdf.close()


def _locked(shown: str, tried: bool) -> BadInput:
    what = (
        say("The password for “{name}” is wrong.", name=shown)
        if tried
        else say("“{name}” is locked with a password.", name=shown)
    )
    error = BadInput(what, "", "Type the password of the document.")
    error.details["needs"] = "password"
    return error
