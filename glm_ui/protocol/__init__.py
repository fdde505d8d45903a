"""The wire formats: the Dialect protocol and the DIALECTS table. No HTTP, no environment, no key lookup."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from glm_ui.catalogue.rows import DialectName
from glm_ui.protocol.alternatives import Alternatives
from glm_ui.protocol.anthropic.request import Anthropic
from glm_ui.protocol.decoder import FrameDecoder
from glm_ui.protocol.dialect import Dialect, Encoded
from glm_ui.protocol.error_body import ErrorBody, read_error, refused
from glm_ui.protocol.openai.request import OpenAI

DIALECTS: Mapping[DialectName, Dialect] = MappingProxyType({"openai": OpenAI(), "anthropic": Anthropic()})

__all__ = [
    "DIALECTS",
    "Alternatives",
    "Dialect",
    "Encoded",
    "ErrorBody",
    "FrameDecoder",
    "read_error",
    "refused",
]
