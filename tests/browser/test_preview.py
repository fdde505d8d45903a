"""Previews: a model's page beside the chat, which lives in a sandbox and reaches nobody."""

# ruff: noqa: E501 (scripts of the page)
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Frame, Locator, Page, expect

from tests.browser.chat_page import ask, wait_idle
from tests.browser.conftest import App
from tests.browser.conversation_page import open_row
from tests.browser.downloads import saving
from tests.browser.hostile_previews import harms, pages
from tests.browser.trap import Trap, trapping
from tests.upstream import Reply, Upstream, openai_frames

COUNTER = """<!doctype html>
<html><head><title>Counter</title></head>
<body><button id="b">0</button><form onsubmit="event.preventDefault(); console.log('sent')"><button id="s">Add</button></form>
<p style="height:3000px">long</p>
<script>
let n = Number(localStorage.getItem("n"));
b.onclick = () => { b.textContent = ++n; localStorage.setItem("n", n); console.log("clicked", n); };
missing();
</script></body></html>"""
BETTER = COUNTER.replace(">0<", ">Start<")
SUN = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>Sun</title><circle id="c" r="4" cx="4" cy="4"/></svg>'

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def answer(code: str, language: str = "html") -> str:
    return f"Here it is.\n\n```{language}\n{code}\n```\n\nThat is all."


def panel(page: Page) -> Locator:
    return page.locator("#preview")


def shown(page: Page) -> Frame:
    """The frame of the model's page: the innermost."""
    expect(page.locator("#preview iframe")).to_have_count(1)
    page.wait_for_function("() => true")
    inner = page.frame_locator("#preview iframe").locator("iframe").last
    inner.wait_for(state="visible")
    handle = inner.element_handle()
    frame = handle.content_frame() if handle else None
    assert frame
    return frame


def preview(page: Page, at: int = 0) -> None:
    page.locator("#chat-log [data-preview]").nth(at).click()


def test_a_page_is_tried_beside_the_chat(
    page_with: Callable[..., Page], troubles: list[str], tmp_path: Path
) -> None:
    page = page_with({"title": "A counter", "answer": answer(COUNTER)})
    open_row(page, "A counter")
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    assert (
        page.evaluate(
            "performance.getEntriesByType('resource').filter((r) => /preview.(frame|panel)/.test(r.name)).length"
        )
        == 0
    )
    preview(page)
    frame = shown(page)
    for _ in range(2):
        frame.locator("#b").click()
    frame.locator("#s").click()
    assert frame.locator("#b").inner_text() == "2"
    expect(panel(page).locator("h2")).to_have_text("Counter")
    panel(page).locator("summary").click()
    lines = panel(page).locator(".preview-lines li")
    expect(lines).to_have_text(
        [re.compile(r"missing is not defined \(8\)"), "clicked 1", "clicked 2", "sent"]
    )
    expect(panel(page).locator(".preview-count")).to_have_text("4")
    assert troubles.pop() == "missing is not defined"
    column = page.locator("#chat-log .log-column").bounding_box()
    beside = panel(page).bounding_box()
    assert column
    assert beside
    assert column["x"] + column["width"] <= beside["x"] + 1, "the chat stays in sight"

    with saving(page) as file:
        panel(page).get_by_role("button", name="Download").click()
    assert (file.name, file.text) == ("Counter.html", COUNTER)
    panel(page).get_by_role("button", name="Stop").click()
    expect(page.locator("#preview iframe")).to_have_count(0)
    expect(panel(page).locator(".preview-say")).to_have_text("Stopped.")
    panel(page).get_by_role("button", name="Start again").click()
    assert shown(page).locator("#b").inner_text() == "0"
    assert troubles.pop() == "missing is not defined"
    panel(page).locator("h2").focus()
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(page.locator("#chat-log [data-preview]")).to_be_focused()


