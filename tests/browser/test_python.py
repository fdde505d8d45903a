"""Python in the visitor's browser: a model's code runs in the page's sandbox, and what it gives goes back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat_page import answer_text, ask, chip, last, wait_idle
from tests.browser.conftest import READY, App
from tests.browser.static_page import StaticPage, static_page
from tests.browser.test_tools import offer
from tests.tool_frames import openai_calls, results_in
from tests.upstream import Reply, Upstream, openai_frames

PATIENCE = 280_000
"""Milliseconds. Starting Python takes some seconds of processor time, which a busy machine gives slowly."""

RUN = """async ([code, seconds]) => {
  const { runPython } = await import("/glm_ui/static/python/run.js");
  const limits = { start: 270_000, run: 1000 * seconds };
  return runPython(code, { signal: new AbortController().signal, limits });
}"""

ATTEMPTS = """(async () => {
  const tries = {
    fetch: () => fetch("@/fetch", { mode: "no-cors" }),
    own: () => fetch("#/glm_ui/state", { mode: "no-cors", credentials: "include" }),
    xhr: () => new Promise((done, no) => {
      const x = new XMLHttpRequest();
      Object.assign(x, { onload: done, onerror: no });
      x.open("GET", "@/xhr");
      x.send();
    }),
    scripts: () => importScripts("@/scripts"),
    own_scripts: () => importScripts("#/glm_ui/static/python/frame.js"),
    module: () => import("@/module"),
    socket: () => new Promise((done, no) => {
      const s = new WebSocket("@/socket".replace("http", "ws"));
      Object.assign(s, { onopen: done, onerror: no });
    }),
    events: () => new Promise((done, no) => Object.assign(new EventSource("@/events"), { onopen: done, onerror: no })),
    worker: () => new Promise((done, no) => {
      const text = "fetch('@/worker', { mode: 'no-cors' }).then(() => postMessage(1), (e) => postMessage(0))";
      const inner = new Worker(URL.createObjectURL(new Blob([text])));
      inner.onmessage = ({ data }) => (data ? done() : no());
      inner.onerror = no;
    }),
    database: () => new Promise((done, no) => {
      const asked = indexedDB.open("glm-ui");
      Object.assign(asked, { onsuccess: done, onerror: no });
    }),
    caches: () => caches.open("x"),
    files: () => navigator.storage.getDirectory(),
    evaluated: () => eval("1"),
  };
  const reached = [];
  for (const [name, attempt] of Object.entries(tries)) {
    try {
      await attempt();
      reached.push(name);
    } catch {}
  }
  return [Object.keys(tries).length, reached.join(" ")];
})()"""
"""What JavaScript in a worker can try; @ is somebody else's server, # the app's own."""
IN_A_WORKER = (
    "self.onmessage = async () => postMessage({{kind: 'text', text: (await {attempts}).join(': ')}});"
)

FLOOD = """self.onmessage = () => {
  postMessage({ kind: "started" });
  for (let n = 0; n < 200; n++) postMessage({ kind: "text", text: "x".repeat(1e6), left: "many" });
  for (;;);
};"""

TELLS = """self.onmessage = ({ data }) => {
  postMessage({ kind: "text", text: String(data.memory) });
  const memory = (...bytes) => postMessage({ kind: "memory", memory: Uint8Array.from(bytes) });
  if (!data.memory) memory(1, 2, 3);
  postMessage({ kind: "started" });
  memory(6, 6, 6);
  postMessage({ kind: "done", ok: true, value: "", pictures: [] });
};"""
"""Says which memory it begins with, and what its own is: before the code runs, and after."""

LEAVES = """
import builtins, json, random
builtins.left = json.left = 1
svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle r="9"/></svg>'
open("left.svg", "w").write(svg)
print(random.random())
"""
"""What the code of one run may leave to the next."""

HOSTILE = """
import asyncio, builtins, json, os, random
print(hasattr(builtins, "left"), hasattr(json, "left"), os.listdir(), random.random())

