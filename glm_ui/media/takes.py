"""What a route takes: the provider's rule for a kind of input, crossed with what the model can do there.
Pure."""

from __future__ import annotations

from glm_ui.catalogue.rows import MediaRule, Route
from glm_ui.media.images import Limits
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
    """The rule by which this kind goes, or None when it does not. What a provider only declares is given for any
    model that reads such things somewhere: whoever wants to try it is warned first."""
    rule = route.provider.media.get(kind)
    model = route.model
    if rule is None or model is None:
        return rule
    inputs = model.inputs if rule.declared_only else model.inputs_at.get(route.provider.key, model.inputs)
    return rule if kind in inputs else None


def largest_count(kind: str, route: Route) -> int | None:
    rule = route.provider.media.get(kind)
    of_model = route.model.max_images if route.model and kind == "image" else None
    known = [n for n in (of_model, rule.max_count if rule else None) if n is not None]
    return min(known) if known else None


def picture_limits(rule: MediaRule) -> Limits:
    """The best of what the provider takes and we write; JPEG and PNG where it does not say."""
    mimes = tuple(m for m in ("image/jpeg", "image/png", "image/webp") if m in rule.mimes)
    return Limits(rule.max_bytes, rule.max_pixels, mimes or ("image/jpeg", "image/png"))
