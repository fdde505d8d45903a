"""What a reader who comes back is told comes to the same as what was missed."""

from __future__ import annotations

import copy
import itertools
import time
import tracemalloc
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from glm_ui.ui.turn.kept_frames import TAIL_FRAMES, KeptFrames

Node = dict[str, Any]
TEXT = st.text("ab", max_size=3)
DELTA = st.fixed_dictionaries({"k": st.just("d")}, optional={"t": TEXT, "a": TEXT})
NUMBER = st.integers(0, 3)
CALL = st.dictionaries(st.sampled_from(["state", "result", "seconds", "server"]), NUMBER, min_size=1)
FRAME = st.one_of(
    DELTA,
    DELTA,
    st.fixed_dictionaries({"k": st.sampled_from(["take", "round", "cite", "wait", "retry", "files"])}),
    st.fixed_dictionaries({"k": st.just("m"), "metrics": NUMBER}),
    st.fixed_dictionaries({"k": st.just("boxes"), "boxes": NUMBER}),
    st.fixed_dictionaries({"k": st.just("note"), "notes": st.lists(NUMBER, min_size=1, max_size=2)}),
    st.fixed_dictionaries({"k": st.just("start"), "notes": st.lists(NUMBER, max_size=2)}),
    st.fixed_dictionaries({"k": st.just("tool"), "calls": st.lists(CALL, max_size=3)}),
    st.fixed_dictionaries({"k": st.just("call"), "index": st.integers(0, 2), "call": CALL}),
    st.fixed_dictionaries({"k": st.just("call"), "index": st.just(0), "call": st.just({"progress": 1})}),
    st.fixed_dictionaries({"k": st.just("sources"), "items": st.lists(NUMBER, max_size=2)}),
)
END = {"k": "done", "metrics": 9, "ending": {"kind": "stop"}}


def begun() -> Node:
    return {
        "t": "", "a": "", "rounds": [], "calls": {}, "sources": [], "m": None, "boxes": None, "notes": None,
        "waits": None, "ending": None, "cited": [],
    }  # fmt: skip


def take(node: Node, frame: Any) -> Node:
    """As web/server/stream.js takes a frame into the node of its reply."""
    kind = frame["k"]
    if kind == "all":
        return told(begun(), frame["frames"])
    if kind != "m":
        node["waits"] = frame if kind in ("wait", "retry", "files") else None
    if kind == "take":
        node["t"], node["a"] = node["t"] + node["a"], ""
        node["cited"] = []
    if kind == "cite":
        node["cited"].append(len(node["a"]))
    if kind == "d":
        node["t"] += frame.get("t", "")
        node["a"] += frame.get("a", "")
    if kind == "round":
        node["rounds"].append({name: node[name] for name in ("t", "a", "calls", "cited")})
        node |= {"t": "", "a": "", "calls": {}, "cited": []}
    if kind == "tool":
        node["calls"] = dict(enumerate(frame["calls"]))
    if kind == "call":
        before = {k: v for k, v in node["calls"].get(frame["index"], {}).items() if k != "progress"}
        node["calls"][frame["index"]] = before | frame["call"]
    node["sources"] += frame.get("items", [])
    node["m"] = frame.get("metrics", node["m"])
    node["boxes"] = frame.get("boxes", node["boxes"])
    node["notes"] = frame.get("notes") or node["notes"]
    node["ending"] = frame.get("ending")
    return node


def told(node: Node, frames: Any) -> Node:
    for frame in copy.deepcopy(frames):
        node = take(node, frame)
    return node


def kept_of(frames: Any, most: int = 2**20) -> KeptFrames:
    kept = KeptFrames(most)
    for frame in frames:
        kept.add(frame)
    return kept


@given(st.lists(FRAME, max_size=30), st.booleans(), st.sampled_from([0, 1, 4]))
def test_from_every_number_the_reply_becomes_the_same(frames: Any, ends: bool, tail: int) -> None:
    frames = [*frames, END] if ends else frames
    whole = told(begun(), frames)
    kept = kept_of(frames)
    for _ in range(max(0, len(kept._tail) - tail)):
        kept._tail.popleft()
    for number in range(len(frames) + 1):
        missing = kept.since(number)
        assert missing is not None
        numbers = [at for at, _ in missing]
        assert numbers in ([len(frames)], list(range(number + 1, len(frames) + 1)))
        seen = told(begun(), frames[:number])
        assert told(seen, [frame for _, frame in missing]) == whole
    assert kept.since(len(frames) + 1) is None


def test_a_short_absence_is_made_up_for_by_what_was_missed_and_a_long_one_by_one_frame() -> None:
    kept = kept_of({"k": "d", "a": "x"} for _ in range(1000))
    assert [frame for _, frame in kept.since(998) or ()] == [{"k": "d", "a": "x"}] * 2
    assert kept.since(0) == [(1000, {"k": "all", "frames": [{"k": "d", "a": "x" * 1000}]})]
    assert len(kept.since(1000 - TAIL_FRAMES) or ()) == TAIL_FRAMES


def test_what_became_too_much_keeps_its_end_alone() -> None:
    kept = kept_of([{"k": "d", "a": "x" * 100} for _ in range(1000)], most=50_000)
    assert kept.since(0) is None
    assert len(kept.since(990) or ()) == 10
    assert kept.size < 100_000


def test_a_thousand_replies_take_little_more_than_their_text() -> None:
    frames = [{"k": "d", "a": f"{word % 10} " * 2} for word in range(150)]
    frames += [{"k": "m", "metrics": {"seconds": 1.0, "model": "glm-4.6"}}, END]
    text = 150 * 4
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = [kept_of(frames) for _ in range(1000)]
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert len(kept) == 1000
    assert taken / 1000 < text + 6_000, "the 152 frames by themselves take 30 KB"
    assert taken / 1000 < 1.5 * kept[0].size, "what is counted is what is taken"


def test_keeping_frames_costs_time_in_proportion_to_them() -> None:
    def seconds(count: int) -> float:
        frames = [{"k": "d", "a": "word "} for _ in range(count)]
        best = float("inf")
        for _ in range(5):
            began = time.process_time()
            kept_of(frames)
            best = min(best, time.process_time() - began)
        return best

    assert seconds(40_000) < 40 * max(seconds(4_000), 0.002)


def test_progress_of_a_call_is_kept_once() -> None:
    call = {"k": "call", "index": 0}
    steps = itertools.chain(
        [{**call, "call": {"state": "running"}}],
        ({**call, "call": {"progress": {"done": n}}} for n in range(10_000)),
    )
    kept = kept_of(steps)
    assert kept.size < 80_000
    (_, frame) = (kept.since(0) or [])[0]
    assert [each["call"] for each in frame["frames"]] == [{"state": "running"}, {"progress": {"done": 9999}}]  # type: ignore[typeddict-item]
