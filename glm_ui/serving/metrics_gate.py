"""Who may read the counts at /metrics. With a token, whoever brings it. Without one, programs on this machine alone,
where no other machine reaches the app and the request has come through no proxy. Anyone else is told that there is no
such page."""

from __future__ import annotations

import hmac

from starlette.datastructures import Headers

from glm_ui.serving.headers import foreign
from glm_ui.serving.hosts import is_loopback
from glm_ui.serving.identity import is_forwarded
from glm_ui.settings import Settings


def may_read(headers: Headers, settings: Settings) -> bool:
    if foreign(headers):
        return False
    token = settings.glm_ui_metrics_token
    if token is not None:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        wanted = token.get_secret_value().encode()
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), wanted)
    return settings.at_home and not is_forwarded(headers) and is_loopback(headers.get("host", ""))
