"""Programs that can use the gateway, each with its configuration for an address and a model, and the request by which
the page tests it. One row a program; texts in, texts out. No real key enters here.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson

from glm_ui.inspection.snippets.code_literals import json_text, python
from glm_ui.ui.answers import Program

Wire = Literal["chat", "responses", "messages"]
ANY_KEY: Final = "any"
"""What a program sends where no key is needed: most refuse to start without one."""
OWN_KEY: Final = "sk-glmui-YOUR-KEY"
"""The placeholder of the person's own key."""
PATHS: Final[Mapping[Wire, str]] = {
    "chat": "v1/chat/completions",
    "responses": "v1/responses",
    "messages": "anthropic/v1/messages",
}
QUESTION: Final = "Say hello in five words."


@dataclass(frozen=True, slots=True)
class At:
    """What a configuration is for: the app's `address` without a slash at its end, the name of a model, and what stands
    for the key. `window` and `max_output` of the model in tokens, and whether it takes pictures, where that is
    known."""

    address: str
    model: str
    key: str = ANY_KEY
    images: bool = False
    window: int | None = None
    max_output: int | None = None

    @property
    def openai(self) -> str:
        return f"{self.address}/v1"

    @property
    def anthropic(self) -> str:
        return f"{self.address}/anthropic"


@dataclass(frozen=True, slots=True)
class Block:
    """A text to be copied: a file's content, or commands. `file` says where it goes."""

    file: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Client:
    """`wire` is the protocol in which the program asks."""

    key: str
    label: str
    wire: Wire
    blocks: Callable[[At], tuple[Block, ...]]

    def public(self, at: At) -> Program:
        """With the request of its test: path, headers and body, without the key."""
        return {
            "key": self.key,
            "label": self.label,
            "blocks": [
                {"file": block.file, "language": block.language, "text": block.text}
                for block in self.blocks(at)
            ],
            "test": {
                "path": PATHS[self.wire],
                "headers": {"anthropic-version": "2023-06-01"} if self.wire == "messages" else {},
                "body": _question(self.wire, at.model),
            },
        }


def _question(wire: Wire, model: str) -> dict[str, Any]:
    """A short streamed question as the program would send it."""
    said = [{"role": "user", "content": QUESTION}]
    match wire:
        case "messages":
            return {"model": model, "max_tokens": 1024, "stream": True, "messages": said}
        case "responses":
            text = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": QUESTION}]}
            return {"model": model, "stream": True, "store": False, "input": [text]}
        case _:
            usage = {"include_usage": True}
            return {"model": model, "stream": True, "stream_options": usage, "messages": said}


# ---- how each is configured


def _shell(*lines: str) -> Block:
    return Block("", "bash", "\n".join(lines))


def _export(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _claude_code(at: At) -> tuple[Block, ...]:
    """Background work takes the haiku slot, so that all slots name the model."""
    slots = [f"ANTHROPIC_DEFAULT_{slot}_MODEL" for slot in ("OPUS", "SONNET", "HAIKU")]
    own = dict.fromkeys(("ANTHROPIC_MODEL", *slots), at.model)
    address, patience = {"ANTHROPIC_BASE_URL": at.anthropic}, {"API_TIMEOUT_MS": "3000000"}
    all_of_it = {**address, "ANTHROPIC_AUTH_TOKEN": at.key, **own, **patience}
    return (
        _shell(*(_export(name, value) for name, value in all_of_it.items()), "claude"),
        Block("~/.claude/settings.json", "json", _json({"env": {**address, **own, **patience}})),
    )


def _codex(at: At) -> tuple[Block, ...]:
    lines = (
        f"model = {json_text(at.model)}",
        'model_provider = "glm_ui"',
        "",
        "[model_providers.glm_ui]",
        'name = "GLM UI"',
        f"base_url = {json_text(at.openai)}",
        'env_key = "GLM_UI_KEY"',
        'wire_api = "responses"',
    )
    return Block("~/.codex/config.toml", "ini", "\n".join(lines)), _shell(
        _export("GLM_UI_KEY", at.key), "codex"
    )


def _opencode(at: At) -> tuple[Block, ...]:
    """It drops pictures where the model is not said to take them, and shortens a conversation by the limit."""
    model: dict[str, Any] = {"name": at.model}
    if at.images:
        model |= {"attachment": True, "modalities": {"input": ["text", "image"], "output": ["text"]}}
    if at.window and at.max_output:
        model["limit"] = {"context": at.window, "output": at.max_output}
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "GLM UI",
        "options": {"baseURL": at.openai, "apiKey": "{env:GLM_UI_KEY}"},
        "models": {at.model: model},
    }
    config = {
        "$schema": "https://opencode.ai/config.json",
        "provider": {"glm-ui": provider},
        "model": f"glm-ui/{at.model}",
    }
    return Block("opencode.json", "json", _json(config)), _shell(_export("GLM_UI_KEY", at.key), "opencode")


