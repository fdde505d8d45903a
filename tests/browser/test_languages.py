"""The page in Chinese: by the browser's language, by link, by the switch."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import KEY, App
from tests.upstream import Reply, Upstream

Open = Callable[..., Page]

NAMES = re.compile(
    r"GLM[\w.-]*|Top-p|English|API|Z\.ai|Token|tok/s|ID|JSON|Python|Markdown|https?://\S+|[\w-]*glm[\w.:/-]*",
    re.I,
)
"""What stays as it is in any language."""


TOLD = """() => {
  const others = "code, pre, script, style, textarea, [lang=en], .answer, .thinking-body, .bubble, .list-open";
  const isSeen = (each) => each.checkVisibility({ checkVisibilityCSS: true }) && !each.closest(others);
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const NAMES = ["title", "aria-label", "placeholder", "alt"];
  const told = [];
  while (walk.nextNode()) if (isSeen(walk.currentNode.parentElement)) told.push(walk.currentNode.data);
  for (const each of document.body.querySelectorAll("[title], [aria-label], [placeholder], [alt]"))
    if (isSeen(each)) for (const { name, value } of each.attributes) if (NAMES.includes(name)) told.push(value);
  return told.filter(Boolean);
}"""
"""What stands on the page, as text or as the name of something; not what models and people wrote."""
SENTENCE = re.compile(r"[a-z][a-z']+(?: [a-z][a-z']+){2}", re.I)
PRODUCTS = re.compile(r"Z\.ai Coding Plan( \(Anthropic API\))?|Z\.ai \(Anthropic API\)|Hugging Face[\w ]*")


def sentences(page: Page) -> list[str]:
    """English of three words and more, names of products aside."""
    told = page.evaluate(TOLD)
    return sorted({text.strip() for text in told if SENTENCE.search(PRODUCTS.sub("", text))})


def english(text: str) -> list[str]:
    """Words of a Chinese page that nobody translated."""
    return re.findall(r"[A-Za-z]{3,}", NAMES.sub("", text))


def test_a_chinese_browser_gets_a_chinese_page(open_page: Open, demo_app: App) -> None:
    page = open_page(demo_app.url, locale="zh-CN")
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    expect(page.locator("#chat-facts")).to_contain_text("窗口")
    assert english(page.locator("body").inner_text()) == []
    page.locator("#chat-more > button").click()
    expect(page.locator("#chat-temperature")).to_contain_text("越高越多样")
    assert english(page.locator("#chat-side").inner_text()) == []

    page.get_by_role("tab", name="多模态").click()
    expect(page.locator(".mm-example").first).to_contain_text("计数与定位")
    assert english(page.locator("#mm-in").inner_text()) == []
    page.get_by_role("tab", name="模型").click()
    expect(page.get_by_placeholder("搜索模型")).to_be_visible()
    page.get_by_role("button", name="名称与别名").click()
    expect(page.get_by_placeholder("搜索名称、模型和")).to_be_visible()

    page.get_by_role("tab", name="聊天").click()
    model = page.locator("#chat-model input")
    expect(model).to_have_value(re.compile("GLM.* · 离线演示"))
    model.click()
    row = page.locator("#chat-model ul[role=listbox] li").first
    said = "row => ['::before', '::after'].map((part) => getComputedStyle(row, part).content)"
    assert [
        bool(re.search(word, text))
        for word, text in zip(("离线演示", "思考"), row.evaluate(said), strict=True)
    ] == [True] * 2
    row.click()
    expect(page.locator("#chat-tools .model-chip")).to_have_attribute("aria-label", re.compile("离线演示"))

    page.locator("#chat-input textarea").fill("天空为什么是蓝色的？")
    page.keyboard.press("Enter")
    expect(page.locator(".turn.assistant")).to_contain_text("思考用时")
    # The speed stands beside it unless the machine was so busy that all came at once.
    expect(page.locator(".turn.assistant .metrics")).to_contain_text(re.compile(r"\d\.\d\d 秒.* 输入.* 输出"))
    expect(page.locator(".turn.assistant .metrics, .turn.assistant footer").first).to_be_visible()
    assert page.locator(".turn.assistant").inner_text().count("演示") == 1  # the answer says so itself
    page.get_by_role("button", name="English").click()
    expect(page.locator("#chat-input textarea")).to_have_attribute("placeholder", "Message")
    assert page.locator("html").get_attribute("lang") == "en"


def test_a_link_and_the_switch_choose_the_language(open_page: Open, demo_app: App) -> None:
    page = open_page(f"{demo_app.url}?lang=zh")
    page.set_viewport_size({"width": 390, "height": 844})
    for name in ("聊天", "多模态", "模型"):
        expect(page.get_by_role("tab", name=name)).to_be_visible()
    page.get_by_role("tab", name="多模态").click()
    expect(page.locator("#mm-input textarea")).to_have_attribute("placeholder", "就此提问")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("tab", name="Multimodal")).to_be_visible()
    page.get_by_role("button", name="简体中文").click()
    expect(page.get_by_role("tab", name="多模态")).to_be_visible()
    page.reload()
    expect(page.get_by_role("tab", name="多模态")).to_be_visible()


def test_an_error_is_said_in_the_language_of_the_page(open_page: Open, shared_app: App, up: Upstream) -> None:
    up.script(lambda _: Reply(status=429, body={"error": {"code": "1113", "message": "x"}}))
    page = open_page(f"{shared_app.url}?lang=zh")
    page.locator("#chat-input textarea").fill("你好")
    page.keyboard.press("Enter")
    expect(page.locator(".turn.assistant")).to_contain_text("账户余额不足")
    assert KEY not in page.content()


def test_every_panel_of_a_chinese_page_is_chinese(open_page: Open, demo_app: App) -> None:
    page = open_page(demo_app.url, locale="zh-CN")
    bar = page.locator("#chat-tools")
    box = page.locator("#chat-input textarea")
    page.locator("#chat-more > button").click()
    bar.locator(".tools-button").click()
    expect(page.locator(".tools-row").first).to_be_visible()
    assert sentences(page) == []
    page.keyboard.press("Escape")
    bar.locator(".model-chip").click()
    expect(page.locator(".model-panel .suggestion").first).to_be_visible()
    assert sentences(page) == []
    page.keyboard.press("Escape")
    bar.locator(".thinking-chip").click()
    expect(page.get_by_role("menuitemradio")).to_have_count(2)
    assert sentences(page) == []
    page.keyboard.press("Escape")
    box.fill("/")
    expect(page.locator(".suggestions [role=option]").last).to_be_visible()
    assert sentences(page) == []
    page.locator(".suggestions [role=option]").last.click()
    expect(page.locator("dialog.prompts")).to_be_visible()
    assert sentences(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("dialog.prompts")).to_have_count(0)

    box.fill("为什么？")
    box.press("Enter")
    expect(page.locator("#chat-log .turn.assistant:not(.live)")).to_be_visible()
    page.locator("#chat-log [data-answer]").click()
    expect(page.get_by_role("menuitem").first).to_be_visible()
    assert sentences(page) == []
    page.get_by_role("menuitem", name="询问其他模型").click()
    expect(page.locator(".model-panel")).to_be_visible()
    assert sentences(page) == []
    page.keyboard.type("glm-4.5 z.ai")
    page.keyboard.press("Enter")
    expect(page.locator(".model-hint")).to_contain_text("需要密钥")
    page.locator(".model-panel").get_by_role("combobox").fill("离线演示")
    page.keyboard.press("Enter")
    expect(page.locator("dialog.other-answer")).to_be_visible()
    assert sentences(page) == []
    page.keyboard.press("Escape")
    page.locator("#chat-list .list-more").first.click()
    expect(page.get_by_role("menuitem").first).to_be_visible()
    assert sentences(page) == []
    page.keyboard.press("Escape")
    page.locator("glm-log").focus()
    page.wait_for_function("window.GLM?.shortcuts")
    page.keyboard.press("?")
    expect(page.locator("dialog.shortcuts")).to_be_visible()
    assert sentences(page) == []
    page.keyboard.press("Escape")

    page.get_by_role("tab", name="多模态").click()
    page.locator("#mm-more > button").click()
    expect(page.locator(".mm-example").first).to_be_visible()
    assert sentences(page) == []
    page.get_by_role("tab", name="模型").click()
    expect(page.get_by_placeholder("搜索模型")).to_be_visible()
    for view in page.locator("glm-models .views button").all():
        view.click()
        expect(view).to_have_attribute("aria-pressed", "true")
        if view.inner_text() == "名称与别名":
            page.get_by_placeholder("搜索名称、模型和").fill("glm-4.6")
            expect(page.locator("glm-models")).to_contain_text("来源")
        assert sentences(page) == []
