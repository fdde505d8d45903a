"""Who counts as the owner of the app, for whom servers that visitors may not use are there."""

from __future__ import annotations

from typing import Any

import pytest

from glm_ui.settings import Settings
from glm_ui.tools.registry import Registry
from glm_ui.ui.turn.tools import Began, TurnTools


@pytest.mark.parametrize(
    ("client", "header", "settings", "owner"),
    [
        ("127.0.0.1", "", {}, True),
        ("::1", "", {}, True),
        ("192.168.0.9", "", {}, False),
        ("not an address", "", {}, False),
        ("127.0.0.1", "x-forwarded-for", {}, False),
        ("127.0.0.1", "forwarded", {}, False),
        ("127.0.0.1", "", {"glm_ui_host": "0.0.0.0"}, False),
        ("127.0.0.1", "", {"glm_ui_trusted_proxies": ("127.0.0.1/32",)}, False),
        ("127.0.0.1", "", {"space_id": "owner/space"}, False),
    ],
)
def test_the_owner_asks_from_this_machine_with_nothing_between(
    client: str, header: str, settings: dict[str, Any], owner: bool
) -> None:
    made = Settings(_env_file=None, **settings)
    tools = TurnTools(made, Registry(made, fetch=None))  # type: ignore[arg-type]
    headers = [(header.encode(), b"1.2.3.4")] if header else []
    assert tools.is_owner({"type": "http", "client": (client, 1), "headers": headers}) is owner


def test_keys_of_calls_that_began_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glm_ui.ui.turn.tools.MOST_KEYS", 2)
    began = Began()
    for key in "abc":
        began.add(key)
    assert began == {"b", "c"}
