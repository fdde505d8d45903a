"""How each provider is reached: the settings that hold its key and its address, made from the catalogue's rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from glm_ui.catalogue import load
from glm_ui.catalogue.rows import ReadyBy


@dataclass(frozen=True, slots=True)
class Access:
    """How a provider is reached: the fields of Settings that hold its key and its address. Providers with the same key
    field share one account. An address with something `below` it is a root that several providers share."""

    key: str
    address: str
    below: str
    ready_by: ReadyBy


def _access() -> Iterator[tuple[str, Access]]:
    for provider in load().providers.values():
        if provider.key_env:
            address = provider.address_env or f"GLM_UI_{provider.key.replace('-', '_').upper()}_BASE_URL"
            row = Access(provider.key_env.lower(), address.lower(), provider.address_below, provider.ready_by)
            yield provider.key, row


ACCESS: Mapping[str, Access] = dict(_access())
"""provider key -> how it is reached, from the catalogue: a row there makes the fields of Settings, and with them the
environment variables. The demo has none."""


def key_name(provider: str) -> str:
    """The environment variable that holds this provider's key, to stand for it where the key must not be shown."""
    return ACCESS[provider].key.upper() if provider in ACCESS else "API_KEY"
