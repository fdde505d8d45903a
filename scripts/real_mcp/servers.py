"""The servers, how each is started, and which of its tools each task calls. A call is (tool, arguments, what its result
must hold)."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

Call = tuple[str, dict[str, Any], str]
TASKS = {
    "two": "two calls at once",
    "picture": "a picture",
    "progress": "progress",
    "error": "an error",
    "asks": "asks the person",
    "killed": "killed in mid-call",
}


@dataclass(frozen=True)
class Subject:
    """`row` is its entry of the file; `start` is a program that serves `row`'s address."""

    name: str
    row: Mapping[str, Any]
    calls: Mapping[str, tuple[Call, ...]]
    start: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)


def subjects(work: Path, folder: Path, port: int) -> list[Subject]:
    """`folder` is a scratch one that holds a Git repository with `a.txt` and `dot.png`."""
    python, node = work / "python/bin", work / "node/node_modules/.bin"
    where = str(folder)
    now: Call = ("get_current_time", {"timezone": "Asia/Shanghai"}, "Asia/Shanghai")
    everything = {
        "two": (("echo", {"message": "once"}, "once"), ("get-sum", {"a": 2, "b": 3}, "5")),
        "picture": (("get-tiny-image", {}, "image"),),
        "progress": (("trigger-long-running-operation", {"duration": 0.5, "steps": 5}, "completed"),),
        "error": (("get-sum", {"a": "no number", "b": 1}, "alid"),),
        "killed": (("echo", {"message": "never"}, "failed"),),
    }
    read = ("read_text_file", {"path": f"{where}/a.txt"}, "The harbour")
    return [
        Subject(
            "mcp-server-time",
            {"command": str(python / "mcp-server-time")},
            {
                "two": (now, ("get_current_time", {"timezone": "Europe/Berlin"}, "Europe/Berlin")),
                "error": (("get_current_time", {"timezone": "Nowhere"}, "Nowhere"),),
                "killed": (("get_current_time", {"timezone": "UTC"}, "failed"),),
            },
        ),
        Subject(
            "mcp-server-git",
            {"command": str(python / "mcp-server-git"), "args": ["--repository", where]},
            {
                "two": (
                    ("git_status", {"repo_path": where}, "working tree clean"),
                    ("git_log", {"repo_path": where}, "The first one"),
                ),
                "error": (("git_show", {"repo_path": where, "revision": "none"}, "none"),),
                "killed": (("git_status", {"repo_path": where}, "failed"),),
            },
        ),
        Subject("server-everything, stdio", {"command": str(node / "mcp-server-everything")}, everything),
        Subject(
            "server-everything, HTTP",
            {"url": f"http://127.0.0.1:{port}/mcp"},
            everything,
            (str(node / "mcp-server-everything"), "streamableHttp"),
            {"PORT": str(port)},
        ),
        Subject(
            "server-filesystem",
            {"command": str(node / "mcp-server-filesystem"), "args": [where]},
            {
                "two": (read, ("list_directory", {"path": where}, "[FILE] a.txt")),
                "picture": (("read_media_file", {"path": f"{where}/dot.png"}, ""),),
                "error": (("read_text_file", {"path": "/etc/passwd"}, "denied"),),
                "killed": (("list_directory", {"path": where}, "failed"),),
            },
        ),
        Subject(
            "the Python SDK",
            {"command": sys.executable, "args": [str(Path(__file__).with_name("elicits.py"))]},
            {"asks": (("greet", {}, "licit"),)},
        ),
    ]


def fill(folder: Path) -> None:
    """What the servers are asked about."""
    (folder / "a.txt").write_text("The harbour is closed in winter.\n", "utf-8")
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(picture, "PNG")
    (folder / "dot.png").write_bytes(picture.getvalue())
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "The first one"]):
        subprocess.run([*git, *words], check=True)
