"""A server that a visitor names by its address: what may be said of it, and the check of where it leads. It is kept
beside the visitor's key and never comes from a link or a conversation, or those could have the key sent elsewhere.

No request is made here; the check runs again at every connection (`net.exchange`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

from pydantic import Field

from glm_ui.catalogue.base_url import tidy_base_url
from glm_ui.catalogue.rows import DialectName, ThinkingStyle
from glm_ui.errors import BadInput, CannotSend
from glm_ui.languages import say
from glm_ui.net.public_fetch import NotOpen, Permit, Resolve, is_public, open_host, resolve_host
from glm_ui.serving.bodies import Name, Strict, model_of, strange
from glm_ui.settings import PinnedResolver, Settings

FIRST_FREE_PORT = 1024
WEB_PORTS = (80, 443)
PATIENCE = 10.0
"""Seconds that a name may take to be looked up."""


class Kind(NamedTuple):
    label: str
    dialect: DialectName
    thinking: ThinkingStyle


KINDS: Mapping[str, Kind] = {
    "template": Kind("vLLM, SGLang, llama.cpp", "openai", "chat_template_kwargs"),
    "effort": Kind("Ollama", "openai", "reasoning_effort"),
    "openai": Kind("Another, in OpenAI's format", "openai", "none"),
    "anthropic": Kind("Another, in Anthropic's format", "anthropic", "thinking"),
}
"""What the visitor chooses in place of two settings. docs/real-servers.md has what servers make of each."""


@dataclass(frozen=True, slots=True)
class OwnServer:
    base_url: str
    kind: Kind

    def settings(self, owners: Settings, check: PinnedResolver) -> Settings:
        return owners.with_visitors_server(self.base_url, self.kind.dialect, self.kind.thinking, check)


class Named(Strict):
    """What the page posts. A blank `address` takes the server away; the key is its own and replaces any other."""

    session: Name
    address: Annotated[str, Field(max_length=2048)]
    kind: Name = "template"
    key: Annotated[str, Field(max_length=4096)] = ""

    def server(self) -> OwnServer | None:
        """Raises BadInput for what is no address."""
        if not self.address.strip():
            return None
        kind = KINDS.get(self.kind)
        if kind is None:
            raise strange()
        try:
            base_url = tidy_base_url(self.address)
        except ValueError:
            raise BadInput(
                "This is not the address of a server.",
                "It must begin with https:// or http://, and carry no user name, query or fragment.",
                "Write it as its documentation does, such as https://models.example.org/v1.",
            ) from None
        return OwnServer(base_url, kind)


read_named = model_of(Named)


async def public_only(
    host: str, port: int, resolve: Resolve = resolve_host, permit: Permit = is_public
) -> str:
    """The IP address to connect to, if it is one of the open internet. Raises CannotSend."""
    try:
        if port < FIRST_FREE_PORT and port not in WEB_PORTS:
            raise NotOpen(say("Port {port} is not one that models are served on.", port=port))
        return await open_host(host, port, resolve, permit)
    except NotOpen as closed:
        raise CannotSend(
            say("Requests to {host} are not allowed here.", host=host[:80]),
            str(closed),
            "Name a server of the open internet.",
        ) from None
    except (OSError, ValueError):
        raise CannotSend(
            say("The host {host} was not found.", host=host[:80]), "", "Check the address."
        ) from None


async def check_host(server: OwnServer, check: PinnedResolver) -> None:
    """Tells at once what would be refused at every turn. Raises what `check` does."""
    await check_address(server.base_url, check)


async def check_address(address: str, check: PinnedResolver) -> None:
    """As `check_host`, for an address that was found to be one."""
    url = urlsplit(address)
    host = url.hostname or ""
    try:
        async with asyncio.timeout(PATIENCE):
            await check(host, url.port or (443 if url.scheme == "https" else 80))
    except TimeoutError:
        raise CannotSend(
            say("The host {host} was not found in time.", host=host[:80]), "", "Check the address."
        ) from None
