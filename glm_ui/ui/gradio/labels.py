"""The labels that Gradio draws, in the reader's language. Gradio looks each up in the browser, among the sentences that
are handed to `launch(i18n=...)`; web/parts/first.js tells it which language that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.i18n import I18nData

from glm_ui.languages import ENGLISH, languages, sentences, tag

DRAWN: Final = ("label", "info", "placeholder", "submit_btn")
"""Properties of a component whose text Gradio translates."""


def translate_labels(components: Iterable[Any]) -> gr.I18n:
    """Marks each label of a page's `components` that a language has a sentence for, and returns those sentences for
    `page.launch(i18n=...)`."""
    known = {language: sentences(language) for language in languages() if language != ENGLISH}
    marked: set[str] = set()
    for block in components:
        for name in (*DRAWN, "value") if isinstance(block, gr.Button) else DRAWN:
            marked |= _mark(block, name, known)
    return gr.I18n(
        **{
            tag(language): {text: table[text] for text in sorted(marked) if text in table}
            for language, table in known.items()
        }
    )


def language_files() -> tuple[str, ...]:
    """The paths, from the page on, of the scripts that Gradio loads before it draws in a language of ours."""
    folder = Path(gr.__file__).parent / "templates" / "frontend"
    found = (path for key in languages() for path in folder.glob(f"assets/{tag(key)}-*.js"))
    return tuple(sorted(path.relative_to(folder).as_posix() for path in found))


def _mark(block: Any, name: str, known: Mapping[str, Mapping[str, str]]) -> set[str]:
    """Marks one property: all of its text, or the sentence before a range, as in "The longest reply. 1–98,304"."""
    text = getattr(block, name, None)
    if not isinstance(text, str) or not text:
        return set()
    sentence, dot, rest = text.rpartition(". ")
    for whole, after in ((text, ""), (f"{sentence}.", f" {rest}")) if dot else ((text, ""),):
        if any(whole in table for table in known.values()):
            setattr(block, name, f"{I18nData(whole)}{after}")
            return {whole}
    return set()
