"""What many conversations cost: opening the list, searching all text, exporting and importing, in real Chromium.

    python -m benchmarks.bench_store [--conversations 1000] [--turns 10] [--rounds 5]

Each conversation has `turns` messages of 150 words. "opens" is from an empty page to the first screenful of rows, the
database closed before, "knows all" until all rows are read; "finds" is from a key in the search box to drawn results;
"at once" searches before the texts were read. "one opens" is from the click on a row of the whole app to its painted turns.
"""

# ruff: noqa: E501 (a script of the page)
from __future__ import annotations

import argparse
import statistics

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import results
from tests.browser.conftest import FLAGS, READY, chromium, start_app, stop_app
from tests.browser.static_page import static_page

FILL = """async ([many, turns, files, name]) => {
  const { newConversation, addNode } = await import(`${files}/conversations/conversation.js`);
  const { openStore } = await import(`${files}/conversations/store.js`);
  const store = await openStore({ name });
  const words = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau".split(" ");
  for (let i = 0; i < many; i += 1) {
    const c = newConversation();
    Object.assign(c, { title: `Conversation number ${i} about ${words[i % words.length]}`, pinned: i % 97 === 0 });
    let parent = null;
    for (let j = 0; j < turns; j += 1) {
      const text = Array.from({ length: 150 }, (_, k) => words[(i * 7 + j * 3 + k * k) % words.length]).join(" ") + ` mark${i}x`;
      parent = addNode(c, { parent, role: j % 2 ? "assistant" : "user", text }).id;
    }
    c.updatedAt -= i * 3_600_000;
    await store.save(c);
  }
}"""
OPEN = """async ([words, place]) => {
  document.querySelector("#box").innerHTML = "<div id=conversations></div>";
  const { openStore } = await import("/static/conversations/store.js");
  const { ConversationList } = await import("/static/conversations/list.js");
  const loaded = performance.now();
  const store = await openStore({ name: "bench" });
  const chat = { tab: "chat", conversation: { id: "" }, follow() {}, open() {}, leave() {} };
  window.list = new ConversationList({ chat, store, words, linkTo: (id) => `#c=${id}` });
  window.store = store;
  const drawn = new Promise((done) => new MutationObserver((_, seen) => {
    if (document.querySelector(".list-row")) (seen.disconnect(), done());
  }).observe(document.querySelector("#box"), { childList: true, subtree: true }));
  await drawn;
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const seen = performance.now() - loaded;
  await list.drawing;
  return [seen, performance.now() - loaded, document.querySelectorAll(".list-row").length];
}"""
SEARCH = """async (query) => {
  const box = document.querySelector(".list-search");
  const began = performance.now();
  box.value = query;
  box.dispatchEvent(new InputEvent("input"));
  while (list.query !== query || list.drawing) await new Promise((done) => setTimeout(done));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return [performance.now() - began, list.found.length];
}"""
READ = """async (number) => {
  const { id } = document.querySelectorAll(".list-row")[number].dataset;
  const began = performance.now();
  const { nodes } = await store.get(id);
  return [performance.now() - began, nodes.length];
}"""
CLICK = """async (number) => {
  const row = document.querySelectorAll("#chat-list .list-row")[number];
  const mark = `mark${row.querySelector(".list-open").textContent.match(/number ([0-9]+)/)[1]}x`;
  const began = performance.now();
  row.querySelector(".list-open").click();
  while (!document.querySelector("#chat-log").textContent.includes(mark)) await new Promise((done) => setTimeout(done));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - began;
}"""
OUT_AND_IN = """async () => {
  const { toJson } = await import("/static/conversations/export.js");
  const { readJson } = await import("/static/conversations/import.js");
  let at = performance.now();
  const lap = () => { const took = performance.now() - at; at = performance.now(); return took; };
  const text = (await toJson(store.all())).join("");
  const out = lap();
  const { records } = readJson(text);
  const read = lap();
  await store.clearAll();
  lap();
  for (const record of records) await store.bring(record);
  return [out, read, lap(), text.length];
}"""
WORDS = {
    "list": {
        "tabs": {},
        "groups": {
            "pinned": "Pinned",
            "today": "Today",
            "yesterday": "Yesterday",
            "week": "Week",
            "month": "Month",
            "older": "Older",
        },
        "kinds": {},
        "untitled": "New chat",
    },
    "endings": {},
}


def opened(page: Page, url: str) -> tuple[float, float]:
    """Milliseconds until the first rows are drawn, and until the list knows all."""
    page.goto(url)
    seen, whole, rows = page.evaluate(OPEN, [WORDS, "#box"])
    assert rows
    return seen, whole


def opened_in_the_app(browser: Browser, conversations: int, turns: int, rounds: int) -> list[float]:
    """Milliseconds from the click on a row to the painted conversation, in the whole app."""
    app = start_app()
    try:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(app.url)
        page.wait_for_selector(READY, state="attached")
        page.evaluate(FILL, [conversations, turns, "/glm_ui/static", "glm-ui"])
        page.reload()
        page.wait_for_selector("#chat-list .list-row")
        return [page.evaluate(CLICK, number) for number in range(1, rounds + 1)]
    finally:
        stop_app(app)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--conversations", type=int, default=1000)
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with static_page() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 320, "height": 900})
        page.goto(site.address)
        page.evaluate(FILL, [asked.conversations, asked.turns, "/static", "bench"])
        opens = [opened(page, site.address) for _ in range(asked.rounds)]
        at_once = []
        for _ in range(asked.rounds):
            opened(page, site.address)
            at_once.append(page.evaluate(SEARCH, "mark7x")[0])
        page.evaluate("store.warm()")
        one = [page.evaluate(SEARCH, f"mark{i}x")[0] for i in range(asked.rounds)]
        all_ = [
            page.evaluate(SEARCH, query)[0]
            for query in ("kappa", "kapp", "alpha kappa", "e", "be")[: asked.rounds]
        ]
        gets = [page.evaluate(READ, number)[0] for number in range(asked.rounds)]
        out, read, back, size = page.evaluate(OUT_AND_IN)
        page.close()
        clicks = opened_in_the_app(browser, asked.conversations, asked.turns, asked.rounds)
        browser.close()

    def line(name: str, took: list[float], bound: str = "") -> None:
        row = f"{asked.conversations:,}: {name}"
        results.keep("store", row, {"median": statistics.median(took), "worst": max(took)})
        print(f"| {name} | {statistics.median(took):.0f} ms | {max(took):.0f} ms | {bound} |")

    print(f"{asked.conversations:,} conversations of {asked.turns} messages, {size / 1e6:.1f} MB as JSON\n")
    print("| what | median | worst | bound |\n|---|---|---|---|")
    line("the list opens", [seen for seen, _ in opens], "300 ms")
    line("the list knows all", [whole for _, whole in opens])
    line("search finds one, typing included", one, "200 ms")
    line("search finds all, typing included", all_, "200 ms")
    line("one is read", gets)
    line("one opens", clicks)
    line("search at once, before the texts were read", at_once)
    line("export all as JSON", [out])
    line("read that file", [read])
    line("import all of it", [back])


if __name__ == "__main__":
    main()
