"""What the Connect view fetches: configurations for programs, a test that may begin, and the last requests through the
gateway, which are the owner's alone to see. The test itself is sent by the browser as any program would send it, with
a key where one is needed: nothing of the page opens the gateway."""

from __future__ import annotations

import uuid
from typing import Any, cast

from glm_ui.backend import Tap
from glm_ui.catalogue import load
from glm_ui.errors import BadInput, BadSettings, RequestError
from glm_ui.gateway import names
from glm_ui.gateway.recent import Record
from glm_ui.net.request import origin
from glm_ui.settings import Settings
from glm_ui.ui.answers import Answers, BegunTest, Connections, ProgramRequest, RecentRequests
from glm_ui.ui.models.clients import ANY_KEY, CLIENTS, OWN_KEY, At
from glm_ui.ui.turn.run import Live

Said = dict[str, Any]
LONGEST = 300


def connections(live: Live, address: str, model: str, *, owner: bool) -> Connections:
    """The configuration of every program for this address and model, who would answer, and what the gateway wants of
    them. `state`: open (no key is needed), key, none (there are no keys yet), closed."""
    key = ANY_KEY if live.gateway.access.state == "open" else OWN_KEY
    at = At(_checked(address), model.strip(), key, **_abilities(model.strip(), live.gateway.settings))
    return {
        "state": live.gateway.access.state,
        "owner": owner,
        "keeps_content": live.gateway.recent.keeps_content,
        "clients": [client.public(at) for client in CLIENTS],
        **_answering(at.model, live.gateway.settings),
    }


def _checked(address: str) -> str:
    try:
        origin(address)
    except BadSettings:
        raise BadInput("This is no address of GLM UI.", todo="Reload the page.") from None
    return address[:LONGEST].rstrip("/")


def _abilities(model: str, settings: Settings) -> Said:
    """What a configuration says of the model; nothing where the catalogue does not know it."""
    try:
        found = names.find(model, settings)
    except RequestError:
        return {}
    return {"images": found.images, "window": found.window, "max_output": found.max_output}


def _answering(model: str, settings: Settings) -> Answers:
    try:
        route = names.route(model, settings)
    except RequestError as error:
        return {"answers": None, "problem": error.public()}
    shown = route.model.name if route.model else route.wire_id
    return {
        "answers": {"model": shown, "provider": route.provider.name, "id": route.wire_id},
        "problem": None,
    }


def begin_test(live: Live, room: str, who: str) -> BegunTest:
    """A token for the request that the page sends next, and the turn under which the page finds what became of it."""
    turn = f"test-{uuid.uuid4().hex}"
    tap = live.turns.open(room, turn, holder=who)
    if tap is None:
        raise BadInput("The request is not one this page sends.", todo="Reload the page.")
    return {"turn": turn, "token": live.gateway.recent.begin_test(tap)}


def recent(live: Live, *, owner: bool) -> RecentRequests:
    """The last requests, the newest first. Raises BadInput for anyone but the owner."""
    if not owner:
        raise BadInput("Only the owner sees what programs send through the gateway.", status=403)
    return {"requests": [_shown(record) for record in live.gateway.recent.listed()]}


def _shown(record: Record) -> ProgramRequest:
    provider = load().providers.get(record.provider)
    return cast(ProgramRequest, {**record.public(), "provider_name": provider.name if provider else ""})


def kept(live: Live, turn: str, *, owner: bool) -> Tap | None:
    """What was sent for a request of a program, for the owner."""
    return live.gateway.recent.find(turn) if owner else None
