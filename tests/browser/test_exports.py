"""Conversations as files, out and in: what needs a browser of it, on an empty page of ours. The rest is in tests/web."""

# ruff: noqa: E501 (scripts of the page)
from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.static_page import StaticPage, static_page

pytestmark = pytest.mark.browser

FILES = Path(__file__).parents[1] / "files"
WORDS = {
    "you": "You",
    "assistant": "Assistant",
    "thinking": "Thinking",
    "untitled": "New chat",
    "all_title": "Conversations",
    "system": "System prompt",
    "file": "File",
    "tool": "Tool call",
    "result_picture": "Picture {n} of the result ({kind}, {size})",
    "endings": {
        "other": {"what": "Ended"},
        "stopped": {"what": "Stopped"},
        "interrupted": {"what": "Interrupted"},
    },
}

SETUP = """async (words) => {
  for (const name of ["conversation", "export", "export_html", "import", "portable"]) Object.assign(window, await import(`/static/conversations/${name}.js`));
  const { openStore } = await import("/static/conversations/store.js");
  window.newStore = async (name) => { window.store = await openStore({ name }); };
  window.words = words;
  window.list = async (records) => records;
  window.json = async (records) => (await toJson(records)).join("");
  window.talk = (question, answer, more = {}) => {
    const c = newConversation({ settings: { model: "zai:glm-4.6", thinking: true, system: "Be brief." } });
    c.title = titleFrom(question);
    const q = addNode(c, { role: "user", text: question });
    addNode(c, { role: "assistant", parent: q.id, text: answer, ending: { kind: "stop" }, ...more });
    return c;
  };
}"""

# Records as wild as the format allows, from a seed, so that a failure can be seen again.
RANDOM = """(seed) => {
  let state = seed;
  const random = () => { state = (state + 0x6d2b79f5) | 0; let t = Math.imul(state ^ (state >>> 15), 1 | state); t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t; return ((t ^ (t >>> 14)) >>> 0) / 4294967296; };
  const pick = (...all) => all[Math.floor(random() * all.length)];
  const words = ["a", "**b**", "中文", "👩‍👩‍👧", "\\ud800", "\\u2028", "</script>", "$blob", "\\u0000", "\\"", "\\n\\n```js\\n", "é", "\\\\(x\\\\)", "<think>", "__proto__"];
  const text = (most = 12) => Array.from({ length: Math.floor(random() * most) }, () => pick(...words)).join(pick(" ", "", "\\n"));
  const value = (depth = 0) => pick(() => text(), () => random() * 1e6, () => null, () => random() < 0.5, () => (depth < 3 ? Array.from({ length: 3 }, () => value(depth + 1)) : 0), () => (depth < 3 ? { [pick("$x", "$$y", "plain", "$blob_", "é")]: value(depth + 1) } : {}), () => new Blob([text()], { type: pick("image/png", "", "text/plain") }))();
  const c = newConversation({ tab: pick("chat", "multimodal"), settings: { model: text(3), thinking: random() < 0.5, system: text(), other: value() } });
  Object.assign(c, { title: text(5), titleByHand: random() < 0.5, pinned: random() < 0.3, createdAt: Math.floor(random() * 2e12), gone: random() < 0.3 ? ["x", "y"] : [] });
  for (let i = Math.floor(random() * 12) + 1; i > 0; i -= 1) {
    const parent = random() < 0.2 ? null : (c.nodes[Math.floor(random() * c.nodes.length)]?.id ?? null);
    addNode(c, { parent, role: pick("user", "assistant"), text: text(40), thinking: text(), opaque: pick([], [{ text: "t", opaque: { signature: text(), $odd: value() } }]), toolCalls: pick([], [{ id: "1", name: text(2), arguments: "{}" }]), rounds: pick([], [{ text: text(), thinking: [{ text: text() }], calls: [{ id: "0", name: text(2), arguments: text(3), result: text(), state: "done", pictures: [] }], seconds: 1 }]), sources: pick([], [{ number: 1, url: "https://a.example/", title: text(3) }]), cited: pick([], [{ at: 1, url: "https://a.example/", text: text(3) }]), files: pick([], [{ id: "u1", name: text(3), thumb: value() }]), metrics: pick(null, { model: text(2), input: { value: 3, estimated: false } }), ending: pick(null, { kind: "stop" }, { kind: "stopped" }, { kind: "error", error: { what: text() } }), createdAt: Math.floor(random() * 2e12), turn: pick(null, "t1"), unknown: value() });
  }
  c.updatedAt = Math.floor(random() * 2e12);
  return c;
}"""


