"""MCP servers that others wrote, driven by the app's own loop against a scripted upstream, in both dialects:
`python drive.py WORK`. Writes the table of docs/mcp-servers.md."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from servers import TASKS, Call, Subject, fill, subjects  # noqa: E402

from glm_ui.backend import stream_chat  # noqa: E402
from glm_ui.backend.rounds import Tools, stream_rounds  # noqa: E402
from glm_ui.events import Done, StreamEvent, ToolEnded, ToolProgress, ToolStarted  # noqa: E402
from glm_ui.messages import ChatRequest, Message  # noqa: E402
from glm_ui.settings import Settings  # noqa: E402
from glm_ui.tools.consent import Allowed, key_of  # noqa: E402
from glm_ui.tools.registry import Registry  # noqa: E402
from glm_ui.tools.toolbox import Toolbox  # noqa: E402
from tests.tool_frames import called, results_in  # noqa: E402
from tests.upstream import Upstream, anthropic_frames, openai_frames  # noqa: E402

DOC = ROOT / "docs" / "mcp-servers.md"
BEGIN, END = "<!-- results: scripts/real_mcp/run writes them -->\n", "<!-- end of results -->"
DIALECTS = ("zai", "zai-anthropic")


class Bench:
    """One server in the app's registry, and the upstream."""

    def __init__(self, up: Upstream, subject: Subject, folder: Path) -> None:
        file = folder / "mcp.json"
        file.write_text(json.dumps({"mcpServers": {"it": {**subject.row, "trusted": True}}}), "utf-8")
        addresses = {
            "glm_ui_zai_base_url": f"{up.url}/api/paas/v4",
            "glm_ui_zai_anthropic_base_url": f"{up.url}/api/anthropic",
        }
        self.settings = Settings(_env_file=None, zai_api_key="k" * 20, glm_ui_mcp=file, **addresses)  # type: ignore[call-arg,arg-type]
        self.registry = Registry(self.settings, fetch=None)  # type: ignore[arg-type]
        (self.server,) = self.registry.servers
        self.up, self.subject = up, subject

    async def turn(self, provider: str, calls: tuple[Call, ...], kill: Any = None) -> str:
        """What is wrong with a turn in which the model makes these calls; "" where nothing is."""
        box = Toolbox(await self.server.tools())
        names = {tool.name: wire.name for tool, wire in zip(box, box.definitions(), strict=True)}
        if missing := [name for name, _, _ in calls if name not in names]:
            return f"{missing[0]} is not offered ({self.server.public()['why'] or ', '.join(names)})"
        made = [(f"c{n}", names[name], arguments) for n, (name, arguments, _) in enumerate(calls)]
        self.up.forget()
        frames = anthropic_frames if provider.endswith("anthropic") else openai_frames
        self.up.reply(sse=called(provider, made))
        self.up.reply(sse=frames("", "Read."))
        request = ChatRequest(
            "glm-4.5v", (Message.user("Use it."),), provider=provider, tools=box.definitions()
        )
        tools = Tools(box, Allowed(frozenset(key_of(tool) for tool in box)))
        stream = stream_rounds(request, ask=partial(stream_chat, settings=self.settings), tools=tools)
        events: list[StreamEvent] = []
        async with aclosing(stream):
            async for event in stream:
                events.append(event)
                if kill and isinstance(event, ToolStarted):
                    kill()
        return self.wrong(events, calls)

    def wrong(self, events: list[StreamEvent], calls: tuple[Call, ...]) -> str:
        if not isinstance(events[-1], Done) or len(self.up.requests) != 2:
            return f"the turn did not go on: {events[-1]}"
        given = results_in(self.up.requests[1].json)
        if len(given) != len(calls):
            return f"{len(given)} of {len(calls)} results reached the model"
        for n, (_, _, holds) in enumerate(calls):
            if holds not in json.dumps(given[f"c{n}"], ensure_ascii=False):
                return f"a result lacks “{holds}”: {json.dumps(given[f'c{n}'])[:300]}"
        return ""

    def ended(self, events: list[StreamEvent]) -> list[ToolEnded]:
        return [event for event in events if isinstance(event, ToolEnded)]


CHECKS = {
    "two": lambda bench, events: (
        "" if all(e.state == "done" for e in bench.ended(events)) else "a call failed"
    ),
    "picture": lambda bench, events: _picture(bench, events),
    "progress": lambda _, events: _progress(events),
    "error": lambda bench, events: "" if bench.ended(events)[0].state == "failed" else "it is no error",
    "asks": lambda bench, events: "" if bench.ended(events)[0].state == "failed" else "it is no error",
}


