"""One piece of work in a chat page in Chromium: ask, watch what is painted, and what it cost. How each app's page is
used is a row in PAGES."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.servers import Server
from benchmarks.text import turns
from benchmarks.upstream import PLAIN, Run, Upstream
from tests.browser.conftest import FLAGS, chromium

PROBE = Path(__file__).with_name("probe.js").read_text("utf-8")
NUMBERS = itertools.count(1)

OPEN_LONG = """async ({ turns, pictures }) => {
  const { newConversation, addNode } = await import("/glm_ui/static/conversations/conversation.js");
  const conversation = newConversation({ tab: "chat" });
  conversation.title = "A long one";
  let parent = null;
  const picture = (number) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
    const draw = canvas.getContext("2d");
    for (let i = 0; i < 400; i++) {
      draw.fillStyle = `hsl(${(i * 37 + number * 91) % 360} 70% 50%)`;
      draw.fillRect((i * 53) % 640, (i * 29) % 480, 90, 60);
    }
    return { name: `${number}.jpg`, thumbnail: canvas.toDataURL("image/jpeg", 0.8) };
  };
  for (const [number, { question, thinking, answer }] of turns.entries()) {
    const files = number < pictures ? [picture(number)] : [];
    parent = addNode(conversation, { parent, role: "user", text: question, files }).id;
    parent = addNode(conversation, { parent, role: "assistant", text: answer, thinking, ending: { kind: "stop" } }).id;
  }
  await GLM.chat.store.save(conversation);
  GLM.chat.open(conversation);
}"""


@dataclass(frozen=True, slots=True)
class How:
    """How a page is used: its box, what shows that it is ready and that a reply is over, and what is pressed where it
    stands in the way."""

    box: str
    idle: str
    history_in_page: bool
    thinks: bool = True
    pressed: str = ""


PAGES: Mapping[str, How] = {
    "GLM UI": How("#chat-input textarea", "#chat-input .submit-button", True),
    "gr.ChatInterface": How("textarea[data-testid=textbox]", ".submit-button", False),
    "gr.load_chat": How("textarea[data-testid=textbox]", ".submit-button", False, thinks=False),
    "Chainlit": How("#chat-input", "#chat-submit", False),
    "Open WebUI": How(
        "#chat-input", "[aria-label='Voice mode']", False, thinks=False, pressed="text=Okay, Let's Go!"
    ),
}


@dataclass(frozen=True, slots=True)
class Result:
    """Seconds, bytes and counts of one run. Lag is painted minus sent; `busy` is the main thread's share."""

    app: str
    tokens: int
    rate: int
    history: int
    wire: float
    first_thinking: float | None
    first_answer: float | None
    complete: float | None
    lag_last: float | None
    lag_most: float | None
    main: float
    busy: float
    script: float
    layout: float
    browser_cpu: float
    server_cpu: float
    bytes: int
    long_tasks: int
    longest_gap: float
    reached: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def chat_page(opened: Browser, server: Server, history: int = 0, pictures: int = 0) -> Iterator[Page]:
    """A fresh visitor's page with `history` earlier long turns shown, at its end; the first `pictures` have one."""
    how = PAGES[server.name]
    context = opened.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(PROBE)
    page = context.new_page()
    page.set_default_timeout(300_000)
    try:
        page.goto(server.url)
        page.wait_for_selector(how.box)
        if how.history_in_page:
            page.wait_for_function("window.GLM?.chat?.log")
            if history:
                page.evaluate(OPEN_LONG, {"turns": turns(history, 2000), "pictures": pictures})
        page.wait_for_timeout(1500)
        if how.pressed and page.locator(how.pressed).count():
            page.click(how.pressed)
        yield page
    finally:
        context.close()


