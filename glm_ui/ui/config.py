"""What the page's scripts are told when the page opens: words, providers, examples, and what each model's controls may
be. No key, and nothing of another visitor."""

from __future__ import annotations

import json
from functools import lru_cache
from html import escape

from glm_ui import demo
from glm_ui.catalogue import load
from glm_ui.languages import ENGLISH, languages, say, speaking, translated
from glm_ui.settings import Settings
from glm_ui.ui.answers import Config, Example, ProviderTold, Spoken
from glm_ui.ui.chat import controls, picker
from glm_ui.ui.multimodal import tab as multimodal
from glm_ui.ui.turn.run import Live
from glm_ui.ui.words.composer import COMPOSER
from glm_ui.ui.words.conversations import CONVERSATIONS
from glm_ui.ui.words.models import MODELS, REQUEST
from glm_ui.ui.words.multimodal import EXAMPLES, MULTIMODAL
from glm_ui.ui.words.page import PAGE
from glm_ui.ui.words.reading import READING
from glm_ui.ui.words.tools import TOOLS

TABS = ("chat", "multimodal", "models")


def element(settings: Settings, live: Live) -> str:
    """The configuration as an element of the page, in English; web/parts/language.js asks for other words."""
    return f"<glm-config hidden>{escape(json.dumps(config(settings, live)))}</glm-config>"


def config(settings: Settings, live: Live) -> Config:
    """All of it, JSON-ready, in English."""
    words = spoken(settings, ENGLISH)
    return {
        **words,
        "multimodal": {**multimodal.config(settings), **words["multimodal"]},
        "tabs": list(TABS),
        "models": picker.models(),
        "picked": {tab: value for tab, (_, value) in _lists(settings).items()},
        "first_provider": next(p.key for p in load().providers.values() if p.key_required),
        "languages": dict(languages()),
        "language": settings.glm_ui_language,
        "space": settings.space_id or "",
        "state": live.state(""),
    }


@lru_cache(maxsize=8)
def spoken(settings: Settings, language: str) -> Spoken:
    """The part of the configuration that a person reads, in a language of languages. One for all visitors: it must not
    be changed."""
    with speaking(language):
        words = {
            **PAGE,
            "models": MODELS,
            "exact": {**REQUEST, "save_turn": CONVERSATIONS["save_turn"]},
            "list": CONVERSATIONS,
            "tools": TOOLS,
            "reading": READING,
            "composer": COMPOSER,
        }
        lists = {} if language == ENGLISH else {tab: rows for tab, (rows, _) in _lists(settings).items()}
        told: Spoken = {
            "words": {**translated(words), "demo_openings": _openings()},
            "providers": _providers(),
            "examples": translated([list(example) for example in demo.EXAMPLES[:4]]),
            "multimodal": {
                "words": translated(MULTIMODAL),
                "examples": [_translated(each) for each in EXAMPLES],
                "models": multimodal.models(settings),
            },
            "controls": controls.config([value for _, value in picker.choices(settings)], settings),
        }
        return {**told, "offered": lists} if lists else told


def _providers() -> dict[str, ProviderTold]:
    return {
        p.key: {
            "name": say(p.name),
            "needs_key": p.key_required,
            "asks_key": p.asks_key,
            "key_page": p.key_page,
            "shares": p.key.removesuffix("-anthropic"),
        }
        for p in load().providers.values()
    }


def _lists(settings: Settings) -> dict[str, tuple[list[tuple[str, str]], str]]:
    """By tab: what its list of models offers, and what is picked when the page opens."""
    chat, sees = picker.choices(settings), multimodal.choices(settings)
    return {
        "chat": (chat, picker.default(settings, chat)),
        "multimodal": (sees, multimodal.default(settings, sees)),
    }


def _openings() -> list[str]:
    """How an answer of the demo may begin: in the language of its question."""
    openings = []
    for language in languages():
        with speaking(language):
            openings.append(say(demo.OPENING))
    return openings


def _translated(example: Example) -> Example:
    return {**example, "title": translated(example["title"]), "prompt": translated(example["prompt"])}