def _picture(bench: Bench, events: list[StreamEvent]) -> str:
    if not bench.ended(events)[0].pictures:
        return "no picture came"
    body = bench.up.requests[1].body
    return "" if b"base64" in body else "the picture did not reach the model"


def _progress(events: list[StreamEvent]) -> str:
    told = [event.done for event in events if isinstance(event, ToolProgress)]
    return "" if told == [1, 2, 3, 4, 5] else f"progress was {told}"


class Checked(Bench):
    """Holds each task's own condition too."""

    task = ""

    def wrong(self, events: list[StreamEvent], calls: tuple[Call, ...]) -> str:
        return super().wrong(events, calls) or (
            CHECKS[self.task](self, events) if self.task in CHECKS else ""
        )

    async def cell(self, task: str, provider: str, started: subprocess.Popen[bytes] | None) -> str:
        """What is wrong with this task; "" where nothing is."""
        calls, self.task = self.subject.calls[task], task
        if task == "killed":
            return await self.killed(provider, calls, started)
        return await self.turn(provider, calls)

    async def killed(
        self, provider: str, calls: tuple[Call, ...], started: subprocess.Popen[bytes] | None
    ) -> str:
        """The server stands still, is called, and is killed: the call fails, the turn goes on; a program is started
        anew for the next turn."""
        await self.server.tools()
        pid = started.pid if started else _child()
        os.killpg(pid, signal.SIGSTOP)
        wrong = await self.turn(provider, calls, partial(os.killpg, pid, signal.SIGKILL))
        if wrong or started:
            return wrong
        self.task = "two"
        again = await self.turn(provider, self.subject.calls.get("two", calls))
        self.task = "killed"
        return again and f"it did not come back: {again}"


def _child() -> int:
    """The process group of the program that the app runs."""
    from glm_ui.tools.mcp import program

    (pid,) = program._alive
    return pid


@contextlib.asynccontextmanager
async def serving(subject: Subject) -> AsyncIterator[subprocess.Popen[bytes] | None]:
    """The program that serves the subject's address, until it listens."""
    if not subject.start:
        yield None
        return
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(  # noqa: ASYNC220
        subject.start, env={**os.environ, **subject.env}, stdout=quiet, stderr=quiet, start_new_session=True
    )
    try:
        async with asyncio.timeout(60):
            while not await _listens(int(subject.env["PORT"])):  # noqa: ASYNC110 - another's process
                await asyncio.sleep(0.1)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


async def _listens(port: int) -> bool:
    try:
        _, out = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    out.close()
    return True


async def row_of(up: Upstream, subject: Subject, folder: Path) -> dict[str, str]:
    """Task -> what came of it."""
    row = {}
    for task in TASKS:
        if task not in subject.calls:
            row[task] = "–"
            continue
        row[task] = "works"
        for provider in DIALECTS:
            async with serving(subject) as started:
                bench = Checked(up, subject, folder.parent)
                wrong = await bench.cell(task, provider, started)
                row["version"] = bench.server.public()["version"] or row["version"]
                await bench.server.close()
            if wrong:
                row[task] = f"fails: {wrong} ({provider})"
                break
        print(subject.name, "|", task, "|", row[task], flush=True)
    return row


def table(rows: dict[str, dict[str, str]]) -> str:
    def line(cells: list[str]) -> str:
        return f"| {' | '.join(cells)} |\n"

    text = f"Run on {date.today().isoformat()}.\n\n" + line(["server", "version", *TASKS.values()])
    text += line(["---"] * (len(TASKS) + 2))
    for name, row in rows.items():
        text += line([name, row["version"], *(row[task].partition(":")[0] for task in TASKS)])
    failed = [
        f"- {name}, {TASKS[t]}: {row[t]}\n" for name, row in rows.items() for t in TASKS if ":" in row[t]
    ]
    return text + ("\n" + "".join(failed) if failed else "")


async def main(work: Path) -> bool:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    rows = {}
    with tempfile.TemporaryDirectory(prefix="real-mcp-") as scratch, Upstream() as up:
        folder = Path(scratch) / "repository"
        folder.mkdir()
        fill(folder)
        for subject in subjects(work, folder, port):
            rows[subject.name] = await row_of(up, subject, folder)
    before, _, rest = DOC.read_text("utf-8").partition(BEGIN)
    DOC.write_text(before + BEGIN + table(rows) + END + rest.partition(END)[2], "utf-8")
    return not any(cell.startswith("fails") for row in rows.values() for cell in row.values())


if __name__ == "__main__":
    raise SystemExit(not asyncio.run(main(Path(sys.argv[1]).resolve())))
