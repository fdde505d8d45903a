"""What nobody fetches is forgotten, and whoever reads is left alone."""

from __future__ import annotations

from asyncio import Queue as Mailbox
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest

from glm_ui.ui.gradio.mailboxes import MOST, PATIENCE, Mailboxes


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gradio() -> Any:
    lanes: dict[str, Any] = defaultdict(lambda: SimpleNamespace(queue=[]))
    return SimpleNamespace(
        pending_event_ids_session={}, event_ids_to_events={}, event_queue_per_concurrency_id=lanes
    )


@pytest.fixture
def boxes(gradio: Any, clock: Clock) -> Mailboxes:
    return Mailboxes(gradio, clock)


def call(boxes: Mailboxes, gradio: Any, session: str, *messages: object) -> Any:
    """Its event. The messages stay unread."""
    boxes[session] = Mailbox()
    event = SimpleNamespace(alive=True, concurrency_id="chat")
    gradio.pending_event_ids_session[session] = {f"event-of-{session}"}
    gradio.event_ids_to_events[f"event-of-{session}"] = event
    for message in messages:
        boxes[session].put_nowait(message)
    return event


def test_who_never_comes_is_forgotten_and_the_run_ended(boxes: Mailboxes, gradio: Any, clock: Clock) -> None:
    event = call(boxes, gradio, "gone", object())
    boxes["another"] = Mailbox()
    clock.now += PATIENCE + 1
    boxes["a third"] = Mailbox()
    assert "gone" not in boxes
    assert not event.alive
    assert "gone" not in gradio.pending_event_ids_session


def test_a_call_that_still_waits_for_its_turn_leaves_the_queue(
    boxes: Mailboxes, gradio: Any, clock: Clock
) -> None:
    event = call(boxes, gradio, "gone", object())
    gradio.event_queue_per_concurrency_id["chat"].queue.append(event)
    boxes["another"] = Mailbox()
    clock.now += PATIENCE + 1
    boxes["a third"] = Mailbox()
    assert gradio.event_queue_per_concurrency_id["chat"].queue == []
    assert gradio.event_ids_to_events == {}


def test_who_reads_stays_however_much_is_waiting(boxes: Mailboxes, gradio: Any, clock: Clock) -> None:
    event = call(boxes, gradio, "reader", *range(1000))
    for number in range(20):
        boxes[f"call {number}"] = Mailbox()
        boxes["reader"].get_nowait()
        clock.now += PATIENCE - 1
    assert "reader" in boxes
    assert event.alive


def test_who_has_nothing_waiting_stays_however_long(boxes: Mailboxes, gradio: Any, clock: Clock) -> None:
    event = call(boxes, gradio, "slow model")
    for number in range(5):
        boxes[f"call {number}"] = Mailbox()
        clock.now += PATIENCE + 1
    assert "slow model" in boxes
    assert event.alive


def test_a_flood_keeps_its_newest(boxes: Mailboxes, gradio: Any, clock: Clock) -> None:
    for number in range(MOST * 4):
        call(boxes, gradio, f"flood {number}", object())
        clock.now += 0.01
    assert sum(bool(box.qsize()) for box in boxes.values()) <= MOST + 1
    assert f"flood {MOST * 4 - 1}" in boxes
    assert "flood 0" not in boxes
