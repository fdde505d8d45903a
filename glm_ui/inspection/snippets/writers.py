"""A request that was sent as code that sends it again: curl, Python with four libraries, fetch. Text alone."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypedDict

from glm_ui.catalogue import load
from glm_ui.catalogue.rows import DialectName
from glm_ui.inspection.snippets.code_literals import Code, javascript, json_text, python
from glm_ui.inspection.snippets.request import AUTH, KEY, Exact, Media

OURS: Final = ("accept-encoding", "user-agent")
"""Headers of this app that other programs do not need."""
BY_SDK: Final = ("accept", "content-type", *AUTH, *OURS)
"""Headers that every SDK sets by itself."""


class SnippetTold(TypedDict):
    key: str
    label: str
    language: str
    file: str
    code: str
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Snippet:
    """`language` is sh, python or javascript; `notes` say what this way of asking changes by itself."""

    key: str
    label: str
    language: str
    file: str
    code: str
    notes: tuple[str, ...] = ()

    def public(self) -> SnippetTold:
        return {
            "key": self.key,
            "label": self.label,
            "language": self.language,
            "file": self.file,
            "code": self.code,
            "notes": list(self.notes),
        }


def snippets(exact: Exact, dialect: DialectName, provider: str) -> tuple[Snippet, ...]:
    """The request as code, in the turn's own dialect. Each reads its files from the working directory and its key
    from the environment."""
    own_sdk = load().providers[provider].own_sdk
    return tuple(write(exact) for write, where in WRITERS if where in (None, dialect, own_sdk))


def _call(name: str, arguments: Mapping[str, str]) -> str:
    lines = "".join(f"    {key}={value},\n" for key, value in arguments.items())
    return f"{name}(\n{lines})"


def _extra_headers(exact: Exact) -> dict[str, str]:
    return {name: value for name, value in exact.headers.items() if name.lower() not in BY_SDK}


def _wire_headers(exact: Exact) -> dict[str, str]:
    return {name: value for name, value in exact.headers.items() if name.lower() not in OURS}


def _curl(exact: Exact) -> Snippet:
    """The body goes in by a pipe: `--data @-` takes the line breaks out again, so that it arrives byte for byte."""
    lines = [f"curl --no-buffer --silent --show-error {_quoted(exact.url)} \\"]
    for name, value in _wire_headers(exact).items():
        secret = KEY.match(value) if name.lower() in AUTH else None
        told = f'"{name}: {secret["lead"]}${secret["name"]}"' if secret else _quoted(f"{name}: {value}")
        lines.append(f"  --header {told} \\")
    pieces = _pieces(exact)
    if len(pieces) == 1:
        code = "\n".join([*lines, f"  --data @- <<'JSON'\n{pieces[0]}\nJSON\n"])
    else:
        feed = "".join(
            f"base64 < {piece.name}\n" if isinstance(piece, Media) else f"cat <<'JSON'\n{piece}\nJSON\n"
            for piece in pieces
        )
        code = f"{{\n{feed}}} | " + "\n".join([*lines, "  --data @-\n"])
    return Snippet("curl", "curl", "sh", "ask.sh", code)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _pieces(exact: Exact) -> list[str | Media]:
    """The body's own text, cut where a file's base64 stood."""
    pieces: list[str | Media] = [exact.body_bytes.decode()]
    for media in exact.media:
        encoded = base64.b64encode(media.data).decode()
        cut: list[str | Media] = []
        for piece in pieces:
            parts: list[Any] = piece.split(encoded) if isinstance(piece, str) else [piece]
            for number, part in enumerate(parts):
                cut += [media, part] if number else [part]
        pieces = cut
    return pieces


def _httpx(exact: Exact) -> Snippet:
    headers = {
        name: _key_expression(value) if name.lower() in AUTH else repr(value)
        for name, value in _wire_headers(exact).items()
        if name.lower() != "content-type"
    }
    listed = "".join(f"    {name!r}: {value},\n" for name, value in headers.items())
    code = f"""{_python_head(exact, "import httpx")}
headers = {{
{listed}}}
body = {python(exact.body)}

with httpx.stream({exact.method!r}, {exact.url!r}, headers=headers, json=body, timeout=300) as response:
    for line in response.iter_lines():
        print(line)
"""
    return Snippet("httpx", "Python, httpx", "python", "ask_httpx.py", code)


def _openai(exact: Exact) -> Snippet:
    known = (*OPENAI_FIELDS, "reasoning_effort")
    client = _client("OpenAI", exact, "/chat/completions")
    headers = {} if exact.key else {"Authorization": Code("Omit()")}
    head = _python_head(exact, "from openai import OpenAI" + ("" if exact.key else ", Omit"))
    code = f"""{head}
client = {client}
stream = {_create("client.chat.completions.create", exact, known, headers)}
for chunk in stream:
    for choice in chunk.choices:
        delta = choice.delta
        thinking = getattr(delta, "reasoning_content", None) or getattr(delta, "reasoning", None)
        print(thinking or delta.content or "", end="", flush=True)
"""
    return Snippet("openai", "Python, openai", "python", "ask_openai.py", code, (SDK_NOTE,))


def _anthropic(exact: Exact) -> Snippet:
    known = ("model", "max_tokens", "messages", "system", "stop_sequences", "thinking", "stream")
    client = _client("Anthropic", exact, "/v1/messages")
    # Version 2 of the library sends the key as a bearer token, which not every server of this dialect takes.
    headers = {
        "X-Api-Key": Code(_key_value(exact.key) if exact.key else "Omit()"),
        "Authorization": Code("Omit()"),
    }
    head = _python_head(exact, "from anthropic import Anthropic, Omit")
    code = f"""{head}