def names(): from js import fetch, indexedDB, postMessage
def evaluate(): from pyodide.code import run_js; return run_js("self")
def make(): import js; return js.setTimeout.constructor("return this")()
def urllib(): import urllib.request; return urllib.request.urlopen("@/urllib").read()
def request(): from pyodide.http import open_url; return open_url("@/request")
async def fetch(): from pyodide.http import pyfetch; return await pyfetch("@/fetch")
async def package(): import pyodide_js; await pyodide_js.loadPackage("@/x-1.0-py3-none-any.whl"); import x
def process(): import subprocess; return subprocess.run(["ls"])
async def socket():
    import socket
    host, port = "@".removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 2) as line:
        line.sendall(b"GET /socket HTTP/1.0\\r\\n\\r\\n")
        await asyncio.sleep(1)
        if not line.recv(10): raise OSError("nothing came")

for attempt in (names, evaluate, make, urllib, request, fetch, package, process, socket):
    try:
        given = attempt()
        if asyncio.iscoroutine(given): await given
        print(attempt.__name__, "REACHED")
    except BaseException as wrong:
        print(attempt.__name__, "refused")
held = []
try:
    while True: held.append(bytearray(64 * 2**20))
except MemoryError:
    held.clear()
    print("memory bounded")
for _ in range(4000): print("x" * 1000)
"""


@pytest.fixture
def trap() -> Iterator[StaticPage]:
    """Someone else's server; every request that reaches it is in `asked`."""
    with static_page() as site:
        yield site


def code_call(code: str) -> list[dict[str, Any]]:
    return openai_calls([("c1", "python", {"code": code})])


def test_the_demo_runs_python_that_prints_and_draws(demo_app: App, open_page: Callable[..., Page]) -> None:
    page = open_page(demo_app.url)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    offer(page, "Python, in your browser")
    assert not [url for url in asked if "pyodide" in url], "before the first call nothing of it is loaded"
    ask(page, "Draw a random walk with Python.")
    card = last(page).locator(".tool")
    expect(card.locator("pre").first).to_contain_text("random.seed(6)\nx = y = 0")
    expect(card).to_have_attribute("data-state", "done", timeout=PATIENCE)
    expect(card.locator(".tool-result pre")).to_have_text(
        "A random walk of 2,000 steps visits 606 places.\nValue: 27.02"
    )
    picture = card.locator("img.tool-picture")
    expect(picture).to_have_attribute("src", re.compile("^data:image/"))
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 500
    page.set_viewport_size({"width": 390, "height": 844})
    edges = "image => [image, image.closest('.tool')].map(e => e.getBoundingClientRect()).map(r => [r.left, r.right])"
    (left, right), (card_left, card_right) = picture.evaluate(edges)
    assert card_left < left < right < card_right
    expect(answer_text(page).last).to_contain_text("A random walk of 2,000 steps")
    wait_idle(page)
    assert all(url.startswith((demo_app.url.rstrip("/"), "blob:", "data:")) for url in asked), asked


def test_stop_ends_the_code_and_what_began_never_runs_twice(page: Page, up: Upstream) -> None:
    offer(page, "Python, in your browser")
    loop = Reply(sse=code_call("print('begun')\nwhile True: pass"))
    up.reply(loop, Reply(sse=openai_frames("", "It never ends.")), loop, Reply(sse=openai_frames("", "Odd.")))
    ask(page, "Loop.")
    card = last(page).locator(".tool")
    expect(card.locator(".tool-state")).to_contain_text("Runs in your browser")
    expect(card.locator(".tool-state")).not_to_contain_text("loads Python", timeout=PATIENCE)
    page.keyboard.press("Escape")
    expect(card).to_have_attribute("data-state", "failed")
    expect(card.locator(".tool-result pre")).to_have_text("begun\nThe person stopped the code.")
    expect(page.locator("iframe")).to_have_count(0)
    chip(page).get_by_role("button").click()
    expect(answer_text(page).last).to_have_text("It never ends.")
    wait_idle(page)
    assert "begun\nThe person stopped the code." in results_in(up.requests[1].json)["c1"]

    ask(page, "Again.")
    expect(page.locator("iframe"), "it is kept as begun before it begins").to_have_count(1)
    page.reload()
    page.wait_for_selector(READY, state="attached")
    expect(last(page).locator(".tool")).to_have_attribute("data-state", "unknown")
    chip(page).get_by_role("button").click()
    expect(answer_text(page).last).to_have_text("Odd.")
    wait_idle(page)
    assert "Whether it had an effect is not known" in results_in(up.requests[3].json)["c1"]


