"""Whether a provider takes a key: one free request to the route that its row names (`Provider.key_check`). A provider
without such a route is not asked: a list that is public says nothing about a key."""

from __future__ import annotations

from glm_ui.backend.prepare import Keys, endpoint_and_credential
from glm_ui.catalogue import load
from glm_ui.errors import UnknownProvider
from glm_ui.net.clients import TRANSPORTS
from glm_ui.net.exchange import whole_response
from glm_ui.net.request import Outgoing, Timeouts
from glm_ui.protocol import refused
from glm_ui.settings import Settings

PATIENCE = 10.0
"""Seconds."""
LIMIT = 16 * 2**20
"""Bytes of an answer, of which nothing but its status is used."""


async def check_key(provider_key: str, settings: Settings, keys: Keys) -> bool:
    """True: the provider has taken the key. False: it has no free way to ask. Raises GlmUiError, which says what is
    wrong, and that the provider cannot be reached."""
    provider = load().providers.get(provider_key)
    if provider is None:
        raise UnknownProvider.of(what="There is no such provider.")
    if not provider.key_check or provider.key in TRANSPORTS:
        return False
    base_url, credential = endpoint_and_credential(provider, settings, keys)
    answer = await whole_response(
        Outgoing(
            base_url + provider.key_check,
            provider.key,
            provider.name,
            method="GET",
            headers={"Accept": "application/json"},
            credential=credential,
            timeouts=Timeouts(min(settings.glm_ui_connect_timeout, 8), PATIENCE, PATIENCE),
            resolve_pinned=settings.pinned_resolver(provider.key),
        ),
        limit=LIMIT,
    )
    if 200 <= answer.status < 300:
        return True
    raise refused(answer.body, provider=provider.name, status=answer.status)
