"""The wire formats: the Dialect protocol and the DIALECTS table. No HTTP, no environment, no key lookup."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from glm_ui.catalogue.rows import DialectName
from glm_ui.dialects.anthropic import Anthropic
from glm_ui.dialects.error_body import ErrorBody, read_error, refused
from glm_ui.dialects.openai import OpenAI
from glm_ui.dialects.protocol import Decoder, Dialect, Encoded

DIALECTS: Mapping[DialectName, Dialect] = MappingProxyType({"openai": OpenAI(), "anthropic": Anthropic()})

__all__ = ["DIALECTS", "Decoder", "Dialect", "Encoded", "ErrorBody", "read_error", "refused"]
