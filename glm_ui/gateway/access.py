"""Who may use the gateway. Where only this machine reaches the app, no key is needed, but then the request must name
this machine, come from no other site's page and through no proxy. Anywhere else it is closed until there is a key.

The page's cookies and passwords are not looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from starlette.datastructures import Headers

from glm_ui.accounting.quota import Limit
from glm_ui.gateway.keys import Key, KeyRing
from glm_ui.gateway.problems import FORBIDDEN, NO_KEY, NOT_FOUND, Problem
from glm_ui.serving.headers import foreign
from glm_ui.serving.hosts import is_loopback
from glm_ui.serving.identity import is_forwarded
from glm_ui.settings import Settings

KEYS_OR_OFF = (
    "Its owner makes a key with `glm-ui gateway key LABEL` and sets GLM_UI_GATEWAY_KEYS, "
    "or closes the gateway with GLM_UI_GATEWAY=off."
)
_BEARER = re.compile(r"bearer\s+(\S+)\s*", re.IGNORECASE)


class Refused(Exception):
    """The request is not served; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks. `id` is what turns are counted by; `limits` are those of its key."""

    id: str
    key: Key | None = None

    @property
    def limits(self) -> list[Limit]:
        counted = self.key.limits.items() if self.key else ()
        return [Limit("key", unit, most, seconds) for (unit, seconds), most in counted]  # type: ignore[arg-type]


class Access:
    """The rules of this deployment."""

    def __init__(self, settings: Settings) -> None:
        """Raises BadSettings for keys that cannot be read."""
        named = settings.glm_ui_gateway_keys
        self._open = settings.glm_ui_gateway != "off"
        self._alone = settings.alone
        self.keys = KeyRing(named.get_secret_value() if named else None)

    @property
    def state(self) -> Literal["open", "key", "none", "closed"]:
        """What a client needs: nothing, a key, a key although there are none yet; or it is not served at all."""
        if not self._open:
            return "closed"
        if self.keys:
            return "key"
        return "open" if self._alone else "none"

    def admit(self, headers: Headers) -> Client:
        """Raises Refused."""
        if not self._open:
            raise Refused(Problem(NOT_FOUND, "The gateway of this GLM UI is closed (GLM_UI_GATEWAY=off)."))
        if self.keys:
            return self._with_key(headers)
        if not self._alone:
            why = "This gateway is closed: other machines reach it, and it has no keys yet."
            raise Refused(Problem(FORBIDDEN, f"{why} {KEYS_OR_OFF}"))
        if is_forwarded(headers):
            why = "This gateway has no keys yet, and a proxy passed this request on: anyone may be behind it."
            raise Refused(Problem(FORBIDDEN, f"{why} {KEYS_OR_OFF}"))
        if not is_loopback(headers.get("host", "")) or foreign(headers):
            raise Refused(
                Problem(
                    FORBIDDEN,
                    "Without a key this gateway serves programs on its own machine alone, "
                    "at 127.0.0.1 or localhost, and no page of another site.",
                )
            )
        return Client("gateway:local")

    def _with_key(self, headers: Headers) -> Client:
        bearer = _BEARER.fullmatch(headers.get("authorization", "")[:1024])
        given = bearer[1] if bearer else headers.get("x-api-key", "")
        key = self.keys.holder(given.strip())
        if key is None:
            missing = "No key came with the request" if not given else "This key is not known here"
            raise Refused(
                Problem(NO_KEY, f"{missing}: the gateway's owner makes keys for it.", retry_after=None)
            )
        if key.expired:
            raise Refused(Problem(NO_KEY, "This key has expired: ask the gateway's owner for another."))
        return Client(f"gateway:{key.label}", key)