def _cline(at: At) -> tuple[Block, ...]:
    fields = {
        "API Provider": "OpenAI Compatible",
        "Base URL": at.openai,
        "API Key": at.key,
        "Model ID": at.model,
    }
    return (
        Block("Cline → Settings → API Configuration", "", "\n".join(f"{k}: {v}" for k, v in fields.items())),
    )


def _aider(at: At) -> tuple[Block, ...]:
    return (
        _shell(
            _export("OPENAI_API_BASE", at.openai),
            _export("OPENAI_API_KEY", at.key),
            f"aider --model {shlex.quote(f'openai/{at.model}')}",
        ),
    )


def _open_webui(at: At) -> tuple[Block, ...]:
    return (
        _shell(
            _export("OPENAI_API_BASE_URL", at.openai),
            _export("OPENAI_API_KEY", at.key),
            _export("ENABLE_OLLAMA_API", "false"),
            _export("DEFAULT_MODELS", at.model),
            "open-webui serve",
        ),
    )


def _openai_python(at: At) -> tuple[Block, ...]:
    text = f"""from openai import OpenAI

client = OpenAI(base_url={python(at.openai)}, api_key={python(at.key)})
reply = client.chat.completions.create(
    model={python(at.model)},
    messages=[{{"role": "user", "content": {python(QUESTION)}}}],
)
print(reply.choices[0].message.content)"""
    return (Block("ask.py", "python", text),)


def _anthropic_python(at: At) -> tuple[Block, ...]:
    text = f"""from anthropic import Anthropic

client = Anthropic(base_url={python(at.anthropic)}, auth_token={python(at.key)})
reply = client.messages.create(
    model={python(at.model)},
    max_tokens=1024,
    messages=[{{"role": "user", "content": {python(QUESTION)}}}],
)
print(reply.content[-1].text)"""
    return (Block("ask.py", "python", text),)


def _curl(at: At) -> tuple[Block, ...]:
    body = shlex.quote(json_text(_question("chat", at.model)))
    return (
        _shell(
            f"curl -N {shlex.quote(f'{at.openai}/chat/completions')} \\",
            f"  -H {shlex.quote(f'Authorization: Bearer {at.key}')} \\",
            "  -H 'Content-Type: application/json' \\",
            f"  -d {body}",
        ),
    )


def _llm(at: At) -> tuple[Block, ...]:
    model = json_text(at.model)
    lines = (
        f"- model_id: {json_text(f'glm-ui/{at.model}')}",
        f"  model_name: {model}",
        f"  api_base: {json_text(at.openai)}",
        "  api_key_name: glm-ui",
        "  supports_tools: true",
    )
    return (
        Block('$(dirname "$(llm logs path)")/extra-openai-models.yaml', "yaml", "\n".join(lines)),
        _shell(
            f"llm keys set glm-ui --value {shlex.quote(at.key)}",
            f"llm -m {shlex.quote(f'glm-ui/{at.model}')} {shlex.quote(QUESTION)}",
        ),
    )


CLIENTS: Final[tuple[Client, ...]] = (
    Client("claude-code", "Claude Code", "messages", _claude_code),
    Client("codex", "Codex", "responses", _codex),
    Client("opencode", "opencode", "chat", _opencode),
    Client("cline", "Cline", "chat", _cline),
    Client("aider", "aider", "chat", _aider),
    Client("open-webui", "Open WebUI", "chat", _open_webui),
    Client("openai-python", "openai-python", "chat", _openai_python),
    Client("anthropic-python", "anthropic-python", "messages", _anthropic_python),
    Client("curl", "curl", "chat", _curl),
    Client("llm", "llm", "chat", _llm),
)
