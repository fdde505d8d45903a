"""A provider examined in about ten seconds: four short questions at once, and what their replies show.

Everything goes through `stream_chat`, as any turn does, so that what is found is what a turn would meet. Nothing is
stored, and no page is known here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from glm_ui.backend.prepare import Keys
from glm_ui.providers.doctor import findings
from glm_ui.providers.doctor.findings import CHECKS, Finding
from glm_ui.providers.doctor.probe import COUNT, RIDDLE, Probe, Through
from glm_ui.settings import Settings

__all__ = ["CHECKS", "Finding", "examine"]


async def examine(
    provider: str,
    settings: Settings,
    keys: Keys,
    model: str = "",
    through: Through = lambda ask, request: ask(request),
) -> AsyncGenerator[Finding, None]:
    """The findings, one for each of CHECKS, as they come in. `model` is asked instead of a usual one; each question
    goes `through` what counts turns. Closing it ends the questions. Never raises."""
    async with aclosing(_findings(provider, settings, keys, model, through)) as found:
        async for finding in found:
            yield finding.in_words()


async def _findings(
    provider: str, settings: Settings, keys: Keys, model: str, through: Through
) -> AsyncGenerator[Finding, None]:
    probe = Probe.of(provider, settings, keys, model, through)
    if probe is None:
        yield Finding("reachable", "bad", "There is no such provider here.", "Pick one from the list.")
        return
    if not probe.model:
        yield Finding("reachable", "bad", "No model of this server is known.", "Name one that it has.")
        return
    plain = asyncio.create_task(probe.ask(probe.model, COUNT, thinking=False))
    thinks = asyncio.create_task(probe.ask(probe.model, RIDDLE, thinking=True))
    calls = asyncio.create_task(probe.ask_with_tool(probe.model))
    sees = asyncio.create_task(probe.ask_about_image())
    try:
        reply = await plain
        first = (await findings.reachable(probe, reply), findings.key(probe, reply))
        for finding in first:
            yield finding
        if any(finding.state == "bad" for finding in first):
            for check in CHECKS[2:]:
                yield Finding(check, "unknown", "Not tried: the provider gave no reply.")
            return
        for judge in (findings.dialect, findings.streaming, findings.usage):
            yield judge(probe, reply)
        yield findings.thinking(probe, await thinks, reply)
        yield findings.tools(probe, *await calls)
        yield findings.image(probe, await sees)
    finally:
        for task in (plain, thinks, calls, sees):
            task.cancel()
        await asyncio.gather(plain, thinks, calls, sees, return_exceptions=True)
