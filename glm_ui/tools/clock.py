"""The tool that gives the present time in a named time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from glm_ui.tools.tool import BUILT_IN, Outcome, Running, Tool, ToolFailed


async def _run(arguments: dict[str, Any], _: Running) -> Outcome:
    name = arguments.get("timezone") or "UTC"
    try:
        zone = UTC if name == "UTC" else ZoneInfo(str(name)[:64])
    except (OSError, ValueError, KeyError):
        raise ToolFailed(
            "This time zone is not known. Give an IANA name such as Asia/Shanghai or Europe/Paris."
        ) from None
    now = datetime.now(zone)
    return Outcome(f"{now.isoformat(timespec='seconds')} ({now:%A}), time zone {name}")


CLOCK: Final = Tool(
    BUILT_IN,
    "current_time",
    "The current date, weekday and time in a time zone.",
    {
        "type": "object",
        "properties": {
            "timezone": {
                "type": "string",
                "description": "IANA name such as Asia/Shanghai; UTC where it is left out",
            }
        },
    },
    _run,
    "Time",
    writes=False,
    open_world=False,
    trusted=True,
)
