"""What was sent is kept for the visitor who asked, and not without end."""

from __future__ import annotations

from glm_ui.outgoing import Sent
from glm_ui.ui.turns import Turns


def test_only_the_visitor_who_asked_finds_a_turn() -> None:
    turns = Turns()
    tap = turns.open("anna", "t1")
    assert turns.find("anna", "t1") is tap
    assert turns.find("ben", "t1") is None
    turns.forget("anna")
    assert turns.find("anna", "t1") is None


def test_the_oldest_turns_of_a_visitor_go_first() -> None:
    turns = Turns(max_turns=2)
    for turn in ("t1", "t2", "t3"):
        turns.open("anna", turn)
    turns.open("ben", "t1")
    assert [turns.find("anna", t) is not None for t in ("t1", "t2", "t3")] == [False, True, True]
    assert turns.find("ben", "t1") is not None


def test_large_turns_make_room_for_new_ones() -> None:
    turns = Turns(max_bytes=1000)
    for turn in ("t1", "t2"):
        tap = turns.open("anna", turn)
        assert tap
        tap.sends(Sent("POST", "http://x", {}, bytes(400)), ())
        tap.comes(bytes(300))
    turns.open("ben", "t1")
    assert turns.find("anna", "t1") is None
    assert turns.find("anna", "t2") is not None


def test_a_turn_without_a_name_is_not_kept() -> None:
    assert Turns().open("", "t1") is None
    assert Turns().open("anna", "") is None
