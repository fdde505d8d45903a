"""The app in Chromium against servers that others wrote: `python drive.py WORK [CASE ...]`.

Each case is a server, started as its makers say, and the settings that docs/real-servers.md gives for it. Each task is
what a person does on the Chat tab; it returns what the page and the wire showed, and says what is not as promised.
Nothing is scripted on the server's side. WORK holds the environments and the model that `run` made.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402
from relay import Call, Relay  # noqa: E402

from tests.browser.chat_page import answer_text, ask, box, chip, last, pick_model, wait_idle  # noqa: E402
from tests.browser.conftest import FLAGS, chromium, free_port, start_app, stop_app  # noqa: E402

HERE = Path(__file__).parent
NO_MODEL = "no-such-model"
KEY = f"sk-{secrets.token_hex(24)}"
"""LiteLLM does not start without one; the others do not look at it."""
LONG = 90_000
"""Milliseconds for one reply: a real model on a shared processor."""


@dataclass(frozen=True)
class Case:
    """`commands` start the servers in order, each on its `{port}`; `model` as the server spells it."""

    name: str
    commands: tuple[str, ...]
    ready: tuple[str, ...]
    dialect: str
    base: str
    model: str
    thinking: str
    tasks: tuple[str, ...] | None = None

    @property
    def quick(self) -> bool:
        """Hundreds of tokens a second on one processor, and not twenty."""
        return LLAMA in self.commands or LLAMA + " none" in self.commands

    @property
    def wants_key(self) -> bool:
        return LITELLM in self.commands


LLAMA = "{work}/venv/bin/python {here}/serve_llama_cpp.py {work}/model/tiny-glm.gguf {port}"
SERVE = "{work}/venv/bin/transformers serve {work}/model/hf --device cpu --host 127.0.0.1 --port {port}"
LITELLM = "{work}/litellm-venv/bin/litellm --config {work}/litellm.yaml --host 127.0.0.1 --port {port}"
LITELLM_MODELS = {"tiny-glm": "hosted_vllm/tiny-glm", "tiny-glm-openai": "openai/tiny-glm"}
FEW = ("ask", "second_turn", "thinking_off", "stop", "cut_and_continue")

CASES = [
    Case("llama.cpp, openai", (LLAMA,), ("/health",), "openai", "/v1", "tiny-glm", "chat_template_kwargs"),
    Case(
        "llama.cpp raw tags, openai",
        (LLAMA + " none",),
        ("/health",),
        "openai",
        "/v1",
        "tiny-glm",
        "chat_template_kwargs",
        FEW,
    ),
    Case("llama.cpp, anthropic", (LLAMA,), ("/health",), "anthropic", "", "tiny-glm", "thinking"),
    Case(
        "llama.cpp kwargs, anthropic",
        (LLAMA,),
        ("/health",),
        "anthropic",
        "",
        "tiny-glm",
        "chat_template_kwargs",
        FEW,
    ),
    Case(
        "transformers serve, openai",
        (SERVE,),
        ("/health",),
        "openai",
        "/v1",
        "{work}/model/hf",
        "chat_template_kwargs",
    ),
    Case(
        "LiteLLM, anthropic",
        (LLAMA, LITELLM),
        ("/health", "/health/liveliness"),
        "anthropic",
        "",
        "tiny-glm",
        "thinking",
    ),
    Case(
        "LiteLLM, openai",
        (LLAMA, LITELLM),
        ("/health", "/health/liveliness"),
        "openai",
        "/v1",
        "tiny-glm",
        "chat_template_kwargs",
    ),
]


@dataclass
class Server:
    """The processes of a case; the last one is the one that is asked."""

    case: Case
    work: Path
    ports: list[int] = field(default_factory=list)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ports = [free_port() for _ in self.case.commands]
        self.start()

    def start(self) -> None:
        for number, _ in enumerate(self.case.commands):
            self.start_one(number)

    def start_one(self, number: int) -> None:
        command = self.case.commands[number].format(work=self.work, here=HERE, port=self.ports[number])
        if number:
            self._configure_litellm(self.ports[number - 1])
        log = (self.work / f"{self.case.name.replace(' ', '_')}.{number}.log").open("ab")
        env = {**os.environ, "HF_HUB_OFFLINE": "1", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_PROXY": "*"}
        env["LITELLM_MASTER_KEY"] = KEY
        process = subprocess.Popen(command.split(), stdout=log, stderr=log, env=env, start_new_session=True)
        self.processes[number : number + 1] = [process]
        wait_for(f"http://127.0.0.1:{self.ports[number]}{self.case.ready[number]}", 120)

    def _configure_litellm(self, behind: int) -> None:
        """JSON is YAML."""
        models = [
            {
                "model_name": name,
                "litellm_params": {
                    "model": to,
                    "api_base": f"http://127.0.0.1:{behind}/v1",
                    "api_key": "none",
                },
            }
            for name, to in LITELLM_MODELS.items()
        ]
        (self.work / "litellm.yaml").write_text(json.dumps({"model_list": models}))

    def end(self, number: int = -1, how: signal.Signals = signal.SIGKILL) -> None:
        process = self.processes[number]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        process.wait(30)

    def quiet_since(self, began: float) -> float:
        """Seconds from `began` (Unix time) until the model's process did nothing for half a second; at most 60."""
        while time.time() < began + 60:
            before, now = self._cpu(), time.time()
            time.sleep(0.5)
            if self._cpu() - before < 0.1:
                return round(now - began, 1)
        return 60.0

    def _cpu(self) -> float:
        fields = Path(f"/proc/{self.processes[0].pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for(url: str, seconds: float) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2) as reply:  # noqa: S310
            if reply.status == 200:
                return
        time.sleep(0.3)
    raise SystemExit(f"{url} did not come up")


@dataclass
class Session:
    """A visitor's page, the wire behind it, and what is seen."""

    page: Page
    relay: Relay
    server: Server
    seen: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def hold(self, fact: bool, words: str) -> None:
        if not fact:
            self.wrong.append(words)

    def say(self, text: str) -> None:
        ask(self.page, text)
        self.finish()

    def finish(self) -> None:
        expect(self.page.locator("#chat-log .turn.live")).to_have_count(0, timeout=LONG)
        wait_idle(self.page)

    @property
    def call(self) -> Call:
        return self.relay.calls[-1]

    @property
    def answer(self) -> str:
        return answer_text(self.page).inner_text().strip() if answer_text(self.page).count() else ""

    @property
    def thought(self) -> str:
        body = last(self.page).locator(".thinking-body")
        return (body.text_content() or "").strip() if body.count() else ""

    @property
    def ending(self) -> str:
        return " ".join(chip(self.page).inner_text().split()) if chip(self.page).count() else ""

    def shows(self, *names: str) -> dict[str, Any]:
        self.seen |= {name: getattr(self, name) for name in names or ("thought", "answer", "ending")}
        return self.seen

    def set(self, name: str, value: str) -> None:
        more = self.page.locator("#chat-more")
        target = more.locator(f"#chat-{name} textarea, #chat-{name} input").first
        if not target.is_visible():
            more.locator("button").first.click()
        expect(target).to_be_visible()
        target.fill(value)
        target.blur()

    def think(self, on: bool) -> None:
        switch = self.page.locator("#chat-thinking input")
        (switch.check if on else switch.uncheck)()


def ask_(s: Session) -> None:
    """Ask: thinking and answer apart, figures under it."""
    s.say("What is 7 times 6?")
    s.shows()
    s.seen["metrics"] = " ".join(last(s.page).locator(".metrics").inner_text().split())
    s.seen["body"] = {k: v for k, v in s.call.body.items() if k != "messages"}
    s.hold(s.answer == "It is 42.", "the answer")
    s.hold(s.thought.startswith("Seven sixes."), "the thinking stands apart")
    s.hold(s.ending == "", "no bad ending")
    s.hold(bool(re.search(r"\d+ in", s.seen["metrics"])), "tokens in are shown")


def second_turn(s: Session) -> None:
    """A second turn that can be answered only with the first one."""
    s.say("What is 7 times 6?")
    s.say("And half of it?")
    s.shows()
    s.seen["roles"] = [m["role"] for m in s.call.body["messages"]]
    s.seen["history"] = s.call.body["messages"][1]
    s.hold("21" in s.answer, "the history is understood")


def thinking_off(s: Session) -> None:
    """Thinking switched off: said on the wire, and not thought."""
    s.think(False)
    s.say("What is 7 times 6?")
    s.shows()
    s.seen["note"] = " ".join(last(s.page).locator(".notes").all_inner_texts())
    s.seen["body"] = {k: v for k, v in s.call.body.items() if k != "messages"}
    s.hold(s.answer == "It is 42.", "the answer")
    s.hold(s.thought == "", "nothing was thought")


def chinese(s: Session) -> None:
    """CJK and emoji, whose bytes the tokens cut."""
    s.say("你好，你是谁？")
    s.shows()
    s.hold(s.answer == "我是一个很小的 GLM 模型 👋🏽，会说中文。", "the answer is whole")
    s.hold(s.thought == "用户问我是谁。我应该简短地回答 🙂。", "the thinking is whole")


def markdown(s: Session) -> None:
    """Code with tags in it, a table, a formula."""
    s.say("Show me code.")
    shown = answer_text(s.page)
    s.shows("ending")
    s.seen["code"] = shown.locator("pre code").inner_text() if shown.locator("pre code").count() else s.answer
    s.hold('"<b>" * 2' in s.seen["code"], "code as it was written")
    s.hold(shown.locator("table").count() == 1, "a table")
    with contextlib.suppress(AssertionError):  # KaTeX is fetched when the first formula comes
        expect(shown.locator(".katex")).to_have_count(1)
    s.hold(shown.locator(".katex").count() == 1, "a formula")


def tool_call(s: Session) -> None:
    """A tool call that nobody offered: a card, and no raw XML."""
    s.say("What is the weather in Paris?")
    s.shows()
    card = last(s.page).locator(".tool")
    s.seen["card"] = " ".join(card.all_text_contents())
    s.hold("get_weather" in s.seen["card"], "a card")
    s.hold("arg_key" not in s.answer, "no raw XML")


def stop(s: Session) -> None:
    """Stop in the middle: the server must stop too."""
    ask(s.page, "Count without end.")
    expect(answer_text(s.page)).to_contain_text("two three", timeout=LONG)
    s.page.evaluate("addEventListener('pointerdown', () => { window.pressed = Date.now() }, true)")
    s.page.locator("#chat-input .stop-button").click()
    s.finish()
    began = s.page.evaluate("window.pressed") / 1000
    ends = time.monotonic() + 5
    while not s.call.hung_up and time.monotonic() < ends:
        time.sleep(0.02)
    s.seen["hung_up"] = s.call.hung_up
    s.seen["seconds"] = round(s.call.ended - began, 2)
    s.shows("ending")
    s.seen["server_quiet_after"] = s.server.quiet_since(began)
    s.hold(s.call.hung_up == "client" and s.seen["seconds"] < 1, "the socket is closed within a second")
    s.hold(s.seen["server_quiet_after"] < 3, "the server stops generating")
    s.hold("Stopped" in s.ending, "it says so")


def retry(s: Session) -> None:
    """Retry asks the same again and keeps the first answer."""
    s.say("What is 7 times 6?")
    before = s.call.body
    last(s.page).get_by_label("Retry").click()
    expect(last(s.page).locator(".branches")).to_have_text("2/2", timeout=LONG)
    s.finish()
    s.shows()
    s.hold(s.call.body == before, "the same body")
    s.hold(s.answer == "It is 42.", "the answer")


def wrong_model(s: Session) -> None:
    """A model name that the server does not have."""
    pick_model(s.page, NO_MODEL)
    s.say("What is 7 times 6?")
    s.shows("answer", "ending")
    s.seen["status"] = s.call.status
    s.seen["reply"] = bytes(s.call.reply).partition(b"\r\n\r\n")[2][:300].decode("utf-8", "replace")


def max_tokens(s: Session) -> None:
    """A limit: the reply ends there and says so."""
    s.think(False)
    s.set("max-tokens", "6")
    s.say("Count without end.")
    s.shows()
    s.hold("limit" in s.ending.lower() or "length" in s.ending.lower(), "it says that the limit was reached")


def stop_words(s: Session) -> None:
    """The reply ends before the word."""
    s.think(False)
    s.set("stop", "four")
    s.set("max-tokens", "200")
    s.say("Count without end.")
    s.shows()
    s.seen["sent"] = {k: v for k, v in s.call.body.items() if k.startswith("stop")}
    s.hold(s.answer in ("one two three", "one two three four"), "it ends there")


def json_output(s: Session) -> None:
    """JSON output, on a question whose usual answer is prose."""
    s.think(False)
    more = s.page.locator("#chat-more button").first
    more.click()
    box_ = s.page.locator("#chat-json-output input")
    if not box_.is_visible():
        s.seen["control"] = "hidden: this dialect has none"
        return
    box_.check()
    s.set("max-tokens", "60")
    s.say("Hello")
    s.shows()
    s.seen["sent"] = s.call.body.get("response_format")


def sampling(s: Session) -> None:
    """Every number at once, heat that makes gibberish: nothing breaks on the page or in the decoder."""
    s.set("temperature", "2" if s.server.case.dialect == "openai" else "1")
    s.set("top-p", "1")
    s.set("max-tokens", "600")
    if s.page.locator("#chat-seed textarea, #chat-seed input").first.is_visible():
        s.set("seed", "7")
    s.say("Tell me anything: gibberish, please, ##@@ 乱码")
    s.seen["answer"] = s.answer[:160]
    s.seen["thought"] = s.thought[:160]
    s.shows("ending")
    s.hold("unknown shape" not in s.ending and "not JSON" not in s.ending, "every frame is read")


def too_long(s: Session) -> None:
    """More text than the context window."""
    if not s.server.case.quick:
        s.seen["skipped"] = "it checks no length: a prompt beyond the window is computed, for minutes"
        return
    s.think(False)
    s.set("max-tokens", "20")
    s.say("seven six " * 9000)
    s.shows("ending")
    s.seen["status"] = s.call.status
    s.seen["reply"] = bytes(s.call.reply).partition(b"\r\n\r\n")[2][:300].decode("utf-8", "replace")


def long_output(s: Session) -> None:
    """Thousands of tokens, to the limit."""
    s.think(False)
    tokens = 3000 if s.server.case.quick else 600
    s.set("max-tokens", str(tokens))
    began = time.monotonic()
    s.say("Count without end.")
    s.seen["seconds"] = round(time.monotonic() - began, 1)
    s.seen["characters"] = len(s.answer)
    s.seen["metrics"] = " ".join(last(s.page).locator(".metrics").inner_text().split())
    s.shows("ending")
    s.hold(len(s.answer) > tokens * 5 / 3, "all of it is shown")


def cut_and_continue(s: Session) -> None:
    """The server is killed in the middle and comes back; the answer goes on at its seam."""
    s.set("max-tokens", "1500")
    ask(s.page, "Count without end.")
    expect(answer_text(s.page)).to_contain_text("four five six", timeout=LONG)
    s.server.end()
    s.finish()
    s.shows("ending")
    cut = s.answer
    s.seen["cut_after"] = len(cut)
    button = chip(s.page).get_by_role("button", name="Continue")
    s.hold(button.count() == 1, "Continue is offered")
    s.server.start_one(len(s.server.processes) - 1)
    if not button.count():
        return
    calls = len(s.relay.calls)
    s.set("max-tokens", "40")
    button.click()
    ends = time.monotonic() + 20
    while len(s.relay.calls) == calls and time.monotonic() < ends:
        time.sleep(0.05)
    s.finish()
    s.seen["sent"] = [{**m, "content": str(m["content"])[-120:]} for m in s.call.body["messages"]]
    s.seen["body"] = {k: v for k, v in s.call.body.items() if k != "messages"}
    s.seen["went_on_with"] = s.answer[len(cut) - 20 : len(cut) + 200]
    s.seen["status"] = s.call.status
    s.seen["ending_of_the_rest"] = s.ending
    s.hold(s.answer.startswith(cut.rstrip()), "nothing is lost")
    s.hold(len(s.answer) > len(cut), "it goes on")


def cut_behind(s: Session) -> None:
    """The model behind a proxy dies in the middle: whatever the proxy makes of it, it is no finished answer."""
    if len(s.server.processes) < 2:
        s.seen["skipped"] = "nothing stands behind this server"
        return
    ask(s.page, "Count without end.")
    expect(answer_text(s.page)).to_contain_text("four five six", timeout=LONG)
    s.server.end(0)
    s.finish()
    s.shows("ending")
    s.seen["tail"] = bytes(s.call.reply)[-600:].decode("utf-8", "replace")
    s.server.start_one(0)
    s.hold("Continue" in s.ending, "it is not taken for a finished answer")


def wrong_key(s: Session) -> None:
    """A visitor's own key that the server does not know."""
    box_ = s.page.locator("#api-key input")
    if not s.server.case.wants_key:
        s.seen["skipped"] = "this server takes any key"
        return
    box_.fill("sk-wrong")
    box_.press("Enter")
    expect(box_).to_have_value("")
    s.say("What is 7 times 6?")
    s.shows("answer", "ending")
    s.seen["status"] = s.call.status
    s.seen["reply"] = bytes(s.call.reply).partition(b"\r\n\r\n")[2][:300].decode("utf-8", "replace")
    s.hold("key" in s.ending.lower(), "it says that the key is wrong")
    s.hold("sk-wrong" not in s.page.content(), "the key is not on the page")


def reload(s: Session) -> None:
    """A reload keeps the conversation, and the next turn carries it."""
    s.say("What is 7 times 6?")
    s.page.reload()
    expect(answer_text(s.page)).to_contain_text("42")
    s.page.wait_for_selector("#chat-input textarea")
    s.say("And half of it?")
    s.shows("answer")
    s.hold("21" in s.answer, "the history is understood")


TASKS: dict[str, Callable[[Session], None]] = {
    "ask": ask_,
    "second_turn": second_turn,
    "thinking_off": thinking_off,
    "chinese": chinese,
    "markdown": markdown,
    "tool_call": tool_call,
    "stop": stop,
    "retry": retry,
    "reload": reload,
    "wrong_model": wrong_model,
    "max_tokens": max_tokens,
    "stop_words": stop_words,
    "json_output": json_output,
    "sampling": sampling,
    "long_output": long_output,
    "too_long": too_long,
    "cut_and_continue": cut_and_continue,
    "cut_behind": cut_behind,
    "wrong_key": wrong_key,
}


@contextlib.contextmanager
def visitor(browser: Browser, url: str, troubles: list[str]) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(url)
    page.wait_for_selector("#chat-log .log-column", state="attached", timeout=LONG)
    expect(box(page)).to_be_editable(timeout=LONG)
    yield page
    context.close()


def run_task(name: str, browser: Browser, url: str, relay: Relay, server: Server) -> dict[str, Any]:
    troubles: list[str] = []
    relay.calls.clear()
    with visitor(browser, url, troubles) as page:
        session = Session(page, relay, server)
        try:
            TASKS[name](session)
        except Exception as error:  # noqa: BLE001
            session.wrong.append(f"{type(error).__name__}: {str(error)[:600]}")
            page.screenshot(path=str(server.work / f"{server.case.name.replace(' ', '_')}.{name}.png"))
    session.wrong += [f"the page's script: {trouble}" for trouble in troubles]
    keep(server, name, relay.calls)
    return {"wrong": session.wrong, **session.seen}


def keep(server: Server, task: str, calls: list[Call]) -> None:
    """The wire as it was, for a test to be made of."""
    folder = server.work / "wire" / server.case.name.replace(" ", "_").replace(",", "")
    folder.mkdir(parents=True, exist_ok=True)
    for number, call in enumerate(calls, 1):
        stem = folder / f"{task}.{number}"
        stem.with_suffix(f".{number}.request.json").write_text(
            json.dumps(call.body, indent=1, ensure_ascii=False)
        )
        stem.with_suffix(f".{number}.reply.txt").write_bytes(bytes(call.reply))


def run_case(case: Case, work: Path, browser: Browser, only: list[str]) -> dict[str, Any]:
    server = Server(case, work)
    relay = Relay(server.ports[-1])
    app = start_app(
        GLM_UI_CUSTOM_BASE_URL=f"http://127.0.0.1:{relay.here}{case.base}",
        GLM_UI_CUSTOM_MODELS=",".join((case.model.format(work=work), NO_MODEL)),
        GLM_UI_CUSTOM_DIALECT=case.dialect,
        GLM_UI_CUSTOM_THINKING=case.thinking,
        GLM_UI_PROVIDER="custom",
        GLM_UI_CUSTOM_API_KEY=KEY,
    )
    results: dict[str, Any] = {}
    try:
        for name in case.tasks or tuple(TASKS):
            if only and name not in only:
                continue
            if server.processes[-1].poll() is not None:
                server.start_one(len(server.processes) - 1)
            results[name] = run_task(name, browser, app.url, relay, server)
            print(f"{case.name}: {name}: {'; '.join(results[name]['wrong']) or 'as promised'}", flush=True)
    finally:
        stop_app(app)
        (work / f"{case.name.replace(' ', '_')}.app.log").write_text("".join(app.output))
        for number in range(len(server.processes)):
            server.end(number)
    return results


def main() -> None:
    work = Path(sys.argv[1]).resolve()
    named = [a for a in sys.argv[2:] if a not in TASKS]
    cases = [c for c in CASES if not named or any(c.name.startswith(a) for a in named)]
    only = [a for a in sys.argv[2:] if a in TASKS]
    report = work / "report.json"
    results = json.loads(report.read_text()) if report.exists() else {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for case in cases:
            results.setdefault(case.name, {}).update(run_case(case, work, browser, only))
            report.write_text(json.dumps(results, indent=1, ensure_ascii=False))
        browser.close()
    sys.exit(any(task["wrong"] for case in results.values() for task in case.values()))


if __name__ == "__main__":
    main()
