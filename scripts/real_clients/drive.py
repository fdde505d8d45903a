"""Programs that others wrote, as clients of the gateway: `python drive.py WORK [CLIENT or TASK or suites ...]`.

Each client runs in a process of its own, with an environment made from nothing, a scratch HOME, and a proxy that
refuses and remembers every address but this machine's. The app is served as it is, with a key; behind it stands the
upstream of the tests, which plays one script a task. WORK holds the environments that `run` made, and takes the
report.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import report  # noqa: E402
import suites  # noqa: E402
from agents import AGENTS, command_of  # noqa: E402
from clients import CLIENTS, Client  # noqa: E402
from tasks import TASKS, Seen, Task  # noqa: E402

from glm_ui.gateway.keys import line_of, new_key  # noqa: E402
from tests.browser.conftest import pointed_at, start_app, stop_app  # noqa: E402
from tests.upstream import Reply, Upstream  # noqa: E402

TOLD = ("overflow", "wrong_key")
"""Tasks in which an agent must tell of a failure, whatever its exit code."""
PROGRAMS = Path(__file__).parent / "programs"
PATIENCE = 120
"""Seconds that a client may take for a task; then it is killed with all that it started."""
QUIET = {
    "ANONYMIZED_TELEMETRY": "false",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "OPENAI_AGENTS_DISABLE_TRACING": "1",
    "OPENCODE_DISABLE_AUTOUPDATE": "1",
    "OPENCODE_DISABLE_MODELS_FETCH": "1",
}


@dataclass
class Bench:
    """The app, its upstream, and the proxy that sees who wants to go elsewhere."""

    work: Path
    url: str
    up: Upstream
    elsewhere: Upstream
    key: str

    def environment(self, client: Client, task: Task, home: Path) -> dict[str, str]:
        path = [self.work / "node/node_modules/.bin", Path("/usr/local/bin"), Path("/usr/bin"), Path("/bin")]
        dead = self.elsewhere.url
        return {
            **QUIET,
            **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), dead),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),
            "PATH": os.pathsep.join(map(str, path)),
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "LLM_USER_PATH": str(home / "llm"),
            "BASE": self.url,
            "KEY": "sk-glmui-nobodys" if task.wrong_key else self.key,
            "MODEL": task.model,
            **client.env,
        }

    def command(self, client: Client, task: Task, home: Path, env: dict[str, str]) -> list[str]:
        if client in AGENTS:
            return command_of(client, task, self.work, home, env)
        program = PROGRAMS / client.program
        if client.home == "node":
            # Node looks for packages beside the file alone.
            here = self.work / "node" / "programs"
            here.mkdir(exist_ok=True)
            for file in PROGRAMS.glob("*.mjs"):
                (here / file.name).write_text(file.read_text("utf-8"), "utf-8")
            return ["node", str(here / client.program), task.name]
        return [str(self.work / client.home / "bin/python"), str(program), task.name]

    def run(self, client: Client, task: Task) -> Seen:
        self.up.forget()
        with tempfile.TemporaryDirectory(prefix="real-client-", ignore_cleanup_errors=True) as scratch:
            home = Path(scratch)
            self.up.script(task.script(client.call.at(scratch)))
            env = self.environment(client, task, home)
            command = self.command(client, task, home, env)
            seen = Watch(self, client, task, home, env, command).seen()
        seen.requests = list(self.up.requests)
        return seen


class Watch:
    """One process, from its start to its end."""

    def __init__(
        self, bench: Bench, client: Client, task: Task, home: Path, env: dict[str, str], command: list[str]
    ):
        self.bench, self.task = bench, task
        self.agent = client in AGENTS
        self.result = Seen()
        pipe = subprocess.PIPE
        files = {
            "stdout": pipe,
            "stderr": subprocess.STDOUT,
            "stdin": subprocess.DEVNULL if self.agent else pipe,
        }
        self.process = subprocess.Popen(
            command, cwd=home, env=env, text=True, errors="replace", start_new_session=True, **files
        )

    def seen(self) -> Seen:
        killer = threading.Timer(PATIENCE, self.kill, (True,))
        killer.start()
        if self.task.stops and self.agent:
            threading.Thread(target=self.interrupt, daemon=True).start()
        try:
            assert self.process.stdout  # noqa: S101
            for line in self.process.stdout:
                self.read(line)
            code = self.process.wait()
        finally:
            killer.cancel()
            self.kill()
        if self.agent:
            self.result.texts = {"text": [self.result.rest], "thinking": [self.result.rest]}
            self.result.error = self.result.rest[-2000:] if code or self.task.name in TOLD else ""
        elif code and not self.result.error:
            self.result.error = self.result.rest[-300:] or f"it ended with {code}"
        if self.result.timed_out:
            self.result.error = f"not done after {PATIENCE} s"
        return self.result

    def read(self, line: str) -> None:
        told = {}
        if line.startswith("{") and not self.agent:
            with contextlib.suppress(ValueError):
                told = json.loads(line)
        if "piece" in told:
            self.result.texts[told["piece"]].append(told["said"])
            if self.task.holds and not self.result.first_piece:
                self.result.first_piece = self.bench.up.open == 1
                self.bench.up.release()
        elif "left" in told:
            self.result.closed_after = self.closing(time.monotonic())
            with contextlib.suppress(BrokenPipeError):
                assert self.process.stdin  # noqa: S101
                self.process.stdin.write("\n")
                self.process.stdin.flush()
        elif "error" in told:
            self.result.error = f"{told['error']}: {told['message']}"
        else:
            self.result.rest += line

    def closing(self, since: float) -> float | None:
        """Seconds until the upstream is left; None where it is not within five."""
        with contextlib.suppress(AssertionError):
            self.bench.up.wait_aborted(1, 5)
            return time.monotonic() - since
        return None

    def interrupt(self) -> None:
        """Ctrl-C while the reply is on its way."""
        with contextlib.suppress(AssertionError):
            self.bench.up.wait_requests(1, PATIENCE)
            time.sleep(2)
            os.killpg(self.process.pid, signal.SIGINT)
            self.result.closed_after = self.closing(time.monotonic())
        self.kill()

    def kill(self, late: bool = False) -> None:
        self.result.timed_out = self.result.timed_out or late
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


@contextlib.contextmanager
def bench_at(work: Path) -> Iterator[Bench]:
    key = new_key()
    with Upstream() as up, Upstream() as elsewhere:
        elsewhere.reply(Reply(status=403, body="Nothing but this machine is reached from here."))
        settings = {
            **pointed_at(up.url),
            "GLM_UI_GATEWAY_KEYS": line_of("clients", key),
            "GLM_UI_RETRIES": "0",
        }
        app = start_app(patience=600, **settings)
        try:
            yield Bench(work, app.url.rstrip("/"), up, elsewhere, key)
        finally:
            stop_app(app)


def row_of(bench: Bench, client: Client, tasks: list[Task]) -> dict[str, str]:
    """Task -> what came of it."""
    row = {"version": report.version_of(client, bench.work)}
    bench.elsewhere.forget()
    bench.elsewhere.reply(Reply(status=403, body="Nothing but this machine is reached from here."))
    for task in tasks:
        if task.name in client.cannot:
            row[task.name] = f"– {client.cannot[task.name]}"
            continue
        seen = bench.run(client, task)
        wrong = "; ".join(task.check(seen, client.call))
        row[task.name] = f"fails: {wrong}" if wrong else "works"
        print(f"{client.name} | {task.name} | {row[task.name]}", flush=True)
        if wrong and seen.rest:
            print(seen.rest[-1500:], flush=True)
    row["elsewhere"] = report.hosts(request.path for request in bench.elsewhere.requests)
    return row


def suites_rows(bench: Bench) -> Iterator[dict[str, str]]:
    """Suite -> what came of it, after each suite: some take ten minutes."""
    row: dict[str, str] = {}
    bench.up.forget()
    bench.up.script(suites.reply)
    for name in suites.FORMATS:
        for suite, said in suites.run(bench.work, bench.url, bench.key, name):
            row[suite] = said
            print(f"{suite} | {said}", flush=True)
            bench.up.requests.clear()
            yield row


def main() -> bool:
    work, wanted = Path(sys.argv[1]).resolve(), set(sys.argv[2:])
    every = [*CLIENTS, *AGENTS]
    clients = [c for c in every if c.name in wanted] or ([] if wanted == {"suites"} else every)
    tasks = [t for t in TASKS if t.name in wanted] or list(TASKS)
    found: dict[str, dict[str, str]] = {}
    with bench_at(work) as bench:
        for client in clients:
            found[client.name] = row_of(bench, client, tasks)
            report.keep(work, found, [client.name for client in every])
        if not wanted or "suites" in wanted:
            for row in suites_rows(bench):
                found[report.SUITES] = row
                report.keep(work, found, [client.name for client in every])
    return not any(cell.startswith("fails") for row in found.values() for cell in row.values())


if __name__ == "__main__":
    raise SystemExit(not main())
