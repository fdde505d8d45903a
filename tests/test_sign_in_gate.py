"""The brake on guessing passwords."""

from __future__ import annotations

import pytest

from glm_ui.errors import TooOften
from glm_ui.serving import sign_in_gate
from glm_ui.serving.sign_in_gate import LEFT_OPEN, WITHIN, WRONG, Guesses


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_wrong_password_counts_for_ten_minutes_and_a_right_one_never() -> None:
    clock = Clock()
    guesses = Guesses(clock)
    for _ in range(5 * WRONG):
        guesses.begin("ann's house")
        guesses.was_right("ann's house")
    for _ in range(WRONG):
        guesses.begin("guesser")
        clock.now += 1.0
    with pytest.raises(TooOften, match="Wait 10 min, then sign in") as slowed:
        guesses.begin("guesser")
    assert slowed.value.status == 429
    assert slowed.value.retry_after == WITHIN - WRONG
    guesses.begin("somebody else")
    clock.now = WITHIN + 0.5
    guesses.begin("guesser")
    with pytest.raises(TooOften, match="Wait 1 min, then"):
        guesses.begin("guesser")


def test_guesses_at_the_same_time_are_all_counted() -> None:
    guesses = Guesses(Clock())
    for _ in range(WRONG):  # none of them has been answered yet
        guesses.begin("guesser")
    with pytest.raises(TooOften):
        guesses.begin("guesser")


def test_many_addresses_take_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in_gate, "MAX_ADDRESSES", 100)
    guesses = Guesses(Clock())
    for number in range(1_000):
        guesses.begin(f"address {number}")
    assert len(guesses._wrong) <= 100


@pytest.mark.parametrize(
    "path", ["/gradio_api/heartbeat/abc", "/gradio_api/cancel", "/gradio_api/cancel/", "/gradio_api/reset"]
)
def test_what_gradio_leaves_open_is_listed(path: str) -> None:
    assert LEFT_OPEN.fullmatch(path)
    assert not LEFT_OPEN.fullmatch("/gradio_api/app_id")
