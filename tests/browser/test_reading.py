"""What a reader does with an answer: copies it and its tables in the form that another program takes."""

# ruff: noqa: E501 (scripts of the page)
from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import cast

from playwright.sync_api import Page, expect

from tests.browser.chat_page import answer_text, ask, last, wait_idle
from tests.browser.conversation_page import open_row
from tests.browser.downloads import saving
from tests.upstream import Reply, Upstream, openai_frames

ANSWER = r"""The **cities** of [a list](https://example.org/list)[^1]:

| City | People | Note |
|:-----|-------:|------|
| Delhi | 33,807,000 | grows, "fast" |
| Shanghai | 29,868,000 | a \| pipe, `x\|y` and $e^x$ |

1. first
   - [x] done
2. second

```python
print("a")
```

[^1]: Of 2024.
"""
CLIPBOARD = """async () => {
  const [item] = await navigator.clipboard.read();
  const forms = item.types.map(async (type) => [type, await (await item.getType(type)).text()]);
  return Object.fromEntries(await Promise.all(forms));
}"""


def copied(page: Page) -> dict[str, str]:
    """What is on the clipboard, by its type."""
    return cast(dict[str, str], page.evaluate(CLIPBOARD))


def choose(page: Page, button: str, item: str) -> None:
    """From the menu of the last answer or of its table, and waits until it is said that it is done."""
    page.evaluate("document.querySelector('body > .off-screen[role=status]')?.replaceChildren()")
    page.locator(f"#chat-log {button}").last.click()
    page.get_by_role("menuitem", name=item, exact=True).click()
    expect(page.locator("body > .off-screen[role=status]")).to_have_text("Copied")


def test_an_answer_and_its_table_are_copied_as_other_programs_take_them(
    page_with: Callable[..., Page],
) -> None:
    page = page_with({"title": "Cities", "answer": ANSWER}, permissions=["clipboard-read", "clipboard-write"])
    open_row(page, "Cities")
    expect(page.locator("#chat-log .katex")).to_have_count(1)
    table = page.locator("#chat-log .md-table-box")
    ends = "box => [box, box.querySelector('table')].map((each) => Math.round(each.getBoundingClientRect().bottom))"
    assert len(set(table.evaluate(ends))) == 1  # the button takes no room below it

    choose(page, "[data-table]", "Copy as CSV")
    assert copied(page) == {
        "text/plain": 'City,People,Note\r\nDelhi,"33,807,000","grows, ""fast"""\r\n'
        'Shanghai,"29,868,000","a | pipe, x|y and e^x"'
    }
    choose(page, "[data-table]", "Copy as Markdown")
    assert copied(page)["text/plain"].splitlines()[1:] == [
        "| :--- | ---: | --- |",
        '| Delhi | 33,807,000 | grows, "fast" |',
        r"| Shanghai | 29,868,000 | a \| pipe, `x\|y` and $e^x$ |",
    ]
    choose(page, "[data-table]", "Copy with formatting")
    assert (
        '<td style="border:1px solid #bbb;padding:4px 8px;text-align:right">33,807,000</td>'
        in copied(page)["text/html"]
    )
    assert copied(page)["text/plain"].startswith("City\tPeople\tNote\nDelhi\t33,807,000\t")

    choose(page, "[data-answer]", "Copy as plain text")
    plain = copied(page)
    assert plain == {
        "text/plain": 'The cities of a list (https://example.org/list)[1]:\n\nCity\tPeople\tNote\nDelhi\t33,807,000\tgrows, "fast"\n'
        "Shanghai\t29,868,000\ta | pipe, x|y and e^x\n\n"
        '1. first\n   ☑ done\n2. second\n\nprint("a")\n\n[1] Of 2024.'
    }
    choose(page, "[data-answer]", "Copy with formatting")
    both = copied(page)
    assert both["text/plain"] == plain["text/plain"]
    assert "<strong>cities</strong>" in both["text/html"]
    assert '<code>print("a")</code></pre>' in both["text/html"]
    assert not {"<button", "class=", "katex"} & {
        each for each in ("<button", "class=", "katex") if each in both["text/html"]
    }


QUESTION = "\n".join(f"Line {n} of the question" for n in range(90)) + "\nOnly the end has a HAYSTACK"
CODE = "\n".join(f"x{n} = {n}" for n in range(90)) + "\nneedle_at_the_end = 1"
LONG = "\n\n".join(f"Paragraph {n} has a **need**le." for n in range(40)) + f"\n\n```python\n{CODE}\n```"
IN_SIGHT = """() => {
  const [range] = CSS.highlights.get("glm-find-now");
  const at = range.getBoundingClientRect();
  const log = document.querySelector("#chat-log glm-log").getBoundingClientRect();
  return at.height > 0 && at.top >= log.top && at.bottom <= log.bottom && String(range);
}"""


