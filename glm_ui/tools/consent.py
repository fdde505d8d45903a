"""When a person is asked before a tool runs: a table of reasons, and what the person said. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from glm_ui.messages import Message, ToolCall, ToolResult
from glm_ui.tools.results import is_ours
from glm_ui.tools.tool import Tool
from glm_ui.tools.toolbox import Toolbox

Verdict = Literal["", "once", "no", "began"]
"""What is known of a call from before: nothing, the person's yes or no, or that it began and its end is unknown."""

IN_BROWSER: Final = "browser"
"""The key of REASONS for a call that waits for nobody: the page runs it."""
AWAY: Final = "away"
"""The key of REASONS for a call that the person allowed, and whose tool is not there now."""
REASONS: Final = {
    "writes": "This tool can change or send something.",
    "unknown_server": "The owner of this app has not marked this tool's server as trusted.",
    "visitors": "This tool is of a server that you named. Each of its calls asks.",
    "changed": "The definition of this tool has changed since you were asked.",
    AWAY: "The tool is not there now: its server cannot be reached, or the tool was taken away. "
    "The call did not run. Run it later, or say No.",
    "tainted": "This tool can change or send something, and the conversation holds text from the open web.",
    "inline": "The call stood in the text of the answer, where a model may also quote one.",
    IN_BROWSER: "This code runs in your browser, in a sandbox that reaches no network.",
}


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the person has allowed for this conversation, as keys of `key_of`."""

    keys: frozenset[str] = field(default_factory=frozenset)

    def has(self, tool: Tool) -> bool:
        return key_of(tool) in self.keys


def key_of(tool: Tool) -> str:
    return f"{tool.id}@{tool.pin}"


def question(
    tool: Tool,
    *,
    allowed: Allowed,
    tainted: bool = False,
    inline: bool = False,
    verdict: Verdict = "",
    pin: str = "",
) -> str:
    """Why the person must be asked, as a key of REASONS; "" where the tool may run. `pin` is the definition that the
    person was asked about."""
    if verdict == "once":
        return "" if pin == tool.pin else "changed"
    if inline:
        return "inline"
    if tool.always_asks:
        return "visitors"
    if tool.trusted and not tool.writes:
        return ""
    if tool.writes and tainted:
        return "tainted"
    if allowed.has(tool):
        return ""
    return "writes" if tool.writes else "unknown_server"


def is_tainted(messages: Iterable[Message], toolbox: Toolbox) -> bool:
    """Whether the conversation holds what a tool brought in from strangers. A tool that is no longer known counts as
    one, with its errors too: its server said itself what was one."""
    names: dict[str, str] = {}
    for message in messages:
        for part in message.parts:
            if isinstance(part, ToolCall):
                names[part.id] = part.name
            elif isinstance(part, ToolResult):
                tool = toolbox.find(names.get(part.id, ""))
                if tool.open_world if tool else not is_ours(part.content):
                    return True
    return False
