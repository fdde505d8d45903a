"""Every environment variable that the app reads, in one class. No address is contacted and no key is judged
here: keys are opaque."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AliasChoices,
    Field,
    FilePath,
    PrivateAttr,
    SecretStr,
    ValidationInfo,
    create_model,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from glm_ui.catalogue import CustomServer, load
from glm_ui.catalogue.base_url import USABLE, tidy_base_url, tidy_host_name, tidy_root_url
from glm_ui.catalogue.rows import DialectName, ReadyBy, ThinkingStyle
from glm_ui.catalogue.search import search_engine_name, search_engines
from glm_ui.languages import languages


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

_SECONDS = "a number of seconds above 0, at most 86400"
_COUNT = "a whole number, 0 or more; nothing for no limit"
ACCEPTS: Mapping[str, str] = {
    **{row.address: USABLE for row in ACCESS.values()},
    "glm_ui_custom_models": "model names with commas between them",
    "glm_ui_custom_dialect": "openai or anthropic",
    "glm_ui_custom_thinking": "thinking, reasoning, chat_template_kwargs, reasoning_effort or none",
    "glm_ui_provider": f"one of {', '.join(load().providers)}",
    "glm_ui_thinking": "true or false",
    **{f"glm_ui_{phase}_timeout": _SECONDS for phase in ("connect", "first_byte", "silence", "turn")},
    "glm_ui_unread_timeout": "a number of seconds from 0 to 86400",
    "glm_ui_retries": "a whole number from 0 to 5",
    "glm_ui_log_level": "DEBUG, INFO, WARNING or ERROR",
    "glm_ui_port": "a whole number from 1 to 65535",
    **{f"glm_ui_{unit}_per_{of}": _COUNT for unit in ("turns", "tokens") for of in ("visitor", "day")},
    "glm_ui_redis_url": "a redis:// or rediss:// address",
    "glm_ui_auth": "name:password, with commas between several",
    "glm_ui_trusted_proxies": "addresses or networks like 10.0.0.0/8, with commas between them",
    "glm_ui_hosts": "host names like chat.example.org or *.example.org, with commas between them; * for any",
    "glm_ui_allow_custom_addresses": "true or false",
    "glm_ui_language": f"auto, {', '.join(languages())}",
    "glm_ui_service_worker": "true or false",
    "glm_ui_gateway": "on or off",
    "glm_ui_search": ", ".join(search_engines()),
    "glm_ui_search_url": USABLE,
    "glm_ui_mcp": "the path of a JSON file that can be read",
    "glm_ui_metrics_token": "at least 16 characters",
    "otel_exporter_otlp_endpoint": USABLE,
    "glm_ui_gateway_keep_content": "true or false",
    "glm_ui_gateway_thinking": "separate, think, thinking, details or strip",
}
"""field -> what it accepts, as the end of a sentence. What is absent takes any text."""


def _provider(key: str) -> str:
    if key not in load().providers:
        raise ValueError("no provider of the catalogue")
    return key


def _language(key: str) -> str:
    if key not in ("auto", *languages()):
        raise ValueError("no language of the page")
    return key


def _redis(secret: SecretStr) -> SecretStr:
    parts = urlsplit(secret.get_secret_value())
    if parts.scheme not in ("redis", "rediss") or not parts.hostname:
        raise ValueError("no Redis address")
    _ = parts.port
    return secret


def _passwords(secret: SecretStr) -> SecretStr:
    for pair in secret.get_secret_value().split(","):
        name, colon, password = pair.strip().partition(":")
        if not (name and colon and password):
            raise ValueError("no pair of name and password")
    return secret


PinnedResolver = Callable[[str, int], Awaitable[str]]
"""host, port -> the IP address to connect to; raises a GlmUiError to refuse."""
Seconds = Annotated[float, Field(gt=0, le=86_400)]
Count = Annotated[int, Field(ge=0)]
Network = Annotated[str, AfterValidator(lambda text: str(ip_network(text, strict=False)))]


def _access_fields() -> dict[str, Any]:
    fields: dict[str, Any] = {row.key: (SecretStr | None, None) for row in ACCESS.values()}
    for row in ACCESS.values():
        check = tidy_root_url if row.below else tidy_base_url
        fields[row.address] = (Annotated[str, AfterValidator(check)] | None, None)
    return fields


if TYPE_CHECKING:
    AccessSettings = BaseSettings
else:
    AccessSettings = create_model("AccessSettings", __base__=BaseSettings, **_access_fields())


class Settings(AccessSettings):
    """The environment and a `.env` file, read once. A blank value is the same as none; an address that is not set is
    the catalogue's."""

    model_config = SettingsConfigDict(
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    glm_ui_custom_models: Annotated[tuple[str, ...], NoDecode] = ()
    glm_ui_custom_dialect: DialectName = "openai"
    glm_ui_custom_thinking: Literal[
        "thinking", "reasoning", "chat_template_kwargs", "reasoning_effort", "none"
    ] = "none"

    glm_ui_model: str | None = None
    glm_ui_provider: Annotated[str, AfterValidator(_provider)] | None = None
    glm_ui_thinking: bool = True
    glm_ui_language: Annotated[str, AfterValidator(_language)] = "auto"
    glm_ui_service_worker: bool = True

    glm_ui_connect_timeout: Seconds = 8.0
    glm_ui_first_byte_timeout: Seconds = 300.0
    glm_ui_silence_timeout: Seconds = 120.0
    glm_ui_turn_timeout: Seconds = 3600.0
    glm_ui_unread_timeout: float = Field(default=60.0, ge=0, le=86_400)
    glm_ui_retries: int = Field(default=2, ge=0, le=5)

    glm_ui_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    glm_ui_host: str = Field(
        default="127.0.0.1", validation_alias=AliasChoices("glm_ui_host", "gradio_server_name")
    )
    glm_ui_port: int = Field(
        default=7860, ge=1, le=65_535, validation_alias=AliasChoices("glm_ui_port", "gradio_server_port")
    )

    glm_ui_turns_per_visitor: Count | None = None
    glm_ui_tokens_per_visitor: Count | None = None
    glm_ui_turns_per_day: Count | None = None
    glm_ui_tokens_per_day: Count | None = None
    glm_ui_redis_url: Annotated[SecretStr, AfterValidator(_redis)] | None = None
    glm_ui_trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = ()
    glm_ui_hosts: Annotated[tuple[Annotated[str, AfterValidator(tidy_host_name)], ...], NoDecode] = ()
    glm_ui_auth: Annotated[SecretStr, AfterValidator(_passwords)] | None = None
    glm_ui_allow_custom_addresses: bool = False
    glm_ui_gateway: Literal["on", "off"] = "on"
    glm_ui_gateway_keys: SecretStr | None = None

    glm_ui_search: Annotated[str, AfterValidator(search_engine_name)] | None = None
    glm_ui_search_url: Annotated[str, AfterValidator(tidy_base_url)] | None = None
    glm_ui_search_key: SecretStr | None = None
    glm_ui_mcp: FilePath | None = None
    glm_ui_metrics_token: Annotated[SecretStr, Field(min_length=16)] | None = None
    otel_exporter_otlp_endpoint: Annotated[str, AfterValidator(tidy_base_url)] | None = None
    glm_ui_gateway_keep_content: bool = False
    glm_ui_gateway_thinking: Literal["separate", "think", "thinking", "details", "strip"] = "separate"
    space_id: str | None = None
    space_host: str | None = None
    oauth_client_id: str | None = None

    _visitors_check: PinnedResolver | None = PrivateAttr(default=None)

    @field_validator("*", mode="before")
    @classmethod
    def _blank_is_unset(cls, value: object, info: ValidationInfo) -> object:
        if not isinstance(value, str):
            return value
        return value.strip() or cls.model_fields[str(info.field_name)].default

    @field_validator("glm_ui_custom_models", "glm_ui_trusted_proxies", "glm_ui_hosts", mode="before")
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value

    @field_validator("glm_ui_log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @property
    def custom_server(self) -> CustomServer | None:
        if self.base_url("custom") is None:
            return None
        return CustomServer(
            self.glm_ui_custom_dialect, self.glm_ui_custom_thinking, self.glm_ui_custom_models
        )

    @property
    def host(self) -> str:
        """Where to listen, an IPv6 address in brackets: a Space's container is reached from outside itself."""
        named = "glm_ui_host" in self.model_fields_set
        host = self.glm_ui_host if named or not self.space_id else "0.0.0.0"  # noqa: S104
        return f"[{host}]" if ":" in host and not host.startswith("[") else host

    @property
    def at_home(self) -> bool:
        """Whether this machine alone reaches the app."""
        try:
            return ip_address(self.host.strip("[]")).is_loopback and not self.space_id
        except ValueError:
            return self.host == "localhost" and not self.space_id

    @property
    def alone(self) -> bool:
        """Whether the app is at home and no setting tells of a proxy or a public name by which others come."""
        return self.at_home and not (self.glm_ui_trusted_proxies or self.glm_ui_hosts)

    @property
    def open_to_all(self) -> bool:
        """Whether other machines reach the app and no password is asked for. A Space is open on purpose."""
        return not (self.at_home or self.space_id or self.sign_ins)

    @property
    def sign_ins(self) -> list[tuple[str, str]] | None:
        """(name, password) of everyone who may come in; None when the app is open to all."""
        if self.glm_ui_auth is None:
            return None
        pairs = (pair.strip().partition(":") for pair in self.glm_ui_auth.get_secret_value().split(","))
        return [(name, password) for name, _, password in pairs]

    @property
    def custom_addresses(self) -> bool:
        """Whether visitors may name a server of their own. Never on a Space: its neighbours are not ours to open."""
        return self.glm_ui_allow_custom_addresses and not self.space_id

    def with_visitors_server(
        self, base_url: str, dialect: DialectName, thinking: ThinkingStyle, check: PinnedResolver
    ) -> Self:
        """These settings for a visitor who named a server: it stands in place of the owner's custom one, whose key is
        not in here any more, so that nothing can send it there. Every connection to it goes through `check`."""
        own = {
            "glm_ui_custom_base_url": base_url,
            "glm_ui_custom_dialect": dialect,
            "glm_ui_custom_thinking": thinking,
            "glm_ui_custom_models": (),
            "glm_ui_custom_api_key": None,
        }
        copy = self.model_copy(update=own)
        copy._visitors_check = check
        return copy

    def pinned_resolver(self, provider: str) -> PinnedResolver | None:
        """What every connection to this provider must go through; None where the owner chose the address."""
        return self._visitors_check if provider == "custom" else None

    @property
    def offline(self) -> bool:
        """No provider can be asked: there is no key and no address of a gateway or custom server. The demo answers."""
        return not self.ready()

    def base_url(self, provider: str) -> str | None:
        """Where this provider is. An address that the owner sets is that provider's host, and gets its key."""
        access = ACCESS.get(provider)
        own: str | None = getattr(self, access.address) if access else None
        if access and own is not None:
            return own + access.below
        row = load().providers.get(provider)
        return row.base_url if row else None

    def key(self, provider: str) -> SecretStr | None:
        access = ACCESS.get(provider)
        key: SecretStr | None = getattr(self, access.key) if access else None
        return None if provider in self.withheld else key

    @property
    def withheld(self) -> tuple[str, ...]:
        """Providers whose terms allow the owner alone, where others could spend the owner's key: it is not used."""
        if self.alone or len(self.sign_ins or ()) == 1:
            return ()
        rows = load().providers
        return tuple(p for p, access in ACCESS.items() if rows[p].personal and getattr(self, access.key))

    def ready(self) -> frozenset[str]:
        """Keys of the providers that have what they need: a key, or an address where no key is needed."""
        return frozenset(p for p, row in ACCESS.items() if self._is_ready(row)).difference(self.withheld)

    def _is_ready(self, access: Access) -> bool:
        names = {"key": (access.key,), "address": (access.address,), "either": (access.key, access.address)}
        return any(getattr(self, name) is not None for name in names[access.ready_by])


def key_name(provider: str) -> str:
    """The environment variable that holds this provider's key, to stand for it where the key must not be shown."""
    return ACCESS[provider].key.upper() if provider in ACCESS else "API_KEY"