def test_javascript_in_the_sandbox_reaches_nobody(page: Page, shared_app: App, trap: StaticPage) -> None:
    """As if Python's own bridge to JavaScript held nothing back: the worker is all the attacker's."""
    attempts = ATTEMPTS.replace("@", trap.address).replace("#", shared_app.url.rstrip("/"))
    free = page.context.new_page()
    free.goto(trap.address)
    started = f"new Worker(URL.createObjectURL(new Blob([{attempts!r}.replace(/^/, 'const all = ') + "
    said = free.evaluate(
        f"() => new Promise((done) => {{ const w = {started}"
        "'; all.then((said) => postMessage(said))']))); w.onmessage = ({ data }) => done(data); })"
    )
    free.close()
    assert {"database", "evaluated", "fetch"} <= set(said[1].split()), "where nothing holds it back"
    paths = {path.split("?")[0] for path in trap.asked}
    assert {"/fetch", "/xhr", "/scripts", "/module", "/worker", "/socket", "/events"} <= paths
    trap.asked.clear()

    page.route("**/python/worker.js", lambda route: route.fulfill(body=IN_A_WORKER.format(attempts=attempts)))
    ran = page.evaluate(RUN.replace("270_000", "15_000"), ["", 1])
    assert ran["text"] == f"{said[0]}: "
    page.evaluate("fetch('healthz').then((r) => r.status)")  # the browser's own queue is empty
    assert trap.asked == []


def test_an_endless_flood_ends_with_its_time_and_is_cut(page: Page) -> None:
    page.route("**/python/worker.js", lambda route: route.fulfill(body=FLOOD))
    ran = page.evaluate(RUN, ["", 1])
    assert (ran["ok"], ran["why"], len(ran["text"])) == (False, "time", 100_000)
    expect(page.locator("iframe")).to_have_count(0)


def test_a_run_begins_with_the_memory_of_a_python_that_ran_nothing(page: Page) -> None:
    page.route("**/python/worker.js", lambda route: route.fulfill(body=TELLS))
    assert [page.evaluate(RUN, ["", 60])["text"] for _ in range(3)] == ["null", "1,2,3", "1,2,3"]


def test_hostile_python_reaches_nobody_is_bounded_and_finds_nothing_of_the_run_before(
    page: Page, trap: StaticPage
) -> None:
    """The second run begins with the memory that the first one had at its start."""
    before = page.evaluate(RUN, [LEAVES, 270])
    assert (before["ok"], len(before["pictures"])) == (True, 1)
    ran = page.evaluate(RUN, [HOSTILE.replace("@", trap.address), 270])
    lines = ran["text"].splitlines()
    *found, number = lines[0].split()
    assert found == ["False", "False", "[]"]
    assert number != before["text"].strip(), "chance is not kept"
    assert [line.split()[1] for line in lines if line.endswith(("refused", "REACHED"))] == ["refused"] * 9, (
        lines[:20]
    )
    assert "memory bounded" in lines
    assert len(ran["text"]) == 100_000
    assert ran["left"] > 3_000_000
    assert (ran["ok"], ran["why"]) == (True, "")
    assert trap.asked == []
    expect(page.locator("iframe")).to_have_count(0)
