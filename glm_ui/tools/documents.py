"""The text of a document for a tool, in pieces of a bounded size. Reading runs in a worker."""

from __future__ import annotations

from typing import Final

from glm_ui.errors import CannotSend
from glm_ui.media import worker
from glm_ui.media.formats import documents, pdf
from glm_ui.media.formats.kinds import Source
from glm_ui.media.job import look_at

SECONDS: Final = 40.0
MOST_PAGES: Final = 100
PIECE: Final = 20_000
"""Characters that one call gives."""
MOST_PLACES: Final = 20
AROUND: Final = 150
"""Characters before and after a place that was found."""


async def text_of(source: Source, name: str, password: str = "") -> str:
    """The text of a document, as Markdown where it has a structure. Raises GlmUiError for what is none."""
    found = await look_at(source, name)
    if found.format.kind != "document":
        raise CannotSend(f"This is no text but {found.format.label}.", "", "")
    about = f"“{name[:80]}”"
    if found.format.key == "pdf":
        count = await worker.run(pdf.count_pages, source, name, password, seconds=SECONDS, about=about)
        picked = tuple(range(1, min(count, MOST_PAGES) + 1))
        pages = await worker.run(pdf.page_texts, source, name, picked, password, seconds=SECONDS, about=about)
        cut = f"\n\n[The document has {count} pages; the first {MOST_PAGES} are read.]"
        text = "\n\n".join(f"## Page {page.number}\n\n{page.text}" for page in pages if page.text)
        return text + cut if count > MOST_PAGES else text
    extract = await worker.run(documents.read_text, source, found.format, name, seconds=SECONDS, about=about)
    return extract.text


def piece_of(text: str, start: object = None) -> str:
    """PIECE characters from `start`, 0 where that is no count, and how to get the rest."""
    first = start if type(start) is int and start > 0 else 0
    piece = text[first : first + PIECE]
    rest = len(text) - first - len(piece)
    more = f"\n\n[{rest:,} more characters: call again with start={first + PIECE}.]" if rest > 0 else ""
    return f"{piece or '(no text)'}{more}"


def places_of(text: str, phrase: str) -> str:
    """Where `phrase` stands, with the words around it and the `start` to read on from. Capitals do not count."""
    low, wanted = text.lower(), phrase.lower()
    found: list[int] = []
    at = low.find(wanted)
    while at >= 0 and len(found) <= MOST_PLACES:
        found.append(at)
        at = low.find(wanted, at + len(wanted) + AROUND)
    lines = [
        f"- start={max(0, at - AROUND)}: …{' '.join(text[max(0, at - AROUND) : at + len(phrase) + AROUND].split())}…"
        for at in found[:MOST_PLACES]
    ]
    if len(found) > MOST_PLACES:
        lines.append(f"[More than {MOST_PLACES} places: look for a longer phrase.]")
    return "\n".join(lines)
