"""Conversations in the browser: `store.js` and `conversation.js` in real Chromium, on an empty page of ours."""

# ruff: noqa: E501, RUF001 (scripts of the page)
from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.profiles import Profile
from tests.browser.promises import comes_true
from tests.browser.static_page import StaticPage, static_page

pytestmark = pytest.mark.browser
DATA = Path(__file__).parents[1] / "data"

SETUP = """async () => {
  Object.assign(window, await import("/static/conversations/conversation.js"));
  const { openStore } = await import("/static/conversations/store.js");
  window.open_ = async (name = "test") => {
    Object.assign(window, { database: name, said: [], changes: [] });
    window.store = await openStore({ name, onProblem: (problem) => said.push(problem) });
    await store.looked;
    store.onChange((change) => changes.push(change));
  };
  window.talk = (question, answer) => {
    const c = newConversation({ tab: "chat" });
    c.title = titleFrom(question);
    const q = addNode(c, { role: "user", text: question });
    addNode(c, { role: "assistant", parent: q.id, text: answer, ending: { kind: "stop" } });
    return c;
  };
  window.raw = (work) => new Promise((done, fail) => {
    const opening = indexedDB.open(database);
    opening.onerror = () => fail(opening.error);
    opening.onsuccess = () => {
      const db = opening.result;
      const transaction = db.transaction([...db.objectStoreNames], "readwrite");
      const result = work(transaction);
      transaction.oncomplete = () => { db.close(); done(result?.result); };
    };
  });
}"""


@pytest.fixture(scope="module")
def site() -> Iterator[StaticPage]:
    with static_page() as server:
        yield server


@pytest.fixture(scope="module")
def _visited(browser: Browser) -> Iterator[Profile]:
    """A browser that has the scripts in its cache."""
    profile = Profile(browser.new_context())
    yield profile
    profile.context.close()


@pytest.fixture
def visitor(_visited: Profile, site: StaticPage) -> Iterator[BrowserContext]:
    """A browser with nothing stored, for tests that change only what a page stores."""
    _visited.visit(site.address)
    yield _visited.context
    _visited.forget()