def work(
    page: Page,
    server: Server,
    up: Upstream,
    tokens: int,
    rate: int,
    *,
    history: int = 0,
    meanwhile: Callable[[Page], None] = lambda _: None,
    limit: float = 240,
    plain: bool = False,
) -> Result:
    """Asks for `tokens` at `rate` a second (0: as fast as possible) and waits until all is painted, or `limit`
    seconds. `meanwhile` is what the person does while the reply comes."""
    how = PAGES[server.name]
    run = f"{PLAIN if plain else 'r'}{os.getpid()}-{next(NUMBERS)}"
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    page.fill(how.box, f"bench:{run}:{tokens}:{rate}")
    page.wait_for_timeout(300)
    page.evaluate("__probe.start()")
    meter = Meter(devtools, server)
    page.press(how.box, "Enter")
    meanwhile(page)
    wanted = ["an9999", "tk9999"] if how.thinks else ["an9999"]
    reached = _wait(page, wanted, how, limit)
    cost = meter.read()
    probe = page.evaluate("__probe.take()")
    devtools.detach()
    return _result(
        server.name, tokens, rate, history, up.run(run), probe, cost, "" if reached else "cut short"
    )


def reader(page: Page) -> None:
    """Types, opens and closes the thinking, and scrolls up, while our page streams."""
    page.keyboard.type("What I want to ask next, typed while the answer comes.", delay=30)
    page.locator(".turn.live summary").first.click()
    page.locator(".turn.live summary").first.click()
    page.mouse.move(640, 300)
    for _ in range(20):
        page.mouse.wheel(0, -240)
        page.wait_for_timeout(40)


def _wait(page: Page, wanted: list[str], how: How, limit: float) -> bool:
    done = "([wanted, idle]) => wanted.every((mark) => __probe.painted[mark]) && document.querySelector(idle)"
    try:
        page.wait_for_function(done, arg=[wanted, how.idle], timeout=1000 * limit, polling=250)
        page.wait_for_function("performance.now() - __probe.changed > 300", timeout=1000 * limit, polling=100)
    except Exception as error:
        if "Timeout" not in type(error).__name__:
            raise
        return False
    return True


class Meter:
    """What was spent since it was made."""

    def __init__(self, devtools: Any, server: Server) -> None:
        self._devtools, self._server = devtools, server
        self._before = self._now()

    def _now(self) -> dict[str, float]:
        figures = {m["name"]: m["value"] for m in self._devtools.send("Performance.getMetrics")["metrics"]}
        return figures | {"wall": time.perf_counter(), "server": self._server.cpu(), "browser": browser_cpu()}

    def read(self) -> dict[str, float]:
        now = self._now()
        return {name: now[name] - value for name, value in self._before.items()}


def browser_cpu() -> float:
    """Seconds of CPU of all our Chromium's processes."""
    tick = os.sysconf("SC_CLK_TCK")
    parents: dict[int, tuple[int, float, str]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, rest = stat.read_text().rpartition(")")
        except OSError:
            continue
        fields = rest.split()
        spent = sum(map(int, fields[11:15])) / tick
        parents[int(stat.parent.name)] = (int(fields[1]), spent, head.partition("(")[2])
    mine, found = {os.getpid()}, 0.0
    while fresh := {pid for pid, (parent, *_) in parents.items() if parent in mine and pid not in mine}:
        found += sum(parents[pid][1] for pid in fresh if "chrom" in parents[pid][2])
        mine |= fresh
    return found


def _result(
    app: str,
    tokens: int,
    rate: int,
    history: int,
    run: Run,
    probe: dict[str, Any],
    cost: dict[str, float],
    reached: str,
) -> Result:
    painted: dict[str, float] = {name: at / 1000 for name, at in probe["painted"].items() if at}
    keyed = probe["keyed"] / 1000
    lags = {name: painted[name] - at for name, at in run.marks.items() if name in painted}
    ends = [painted[name] for name in ("tk9999", "an9999") if name in painted]

    def after(mark: str) -> float | None:
        return lags.get(mark)

    return Result(
        app, tokens, rate, history,
        wire=run.asked - keyed,
        first_thinking=after("tk0000"),
        first_answer=after("an0000"),
        complete=max(ends) - keyed if ends and not reached else None,
        lag_last=after("an9999"),
        lag_most=max(lags.values(), default=None),
        main=cost["TaskDuration"],
        busy=cost["TaskDuration"] / cost["wall"],
        script=cost["ScriptDuration"],
        layout=cost["LayoutDuration"] + cost["RecalcStyleDuration"],
        browser_cpu=cost["browser"],
        server_cpu=cost["server"],
        bytes=int(probe["bytes"]),
        long_tasks=len(probe["longTasks"]),
        longest_gap=probe["longestGap"] / 1000,
        reached=reached,
    )  # fmt: skip
