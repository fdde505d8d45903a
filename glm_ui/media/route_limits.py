"""What a route takes: the provider's rule for a kind of input, crossed with what the model can do there.
Pure."""

from __future__ import annotations

from glm_ui.catalogue.route import Route
from glm_ui.catalogue.rows import MediaRule
from glm_ui.media.formats.images import Limits
from glm_ui.messages import Audio, Document, Image, Part, Video

_NAMES = {"image": "pictures", "video": "videos", "audio": "recordings", "document": "documents"}


def names(kind: str) -> str:
    return _NAMES[kind]


def kind_of(part: Part) -> str:
    """ "image", "video", "audio", "document", or "" for what is text on the wire."""
    match part:
        case Image():
            return "image"
        case Video():
            return "video"
        case Audio():
            return "audio"
        case Document():
            return "document"
        case _:
            return ""


def media_rule(kind: str, route: Route) -> MediaRule | None:
    """The rule by which this kind goes, or None when it does not. What a provider only declares goes for a
    model that reads such things somewhere: whoever wants to try it is warned first."""
    rule = route.media_rule(kind)
    if rule is not None and rule.declared_only and route.model and kind not in route.model.inputs:
        return None
    return rule


def largest_count(kind: str, route: Route) -> int | None:
    rule = route.media_rule(kind)
    return rule.max_count if rule else None


def picture_limits(rule: MediaRule) -> Limits:
    """The best of what the provider takes and we write; JPEG and PNG where it does not say."""
    mimes = tuple(m for m in ("image/jpeg", "image/png", "image/webp") if m in rule.mimes)
    return Limits(rule.max_bytes, rule.max_pixels, mimes or ("image/jpeg", "image/png"))
