"""A person's day on one page: tasks of docs/people.md by finger on a phone, and in Chinese by the keys alone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.conftest import App, firefox
from tests.browser.hands import Finger, Hands, Keys
from tests.browser.tasks import TASKS, Task
from tests.browser.tasks_settings import INPUT_METHOD, SETTINGS, tries_without_a_key
from tests.browser.test_phone import PHONE
from tests.upstream import Upstream

Open = Callable[..., Page]
BY_FINGER: dict[tuple[int, ...], Task] = TASKS | SETTINGS
BY_KEYS: dict[tuple[int, ...], Task] = BY_FINGER | INPUT_METHOD
IN_THE_DEMO = (1,)
"""Of docs/people.md: it has an app of its own."""
NOT_IN_FIREFOX = {(16,)}
"""Its driver has no input method."""


def does_all(tasks: dict[tuple[int, ...], Task], hands: Hands, up: Upstream) -> None:
    for numbers, task in tasks.items():
        if firefox() and numbers in NOT_IN_FIREFOX:
            continue
        up.forget()
        try:
            task(hands, up)
        except BaseException as failed:
            failed.add_note(f"Task {numbers} of docs/people.md: {task.__name__}")
            raise
        hands.page.evaluate("GLM.chat.fresh()")


def test_a_day_on_a_phone_with_a_finger(open_page: Open, shared_app: App, up: Upstream) -> None:
    finger = Finger(open_page(shared_app.url, color_scheme="light", **PHONE))
    does_all(BY_FINGER, finger, up)
    assert not finger.small, "\n".join(sorted(finger.small))


def test_a_day_in_chinese_with_the_keys_alone(open_page: Open, shared_app: App, up: Upstream) -> None:
    keys = Keys(open_page(f"{shared_app.url}?lang=zh", color_scheme="light"), "zh")
    does_all(BY_KEYS, keys, up)
    assert not keys.lost, "\n".join(keys.lost)


def test_the_demo_is_tried_with_a_finger_and_with_the_keys_alone(open_page: Open, demo_app: App) -> None:
    finger = Finger(open_page(demo_app.url, color_scheme="light", **PHONE))
    keys = Keys(open_page(f"{demo_app.url}?lang=zh", color_scheme="light"), "zh")
    for hands in (finger, keys):
        hands.page.bring_to_front()
        tries_without_a_key(hands)
    assert not finger.small, "\n".join(sorted(finger.small))
    assert not keys.lost, "\n".join(keys.lost)
