"""Whether the app's owner asks, who may see what programs sent through the gateway, and use tools that are not for
visitors.

Where people sign in, it is one name: the Space's author, or the first in GLM_UI_AUTH. Where only this machine reaches
the app, it is whoever sits there, unless something stands in front of the app, for then anyone may be behind it.
"""

from __future__ import annotations

from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.types import Scope

from glm_ui.serving.hosts import is_loopback
from glm_ui.serving.identity import Caller, is_forwarded
from glm_ui.settings import Settings


def is_owner(caller: Caller, scope: Scope, settings: Settings) -> bool:
    """Whether `caller`, who sent the request of `scope`, is the owner."""
    owners = owner_names(settings)
    if owners:
        return caller.name in owners
    headers = Headers(scope=scope)
    if not settings.alone or is_forwarded(headers):
        return False
    return is_loopback(headers.get("host", "")) and _is_here(scope)


def shared(settings: Settings) -> Settings:
    """What holds once a proxy passed a request on, though no setting names it: others reach the app, so that a plan's
    key that is for its holder alone is not used, unless one person signs in."""
    return settings.model_copy(update={"glm_ui_hosts": settings.glm_ui_hosts or ("*",)})


def _is_here(scope: Scope) -> bool:
    """Whether the connection comes from this machine."""
    try:
        return ip_address((scope.get("client") or ("",))[0]).is_loopback
    except ValueError:
        return False


def owner_names(settings: Settings) -> frozenset[str]:
    """The names, as `Caller.name` has them, of which one must be signed in; empty where nobody can sign in."""
    author = (settings.space_id or "").partition("/")[0]
    first = settings.sign_ins[0][0] if settings.sign_ins else ""
    return frozenset(filter(None, [author and f"hf:{author}", first and f"user:{first}"]))