@pytest.fixture
def own_browser(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that a test may change otherwise."""
    context = browser.new_context()
    yield context
    context.close()


def tab(visitor: BrowserContext, site: StaticPage, *, opened: bool = True) -> Page:
    page = visitor.new_page()
    page.goto(site.address)
    page.evaluate(SETUP)
    if opened:
        page.evaluate("open_()")
    return page


@pytest.fixture
def page(visitor: BrowserContext, site: StaticPage) -> Page:
    return tab(visitor, site)


@pytest.fixture(scope="module")
def _stores(browser: Browser, site: StaticPage) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(site.address)
    page.evaluate(SETUP)
    yield page
    page.close()


@pytest.fixture
def own_store(_stores: Page, request: pytest.FixtureRequest) -> Iterator[Page]:
    """For a test that neither leaves nor loads its page: one for all of them, with a database of the test's own. All
    that a store holds (database, channel, locks) goes by its name."""
    name = request.node.name
    assert name not in _stores.evaluate("indexedDB.databases().then((all) => all.map(({ name }) => name))")
    _stores.evaluate("name => open_(name)", name)
    yield _stores
    assert _stores.evaluate("/native code/.test(IDBObjectStore.prototype.put)"), (
        "The test left its own method."
    )


# --- keeping --------------------------------------------------------------------------------------------------


def test_what_was_saved_is_there_after_a_reload(page: Page) -> None:
    page.evaluate("(async () => { window.c = talk('hello', 'world'); await store.save(c); })()")
    saved = page.evaluate("c")
    page.reload()
    page.evaluate(SETUP)
    page.evaluate("open_()")
    assert page.evaluate("id => store.get(id)", saved["id"]) == saved
    assert page.evaluate("store.problem") is None


def test_the_list_has_pinned_first_then_newest(own_store: Page) -> None:
    found = own_store.evaluate("""async () => {
      for (const [i, title] of ["old", "pinned", "new"].entries()) {
        const c = talk(title, "x");
        c.updatedAt = i; c.pinned = title === "pinned";
        await store.save(c);
      }
      return (await store.list()).map(({ title }) => title);
    }""")
    assert found == ["pinned", "new", "old"]


def test_search_finds_words_anywhere_in_any_branch(own_store: Page) -> None:
    found = own_store.evaluate("""async () => {
      const c = talk("Fruit", "The Ｄurian smells");
      addNode(c, { role: "assistant", parent: c.nodes[0].id, text: "苹果很好吃" });
      await store.save(c);
      await store.save(talk("Other", "nothing"));
      const titles = async (query) => (await store.list({ query })).map(({ title }) => title);
      const before = await titles("DURIAN fruit");
      c.nodes[1].text += " of cheese";
      await store.save(c);
      return [before, await titles("苹果"), await titles("cheese"), await titles("absent"), (await store.list({ query: "cheese" }))[0].snippet.map(([text, found]) => (found ? `[${text}]` : text)).join("")];
    }""")
    assert found[:4] == [["Fruit"], ["Fruit"], ["Fruit"], []]
    assert "[cheese]" in found[4]


def test_removed_can_be_restored_and_cleared_is_gone(own_store: Page) -> None:
    found = own_store.evaluate("""async () => {
      const c = talk("a", "b");
      await store.save(c);
      const kept = await store.get(c.id);
      await store.remove(c.id);
      const gone = await store.get(c.id);
      await store.restore(kept);
      const back = (await store.get(c.id)).nodes.length;
      await store.clearAll();
      const counts = await raw((t) => t.objectStore("texts").count());
      return [gone, back, (await store.list()).length, counts];
    }""")
    assert found == [None, 2, 0, 0]


def test_a_reply_still_coming_does_not_bring_a_removed_conversation_back(own_store: Page) -> None:
    found = own_store.evaluate("""async () => {
      const c = talk("a", "b");
      await store.save(c);
      await store.remove(c.id);
      c.nodes[1].text += "more";
      const saved = (await store.save(c)).saved;
      await new Promise((done) => setTimeout(done, 2));
      addNode(c, { role: "user", text: "I go on" });
      return [saved, (await store.save(c)).saved, (await store.list()).length];
    }""")
    assert found == ["no", "disk", 1]


def test_while_it_streams_it_is_saved_about_once_a_second(own_store: Page) -> None:
    found = own_store.evaluate("""async () => {
      const c = talk("a", "");
      await store.save(c);
      const from = c.rev;
      const until = performance.now() + 2200;
      while (performance.now() < until) {
        c.nodes[1].text += "word ";
        store.saveSoon(c);
        await new Promise((done) => setTimeout(done, 20));
      }
      return [c.rev - from, c.nodes[1].text.length - (await raw((t) => t.objectStore("nodes").get([c.id, c.nodes[1].id]))).node.text.length];
    }""")
    assert 1 <= found[0] <= 3
    assert found[1] < 5 * 60


def test_what_waits_is_saved_when_the_page_goes_away(page: Page, site: StaticPage) -> None:
    conversation = page.evaluate("""async () => {
      const c = talk("a", "first");
      await store.save(c);
      c.nodes[1].text = "last words";
      store.saveSoon(c);
      return c.id;
    }""")
    page.reload()
    page.evaluate(SETUP)
    page.evaluate("open_()")
    assert page.evaluate("id => store.get(id)", conversation)["nodes"][1]["text"] == "last words"


# --- two tabs ---------------------------------------------------------------------------------------------------


def test_two_tabs_on_one_conversation_lose_nothing(
    visitor: BrowserContext, site: StaticPage, page: Page
) -> None:
    conversation = page.evaluate(
        "(async () => { window.c = talk('a', 'b'); await store.save(c); return c.id; })()"
    )
    other = tab(visitor, site)
    other.evaluate("async id => { window.c = await store.get(id); }", conversation)
    page.evaluate("(addNode(c, {role: 'user', text: 'from one'}), store.save(c))")
    said = other.evaluate("(addNode(c, {role: 'user', text: 'from two'}), store.save(c))")
    assert said == {"saved": "disk", "conflict": True}
    texts = {node["text"] for node in page.evaluate("id => store.get(id)", conversation)["nodes"]}
    assert texts == {"a", "b", "from one", "from two"}
    assert {node["text"] for node in other.evaluate("c.nodes")} == texts


def test_racing_saves_of_two_tabs_lose_nothing(visitor: BrowserContext, site: StaticPage, page: Page) -> None:
    conversation = page.evaluate(
        "(async () => { window.c = talk('a', 'b'); await store.save(c); return c.id; })()"
    )
    other = tab(visitor, site)
    other.evaluate("async id => { window.c = await store.get(id); }", conversation)
    many = """name => { window.racing = (async () => {
      for (let i = 0; i < 40; i++) { addNode(c, { role: "user", text: name + i }); await store.save(c); }
    })(); }"""
    page.evaluate(many, "one")
    other.evaluate(many, "two")
    page.evaluate("racing")
    other.evaluate("racing")
    nodes = page.evaluate("id => store.get(id)", conversation)["nodes"]
    assert len({node["text"] for node in nodes}) == len(nodes) == 82


def test_another_tab_hears_of_changes(visitor: BrowserContext, site: StaticPage, page: Page) -> None:
    other = tab(visitor, site)
    conversation = page.evaluate(
        "(async () => { window.c = talk('a', 'b'); await store.save(c); return c.id; })()"
    )
    other.wait_for_function("changes.length > 0")
    assert other.evaluate("changes[0]") == {"kind": "changed", "id": conversation}


def test_a_reply_that_is_gone_on_with_wins_over_its_old_self_in_another_tab(own_store: Page) -> None:
    """The other tab only renamed the conversation: its copy of the answer is the old one, though that one has ended."""
    found = own_store.evaluate("""async () => {
      const c = talk("a", "half");
      await store.save(c);
      const other = await store.get(c.id);
      const answer = c.nodes[1];
      answer.ending = { kind: "running" };
      answer.text += " and the rest";
      Object.assign(other, { title: "Renamed", titleByHand: true });
      await store.save(other);
      const { conflict } = await store.save(c);
      answer.ending = { kind: "stop" };
      await store.save(c);
      const kept = await store.get(c.id);
      return [conflict, kept.title, kept.nodes[1].text, answer.text, c.nodes[1] === answer];
    }""")
    assert found == [True, "Renamed", "half and the rest", "half and the rest", True]


def test_what_another_tab_changed_keeps_its_objects_and_is_told(own_store: Page) -> None:
    found = own_store.evaluate("""async () => {
      const c = talk("a", "b");
      await store.save(c);
      const [question, answer] = c.nodes;
      const other = await store.get(c.id);
      other.nodes[1].text = "longer";
      other.nodes[1].notes = ["said"];
      addNode(other, { role: "user", parent: other.nodes[1].id, text: "more" });
      await store.save(other);
      const changed = store.adopt(c, await store.get(c.id));
      answer.text += ", gone on with";
      await store.save(c);
      const kept = await store.get(c.id);
      return [c.nodes[0] === question, c.nodes[1] === answer, changed.length, changed[0] === answer.id, kept.nodes.map(({ text }) => text)];
    }""")
    assert found == [True, True, 1, True, ["a", "longer, gone on with", "more"]]


def test_only_the_nodes_that_changed_are_written(own_store: Page) -> None:
    found = own_store.evaluate("""async () => {
      const c = talk("a", "b");
      for (let i = 0; i < 20; i += 1) addNode(c, { role: "user", parent: c.nodes.at(-1).id, text: `more ${i}` });
      await store.save(c);
      const put = IDBObjectStore.prototype.put;
      const written = [];
      IDBObjectStore.prototype.put = function (value) { if (this.name === "nodes") written.push(value.id); return put.call(this, value); };
      c.nodes[5].text += "!";
      await store.save(c);
      const gone = c.nodes.at(-1).id;
      removeFrom(c, gone);
      await store.save(c);
      IDBObjectStore.prototype.put = put;
      const left = await raw((t) => t.objectStore("nodes").getAllKeys());
      return [written.length, written[0] === c.nodes[5].id, left.length, left.some(([, id]) => id === gone)];
    }""")
    assert found == [1, True, 21, False]


def test_a_save_that_fails_stops_none_of_the_later_ones(own_store: Page) -> None:
    found = own_store.evaluate("""async () => {
      const bad = talk("bad", "x");
      bad.settings = { run: () => 0 };  // no database takes a function
      const first = await store.save(bad);
      const good = talk("good", "y");
      const second = await store.save(good);
      return [first.saved, second.saved, (await store.get(good.id)).title, store.problem];
    }""")
    assert found[:3] == ["no", "disk", "good"]


def test_a_conversation_that_was_never_saved_survives_the_page(
    visitor: BrowserContext, site: StaticPage, page: Page
) -> None:
    """The page goes away while the first save is still on its way."""
    conversation = page.evaluate("""() => {
      const c = talk("first words", "an answer");
      IDBObjectStore.prototype.get = () => { throw new DOMException("too late", "AbortError"); };
      store.save(c);
      dispatchEvent(new Event("pagehide"));
      return c.id;
    }""")
    page.close()
    again = tab(visitor, site)
    comes_true(again, "async id => (await store.get(id))?.nodes.length === 2", arg=conversation)


def test_what_a_page_lays_aside_waits_for_no_save(own_store: Page) -> None:
    """A transaction that waits behind another is dropped with its page: no save has the store of what is laid aside. What
    is saved afterwards lies aside no longer."""
    found = own_store.evaluate("""async () => {
      const [first, second] = [talk("first", "x"), talk("second", "y")];
      await store.save(first);
      const { transaction } = IDBDatabase.prototype;
      const scopes = [];
      IDBDatabase.prototype.transaction = function (names, ...more) {
        if (this.name === database) scopes.push([names].flat());  // a store of an earlier test lays aside what it has too
        return transaction.call(this, names, ...more);
      };
      const aside = () =>
        raw((t) => t.objectStore("waiting").getAll()).then((all) => all.map(({ record }) => record.nodes[0].text));
      first.nodes[0].text = "first, changed";
      const saves = [store.save(first), store.save(second)];
      dispatchEvent(new Event("pagehide"));
      const left = scopes.filter((names) => names.includes("waiting"));
      await Promise.all(saves);
      await store.flush();
      const mixed = scopes.filter((names) => names.includes("waiting") && names.length > 1);
      IDBDatabase.prototype.transaction = transaction;
      return [left, mixed, await aside(), (await store.get(first.id)).nodes[0].text, (await store.get(second.id)).nodes.length];
    }""")
    assert found == [[["waiting"], ["waiting"]], [], [], "first, changed", 2]


def test_undoing_the_deletion_of_a_coming_reply_leaves_it_interrupted(own_store: Page) -> None:
    found = own_store.evaluate("""async () => {
      const c = talk("a", "half an");
      c.nodes[1].ending = { kind: "running" };
      await store.save(c);
      await store.remove(c.id);
      await store.restore(c);
      return [(await store.get(c.id)).nodes[1].ending.kind, (await store.list())[0].running];
    }""")
    assert found == ["interrupted", False]


# --- an older database ------------------------------------------------------------------------------------------

OLD = """async ({ records, waiting }) => {
  const db = await new Promise((done) => {
    const opening = indexedDB.open("test", 1);
    opening.onupgradeneeded = () => {
      for (const store of ["conversations", "rows", "texts", "waiting"]) opening.result.createObjectStore(store, { keyPath: "id" });
    };
    opening.onsuccess = () => done(opening.result);
  });
  const transaction = db.transaction([...db.objectStoreNames], "readwrite");
  for (const record of records) {
    transaction.objectStore("conversations").put(record);
    if (record.v !== 1) continue;
    const { id, v, tab, title, pinned, createdAt, updatedAt, rev, nodes } = record;
    transaction.objectStore("rows").put({ id, v, tab, title, pinned, createdAt, updatedAt, rev, preview: "", count: nodes.length, model: null, provider: null, running: false });
    transaction.objectStore("texts").put({ id, text: [title, ...nodes.map(({ text }) => text)].join("\\n") });
  }
  for (const record of waiting) transaction.objectStore("waiting").put(record);
  await new Promise((done) => (transaction.oncomplete = done));
  db.close();
}"""
"""A database of version 1, as it was before nodes had rows of their own."""


def test_a_database_of_version_1_is_taken_over_whole(visitor: BrowserContext, site: StaticPage) -> None:
    page = tab(visitor, site, opened=False)
    before: dict[str, Any] = json.loads((DATA / "conversations_v1.json").read_text("utf-8"))
    page.evaluate(OLD, before)
    page.evaluate("open_()")
    left = {record["id"]: record for record in before["waiting"]}
    for record in before["records"]:
        if record["v"] != 1:
            continue
        kept = page.evaluate("id => store.get(id)", record["id"])
        whole = left.get(record["id"], record)
        assert kept | {"rev": 0} == whole | {"rev": 0}
    assert page.evaluate("store.leftovers()") == [r for r in before["records"] if r["v"] != 1]
    titles = page.evaluate("(async () => (await store.list()).map(({ title }) => title))()")
    assert sorted(titles) == sorted(r["title"] for r in before["records"] if r["v"] == 1)
    placed = "raw((t) => t.objectStore('rows').index('place').getAll()).then((rows) => rows.map(({ title }) => title))"
    assert sorted(page.evaluate(placed)) == sorted(titles)
    found = page.evaluate("(async () => (await store.list({ query: 'volcano' })).length)()")
    assert found == 1
    assert page.evaluate("store.problemKind") == "unreadable"
    page.reload()
    page.evaluate(SETUP)
    page.evaluate("open_()")
    assert sorted(page.evaluate("(async () => (await store.list()).map(({ title }) => title))()")) == sorted(
        titles
    )


def test_a_conversation_of_before_rounds_is_read_searched_and_gone_on_with(own_store: Page) -> None:
    found = own_store.evaluate("""async () => {
      const { repliesOf } = await import("/static/tools/calls.js");
      const { makeTurn } = await import("/static/chat/turn.js");
      const c = talk("volcano?", "It sleeps.");
      for (const node of c.nodes) for (const name of ["rounds", "sources", "toolCalls", "opaque"]) delete node[name];
      for (const name of ["tools", "allowed"]) delete c[name];
      await store.save(c);
      await open_(database);
      const { nodes } = await store.get(c.id);
      const { messages } = makeTurn({ settings: { model: "glm-4.6" }, providers: {}, shown: nodes });
      return [(await store.list({ query: "sleeps" })).length, repliesOf(nodes[1]), messages];
    }""")
    reply = {"thinking": "", "text": "It sleeps.", "toolCalls": [], "cited": None}
    asked = {"role": "user", "text": "volcano?"}
    assert found == [
        1,
        [reply],
        [asked, {"role": "assistant", "text": "It sleeps.", "thinking": [], "calls": []}],
    ]


# --- interrupted ------------------------------------------------------------------------------------------------

RUNNING = """(async () => {
  window.c = talk("a", "half an ans");
  c.nodes[1].ending = { kind: "running" };
  await store.save(c);
  return c.id;
})()"""


def test_a_reply_whose_page_died_is_marked_interrupted(page: Page) -> None:
    conversation = page.evaluate(RUNNING)
    page.reload()
    page.evaluate(SETUP)
    page.evaluate("open_()")
    comes_true(
        page, "async id => (await store.get(id)).nodes[1].ending.kind === 'interrupted'", arg=conversation
    )
    assert page.evaluate("id => store.get(id)", conversation)["nodes"][1]["text"] == "half an ans"


def test_a_tab_that_died_leaves_an_interrupted_reply(
    visitor: BrowserContext, site: StaticPage, page: Page
) -> None:
    conversation = page.evaluate(RUNNING)
    other = tab(visitor, site)
    assert other.evaluate("id => store.get(id)", conversation)["nodes"][1]["ending"]["kind"] == "running"
    page.close(run_before_unload=False)
    comes_true(
        other, "async id => (await store.get(id)).nodes[1].ending.kind === 'interrupted'", arg=conversation
    )


# --- what goes wrong --------------------------------------------------------------------------------------------


def test_blocked_storage_works_from_memory_and_says_so(own_browser: BrowserContext, site: StaticPage) -> None:
    own_browser.add_init_script(
        "IDBFactory.prototype.open = () => { throw new DOMException('denied', 'SecurityError') }"
    )
    page = tab(own_browser, site)
    found = page.evaluate("""async () => {
      const c = talk("kept here", "b");
      const { saved } = await store.save(c);
      await store.save(c);
      return [saved, (await store.get(c.id)).nodes.length, (await store.list({ query: "kept" })).length, store.problemKind, said.length];
    }""")
    assert found == ["memory", 2, 1, "blocked", 1]


def test_an_absent_database_works_from_memory(own_browser: BrowserContext, site: StaticPage) -> None:
    own_browser.add_init_script(
        "delete window.indexedDB; Object.defineProperty(window, 'indexedDB', {value: undefined})"
    )
    page = tab(own_browser, site)
    assert page.evaluate("(async () => (await store.save(talk('a', 'b'))).saved)()") == "memory"
    assert "closed" in page.evaluate("store.problem")


def test_a_full_disk_keeps_all_in_the_tab_and_recovers(own_browser: BrowserContext, site: StaticPage) -> None:
    page = tab(own_browser, site)
    devtools = own_browser.new_cdp_session(page)
    quota: dict[str, Any] = {"origin": site.address, "quotaSize": 300_000}
    devtools.send("Storage.overrideQuotaForOrigin", quota)
    found = page.evaluate("""async () => {
      window.big = talk("big", Array.from({ length: 90000 }, () => Math.random().toString(36)).join(" "));
      const { saved } = await store.save(big);
      return [saved, store.problemKind, (await store.get(big.id)).nodes[1].text.length === big.nodes[1].text.length, (await store.list()).length];
    }""")
    assert found == ["memory", "full", True, 1]
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": site.address})
    assert page.evaluate("(async () => [(await store.save(big)).saved, store.problem, said.at(-1)])()") == [
        "disk",
        None,
        None,
    ]


def test_broken_and_newer_records_are_counted_and_left_alone(page: Page) -> None:
    page.evaluate("""async () => {
      await store.save(talk("good", "b"));
      await raw((t) => {
        t.objectStore("conversations").put({ id: "half", v: 1, nodes: [{ id: "x" }] });
        t.objectStore("conversations").put({ id: "future", v: 9, nodes: "elsewhere" });
      });
    }""")
    page.reload()
    page.evaluate(SETUP)
    page.evaluate("open_()")
    found = page.evaluate("""async () => {
      const mine = { ...talk("a", "b"), id: "future" };
      const { saved } = await store.save(mine);
      const future = await raw((t) => t.objectStore("conversations").get("future"));
      return [store.unreadable, store.newer, await store.get("half"), (await store.list()).length, saved, future.nodes];
    }""")
    assert found == [2, 1, None, 2, "memory", "elsewhere"]
    assert "2 conversations could not be read" in page.evaluate("said[0]")


def test_a_valid_record_without_its_row_gets_one(page: Page) -> None:
    page.evaluate("""async () => {
      await store.save(talk("lost row", "b"));
      await raw((t) => { t.objectStore("rows").clear(); });
    }""")
    page.reload()
    page.evaluate(SETUP)
    page.evaluate("open_()")
    assert page.evaluate("(async () => (await store.list())[0].title)()") == "lost row"


def test_a_database_of_a_newer_version_is_not_touched(visitor: BrowserContext, site: StaticPage) -> None:
    page = tab(visitor, site, opened=False)
    page.evaluate("""() => new Promise((done) => {
      const opening = indexedDB.open("test", 7);
      opening.onupgradeneeded = () => opening.result.createObjectStore("other");
      opening.onsuccess = () => { opening.result.close(); done(); };
    })""")
    page.evaluate("open_()")
    assert page.evaluate("(async () => [(await store.save(talk('a', 'b'))).saved, store.problemKind])()") == [
        "memory",
        "newer",
    ]


# --- size -------------------------------------------------------------------------------------------------------


def test_more_conversations_than_are_read_at_once_are_searched(own_store: Page) -> None:
    found = own_store.evaluate("""async () => {
      for (let i = 0; i < 120; i++) await store.save(talk(`Conversation ${i}`, `Words and mark${i}x`));
      await open_(database);
      const found = [];
      for (const i of [0, 49, 50, 99, 100, 119]) found.push((await store.list({ query: `mark${i}x` })).length);
      return [(await store.list()).length, ...found];
    }""")
    assert found == [120, 1, 1, 1, 1, 1, 1]


def test_the_first_rows_of_the_list_are_read_before_all_and_in_its_order(own_store: Page) -> None:
    """The same rows in the same order, read by their place; once all were read, nobody asks for the first."""
    found = own_store.evaluate("""async () => {
      for (let n = 0; n < 30; n += 1) {
        const one = talk(`number ${n}`, "x");
        Object.assign(one, { pinned: n % 10 === 3, updatedAt: 1_700_000_000_000 + ((n * 7) % 30) * 1000 });
        await store.save(one);
      }
      const { openStore } = await import("/static/conversations/store.js");
      const again = await openStore({ name: database });
      const { Rows } = await import("/static/conversations/store/rows.js");
      const { openDisk } = await import("/static/conversations/store/disk.js");
      const disk = await openDisk(database, () => {});
      const rows = new Rows((ask) => ask(disk));
      const first = (await rows.first(5)).map(({ title }) => title);
      await rows.all();
      return [first, await rows.first(5), (await again.list()).slice(0, 5).map(({ title }) => title), await again.firstRows(5)];
    }""")
    first, afterwards, whole, of_the_store = found
    assert first == whole == ["number 3", "number 23", "number 13", "number 17", "number 4"]
    assert (afterwards, of_the_store) == (None, None)
