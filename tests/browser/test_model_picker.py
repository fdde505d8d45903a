"""The chip in the composer that names the model, and the list behind it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.chat_page import answer_text, box
from tests.upstream import Upstream, openai_frames


def test_a_model_is_found_marked_left_and_taken_by_the_keys_alone(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Here."))
    chip = page.locator("#chat-tools .model-chip")
    expect(chip).to_have_text("GLM-4.6")
    gradio = page.locator("#chat-model input")
    before = gradio.input_value()
    panel = page.get_by_role("dialog", name="Choose a model")
    rows = panel.get_by_role("option")
    chip.press("Enter")
    search = panel.get_by_role("combobox")
    expect(search).to_be_focused()
    expect(panel.get_by_role("option", selected=True)).to_contain_text("picked now")
    inside = panel.get_by_role("listbox").bounding_box()
    heading = panel.get_by_role("group", name="GLM-4.6").locator(".suggestion-heading").bounding_box()
    row = panel.get_by_role("option", selected=True).bounding_box()
    assert inside
    assert heading
    assert row
    assert inside["y"] <= heading["y"]
    assert heading["y"] + heading["height"] <= row["y"]
    assert row["y"] + row["height"] <= inside["y"] + inside["height"]
    page.keyboard.type("5.3")
    expect(rows.first.locator(".suggestion-text > span").first).to_have_text("GLM-5.3")
    expect(rows.last).to_contain_text("as it is typed")
    search.fill("gateway anthropic")
    expect(rows.first).to_contain_text("needs a key")
    search.fill("")
    page.keyboard.type("5.3 openrouter")
    expect(rows.first).to_contain_text("GLM-5.3")
    expect(rows.first).to_contain_text("OpenRouter · 1M")
    name = rows.first.locator(".suggestion-text > span").first.inner_text()
    page.keyboard.press("Shift+Enter")
    expect(panel.get_by_role("group", name="Favourites").get_by_role("option")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(chip).to_be_focused()
    expect(gradio).to_have_value(before)
    chip.click()
    page.keyboard.type("bigmodel")
    expect(rows.first).to_contain_text("needs a key")
    box(page).click()
    expect(panel).to_have_count(0)
    expect(gradio).to_have_value(before)
    page.reload()
    expect(chip).to_have_text("GLM-4.6")
    chip.press("Enter")
    expect(rows.first).to_contain_text(name)
    expect(rows.first).to_contain_text("Favourite")
    page.keyboard.type(f"{name} openrouter")
    expect(rows.first).to_contain_text(name)
    page.keyboard.press("Enter")
    expect(gradio).to_have_value(f"{name} · OpenRouter")
    expect(chip).to_have_text(name)
    expect(box(page)).to_be_focused()
    page.keyboard.type("Hi")
    page.keyboard.press("Enter")
    expect(answer_text(page)).to_have_text("Here.")
    assert name.lower() in up.requests[0].json["model"]
    chip.press("Enter")
    page.keyboard.type("bigmodel glm-4-plus")
    page.keyboard.press("Enter")
    expect(page.locator("#api-key input")).to_be_focused()
    expect(gradio).to_have_value("GLM-4-Plus · BigModel")