@pytest.fixture(scope="module")
def site() -> Iterator[StaticPage]:
    with static_page() as server:
        yield server


@pytest.fixture(scope="module")
def shared(browser: Browser, site: StaticPage) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(site.address)
    page.evaluate(SETUP, WORDS)
    yield page
    page.close()


@pytest.fixture
def page(shared: Page, request: pytest.FixtureRequest) -> Page:
    """The modules, loaded once, and a store of this test alone."""
    shared.evaluate("name => newStore(name)", request.node.name)
    return shared


# --- our own JSON ---------------------------------------------------------------------------------------------------


def test_export_import_export_is_identical_for_any_record(page: Page) -> None:
    differing = page.evaluate(
        """async (make) => {
          const random = eval(make);
          for (let seed = 1; seed <= 60; seed += 1) {
            await store.clearAll();
            for (let i = 0; i < 4; i += 1) await store.save(random(seed * 100 + i));
            const before = await json(store.all());
            const { records, left } = readJson(before);
            await store.clearAll();
            for (const record of records) await store.bring(record);
            const after = await json(store.all());
            if (left.length || before !== after) return [seed, left, before.slice(0, 2000), after.slice(0, 2000)];
          }
          return null;
        }""",
        RANDOM,
    )
    assert differing is None


ROUNDS = """async () => {
  const call = (n, more) => ({ id: `c${n}`, name: `tool_${n}`, arguments: `{"n": ${n}}`, state: "done", result: `result ${n}`, ...more });
  const dot = "data:image/png;base64,iVBORw0KGgo=";
  const c = talk("Do it.", "The end.", {
    thinking: "third thought",
    sources: [{ number: 1, url: "https://a.example/", title: "Source A", snippet: "" }],
    rounds: [
      { text: "First words.", thinking: [{ text: "first thought" }], calls: [call(1, { pictures: [dot, "https://a.example/x.png"] }), call(2, { result: "<b>2</b>" })] },
      { text: "Second words.", thinking: [{ text: "second thought" }], calls: [call(3)] },
    ],
  });
  await store.save(c);
  const [record] = readJson(await json(store.all())).records;
  await store.clearAll();
  await store.bring(record);
  const kept = await store.get(c.id);
  return { same: JSON.stringify(kept.nodes) === JSON.stringify(c.nodes), found: (await store.list({ query: "result 3" })).length, markdown: (await toMarkdown([kept], words)).join(""), html: (await toHtml([kept], words)).join("") };
}"""
SAID_IN_ORDER = [
    "first thought", "First words.", "tool_1", "result 1", "tool_2", "second thought", "Second words.", "tool_3",
    "result 3", "third thought", "The end.", "Source A", "https://a.example/",
]  # fmt: skip


def test_every_round_of_a_turn_with_tools_is_exported_imported_and_found(page: Page) -> None:
    told = page.evaluate(ROUNDS)
    assert (told["same"], told["found"]) == (True, 1)
    for form in ("markdown", "html"):
        text = told[form]
        places = [text.index(said) for said in SAID_IN_ORDER]
        assert places == sorted(places), form
    assert "<b>2</b>" not in told["html"]
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in told["html"]
    assert "x.png" not in told["html"], "nothing is fetched from elsewhere to draw it"


def test_a_file_in_a_record_comes_back_byte_for_byte(page: Page) -> None:
    found = page.evaluate(
        """async () => {
          const c = talk("a", "b");
          c.nodes[0].pictures = [{ sent: new Blob([Uint8Array.from([0, 255, 10, 128])], { type: "image/png" }) }];
          const [record] = readJson(await json([c])).records;
          const { sent } = record.nodes[0].pictures[0];
          return [sent.type, [...new Uint8Array(await sent.arrayBuffer())]];
        }"""
    )
    assert found == ["image/png", [0, 255, 10, 128]]


