"""A provider of a known dialect is one row in the catalogue: this adds one of each dialect, which do not exist, to a
copy of that file, and asks them. The rest of the package is the project's own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CANARY
from tests.upstream import Reply, Upstream, anthropic_frames, openai_frames

ROOT = Path(__file__).parents[1]


def row(key: str, dialect: str) -> dict[str, Any]:
    return {
        "key": key,
        "name": "Invented",
        "dialect": dialect,
        "base_url": f"https://api.{key}.invalid/v1",
        "key_env": f"{key.upper()}_API_KEY",
        "key_required": True,
        "key_page": f"https://{key}.invalid/keys",
        "thinking": "thinking",
        "serves": {"glm-4.6": f"{key}/glm-4.6-fp8"},
        "params": {"temperature": {"low": 0, "high": 1}, "max_tokens": {"low": 1}},
    }


INVENTED = {"invented": "openai", "imagined": "anthropic"}
"""key -> dialect"""

ASK = """
import asyncio, json, sys
from glm_ui.backend import stream_chat
from glm_ui.catalogue import load
from glm_ui.messages import ChatRequest, Message, Text
from glm_ui.reply import Reply
from glm_ui.settings import load_settings
from glm_ui.net import clients

async def ask(providers):
    settings, replies = load_settings(), {}
    for key in providers:
        replies[key] = Reply()
        request = ChatRequest(model=f"{key}/glm-4.6-fp8", messages=(Message("user", (Text("Hi"),)),), thinking=True)
        async for event in stream_chat(request, settings=settings):
            replies[key].add(event)
    await clients.aclose()
    said = {key: [reply.thinking, reply.answer] for key, reply in replies.items()}
    print(json.dumps({"said": said, "served": load().served_by("glm-4.6")}))

asyncio.run(ask(sys.argv[1:]))
"""


@pytest.fixture
def with_invented(tmp_path: Path) -> Path:
    """A folder with a package `glm_ui` that is ours by links, but for the file that is touched."""
    package = tmp_path / "glm_ui"
    catalogue = package / "catalogue"
    catalogue.mkdir(parents=True)
    for folder, into in ((ROOT / "glm_ui", package), (ROOT / "glm_ui/catalogue", catalogue)):
        for path in folder.iterdir():
            if path.name not in {"catalogue", "__pycache__", "providers.json"}:
                (into / path.name).symlink_to(path)
    return tmp_path


def test_a_provider_is_a_row_in_the_catalogue(up: Upstream, with_invented: Path) -> None:
    providers = json.loads((ROOT / "glm_ui/catalogue/providers.json").read_bytes())
    written = json.dumps([*providers, *(row(*pair) for pair in INVENTED.items())])
    (with_invented / "glm_ui/catalogue/providers.json").write_text(written)
    up.reply(Reply(sse=openai_frames("Hm.", "Hello.")), Reply(sse=anthropic_frames("Well.", "Hi.")))
    environment = {"NO_PROXY": "*"}
    for key in INVENTED:
        environment[f"{key.upper()}_API_KEY"] = f"{CANARY}-{key}"
        environment[f"GLM_UI_{key.upper()}_BASE_URL"] = f"{up.url}/{key}"
    done = subprocess.run(
        [sys.executable, "-c", ASK, *INVENTED],
        env=environment,
        cwd=with_invented,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["said"] == {"invented": ["Hm.", "Hello."], "imagined": ["Well.", "Hi."]}
    assert set(INVENTED) <= set(told["served"])
    assert [request.path for request in up.requests] == [
        "/invented/chat/completions",
        "/imagined/v1/messages",
    ]
    for key, header, request in zip(INVENTED, ("authorization", "x-api-key"), up.requests, strict=True):
        assert request.json["model"] == f"{key}/glm-4.6-fp8"
        assert f"{CANARY}-{key}" in request.headers[header]
