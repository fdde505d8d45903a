"""A person's day on one page: tasks of docs/people.md by finger on a phone, and in Chinese by the keys alone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.conftest import App, firefox
from tests.browser.hands import Finger, Hands, Keys
from tests.browser.tasks import TASKS
from tests.browser.test_phone import PHONE
from tests.upstream import Upstream

Open = Callable[..., Page]

NOT_IN_FIREFOX = {(20,), (23,)}
"""It tells the driver of no download, and takes no paste that holds a file from a script."""


def does_all(hands: Hands, up: Upstream) -> None:
    for numbers, task in TASKS.items():
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
    does_all(finger, up)
    assert not finger.small, "\n".join(sorted(finger.small))


def test_a_day_in_chinese_with_the_keys_alone(open_page: Open, shared_app: App, up: Upstream) -> None:
    keys = Keys(open_page(f"{shared_app.url}?lang=zh", color_scheme="light"), "zh")
    does_all(keys, up)
    assert not keys.lost, "\n".join(keys.lost)