client = {client}
stream = {_create("client.messages.create", exact, known, headers)}
for event in stream:
    if event.type == "content_block_delta":
        text = getattr(event.delta, "thinking", None) or getattr(event.delta, "text", None)
        print(text or "", end="", flush=True)
"""
    return Snippet("anthropic", "Python, anthropic", "python", "ask_anthropic.py", code, (SDK_NOTE,))


def _zai(exact: Exact) -> Snippet:
    known = (*(f for f in OPENAI_FIELDS if f in ZAI_FIELDS), "thinking", "reasoning_effort")
    code = f"""{_python_head(exact, "from zai import ZaiClient")}
client = {_client("ZaiClient", exact, "/chat/completions")}
stream = {_create("client.chat.completions.create", exact, known)}
for chunk in stream:
    for choice in chunk.choices:
        thinking = getattr(choice.delta, "reasoning_content", None)
        print(thinking or choice.delta.content or "", end="", flush=True)
"""
    return Snippet("zai-sdk", "Python, zai-sdk", "python", "ask_zai.py", code, zai_notes(exact))


def _fetch(exact: Exact) -> Snippet:
    headers = "".join(
        f"    {json_text(name)}: {_key_template(value) if name.lower() in AUTH else json_text(value)},\n"
        for name, value in _wire_headers(exact).items()
    )
    files = (
        'import { readFileSync } from "node:fs";\n\n'
        'const base64Of = (file) => readFileSync(file).toString("base64");\n\n'
    )
    code = f"""{files if exact.media else ""}const body = {javascript(exact.body)};

const response = await fetch({json_text(exact.url)}, {{
  method: {json_text(exact.method)},
  headers: {{
{headers}  }},
  body: JSON.stringify(body),
}});
for await (const chunk of response.body) process.stdout.write(chunk);
"""
    return Snippet("fetch", "JavaScript, fetch", "javascript", "ask.mjs", code)


def _python_head(exact: Exact, library: str) -> str:
    standard = (["import base64"] if exact.media else []) + (["import os"] if exact.key else [])
    standard += ["from pathlib import Path"] if exact.media else []
    head = "\n".join(standard) + ("\n\n" if standard else "") + library + "\n"
    if exact.media:
        head += "\n\ndef base64_of(file):\n    return base64.b64encode(Path(file).read_bytes()).decode()\n\n"
    return head


def _client(name: str, exact: Exact, path: str) -> str:
    return _call(name, {"api_key": _key_value(exact.key), "base_url": repr(_base(exact, path))})


def _create(
    name: str, exact: Exact, known: tuple[str, ...], headers: Mapping[str, Code] | None = None
) -> str:
    """The call: what the library has a parameter for, the rest as its escape hatches. `headers` are more of those."""
    arguments = {key: python(value, 1) for key, value in exact.body.items() if key in known}
    if rest := {key: value for key, value in exact.body.items() if key not in known}:
        arguments["extra_body"] = python(rest, 1)
    if extra := {**_extra_headers(exact), **(headers or {})}:
        arguments["extra_headers"] = python(extra, 1)
    return _call(name, arguments)


def _base(exact: Exact, path: str) -> str:
    return exact.url.removesuffix(path)


def _key_value(key: str | None) -> str:
    return f'os.environ["{key}"]' if key else '"no key"'


def _key_expression(value: str) -> str:
    found = KEY.match(value)
    if not found:
        return repr(value)
    lead = f"{found['lead']!r} + " if found["lead"] else ""
    return f'{lead}os.environ["{found["name"]}"]'


def _key_template(value: str) -> str:
    found = KEY.match(value)
    return f"`{found['lead']}${{process.env.{found['name']}}}`" if found else json_text(value)


OPENAI_FIELDS: Final = (
    "model",
    "messages",
    "stream",
    "stream_options",
    "temperature",
    "top_p",
    "max_tokens",
    "stop",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "response_format",
    "tools",
    "tool_choice",
)
ZAI_FIELDS: Final = frozenset(OPENAI_FIELDS) - {"stream_options", "presence_penalty", "frequency_penalty"}
SDK_NOTE: Final = (
    "The library adds headers of its own, and asks up to twice more when the server fails or limits."
)


def zai_notes(exact: Exact) -> tuple[str, ...]:
    """What zai-sdk 0.2.3 changes in this very request."""
    notes = [SDK_NOTE]
    if "response_format" not in exact.body:
        notes.append("zai-sdk adds response_format null.")
    for name in ("temperature", "top_p"):
        value = exact.body.get(name)
        if isinstance(value, (int, float)) and value >= 1:
            notes.append(f"zai-sdk turns {name} {value:g} into 0.99.")
        elif isinstance(value, (int, float)) and value <= 0:
            more = " and adds do_sample false" if name == "temperature" else ""
            notes.append(f"zai-sdk turns {name} {value:g} into 0.01{more}.")
    if any(media.mime.startswith("image/") for media in exact.media):
        notes.append("zai-sdk sends the bare base64 of a picture, without the data URL before it.")
    return tuple(notes)


Writer = Callable[[Exact], Snippet]

WRITERS: Final[tuple[tuple[Writer, DialectName | Literal["zai-sdk"] | None], ...]] = (
    (_curl, None),
    (_openai, "openai"),
    (_anthropic, "anthropic"),
    (_zai, "zai-sdk"),
    (_httpx, None),
    (_fetch, None),
)
"""How to write it, and for which dialect or provider's own SDK; None is for all."""
