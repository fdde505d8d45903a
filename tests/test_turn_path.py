"""The way of a turn on the server runs downhill and is short, and what is decided about the turn is decided once."""

from __future__ import annotations

from pathlib import Path

from tests.turn_path import walk

DESIGN = Path(__file__).parents[1] / "docs/design.md"

MOST_FILES = 12
MOST_ENTERED = 40
MOST_UPWARDS = 5


async def test_a_turn_goes_from_its_route_to_the_socket_by_few_files() -> None:
    """`python -m tests.turn_path` prints the way."""
    way = await walk()
    assert way.reached_socket
    assert len(way.files()) <= MOST_FILES, way.files()
    told = DESIGN.read_text("utf-8").partition("## How a turn travels")[2].partition("\n## ")[0]
    assert [file for file in way.files() if f"`{file}`" not in told] == [], "docs/design.md names the way"
    assert len(way.entered()) <= MOST_ENTERED, sorted(way.entered())
    assert len(way.upwards()) <= MOST_UPWARDS, way.upwards()
    once = ("resolve", "resolve_turn", "Live.settings_of", "Sessions.keys", "Settings.ready")
    assert {name: way.times(name) for name in once} == dict.fromkeys(once, 1)
