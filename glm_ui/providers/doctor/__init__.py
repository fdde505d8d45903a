"""A provider examined in about ten seconds: three short questions at once, and what their replies show.

Everything goes through `stream_chat`, as any turn does, so that what is found is what a turn would meet. Nothing is
stored, and no page is known here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from glm_ui.backend.prepare import Keys
from glm_ui.providers.doctor import findings
from glm_ui.providers.doctor.findings import CHECKS, Finding
from glm_ui.providers.doctor.probe import COUNT, RIDDLE, Patient, Through
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
    patient = Patient.of(provider, settings, keys, model, through)
    if patient is None:
        yield Finding("reachable", "bad", "There is no such provider here.", "Pick one from the list.")
        return
    if not patient.model:
        yield Finding("reachable", "bad", "No model of this server is known.", "Name one that it has.")
        return
    plain = asyncio.create_task(patient.ask(patient.model, COUNT, thinking=False))
    thinks = asyncio.create_task(patient.ask(patient.model, RIDDLE, thinking=True))
    sees = asyncio.create_task(patient.look())
    try:
        heard = await plain
        first = (await findings.reachable(patient, heard), findings.key(patient, heard))
        for finding in first:
            yield finding
        if any(finding.state == "bad" for finding in first):
            for check in CHECKS[2:]:
                yield Finding(check, "unknown", "Not tried: the provider gave no reply.")
            return
        for judge in (findings.dialect, findings.streaming, findings.usage):
            yield judge(patient, heard)
        yield findings.thinking(patient, await thinks, heard)
        yield findings.image(patient, await sees)
    finally:
        for task in (plain, thinks, sees):
            task.cancel()
        await asyncio.gather(plain, thinks, sees, return_exceptions=True)