def test_words_are_found_in_a_conversation(page_with: Callable[..., Page]) -> None:
    page = page_with({"title": QUESTION, "answer": LONG})
    open_row(page, "Line 0")
    count = page.locator(".find-count")
    page.locator("#chat-log [data-answer]").click()
    page.get_by_role("menuitem", name="Find in this conversation").click()
    looking = page.get_by_role("searchbox", name="Find in this conversation")
    expect(looking).to_be_focused()

    page.keyboard.type("NEEDLE")
    expect(count).to_have_text(re.compile(r"^\d+ of 41$"))
    page.wait_for_function(IN_SIGHT)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_function(IN_SIGHT)
    page.keyboard.press("Shift+Enter")
    page.wait_for_function(IN_SIGHT)

    looking.fill("haystack")
    expect(count).to_have_text("1 of 1")
    page.wait_for_function(IN_SIGHT)
    looking.fill("not there")
    expect(count).to_have_text("Not found")
    assert page.evaluate("CSS.highlights.size") == 0

    page.keyboard.press("Escape")
    expect(looking).to_be_hidden()
    page.keyboard.press("Control+Shift+f")
    expect(looking).to_be_focused()


def test_another_model_answers_beside_the_first(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Water boils at 100 degrees."))
    ask(page, "When does water boil?")
    wait_idle(page)
    up.forget()
    up.reply(sse=openai_frames("", "Water boils at 90 degrees."))
    page.locator("#chat-log [data-answer]").click()
    page.get_by_role("menuitem", name="Ask another model…").click()
    models = page.get_by_role("dialog", name="Choose a model")
    expect(models.get_by_role("combobox")).to_be_focused()
    expect(models.get_by_role("option", selected=True)).to_contain_text("picked now")
    expect(models.locator(".model-hint")).to_contain_text("It costs what a question costs there.")
    page.keyboard.type("5.3 bigmodel")
    page.keyboard.press("Enter")
    expect(models.locator(".model-hint")).to_contain_text("That model needs a key.")
    page.keyboard.press("Escape")
    expect(models).to_have_count(0)
    expect(page.locator("#chat-log [data-answer]")).to_be_focused()
    assert not up.requests

    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Ask another model…").press("Enter")
    expect(models.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("glm-4.5-air z.ai")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="One question, two models")
    expect(dialog.locator(".difference del")).to_have_text("100")
    expect(dialog.locator(".difference ins")).to_have_text("90")
    assert len(up.requests) == 1
    asked = up.requests[-1].json
    assert asked["model"] == "glm-4.5-air"
    assert [message["content"] for message in asked["messages"]] == ["When does water boil?"]
    expect(answer_text(page)).to_have_text("Water boils at 100 degrees.")

    chip = dialog.locator(".model-chip")
    chip.press("Enter")
    page.keyboard.press("Escape")
    expect(models).to_have_count(0)
    expect(chip).to_be_focused()
    chip.press("Enter")
    page.keyboard.type("glm-4.7 z.ai")
    page.keyboard.press("Enter")
    up.wait_requests(2)  # the answer before said the same
    expect(dialog.locator(".difference ins")).to_have_text("90")
    assert [request.json["model"] for request in up.requests] == ["glm-4.5-air", "glm-4.7"]
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator("#chat-log [data-answer]")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Ask another model…").click()
    expect(models.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("glm-4.5-air z.ai")
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Keep as a version").click()
    expect(answer_text(page)).to_have_text("Water boils at 90 degrees.")
    expect(last(page).locator(".branches")).to_have_text("2/2")
    last(page).get_by_label("Previous version").click()
    expect(answer_text(page)).to_have_text("Water boils at 100 degrees.")


def test_a_conversation_is_printed_whole_and_alone(page_with: Callable[..., Page]) -> None:
    page = page_with({"title": QUESTION, "answer": LONG}, color_scheme="dark")
    open_row(page, "Line 0")
    expect(page.locator("#chat-log .show-all")).to_have_text(re.compile("Show all"))
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    pages = page.locator("glm-print")
    expect(pages).to_be_visible()
    expect(page.locator("gradio-app, .gradio-container").first).to_be_hidden()
    text = pages.inner_text()
    assert {"HAYSTACK", "Paragraph 39", "needle_at_the_end = 1"} <= {
        each for each in ("HAYSTACK", "Paragraph 39", "needle_at_the_end = 1") if each in text
    }
    assert pages.locator("button").count() == 0
    assert pages.evaluate("(pages) => document.documentElement.scrollHeight >= pages.scrollHeight")
    assert (
        pages.evaluate("(pages) => getComputedStyle(pages.querySelector('.answer')).color")
        == "rgb(28, 29, 33)"
    )
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(pages).to_have_count(0)
    expect(page.locator("#chat-log .show-all")).to_have_text(re.compile("Show all"))


SPEAKS = """() => {
  const spoken = [];
  const voice = (lang, name) => ({ lang, name, default: false, localService: true });
  const all = [voice("en-US", "Ann"), voice("zh-CN", "Li")];
  let coming = null;
  const synthesis = {
    getVoices: () => all,
    speak: (utterance) => (spoken.push([utterance.text, utterance.voice?.name]), (coming = utterance)),
    cancel: () => (coming?.onerror?.({ error: "canceled" }), (coming = null)),
  };
  const next = () => coming.onend();
  Object.defineProperty(window, "speechSynthesis", { value: synthesis });
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
  Object.assign(window, { spoken, next, isSpeaking: () => Boolean(coming) });
}"""
"""A browser with two voices, which speaks as long as a test wants."""
TO_SAY = """## Boiling **water**

It [boils](https://example.org) at 100 °C[^1], so $e^x$ is left out. It costs 3.5 minutes!

```python
print("never said")
```

水在一百度沸腾。真的吗？

[^1]: Not said.
"""


def test_an_answer_is_read_aloud_until_it_is_stopped(page_with: Callable[..., Page]) -> None:
    page = page_with({"title": "Water", "answer": TO_SAY}, {"title": "Other", "answer": "Short."})
    answer = page.locator("#chat-log [data-answer]")
    item = page.get_by_role("menuitem", name="Read aloud")
    stop = page.get_by_role("menuitem", name="Stop reading")

    def read_first() -> None:
        open_row(page, "Water")
        expect(page.locator("#chat-log .answer h2")).to_be_visible()
        answer.click()
        item.click()
        page.wait_for_function("isSpeaking()")

    open_row(page, "Water")
    answer.click()
    expect(page.get_by_role("menuitem", name="Copy as plain text")).to_be_visible()
    expect(item).to_have_count(0)  # no voices
    page.keyboard.press("Escape")
    page.evaluate(SPEAKS)

    read_first()
    for _ in range(6):
        page.evaluate("next()")
        page.evaluate("new Promise((done) => setTimeout(done))")
    assert page.evaluate("spoken") == [
        ["Boiling water", "Ann"],
        ["It boils at 100 °C, so is left out.", "Ann"],
        ["It costs 3.5 minutes!", "Ann"],
        ["code", "Ann"],
        ["水在一百度沸腾。", "Li"],
        ["真的吗？", "Li"],
    ]
    answer.click()
    expect(item).to_be_visible()  # it is over
    page.keyboard.press("Escape")

    read_first()
    page.keyboard.press("Escape")
    assert not page.evaluate("isSpeaking()")
    read_first()
    answer.click()
    stop.click()
    assert not page.evaluate("isSpeaking()")
    read_first()
    open_row(page, "Other")
    page.wait_for_function("!isSpeaking()")


def test_an_answer_is_saved_as_one_web_page_with_its_question_alone(
    page: Page, up: Upstream, tmp_path: Path
) -> None:
    up.reply(
        Reply(sse=openai_frames("", "First words.")),
        Reply(sse=openai_frames("", "Second **words**.\n\n<script>window.ran = 1</script>")),
    )
    ask(page, "First?")
    wait_idle(page)
    ask(page, "Second?")
    wait_idle(page)
    page.locator("#chat-log [data-answer]").last.click()
    with saving(page) as file:
        page.get_by_role("menuitem", name="Save as a web page (HTML)").click()
    assert file.name == "First.html"
    kept = tmp_path / "answer.html"
    kept.write_bytes(file.data)
    reader = page.context.new_page()
    asked: list[str] = []
    reader.on("request", lambda request: asked.append(request.url))
    reader.goto(kept.as_uri())
    expect(reader.locator("article")).to_have_count(2)
    expect(reader.locator("article.user")).to_contain_text("Second?")
    expect(reader.locator("article.assistant strong")).to_have_text("words")
    assert reader.evaluate("window.ran") is None
    assert asked == [kept.as_uri()]
