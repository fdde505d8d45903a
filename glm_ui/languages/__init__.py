"""Translates the sentences that a person reads into that person's language. The English sentence is the key, as in
gettext; a language is one file beside this one: `zh.json` holds {English: Chinese}. A sentence that a file lacks is
shown in English. Two of its sentences tell of the language itself: "English" is its name in itself, "en" its tag as
BCP 47 has it.

The language belongs to a context: a middleware sets it for each request from `Accept-Language`, and the tasks and
threads of that request keep it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, Final

ENGLISH: Final = "en"
FOLDER = Path(__file__).parent
"""Where the languages' files lie."""

LONGEST_HEADER = 500
"""Characters of `Accept-Language` that are looked at."""

_current: ContextVar[str] = ContextVar("language", default=ENGLISH)


@cache
def languages() -> Mapping[str, str]:
    """Key -> the language's name in itself: English, and each that has a file."""
    others = sorted(path.stem for path in FOLDER.glob("*.json"))
    return {ENGLISH: "English"} | {key: sentences(key)["English"] for key in others}


def tag(language: str) -> str:
    """The tag of a key of `languages`, for <html lang>, numbers and dates: "zh-CN" for "zh"."""
    return sentences(language).get(ENGLISH, language)


@cache
def sentences(language: str) -> Mapping[str, str]:
    """{English: this language} of a key of `languages`; empty for English."""
    if language == ENGLISH:
        return {}
    table: dict[str, str] = json.loads((FOLDER / f"{language}.json").read_text("utf-8"))
    return table


def current() -> str:
    """The key of the language in which this context speaks."""
    return _current.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Sets the language of this context until the block ends. Anything but a key of `languages` is English."""
    token = _current.set(language if language in languages() else ENGLISH)
    try:
        yield
    finally:
        _current.reset(token)


def say(sentence: str, /, **values: object) -> str:
    """`sentence`, which is a literal, in the language of this context, with `{name}` replaced by `values`."""
    text = sentences(current()).get(sentence, sentence)
    return text.format(**values) if values else text


def listed(names: Iterable[object]) -> str:
    """ "a, b, c", of names that are in the language of this context already."""
    return say(", ").join(map(str, names))


def all_of(names: Sequence[str]) -> str:
    """ "a, b and c", of names that are in the language of this context already."""
    *most, last = names or [""]
    return say("{a} and {b}", a=listed(most), b=last) if most else last


def translated(words: Any) -> Any:
    """A table of words (dicts, lists, tuples of text) with each text in the language of this context."""
    if isinstance(words, str):
        return say(words)
    if isinstance(words, Mapping):
        return {key: translated(value) for key, value in words.items()}
    if isinstance(words, list | tuple):
        return type(words)(translated(value) for value in words)
    return words


CLOSED = "。！？；：」』）"  # noqa: RUF001 - what ends a sentence in Chinese, where no space follows


def joined(*sentences: str) -> str:
    """The sentences that there are, one after the other: Chinese puts no space between two."""
    text = ""
    for sentence in filter(None, sentences):
        text += sentence if not text or text[-1] in CLOSED else f" {sentence}"
    return text


def speak(language: str) -> None:
    """As `speaking`, to the end of this context: for a generator, which may be closed from another one."""
    _current.set(language if language in languages() else ENGLISH)


def negotiated(accepted: str, default: str = ENGLISH) -> str:
    """The key of the language that an `Accept-Language` header likes best (RFC 9110, 12.5.4): "zh-TW,en;q=0.5" is "zh".
    `default` where it names none of ours."""
    best, found = 0.0, default
    for entry in accepted[:LONGEST_HEADER].split(","):
        tag, _, rest = entry.strip().partition(";")
        key = tag.strip().lower().partition("-")[0]
        weight = _weight(rest)
        if key in languages() and weight > best:
            best, found = weight, key
    return found


def _weight(parameters: str) -> float:
    """1.0 without `q`; 0.0 for a `q` that is no number."""
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
