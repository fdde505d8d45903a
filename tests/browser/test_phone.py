"""The page on a telephone."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat_page import answer_text, box
from tests.browser.conftest import App
from tests.browser.conversation_page import open_row, rows
from tests.browser.multimodal_page import answer, open_tab
from tests.browser.test_models import detail, lines, open_models
from tests.upstream import Upstream, openai_frames

Open = Callable[..., Page]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def test_on_a_phone_the_composer_is_in_sight_and_nothing_scrolls_sideways(
    open_page: Open, demo_app: App
) -> None:
    page = open_page(demo_app.url, **PHONE)
    expect(box(page)).to_be_in_viewport()
    for what in (
        page.get_by_role("heading", name="Ask a GLM model"),
        page.locator(".demo-note :is(a, button)").last,
    ):
        expect(what).to_be_in_viewport(ratio=1)
    expect(page.locator("#chat-side")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#side-toggle").click()
    expect(page.locator("#chat-model")).to_be_in_viewport()


def test_on_a_phone_a_finger_meets_every_button_below_the_box(open_page: Open, demo_app: App) -> None:
    page = open_page(demo_app.url, **PHONE)
    for tab, menu in (("chat", "Attach files"), ("mm", "More")):
        page.get_by_role("tab").nth(int(tab == "mm")).tap()
        bar = page.locator(f"#{tab}-tools .composer-bar")
        expect(bar.locator(".thinking-chip")).to_be_visible()
        button = bar.get_by_label(menu, exact=True)
        expect(button).to_be_visible()
        places = page.locator(f"#{tab}-tools button:visible, #{tab}-input .submit-button").evaluate_all(
            "all => all.map((each) => each.getBoundingClientRect().toJSON()).sort((a, b) => a.left - b.left)"
        )
        assert all(place["width"] >= 44 and place["height"] >= 44 for place in places)
        assert all(a["right"] <= b["left"] for a, b in pairwise(places))
        button.tap()
        page.get_by_role("menuitem", name="Ask another model too").tap()
        models = page.get_by_role("dialog", name="Choose a model")
        expect(models).to_be_in_viewport(ratio=1)
        page.keyboard.press("Escape")
        expect(models).to_have_count(0)
        expect(button).to_be_focused()


def test_on_a_phone_a_finger_picks_marks_and_leaves_a_model(
    open_page: Open, shared_app: App, up: Upstream
) -> None:
    up.reply(sse=openai_frames("", "Here."))
    page = open_page(shared_app.url, **PHONE)
    chip = page.locator("#chat-tools .model-chip")
    panel = page.get_by_role("dialog", name="Choose a model")
    chip.tap()
    expect(panel).to_be_in_viewport(ratio=1)
    other = panel.get_by_role("group", name="GLM-5.3", exact=True).get_by_role("option").first
    other.scroll_into_view_if_needed()
    star = other.locator(".model-star")
    place = star.bounding_box()
    assert place
    assert min(place["width"], place["height"]) >= 44
    star.tap()
    expect(panel.get_by_role("group", name="Favourites").get_by_role("option")).to_have_count(1)
    expect(panel).to_be_visible()
    panel.get_by_role("group", name="Favourites").get_by_role("option").tap()
    expect(panel).to_have_count(0)
    expect(chip).to_have_text("GLM-5.3")
    chip.tap()
    expect(panel).to_be_visible()
    page.touchscreen.tap(195, 100)  # beside it: nothing changes
    expect(panel).to_have_count(0)
    expect(chip).to_have_text("GLM-5.3")
    box(page).fill("Who are you?")
    page.locator("#chat-input .submit-button").tap()
    expect(answer_text(page)).to_have_text("Here.")
    assert up.requests[-1].json["model"] == "glm-5.3"


@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
@pytest.mark.parametrize("touch", [False, True])
def test_at_320_px_the_tabs_stand_beside_the_bar_and_the_models_name_is_whole(
    open_page: Open, demo_app: App, language: str, touch: bool
) -> None:
    page = open_page(demo_app.url, viewport={"width": 320, "height": 640}, has_touch=touch, locale=language)
    page.get_by_role("tab").nth(1).click()
    name = page.locator("#mm-tools .model-chip .chip-name")
    expect(name).to_have_text("GLM-4.5V")
    assert name.evaluate("(name) => name.scrollWidth <= name.clientWidth")
    right = page.get_by_role("tab").last.evaluate("(tab) => tab.getBoundingClientRect().right")
    assert right <= page.locator("#bar-state .dot").evaluate("(dot) => dot.getBoundingClientRect().left")
    assert page.locator(".bar-language").evaluate("(each) => each.getBoundingClientRect().right") <= 320


def test_on_a_touch_screen_enter_breaks_the_line(open_page: Open, shared_app: App, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "ok"))
    page = open_page(shared_app.url, **PHONE)
    box(page).tap()
    page.keyboard.type("one")
    page.keyboard.press("Enter")
    page.keyboard.type("two")
    expect(box(page)).to_have_value("one\ntwo")
    page.locator("#chat-input .submit-button").tap()
    expect(answer_text(page)).to_have_text("ok")
    assert up.requests[0].json["messages"][-1]["content"] == "one\ntwo"


def test_on_a_phone_the_drawers_menu_renames_and_deletes(
    page_with: Open,
) -> None:
    page = page_with({"title": "one"}, {"title": "two", "ago": 1000}, **PHONE)
    toggle = page.locator("#side-toggle")
    expect(toggle).to_have_attribute("aria-expanded", "false")
    toggle.tap()
    expect(toggle).to_have_attribute("aria-expanded", "true")
    page.locator("#chat-list .list-more").first.tap()
    page.get_by_role("menuitem", name="Rename").tap()
    page.locator(".list-rename").fill("renamed")
    page.keyboard.press("Enter")
    expect(page.locator("#chat-list .list-title")).to_have_text(["renamed", "two"])
    page.locator("#chat-list .list-more").first.tap()
    page.get_by_role("menuitem", name="Delete").tap()
    undo = page.locator("#chat-list .list-note").get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    note, model = (page.locator(at).bounding_box() for at in ("#chat-list .list-note", "#chat-model"))
    assert note
    assert model
    assert note["y"] + note["height"] <= model["y"]
    undo.tap()
    expect(page.locator("#chat-list .list-title")).to_have_text(["renamed", "two"])


def test_on_a_phone_the_list_folds_away_and_every_button_is_large_enough(page_with: Open) -> None:
    page = page_with({"title": "one"}, {"title": "two"}, **PHONE)
    page.locator("#side-toggle").click()
    expect(rows(page)).to_have_count(2)
    for button in rows(page).locator("button").all():
        size = button.bounding_box()
        assert size
        assert size["height"] >= 40
        assert size["width"] >= 40
    open_row(page, "one")
    expect(page.locator("#chat-log .bubble")).to_have_text("one")
    expect(rows(page).first).to_be_hidden()


def test_a_phone_shows_cards_and_scrolls_one_way(open_page: Open, shared_app: App) -> None:
    page = open_page(shared_app.url, **PHONE)
    open_models(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    card = lines(page).nth(3).bounding_box()
    assert card
    assert card["width"] <= 390
    lines(page).nth(3).click()
    expect(detail(page).locator("h2")).to_be_in_viewport()


TOPS = "all => all.map((at) => document.querySelector(at).getBoundingClientRect().top)"
"""All at one moment: the page scrolls with a reply that comes in."""


def test_on_a_phone_it_is_one_column_in_working_order(open_page: Open, demo_app: App) -> None:
    page = open_page(demo_app.url, **PHONE)
    open_tab(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    tops = page.evaluate(TOPS, ["#mm-model", "#mm-files", "#mm-plan", "#mm-input", "#mm-stage"])
    assert tops == sorted(tops)
    page.locator(".mm-example").first.click()
    expect(answer(page)).to_contain_text("pixels")
    tops = page.evaluate(TOPS, ["#mm-grounding", "#mm-thinking", "#mm-answer"])
    assert tops == sorted(tops)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
