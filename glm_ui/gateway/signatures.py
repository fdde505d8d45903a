"""Signatures of thinking: clients of the Anthropic protocol keep one unread and send it back. Ours holds what the
provider needs back with its thinking, so that no foreign signature reaches a provider."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

import orjson

PREFIX: Final = "glmui."
PLAIN: Final = f"{PREFIX}e30"
"""The signature of thinking that its provider needs nothing back with."""
FORMAT: Final = "glm-ui-v1"
"""`format` of a reasoning detail that is ours."""
LONGEST: Final = 2**20
KEPT: Final[Mapping[str, type]] = {
    "signature": str,
    "redacted_thinking": str,
    "reasoning_details": list,
    "lead": str,
}
"""What providers give with thinking, as the dialects' decoders call it."""


def sealed(opaque: Mapping[str, Any]) -> str:
    """The signature for thinking with this provider data."""
    if not opaque:
        return PLAIN
    return PREFIX + base64.urlsafe_b64encode(orjson.dumps(dict(opaque))).decode().rstrip("=")


def details_of(opaque: Mapping[str, Any]) -> list[Any]:
    """The provider data as `reasoning_details`, the member by which chat completions take it back: a provider's own
    details as they are, anything else sealed."""
    own = opaque.get("reasoning_details")
    if isinstance(own, list):
        return own
    rest = {name: value for name, value in opaque.items() if name in KEPT and name != "lead"}
    return (
        [{"type": "reasoning.encrypted", "data": sealed(rest), "format": FORMAT, "index": 0}] if rest else []
    )


def of_details(details: list[Any]) -> Mapping[str, Any] | None:
    """The provider data in `reasoning_details` that came back."""
    for one in details:
        if isinstance(one, dict) and one.get("format") == FORMAT:
            data = one.get("data")
            return opened(data) if isinstance(data, str) else None
    return {"reasoning_details": details} if details else None


def opened(signature: str | None) -> Mapping[str, Any] | None:
    """The provider data in a signature of ours; None where there is none, or the signature is another's."""
    if not signature or not signature.startswith(PREFIX) or len(signature) > LONGEST:
        return None
    packed = signature.removeprefix(PREFIX)
    try:
        found = orjson.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    except (binascii.Error, ValueError):
        return None
    if not isinstance(found, dict):
        return None
    return {k: v for k, v in found.items() if isinstance(v, KEPT.get(k, ()))} or None
