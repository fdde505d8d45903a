"""A provider of a known dialect is one row in the catalogue: this adds one that does not exist to a copy of that file,
and asks it. The rest of the package is the project's own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CANARY
from tests.upstream import Upstream, anthropic_frames, openai_frames

ROOT = Path(__file__).parents[1]

ROW = {
    "key": "invented",
    "name": "Invented",
    "base_url": "https://api.invented.invalid/v1",
    "key_env": "INVENTED_API_KEY",
    "key_required": True,
    "key_page": "https://invented.invalid/keys",
    "thinking": "thinking",
    "serves": {"glm-4.6": "invented/glm-4.6-fp8"},
    "params": {"temperature": {"low": 0, "high": 1}, "max_tokens": {"low": 1}},
}

ASK = """
import asyncio, json, sys
from glm_ui.backend import stream_chat
from glm_ui.catalogue import load
from glm_ui.messages import ChatRequest, Message, Text
from glm_ui.reply import Reply
from glm_ui.settings import load_settings
from glm_ui.net import clients

async def ask():
    settings, reply = load_settings(), Reply()
    ask = ChatRequest(model="invented/glm-4.6-fp8", messages=(Message("user", (Text("Hi"),)),), thinking=True)
    async for event in stream_chat(ask, settings=settings):
        reply.add(event)
    await clients.aclose()
    served = load().served_by("glm-4.6")
    print(json.dumps({"answer": reply.answer, "thinking": reply.thinking, "served": served}))

asyncio.run(ask())
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


@pytest.mark.parametrize(
    ("dialect", "path", "header", "frames"),
    [
        ("openai", "/chat/completions", "authorization", openai_frames("Hm.", "Hello.")),
        ("anthropic", "/v1/messages", "x-api-key", anthropic_frames("Hm.", "Hello.")),
    ],
)
def test_a_provider_is_a_row_in_the_catalogue(
    up: Upstream, with_invented: Path, dialect: str, path: str, header: str, frames: list[bytes]
) -> None:
    providers = json.loads((ROOT / "glm_ui/catalogue/providers.json").read_bytes())
    written = json.dumps([*providers, {**ROW, "dialect": dialect}])
    (with_invented / "glm_ui/catalogue/providers.json").write_text(written)
    up.reply(sse=frames)
    environment = {
        "INVENTED_API_KEY": CANARY,
        "GLM_UI_INVENTED_BASE_URL": f"{up.url}/invented",
        "NO_PROXY": "*",
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env=environment,
        cwd=with_invented,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["thinking"], said["answer"]) == ("Hm.", "Hello.")
    assert "invented" in said["served"]
    (request,) = up.requests
    assert request.path == f"/invented{path}"
    assert request.json["model"] == "invented/glm-4.6-fp8"
    assert CANARY in request.headers[header]