def test_citations_leave_as_numbers_and_as_links(page: Page) -> None:
    markdown, html, broken = page.evaluate(
        """async () => {
          const url = "https://a.example/x";
          const cited = [{ at: 7, url, text: "It is <b>noon</b>." }, { at: 3, url: "https://gone.example/" }];
          const sources = [{ number: 2, url, title: "Tides", snippet: "" }];
          const c = talk("When?", "At noon, not at six.", { cited, sources });
          const text = (await toMarkdown([c], words)).join("");
          const page = new DOMParser().parseFromString((await toHtml([c], words)).join(""), "text/html");
          const link = page.querySelector(".md a");
          const [record] = readJson(await json([c])).records;
          const { left } = readJson((await json([c])).replace('"at":7', '"at":-7'));
          const kept = JSON.stringify(record.nodes[1].cited) === JSON.stringify(cited);
          const said = [page.querySelector(".md").textContent.trim(), link.href, link.title];
          return [text, said, [kept, left.length]];
        }"""
    )
    assert "\nAt noon[2], not at six.\n\n[2] Tides: <https://a.example/x>" in markdown
    assert html == ["At noon[2], not at six.", "https://a.example/x", "Tides\na.example\nIt is <b>noon</b>."]
    assert broken == [True, 1]


def test_importing_twice_keeps_one_and_an_old_export_takes_nothing_away(page: Page) -> None:
    found = page.evaluate(
        """async () => {
          const c = talk("a", "b");
          await store.save(c);
          const old = await json([c]);
          addNode(c, { parent: c.nodes[1].id, role: "user", text: "said since" });
          removeFrom(c, c.nodes[1].id);
          addNode(c, { parent: c.nodes[0].id, role: "assistant", text: "another" });
          await store.save(c);
          const { conflict } = await store.bring(readJson(old).records[0]);
          const now = await store.get(c.id);
          return [conflict, (await store.list()).length, now.nodes.map(({ text }) => text).sort()];
        }"""
    )
    assert found == [True, 1, ["a", "another", "b"]]


def test_an_import_after_clearing_stays(page: Page) -> None:
    found = page.evaluate(
        """async () => {
          const c = talk("a", "b");
          await store.save(c);
          const kept = await json([c]);
          await store.clearAll();
          const [record] = readJson(kept).records;
          await store.bring(record);
          record.title = "renamed";
          const { saved } = await store.save(record);
          return [saved, (await store.list()).map(({ title }) => title)];
        }"""
    )
    assert found == ["disk", ["renamed"]]


# --- others' exports ------------------------------------------------------------------------------------------------


def test_a_foreign_import_can_be_stored_exported_and_imported_again(page: Page) -> None:
    for name in sorted(path.name for path in FILES.glob("*.json")):
        same = page.evaluate(
            """async (text) => {
              await store.clearAll();
              for (const record of readJson(text).records) await store.bring(record);
              const before = await json(store.all());
              const { records, left } = readJson(before);
              await store.clearAll();
              for (const record of records) await store.bring(record);
              return left.length === 0 && (await json(store.all())) === before;
            }""",
            (FILES / name).read_text("utf-8"),
        )
        assert same, name


def test_the_zip_that_chatgpt_sends_is_read_as_it_is(page: Page) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("chat.html", "<html></html>" * 1000)
        archive.writestr("conversations-000.json", (FILES / "chatgpt_2023.json").read_text("utf-8"))
        archive.writestr("export/conversations-001.json", (FILES / "chatgpt_2026.json").read_text("utf-8"))
    read_zip = """async (bytes) => {
      try { return (await readFile(new File([Uint8Array.from(bytes)], "export.zip"))).records.map(({ title }) => title); }
      catch (reason) { return reason.name; }
    }"""
    assert page.evaluate(read_zip, list(packed.getvalue())) == ["Tower", "Chart"]
    assert page.evaluate(read_zip, list(packed.getvalue()[:200])) == "TypeError"
    # Pictures make the archive of some people larger than a gigabyte; only its end and these entries are read.
    vast = """async (bytes) => {
      const [zip, before] = [new Blob([Uint8Array.from(bytes)]), 3 * 2 ** 30];
      const file = { size: zip.size + before, slice: (from, to = zip.size + before) =>
        to <= before ? zip.slice(from, to) : new Blob([new Uint8Array(Math.max(0, before - from)), zip.slice(Math.max(0, from - before), to - before)]) };
      try { return (await readFile(file)).records.length; } catch (reason) { return reason.message; }
    }"""
    assert page.evaluate(vast, list(packed.getvalue())) == 2
    assert (
        page.evaluate(
            "readFile({ size: 2 ** 31, slice: () => new Blob(['{}']) }).catch((reason) => reason.message)"
        )
        == "too_large"
    )


