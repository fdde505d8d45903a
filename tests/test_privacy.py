"""docs/privacy.md says what the app does: its figures are the program's, and it names every setting that lets something
out."""

from __future__ import annotations

from pathlib import Path

import pytest

from glm_ui.accounting import quota
from glm_ui.gateway import recent
from glm_ui.media import fetched
from glm_ui.serving import departures, shares, visitor_keys
from glm_ui.settings import Settings
from glm_ui.ui.turn import lasting, taps

PAGE = (Path(__file__).parents[1] / "docs" / "privacy.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a key that a visitor typed", f"{departures.GRACE:.0f} seconds after that page closes"),
        ("a key that a visitor typed", f"{visitor_keys.KEPT_SECONDS / 3600:.0f} hours without use"),
        ("the exact requests", f"the last {taps.MAX_TURNS} turns"),
        ("the frames of a reply", f"{lasting.KEPT_FOR / 60:.0f} minutes after its end"),
        ("uploads", f"{shares.LIFE / 60:.0f} minutes"),
        ("files fetched", f"{fetched.MAX_AGE / 60:.0f} minutes"),
        ("the last", f"the last {recent.KEPT} requests of programs"),
        ("counts of turns", "a day" if quota.DAY == 86_400 else "?"),
    ],
)
def test_what_is_kept_is_kept_as_long_as_the_page_says(row: str, said: str) -> None:
    assert any(line.startswith(f"| {row}") and said in line for line in PAGE.splitlines())


def test_every_setting_that_lets_something_out_or_keeps_it_is_named() -> None:
    names = (
        "glm_ui_redis_url",
        "glm_ui_search",
        "glm_ui_mcp",
        "glm_ui_gateway_keep_content",
        "glm_ui_unread_timeout",
        "glm_ui_allow_custom_addresses",
        "glm_ui_metrics_token",
        "otel_exporter_otlp_endpoint",
    )
    assert set(names) <= Settings.model_fields.keys()
    assert all(name.upper() in PAGE for name in names)
