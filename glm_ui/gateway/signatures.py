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
