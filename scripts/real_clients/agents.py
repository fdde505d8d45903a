"""Coding agents, configured by the very texts that the page's Connect view shows for them. They run without a
terminal."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from clients import Client
from tasks import Call, Task

from glm_ui.ui.models.clients import CLIENTS, At

QUESTION = "What is 7 times 6?"
FILES = {"one.txt": "mild in Rome\n", "two.txt": "mild in Oslo\n"}
RESULTS = ("mild in Rome", "mild in Oslo")
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAIAAAD8GO2jAAAAKklEQVR42u3NMQEAAAQAMATRP4pYSvBtBZbTHZ8qng"
    "kEAoFAIBAIBIIrC+AFAUQz669uAAAAAElFTkSuQmCC"
)
WHOLE = "it prints a reply when it is whole"


@dataclass(frozen=True)
class Agent:
    """`connect` is its key in the Connect view; `command` runs it once on a question; `picture`
    attaches one."""

    connect: str
    command: Callable[[str], list[str]]
    picture: tuple[str, ...] = ()


def _claude(question: str) -> list[str]:
    return ["claude", "-p", question, "--output-format", "stream-json", "--verbose", "--allowedTools", "Read"]


def _codex(question: str) -> list[str]:
    return ["codex", "exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", question]


def _opencode(question: str) -> list[str]:
    return ["opencode", "run", "--auto", "--thinking", "--print-logs", question]


def _aider(question: str) -> list[str]:
    quiet = "--no-git --yes-always --no-check-update --no-analytics --no-show-model-warnings --no-pretty"
    return ["aider", "--model", "openai/{model}", *quiet.split(), "--message", question]


HOW = {
    "Claude Code": Agent("claude-code", _claude),
    "Codex CLI": Agent("codex", _codex, ("-i", "picture.png")),
    "opencode": Agent("opencode", _opencode, ("-f", "picture.png")),
    "aider": Agent("aider", _aider),
}


def _reads(tool: str, field: str) -> Call:
    one, two = ({field: f"{{home}}/{name}"} for name in FILES)
    return Call(tool, (one, two), RESULTS, {field: "{home}/picture.png"})


AGENTS = (
    Client(
        "Claude Code",
        "@anthropic-ai/claude-code",
        "",
        "node",
        cannot={"streamed": WHOLE},
        call=_reads("Read", "file_path"),
    ),
    Client(
        "Codex CLI",
        "@openai/codex",
        "",
        "node",
        cannot={"streamed": WHOLE},
        call=Call("exec_command", ({"cmd": "cat one.txt"}, {"cmd": "cat two.txt"}), RESULTS),
    ),
    Client(
        "opencode", "opencode-ai", "", "node", cannot={"streamed": WHOLE}, call=_reads("read", "filePath")
    ),
    Client(
        "aider",
        "aider-chat",
        "",
        "aider",
        cannot={
            "tools": "it uses none",
            "picture": "it takes one by its own command alone",
            "streamed": WHOLE,
        },
    ),
)


def command_of(client: Client, task: Task, work: Path, home: Path, env: dict[str, str]) -> list[str]:
    """Writes the files of the Connect view and the work's own into `home`, adds what is exported to `env`."""
    for name, text in FILES.items():
        (home / name).write_text(text)
    (home / "picture.png").write_bytes(PNG)
    how = HOW[client.name]
    shown = next(one for one in CLIENTS if one.key == how.connect)
    images = task.name == "picture"
    for block in shown.blocks(At(env["BASE"], task.model, env["KEY"], images, 65_536, 16_384)):
        if block.file:
            path = home / block.file.removeprefix("~/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text)
        else:
            env |= _exported(block.text)
    command = [word.replace("{model}", task.model) for word in how.command(QUESTION)]
    if task.name == "picture":
        command += how.picture
    program = work / client.home / ("bin" if client.home != "node" else "node_modules/.bin") / command[0]
    return [str(program), *command[1:]]


def _exported(text: str) -> Mapping[str, str]:
    words = (shlex.split(line) for line in text.splitlines() if line.startswith("export "))
    return dict(word.split("=", 1) for line in words for word in line[1:])