def test_a_tab_of_its_own_is_a_sandbox_too(page_with: Callable[..., Page]) -> None:
    reach = "<script>try { opener.document; document.title = 'REACHED' } catch { document.body.append('apart ' + origin + ' ' + (top.opener === null)) }</script>"
    page = page_with({"title": "One", "answer": answer(f"<h1>Mine</h1>{reach}")})
    open_row(page, "One")
    preview(page)
    shown(page)
    with page.context.expect_page() as opened:
        panel(page).get_by_role("button", name="Open in a new tab").click()
    tab = opened.value
    inner = tab.frame_locator("iframe")
    expect(inner.locator("body")).to_contain_text("apart null")
    expect(tab.locator("p").last).to_have_text(
        "A model made this page. It runs apart from GLM UI and reaches nobody."
    )
    assert tab.evaluate("[origin, opener, document.title]") == ["null", None, "Mine"]
    with pytest.raises(Exception, match="sandboxed"):
        tab.evaluate("localStorage.length")


def test_versions_follow_each_other(page: Page, up: Upstream) -> None:
    drawing = f"\n\n```svg\n{SUN}\n```\n"
    first, second = (answer(each.replace("missing();", "")) for each in (BETTER, COUNTER))
    up.reply(*(Reply(sse=openai_frames("", [text])) for text in (first, second + drawing)))
    ask(page, "A counter.")
    wait_idle(page)
    preview(page)
    assert shown(page).locator("#b").inner_text() == "Start"
    ask(page, "Better.")
    wait_idle(page)
    number = panel(page).locator(".preview-number")
    expect(number).to_have_text("2/2")
    expect(page.frame_locator("#preview iframe").frame_locator("iframe").locator("#b")).to_have_text("0")
    panel(page).get_by_role("button", name="Earlier version").click()
    expect(page.frame_locator("#preview iframe").frame_locator("iframe").locator("#b")).to_have_text("Start")
    expect(number).to_have_text("1/2")
    preview(page, 2)
    expect(panel(page).locator("h2")).to_have_text("Sun")
    assert shown(page).locator("#c").count() == 1
    expect(number).to_be_hidden()


def test_a_page_that_arrives_is_drawn_again_where_it_was_scrolled_to(page: Page, up: Upstream) -> None:
    head = "Here.\n\n```html\n<!doctype html>\n<title>Long</title><body>\n" + "".join(
        f"<p>{n}</p>\n" for n in range(200)
    )
    frames = openai_frames(
        "", [head, "<script>document.title =", " 'x'</script>\n<p id=end>the end</p>\n```\n\nDone."]
    )
    up.reply(Reply(sse=frames, hold=(3, 4)))
    page.locator("#chat-input textarea").fill("A long page.")
    page.locator("#chat-input textarea").press("Enter")
    page.locator("#chat-log [data-preview]").click()
    frame = shown(page)
    expect(page.frame_locator("#preview iframe").frame_locator("iframe").locator("p").nth(100)).to_have_text(
        "100"
    )
    # The frame says where it is at most five times a second, by a timer of the same clock.
    frame.evaluate("() => new Promise((done) => { scrollTo(0, 900); setTimeout(done, 400); })")
    up.release()
    up.release()
    wait_idle(page)
    expect(page.frame_locator("#preview iframe").frame_locator("iframe").locator("#end")).to_have_text(
        "the end"
    )
    assert shown(page).evaluate("scrollY") == 900


def test_on_a_phone_the_preview_fills_the_screen(page_with: Callable[..., Page]) -> None:
    page = page_with({"title": "A sun", "answer": answer(SUN, "xml")}, **PHONE)
    page.locator("#side-toggle").click()
    open_row(page, "A sun")
    preview(page)
    shown(page)
    box = panel(page).bounding_box()
    assert box
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 844)
    for button in panel(page).get_by_role("button").all():
        size = button.bounding_box()
        assert size is None or min(size["width"], size["height"]) >= 40, button
    panel(page).get_by_role("button", name="Close the preview").click()
    expect(page.locator("#chat-log [data-preview]")).to_be_visible()


# --- what a hostile page tries ------------------------------------------------------------------------------------


@pytest.fixture
def trap() -> Iterator[Trap]:
    with trapping() as made:
        yield made