# --- to be read -----------------------------------------------------------------------------------------------------

HOSTILE = [
    "<script>window.ran = 1</script>",
    "<img src=x onerror='window.ran = 1'>",
    "![p](http://127.0.0.1:9/trap.png)",
    "<style>body { background: url(http://127.0.0.1:9/trap) }</style>",
    "<details open ontoggle='window.ran = 1'><summary>x</summary>y</details>",
    "</style></title></textarea><svg onload='window.ran = 1'>",
    "[x](javascript:window.ran=1)",
    "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/trap'>",
    "<base href='http://127.0.0.1:9/'>",
    "<iframe src='http://127.0.0.1:9/trap'></iframe>",
    "$\\\\href{http://127.0.0.1:9/trap}{x}$",
]


def test_the_html_file_runs_nothing_and_asks_nobody(browser: Browser, page: Page, tmp_path: Path) -> None:
    text = page.evaluate(
        """async (hostile) => {
          const all = hostile.join("\\n\\n");
          const c = talk(all, `${all}\\n\\n\\\\(a^2\\\\)\\n\\n\\`\\`\\`js\\nconst a = 1;\\n\\`\\`\\`\\n\\n| a |\\n|---|\\n| b |`, { thinking: all, model: all, toolCalls: [{ name: all, arguments: all }] });
          c.title = all;
          c.nodes[0].files = [{ name: all, thumbnail: "data:image/png;base64,iVBORw0KGgo=" }, { thumbnail: "data:image/svg+xml;base64,PHN2Zy8+" }, { url: "http://127.0.0.1:9/trap.png" }];
          return (await toHtml([c, talk("second", "one")], words)).join("");
        }""",
        HOSTILE,
    )
    assert "<script" not in text.replace("&lt;script", "")
    assert text.index("Content-Security-Policy") < text.index("<title")
    file = tmp_path / "chat.html"
    file.write_text(text, "utf-8")
    reader = browser.new_page()
    asked: list[str] = []
    troubles: list[str] = []
    reader.on("request", lambda request: asked.append(request.url))
    reader.on("pageerror", lambda error: troubles.append(str(error)))
    reader.goto(file.as_uri())
    reader.wait_for_load_state("networkidle")
    assert [url for url in asked if not url.startswith(("file:", "data:image/png"))] == []
    assert troubles == []
    assert reader.evaluate("window.ran") is None
    found = reader.evaluate(
        """() => ({
          scripts: document.querySelectorAll("script, iframe, object, embed, link, base, form, button, input").length,
          handlers: [...document.querySelectorAll("*")].filter((each) => [...each.attributes].some(({ name }) => name.startsWith("on"))).length,
          pictures: [...document.images].map(({ src }) => src.slice(0, 15)),
          math: document.querySelectorAll("math").length,
          colours: document.querySelectorAll(".hljs-keyword").length,
          policy: document.querySelector("meta[http-equiv=Content-Security-Policy]").content,
          links: [...document.links].map(({ protocol }) => protocol).filter((each) => !["http:", "https:", "file:"].includes(each)),
          titles: document.querySelectorAll("section h1").length,
        })"""
    )
    assert found["scripts"] == found["handlers"] == 0
    assert found["pictures"] == ["data:image/png;"]
    assert found["math"] >= 1
    assert found["colours"] >= 1
    assert found["policy"].startswith("default-src 'none'")
    assert found["links"] == []
    assert found["titles"] == 2
    reader.close()
