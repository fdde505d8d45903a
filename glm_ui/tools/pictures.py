"""Pictures that a tool gave, made safe for the page and the model."""

from __future__ import annotations

import base64
import binascii
import contextlib
from typing import Final

from glm_ui.errors import GlmUiError
from glm_ui.media import worker
from glm_ui.media.formats import images

LARGEST_PICTURE: Final = 8 * 2**20
"""Bytes as they come."""


async def prepared(data: str) -> tuple[str, bytes] | None:
    """(MIME type, bytes) of a picture in base64, as the app prepares every picture: decoded in a worker, upright, no
    larger than a model sees. None for what is no picture, or too large."""
    if len(data) > LARGEST_PICTURE * 4 // 3:
        return None
    with contextlib.suppress(binascii.Error, ValueError, GlmUiError):
        raw = base64.b64decode(data, validate=True)
        made = await worker.run(
            images.prepare_image, raw, "picture", images.Limits(), 1, seconds=20.0, about="A picture"
        )
        return made[0].mime, made[0].data
    return None