RUN = """async ([all, together]) => {
  const { Sandbox, sources } = await import("/glm_ui/static/preview/sandbox.js");
  const { kindOf, pageOf } = await import("/glm_ui/static/preview/document.js");
  const { script, prelude } = await sources();
  const place = document.body.appendChild(document.createElement("div"));
  const said = {};
  let before = [];
  for (let from = 0; from <= all.length; from += together) {
    const group = all.slice(from, from + together).map(([name, text]) => {
      said[name] = [];
      let tried;
      const done = new Promise((resolve) => (tried = resolve));
      setTimeout(() => (said[name].includes("done") || said[name].push("late"), tried()), 15_000);
      const told = {
        lines: (lines) => {
          said[name].push(...lines.map(({ text }) => text));
          if (said[name].includes("done")) tried();
        },
        clear() {}, silent() {},
        ended: (why) => (said[name].push("ended " + why), tried()),
      };
      const sandbox = new Sandbox(place, { title: name, script, told });
      sandbox.draw(pageOf(kindOf("", text) ?? "html", text, prelude));
      return { sandbox, done };
    });
    await Promise.all(group.map(({ done }) => done));
    before.forEach(({ sandbox }) => sandbox.end()); // what they began had the time of a whole group
    before = group;
  }
  place.remove();
  return said;
}"""

FREE = """async ([all, together]) => {
  for (let from = 0; from < all.length; from += together) {
    const frames = all.slice(from, from + together).map((text) => {
      const frame = document.createElement("iframe");
      frame.sandbox = "allow-scripts allow-same-origin allow-forms";
      frame.srcdoc = text;
      document.body.append(frame);
      return new Promise((done) => (frame.onload = () => setTimeout(done, 300)));
    });
    await Promise.all(frames);
  }
}"""


def test_hostile_previews_reach_nobody(page: Page, shared_app: App, trap: Trap, troubles: list[str]) -> None:
    places = {"@": trap.address, "~": trap.udp_address, "#": shared_app.url.rstrip("/")}
    hostile = {
        name: re.sub("[@~#](?=[/?\"'` *]|$)", lambda m: places[m[0]], text) for name, text in pages().items()
    }
    hostile = {name: text.replace("stun:~", f"stun:{trap.udp_address}") for name, text in hostile.items()}
    assert len(hostile) >= 200

    free = page.context.new_page()
    free.goto(f"{trap.address}/free")
    sample = [
        text
        for name, text in hostile.items()
        if name.startswith(("markup", "fetch in", "xhr in", "rtc in", "image in", "beacon in"))
    ]
    free.evaluate(FREE, [sample, 12])
    free.close()
    reached = {line.split()[1] for line in trap.asked}
    assert len(reached) > 40, f"where nothing holds them back, they arrive: {sorted(reached)}"
    assert trap.datagrams
    trap.asked.clear()
    trap.datagrams = 0

    page.evaluate("localStorage.setItem('canary', 'secret')")
    answered: list[str] = []
    others: list[object] = []
    page.context.on("response", lambda response: answered.append(response.url))
    page.context.on("page", lambda other: others.append(other.url))
    page.on("dialog", lambda dialog: (others.append(dialog.message), dialog.dismiss()))
    page.on("download", lambda download: others.append(download.url))
    address, title = page.url, page.title()
    said = page.evaluate(RUN, [list(hostile.items()), 24])
    page.evaluate("fetch('healthz').then((r) => r.status)")  # the browser's own queue is empty
    assert [line for lines in said.values() for line in lines if line.startswith("REACHED")] == []
    assert trap.asked == []
    assert trap.datagrams == 0
    assert [url for url in answered if "trap" in url or trap.address in url] == []
    assert others == []
    assert (page.url, page.title()) == (address, title)
    troubles.clear()  # what those pages threw


def test_harmful_previews_leave_the_page_alive(page: Page, troubles: list[str]) -> None:
    """Endless loops, floods and giant pages, all at once: the page goes on, for they live in another process."""
    said = page.evaluate(RUN, [list(harms().items()), len(harms())])
    assert all(lines for lines in said.values())
    assert max(map(len, said.values())) <= 301, "the console is bounded"
    ask_box = page.locator("#chat-input textarea")
    ask_box.fill("Still here?")
    expect(ask_box).to_have_value("Still here?")
    troubles.clear()


def test_a_page_that_floods_this_one_is_ended(page: Page) -> None:
    flood = "<script>console.log('begun'); setInterval(() => { for (let n = 0; n < 500; n++) top.postMessage({ n }, '*'); }, 1)</script>"
    said = page.evaluate(RUN.replace('"done"', '"ended flood"'), [[["flood", flood]], 1])
    assert "ended flood" in said["flood"]
