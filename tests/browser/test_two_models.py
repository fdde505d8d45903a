"""What is chosen beside the box: how the model thinks, and a second model that is asked the same at once."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.chat_page import answer_text, box, last, pick_model, wait_idle
from tests.upstream import Reply, Request, Upstream, openai_frames


def _both(request: Request) -> Reply:
    """The first model stops in the middle until it is released."""
    if request.json["model"] == "glm-4.5-air":
        return Reply(sse=openai_frames("", "Water boils at 90 degrees."))
    return Reply(sse=openai_frames("", ["Water boils ", "at 100 degrees."]), hold=(1,))


def test_thinking_and_a_second_model_are_chosen_where_the_question_is_typed(page: Page, up: Upstream) -> None:
    thinking = page.locator("#chat-tools .thinking-chip")
    panel = page.locator("#chat-thinking input")
    expect(thinking).to_have_text("Thinking")
    thinking.press("Enter")
    menu = page.get_by_role("menu", name="How the model thinks")
    expect(menu.get_by_role("menuitemradio", checked=True)).to_have_text("Thinking")
    expect(menu.get_by_role("menuitemradio", checked=True)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(thinking).to_have_text("No thinking")
    expect(panel).not_to_be_checked()
    expect(box(page)).to_be_focused()
    panel.check()
    expect(thinking).to_have_text("Thinking")
    pick_model(page, "GLM-5.3 · Z.ai")
    expect(thinking).to_have_text("Thinking: max")
    page.locator("#chat-effort").get_by_label("low").check()
    expect(thinking).to_have_accessible_name("Thinking: low. Change how the model thinks")
    thinking.click()
    menu.get_by_role("menuitemradio", name="Thinking: high").click()
    expect(page.locator("#chat-effort").get_by_label("high")).to_be_checked()

    up.script(_both)
    second = page.get_by_role("button", name="Ask another model too")
    models = page.get_by_role("dialog", name="Choose a model")
    second.click()
    page.keyboard.type("glm-4.5-air z.ai")
    page.keyboard.press("Enter")
    expect(page.locator("#chat-main .composer-note")).to_contain_text("Write the question first")
    assert not up.requests
    box(page).fill("When does water boil?")
    second.press("Enter")
    page.keyboard.type("glm-4.5-air z.ai")
    page.keyboard.press("Enter")
    expect(models).to_have_count(0)
    lanes = page.get_by_role("dialog", name="One question, two models").locator(".lane .answer")
    show = page.get_by_role("button", name="Show this one in the chat")
    expect(lanes).to_have_text(["Water boils", "Water boils at 90 degrees."])
    expect(show).to_be_disabled()
    up.release()
    expect(page.locator(".difference ins")).to_have_text("90")
    expect(lanes.first).to_have_text("Water boils at 100 degrees.")
    expect(show).to_be_enabled()
    asked = {request.json["model"]: request.json for request in up.requests}
    assert asked["glm-5.3"]["reasoning_effort"] == "high"
    assert [[m["content"] for m in body["messages"]] for body in asked.values()] == [
        ["When does water boil?"]
    ] * 2

    page.keyboard.press("Escape")
    wait_idle(page)
    expect(box(page)).to_have_value("")
    expect(answer_text(page)).to_have_text("Water boils at 100 degrees.")
    expect(last(page).locator(".branches")).to_have_text("1/2")
    last(page).get_by_label("Next version").click()
    expect(answer_text(page)).to_have_text("Water boils at 90 degrees.")
