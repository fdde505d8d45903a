"""Model names as clients write them: what each means here, and the list of them. A name that is not known is refused
with the nearest ones, and nothing ever stands in for it. Pure; the catalogue decides who serves what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from glm_ui.backend.prepare import route_of
from glm_ui.catalogue import CustomServer, load, resolve
from glm_ui.catalogue.names import MAX_NAME
from glm_ui.catalogue.route import Route
from glm_ui.errors import UnknownModel, plain_text
from glm_ui.settings import ACCESS, Settings

FAMILIES: Final = {
    "opus": "claude-4.1-opus",
    "sonnet": "claude-4.5-sonnet",
    "haiku": "claude-3-haiku",
    "fable": "claude-4.1-opus",
}
"""Word in the name of a Claude model that no row has -> the row of the gateway's table that holds for its family."""
_CLAUDE: Final = re.compile(r"(?:anthropic[./])?claude-[a-z0-9.@:_-]*", re.IGNORECASE)
_VARIANT: Final = re.compile(r"\[1m\]$", re.IGNORECASE)
_DATE: Final = re.compile(r"[-@](\d{8}|latest)$", re.IGNORECASE)
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Listed:
    """A name that clients may send, and what answers to it. `window` and `max_output` in tokens."""

    id: str
    model: str
    display_name: str
    window: int | None
    max_output: int | None
    images: bool
    thinks: bool


def route(name: str, settings: Settings) -> Route:
    """Who answers to this name. Raises RequestError; UnknownModel has the nearest names."""
    return route_of(canonical(name, settings.custom_server), None, settings, {})


def canonical(name: str, custom: CustomServer | None = None) -> str:
    """The catalogue's name for `name`: itself where a row has it, else without its variant and date, else the row
    of its family. A name that none of these finds is returned unchanged; the catalogue refuses it."""
    text = name.strip()
    if len(text) > MAX_NAME or _known(text, custom):
        return text
    bare = _VARIANT.sub("", text)
    for shorter in (bare, _DATE.sub("", bare)):
        if shorter != text and _known(shorter, custom):
            return shorter
    if _CLAUDE.fullmatch(bare):
        words = re.split(r"[^a-z]+", bare.lower())
        return next((FAMILIES[word] for word in words if word in FAMILIES), text)
    return text


def _known(name: str, custom: CustomServer | None) -> bool:
    return resolve(name, None, custom=custom).model is not None


def listed(settings: Settings) -> list[Listed]:
    """Every name of the gateway's table, then the catalogue's chat models, each once, if somebody serves it."""
    return [found for name in _names() if (found := _listed(name, settings))]


def find(name: str, settings: Settings) -> Listed:
    """The one name. Raises UnknownModel."""
    found = _listed(name, settings)
    if found is None:
        route(name, settings)
        raise UnknownModel(f"No model is called “{plain_text(name, 80)}”.")
    return found


def _names() -> Iterator[str]:
    catalogue = load()
    yield from dict.fromkeys(alias.name for alias in catalogue.aliases)
    taken = {alias.name for alias in catalogue.aliases}
    yield from (key for key, model in catalogue.models.items() if model.chat and key not in taken)


def _listed(name: str, settings: Settings) -> Listed | None:
    found = resolve(
        canonical(name, settings.custom_server), None, ready=settings.ready(), custom=settings.custom_server
    )
    if found.route is None or found.route.model is None:
        return None
    model = found.route.model
    shown = model.name if name == model.key else f"{model.name} (as {name})"
    thinks = model.thinking.kind not in ("none", "unknown")
    return Listed(
        name, model.key, shown, model.window, model.max_output, "image" in found.route.inputs, thinks
    )


def without_personal_plans(settings: Settings) -> Settings:
    """The settings without keys of plans that are for their holder alone, where others reach the gateway."""
    if settings.alone:
        return settings
    rows = load().providers
    return settings.model_copy(update={a.key: None for p, a in ACCESS.items() if rows[p].personal})


def without_itself(settings: Settings) -> Settings:
    """The settings without providers whose address is this very server: a request must not come back to it."""
    gone: dict[str, None] = {}
    for provider, access in ACCESS.items():
        address = settings.base_url(provider)
        if address and _is_own(address, settings):
            gone |= {access.address: None, access.key: None}
    return settings.model_copy(update=gone) if gone else settings


def _is_own(address: str, settings: Settings) -> bool:
    parts = urlsplit(address)
    own = LOOPBACK | {settings.host.strip("[]").lower()}
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return port == settings.glm_ui_port and (parts.hostname or "") in own
