"""The way of a turn on the server runs downhill and is short, and what is decided about the turn is decided once."""

from __future__ import annotations

from tests.turn_path import walk

MOST_FILES = 12
MOST_ENTERED = 40
MOST_UPWARDS = 5


async def test_a_turn_goes_from_its_route_to_the_socket_by_few_files() -> None:
    """`python -m tests.turn_path` prints the way."""
    way = await walk()
    assert way.reached_socket
    assert len(way.files()) <= MOST_FILES, way.files()
    assert len(way.entered()) <= MOST_ENTERED, sorted(way.entered())
    assert len(way.upwards()) <= MOST_UPWARDS, way.upwards()
    once = ("resolve", "resolve_turn", "Live.settings_of", "Sessions.keys", "Settings.ready")
    assert {name: way.times(name) for name in once} == dict.fromkeys(once, 1)
