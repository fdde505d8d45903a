"""What was sent is kept for the visitor who asked, and not without end."""

from __future__ import annotations

import pytest

from glm_ui.net.request import Sent
from glm_ui.ui.turn import taps as module
from glm_ui.ui.turn.taps import Kept, Turns


def send(turns: Turns, room: str, turn: str, size: int = 0, holder: str = "") -> Kept:
    """A turn whose request of `size` bytes goes out."""
    tap = turns.open(room, turn, holder=holder)
    assert tap
    tap.on_request(Sent("POST", "http://x", {}, bytes(size)), ())
    return tap


def test_only_the_visitor_who_asked_finds_a_turn() -> None:
    turns = Turns()
    tap = send(turns, "anna", "t1")
    assert turns.find("anna", "t1") is tap
    assert turns.holds("anna")
    assert not turns.holds("ben")
    assert turns.find("ben", "t1") is None
    turns.forget("anna")
    assert turns.find("anna", "t1") is None


def test_the_oldest_turns_of_a_visitor_go_first() -> None:
    turns = Turns(max_turns=2)
    for turn in ("t1", "t2", "t3"):
        send(turns, "anna", turn)
    send(turns, "ben", "t1")
    assert [turns.find("anna", t) is not None for t in ("t1", "t2", "t3")] == [False, True, True]
    assert turns.find("ben", "t1") is not None


def test_large_turns_make_room_for_new_ones() -> None:
    turns = Turns(max_bytes=1000)
    for turn in ("t1", "t2"):
        send(turns, "anna", turn, 400).on_chunk(bytes(300))
    send(turns, "ben", "t1")
    assert turns.find("anna", "t1") is None
    assert turns.find("anna", "t2") is not None


def test_a_turn_that_was_refused_before_anything_went_out_leaves_nothing() -> None:
    turns = Turns()
    for number in range(100):
        assert turns.open(f"page {number}", "t1")
    assert len(turns._taps) == 0


def test_who_makes_up_pages_pushes_out_no_turn_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ALL", 50)
    turns = Turns(max_bytes=10_000)
    send(turns, "anna", "t1", 300, holder="house of anna")
    for number in range(200):
        send(turns, f"made up {number}", "t1", 200, holder="one address")
    assert turns.find("anna", "t1")
    assert turns.find("made up 199", "t1")
    assert len(turns._taps) <= 50


def test_a_turn_without_a_name_is_not_kept() -> None:
    assert Turns().open("", "t1") is None
    assert Turns().open("anna", "") is None
