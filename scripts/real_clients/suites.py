"""Conformance suites that others wrote, against the gateway: llm-comply in three formats, and schemathesis with the
specifications that llm-comply ships. Each gives one line for the report."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.upstream import Reply, Request, openai_frames

MODEL = "glm-4.5v"
FORMATS = {
    "openai-chat": ("openai_chat", "v1", "v1", "/chat/completions"),
    "open-responses": ("openresponses", "v1", "v1", "/responses"),
    "anthropic": ("anthropic", "anthropic/v1", "anthropic", "/v1/messages"),
}
"""llm-comply's format -> its specification, the base below the app's address for llm-comply and for the paths of the
specification, and the path that is fuzzed."""
EXAMPLES = 300
LONGEST = 2400
"""Seconds that schemathesis may take: for messages it makes 8,000 requests, one for each limit in a large schema."""


def reply(request: Request) -> Reply:
    """Calls the first tool where tools are offered, as the suites expect; else answers."""
    body = request.json
    usage = {"prompt_tokens": 30, "completion_tokens": 12}
    tools = [tool["function"]["name"] for tool in body.get("tools", ()) if tool.get("type") == "function"]
    if not tools or body["messages"][-1]["role"] == "tool":
        return Reply(sse=openai_frames("Hm.", ["Hello ", "there."], usage=usage))
    call = {"index": 0, "id": "call_1", "function": {"name": tools[0], "arguments": '{"location": "Rome"}'}}
    choice = {"index": 0, "delta": {"role": "assistant", "tool_calls": [call]}}
    end = {"index": 0, "delta": {}, "finish_reason": "tool_calls"}
    return Reply(sse=[{"id": "up-1", "choices": [choice]}, {"id": "up-1", "choices": [end], "usage": usage}])


def run(work: Path, url: str, key: str, name: str) -> Iterator[tuple[str, str]]:
    """(suite, what came of it) for one format."""
    yield f"llm-comply, {name}", _comply(work, url, key, name)
    yield f"schemathesis, {name}", _fuzz(work, url, key, name)


def _comply(work: Path, url: str, key: str, name: str) -> str:
    base = FORMATS[name][1]
    asked = [
        work / "suites/bin/llm-comply",
        "--format",
        name,
        "-u",
        f"{url}/{base}",
        "-k",
        key,
        "-m",
        MODEL,
        "--json",
    ]
    done = subprocess.run([*map(str, asked)], capture_output=True, text=True, timeout=900)
    (work / f"llm-comply-{name}.json").write_text(done.stdout + done.stderr)
    try:
        counts = json.loads(done.stdout)["summary"]
    except (ValueError, KeyError, TypeError):
        return f"fails: {(done.stdout + done.stderr)[-200:]!r}"
    told = ", ".join(f"{count} {what}" for what, count in counts.items() if isinstance(count, int))
    return f"fails: {told}" if counts.get("failed") else f"works: {told}"


def _fuzz(work: Path, url: str, key: str, name: str) -> str:
    spec, _, base, path = FORMATS[name]
    specs = next((work / "suites/lib").glob("python*/site-packages/llm_comply/specs"))
    command = [
        *(
            str(work / "suites/bin/schemathesis"),
            "run",
            str(specs / f"{spec}.json"),
            "--url",
            f"{url}/{base}",
        ),
        *("--include-path-regex", f"{path}$", "--checks", "not_a_server_error,answers_are_json"),
        *("--header", f"Authorization: Bearer {key}", "--header", "anthropic-version: 2023-06-01"),
        *(
            "--max-examples",
            str(EXAMPLES),
            "--suppress-health-check",
            "all",
            "--continue-on-failure",
            "--no-color",
        ),
        *("--generation-deterministic",),
    ]
    env = {**os.environ, "SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("fuzz_hooks.py")), "MODEL": MODEL}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, env=env, cwd=work)
    except subprocess.TimeoutExpired:
        return f"fails: not done after {LONGEST} s"
    (work / f"schemathesis-{name}.log").write_text(done.stdout + done.stderr)
    cases = re.search(r"(\d+) generated", done.stdout)
    told = f"{cases[1]} requests" if cases else (done.stdout + done.stderr)[-200:]
    return f"works: {told}" if done.returncode == 0 and cases else f"fails: {told}"
