"""Whoever holds the most gives way first."""

from __future__ import annotations

from glm_ui.serving.fair_store import FairStore


def test_the_least_recently_used_row_of_whoever_holds_the_most_goes() -> None:
    store: FairStore[int] = FairStore(3)
    store.put("a", 1, "ann")
    store.put("b", 2, "bob")
    store.put("c", 3, "bob")
    assert store.get("b") == 2  # used again, so "c" is older now
    assert store.put("d", 4, "cid") == [3]
    assert [store.get(room) for room in "abcd"] == [1, 2, None, 4]


def test_many_made_up_rooms_of_one_holder_leave_everyone_else_alone() -> None:
    store: FairStore[int] = FairStore(100)
    for i in range(20):
        store.put(f"guest {i}", i, f"house {i}")
    lost = [value for i in range(2_000) for value in store.put(f"made up {i}", -1, "one address")]
    assert len(store) == 100
    assert all(store.get(f"guest {i}") == i for i in range(20))
    assert set(lost) == {-1}


def test_a_room_moves_to_the_holder_that_put_it_last() -> None:
    store: FairStore[int] = FairStore(2)
    store.put("page", 1, "at home")
    store.put("page", 2, "on the train")
    store.put("other", 3, "at home")
    assert store.put("third", 4, "at home") == [3]
    assert store.get("page") == 2


def test_the_oldest_row_is_the_one_that_was_used_least_recently() -> None:
    store: FairStore[int] = FairStore(5)
    assert store.oldest() is None
    store.put("a", 1, "ann")
    store.put("b", 2, "ann")
    store.get("a")
    assert store.oldest() == ("b", 2)
    assert store.pop("b") == 2
    assert store.pop("b") is None
    assert dict(store.items()) == {"a": 1}
