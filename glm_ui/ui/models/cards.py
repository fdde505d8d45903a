"""The models as cards: the family that each belongs to, and what it is for. Pure: catalogue rows in, sentences out; the
figures of a card are those of its row (`rows`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from glm_ui.catalogue import load
from glm_ui.catalogue.rows import Model
from glm_ui.languages import say
from glm_ui.ui.answers import CardTold

_FAMILY: Final = re.compile(r"GLM-(?:5|\d+(?:\.\d+)?)")
"""The fives are one family: most of their numbers have a single model."""
SEES: Final = "Looks closely at pictures, video and documents."
SEES_QUICKLY: Final = "Small and quick, for pictures, video and documents."
LARGE: Final = "Hard questions, code, and work with tools."
LARGE_ALONE: Final = "Hard questions and code."
PURPOSES: Final[Mapping[str, str]] = {
    "airx": "The light model, served faster.",
    "air": "Light and cheap, for everyday questions.",
    "x": "The large model, served faster.",
    "flash": "Small and quick, for simple tasks and many requests.",
    "flashx": "Small and quick, for simple tasks and many requests.",
    "turbo": "Quick answers and work with tools.",
    "long": "Very long texts.",
    "32b": "An open model of middle size.",
}
"""What stands behind the number in a model's key -> what the model is for, where it takes words alone."""


def cards() -> dict[str, CardTold]:
    """{model key: its card} of the models that can be asked in a chat, in the language of the context: the newest
    version first, its flagship before its variants."""
    chats = [model for model in load().models.values() if model.chat and model.ids]
    chats.sort(key=lambda model: (_number(model.name), _is_flagship(model), _released(model)), reverse=True)
    return {
        model.key: {"family": family_of(model.name), "purpose": say(purpose_of(model))} for model in chats
    }


def family_of(name: str) -> str:
    """ "GLM-4.5-Air" -> "GLM-4.5"; a name without a number is its own family."""
    found = _FAMILY.match(name)
    return found[0] if found else name


def purpose_of(model: Model) -> str:
    """One English sentence; a key of PURPOSES decides where the model sees nothing."""
    variants = model.key.split("-")[2:]
    if "image" in model.inputs:
        return SEES_QUICKLY if any(word.startswith("flash") for word in variants) else SEES
    large = (
        LARGE if model.tools and model.tools.value else LARGE_ALONE
    )  # of some no source says whether they call any
    return next((PURPOSES[word] for word in variants if word in PURPOSES), large)


def _number(name: str) -> float:
    found = re.search(r"\d+(?:\.\d+)?", name)
    return float(found[0]) if found else 0.0


def _is_flagship(model: Model) -> bool:
    """Whether it is called as its version is: GLM-5.3, and not GLM-5.3-FlashX."""
    return re.fullmatch(r"GLM-[\d.]+", model.name) is not None


def _released(model: Model) -> str:
    return str(model.released.value) if model.released else ""
