"""The whole page under its Content-Security-Policy: it works, and whatever an answer holds reaches no one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.answers import HOSTILE, TEXTS
from tests.browser.chat_page import answer_text, ask, last, wait_idle
from tests.browser.conftest import App
from tests.browser.static_page import StaticPage, static_page
from tests.upstream import Reply, Upstream, openai_frames

Open = Callable[..., Page]

WATCH = """window.broken = [];
document.addEventListener("securitypolicyviolation", (e) => broken.push([e.effectiveDirective, e.blockedURI]));"""

AT_EVERY_PREFIX = """async (answers) => {
  const { LiveMarkdown, renderMarkdown } = await import("/glm_ui/static/markdown/markdown.js");
  const box = document.createElement("div");
  document.querySelector("glm-log").append(box);
  const frame = () => new Promise((drawn) => requestAnimationFrame(drawn));
  for (const text of answers) {
    const step = Math.max(1, Math.ceil(text.length / 40));
    for (let end = step; end < text.length + step; end += step) {
      box.replaceChildren();
      new LiveMarkdown(box).append(text.slice(0, end));
    }
    const live = new LiveMarkdown(box);
    for (let at = 0; at < text.length; at += step) live.append(text.slice(at, at + step));
    await frame();
    live.finish();
    box.replaceChildren(renderMarkdown(text));
    await frame();
  }
  box.remove();
}"""

PAST_THE_SANITISER = """async (url) => {
  const box = document.createElement("div");
  document.body.append(box);
  const tags = ["img src=@", "img srcset='@ 2x'", "iframe src=@", "object data=@", "embed src=@",
    "video src=@ poster=@", "audio src=@ autoplay", "link rel=stylesheet href=@", "link rel=prefetch href=@",
    "link rel=preload as=image href=@", "base href=@/"];
  // Closed, for an open iframe swallows all that follows as its text.
  const whole = (tag, i) => `<${tag.replaceAll("@", `${url}/${i}`)}></${tag.split(" ")[0]}>`;
  box.innerHTML = tags.map(whole).join("") +
    `<svg><image href="${url}/svg"/></svg><style>@import "${url}/import";
    @font-face { font-family: x; src: url(${url}/f) } p { background: url(${url}/css) }</style>
    <p style="font-family: x; background: url(${url}/inline)">x</p>
    <form action="${url}/form" method="post"><input name="a" value="b"></form>`;
  const script = () => { const s = document.createElement("script"); s.src = `${url}/script`; box.append(s); };
  const tried = [() => box.querySelector("form").submit(), () => fetch(`${url}/fetch`, { mode: "no-cors" }), script,
    () => navigator.sendBeacon(`${url}/beacon`, "x"), () => new WebSocket(url.replace("http", "ws") + "/socket"),
    () => new EventSource(`${url}/events`), () => new Worker(`${url}/worker`), () => import(`${url}/module`)];
  for (const each of tried) try { await each(); } catch {}
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  document.querySelector("base").remove();
}"""


@pytest.fixture
def trap() -> Iterator[StaticPage]:
    """Someone else's server, on an origin of its own; every request that reaches it is in `asked`."""
    with static_page() as site:
        yield site


@pytest.fixture
def troubled(open_page: Open, shared_app: App, up: Upstream) -> Page:
    page = open_page(shared_app.url)
    page.evaluate(WATCH)
    return page


def reached(page: Page, trap: StaticPage) -> list[str]:
    """What came in, the browser's own queue emptied first."""
    page.evaluate("fetch('healthz').then((r) => r.status)")
    return list(trap.asked)


def test_the_page_works_under_its_policy_and_breaks_no_rule(
    open_page: Open, shared_app: App, up: Upstream
) -> None:
    up.reply(sse=openai_frames("Think.", ["$x^2$ and\n\n```python\nx = 1\n```\n\n", TEXTS["table"]]))
    page = open_page(shared_app.url, service_workers="allow")
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text) if line.type in ("error", "warning") else None)
    page.add_init_script(WATCH)
    page.reload()  # watched from its first byte on
    page.wait_for_selector("#chat-log .log-column", state="attached")
    ask(page, "Hi")
    wait_idle(page)
    expect(answer_text(page).locator(".katex").first).to_be_visible()
    for tab in page.get_by_role("tab").all():
        tab.click()
    page.get_by_role("tab").first.click()
    assert page.evaluate("broken") == []
    assert said == []


def test_no_hostile_answer_reaches_anyone_at_any_prefix(troubled: Page, trap: StaticPage) -> None:
    assert len(HOSTILE) >= 200
    troubled.evaluate(AT_EVERY_PREFIX, [text.replace("{url}", f"{trap.address}/trap") for text in HOSTILE])
    assert reached(troubled, trap) == []


def test_no_hostile_answer_reaches_anyone_while_it_streams(
    troubled: Page, up: Upstream, trap: StaticPage
) -> None:
    texts = [text.replace("{url}", f"{trap.address}/trap") for text in HOSTILE]
    batches = ["\n\n".join(texts[i::8]) for i in range(8)]
    pages = troubled.context.pages
    up.reply(*(Reply(sse=openai_frames(b, [b[i : i + 40] for i in range(0, len(b), 40)])) for b in batches))
    for number in range(len(batches)):
        ask(troubled, f"Turn {number}")
        wait_idle(troubled)
    last(troubled).locator(".thinking summary").click()
    troubled.reload()
    expect(troubled.locator("#chat-log .turn.assistant")).to_have_count(len(batches))
    assert reached(troubled, trap) == []
    assert troubled.context.pages == pages


def test_what_got_past_the_sanitiser_would_be_stopped_by_the_policy(troubled: Page, trap: StaticPage) -> None:
    troubled.evaluate(PAST_THE_SANITISER, trap.address)
    assert reached(troubled, trap) == []
    rules = ["img-src", "frame-src", "object-src", "media-src", "connect-src", "form-action", "base-uri"]
    troubled.wait_for_function(
        "(rules) => rules.every((each) => broken.some(([rule]) => rule === each))", arg=rules
    )


def test_another_site_cannot_frame_the_page(open_page: Open, shared_app: App, trap: StaticPage) -> None:
    page = open_page(trap.address, ready="#box")
    page.evaluate(
        """url => new Promise((done) => {
          const frame = document.createElement("iframe");
          frame.onload = done;
          frame.src = url;
          box.append(frame);
        })""",
        shared_app.url,
    )
    framed = page.frames[1]
    assert framed.locator("#tabs").count() == 0
