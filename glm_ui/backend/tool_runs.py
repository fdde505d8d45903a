"""Runs the tool calls of one round: calls that only read run at the same time, a call that writes runs alone. Each
gives exactly one `ToolEnded`, whatever its tool does."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from glm_ui.errors import GlmUiError
from glm_ui.events import Source, Sources, StreamEvent, ToolEnded, ToolProgress, ToolStarted, ToolState
from glm_ui.tools import results
from glm_ui.tools.schema import arguments_of
from glm_ui.tools.tool import Outcome, Running, Tool, ToolFailed

if TYPE_CHECKING:
    from glm_ui.backend.rounds import Call

log = logging.getLogger("glm_ui")

PATIENCE: Final = 60.0
"""Seconds of one call without a word of progress."""
LONGEST: Final = 300.0
"""Seconds of one call that tells of progress."""
MOST_PROGRESS: Final = 200
"""Words of progress that are passed on, of one call."""
LEAVE_WITHIN: Final = 0.05
"""Seconds that a call has to end when it is stopped; one that does not is left alone."""

TOO_LATE: Final = (
    "The tool did not answer within {seconds:.0f} seconds. Whether it had an effect is not known."
)

IN_LOG: Final = "The tool failed for a reason that is in the app's log."
BROKE_OFF: Final = "The tool broke off before it gave a result. Whether it had an effect is not known."

Job = tuple[int, "Call", Tool | None, str]
"""(index, call, its tool, why it does not run where there is none)."""


async def run_all(
    jobs: Sequence[Job], running: Running, began: set[str]
) -> AsyncGenerator[StreamEvent, None]:
    """Closing it cancels what runs."""
    for group in _groups(jobs):
        news: asyncio.Queue[StreamEvent | None] = asyncio.Queue()
        tasks = [asyncio.create_task(_run(job, running, began, news)) for job in group]
        for task in tasks:
            task.add_done_callback(partial(_tell_end, news))
        try:
            left = len(tasks)
            while left:
                event = await news.get()
                if event is None:
                    left -= 1
                else:
                    yield event
        finally:
            for task in tasks:
                task.cancel()
            if any(not task.done() for task in tasks):
                await asyncio.wait(tasks, timeout=LEAVE_WITHIN)


def _tell_end(news: asyncio.Queue[StreamEvent | None], _: asyncio.Task[None]) -> None:
    news.put_nowait(None)


def _groups(jobs: Sequence[Job]) -> list[list[Job]]:
    """Neighbours that only read run together."""
    groups: list[list[Job]] = []
    open_to_more = False
    for job in jobs:
        tool = job[2]
        reads = tool is None or not tool.writes
        if reads and open_to_more:
            groups[-1].append(job)
        else:
            groups.append([job])
        open_to_more = reads
    return groups


async def _run(job: Job, running: Running, began: set[str], news: asyncio.Queue[StreamEvent | None]) -> None:
    index, call, tool, why_not = job
    end = _End(index, call, tool, news)
    if call.result is not None:
        end.say("failed" if call.failed else "done", call.result, outcome=Outcome("", pictures=call.pictures))
    elif call.verdict == "no":
        end.say("refused", results.refusal(call.reason))
    elif call.verdict == "began" or call.key in began:
        end.say("unknown", results.UNKNOWN)
    elif tool is None:
        end.say("failed", why_not)
    else:
        await _run_tool(index, call, tool, running, began, end)


class _End:
    """Says how a call ended, once."""

    def __init__(
        self, index: int, call: Call, tool: Tool | None, news: asyncio.Queue[StreamEvent | None]
    ) -> None:
        self.index, self.call, self.tool, self.news = index, call, tool, news

    def say(
        self, state: ToolState, text: str, seconds: float | None = None, outcome: Outcome | None = None
    ) -> None:
        server, title = (self.tool.server, self.tool.shown) if self.tool else ("", "")
        pictures = outcome.pictures if outcome else ()
        self.news.put_nowait(
            ToolEnded(
                self.index, self.call.key, state, results.for_page(text), seconds, pictures, server, title
            )
        )


async def _run_tool(index: int, call: Call, tool: Tool, running: Running, began: set[str], end: _End) -> None:
    if (arguments := _arguments(call, tool, end)) is None:
        return
    started = time.monotonic()
    began.add(call.key)
    end.news.put_nowait(ToolStarted(index, call.key, tool.server, tool.shown))
    told = 0

    def progress(done: float, total: float | None = None, text: str = "") -> None:
        nonlocal told
        told += 1
        with contextlib.suppress(RuntimeError):  # its time is over already
            patience.reschedule(min(_now() + PATIENCE, longest))
        if told <= MOST_PROGRESS:
            end.news.put_nowait(ToolProgress(index, done, total, results.visible(text[:200])))

    longest = _now() + LONGEST
    try:
        async with asyncio.timeout(PATIENCE) as patience:
            outcome = await tool.run(arguments, replace(running, progress=progress))
        seconds = time.monotonic() - started
        if outcome.sources:
            end.news.put_nowait(Sources(tuple(_bounded(source) for source in outcome.sources)))
        end.say("failed" if outcome.is_error else "done", outcome.text, seconds, outcome)
    except (ToolFailed, GlmUiError) as known:
        end.say("failed", str(known), time.monotonic() - started)
    except TimeoutError:
        seconds = time.monotonic() - started
        end.say("failed", TOO_LATE.format(seconds=seconds), seconds)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        end.say("failed", BROKE_OFF, time.monotonic() - started)  # the tool's own doing, not our Stop
    except Exception:
        log.exception("a tool of %s failed in our own code", "this app" if tool.trusted else "a server")
        end.say("failed", IN_LOG, time.monotonic() - started)


def _arguments(call: Call, tool: Tool, end: _End) -> dict[str, Any] | None:
    """None where they cannot be used, which is said."""
    try:
        return arguments_of(call.call.arguments, tool.parameters)
    except ToolFailed as wrong:
        end.say("failed", str(wrong))
    except Exception:  # a schema is a stranger's
        log.exception("arguments of a call could not be fitted to their schema")
        end.say("failed", IN_LOG)
    return None


def _bounded(source: Source) -> Source:
    return Source(
        source.number,
        source.url[:2048],
        results.visible(source.title)[:300],
        results.visible(source.snippet)[:1000],
        source.published[:40],
    )


def _now() -> float:
    return asyncio.get_running_loop().time()
