"""The Space as Hugging Face builds it: what its builder installs, the files that go up and nothing else, a turn."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from glm_ui.spaces import build, manifest
from tests.browser.conftest import App, free_port, start_app, stop_app

ROOT = Path(__file__).parents[1]
ENVIRONMENT = {
    "SYSTEM": "spaces",
    "SPACE_ID": "owner/name",
    "SPACE_HOST": "owner-name.hf.space",
    "SPACE_AUTHOR_NAME": "owner",
    "SPACE_REPO_NAME": "name",
    "GRADIO_ALLOW_FLAGGING": "never",
    "GRADIO_NUM_PORTS": "1",
    "GRADIO_SERVER_NAME": "0.0.0.0",
    "GRADIO_SSR_MODE": "true",
    "GRADIO_THEME": "huggingface",
}
"""What a Space sets, as its Dockerfile and its run log show."""


@pytest.fixture
def space(tmp_path: Path) -> Iterator[App]:
    """The app of the Space. The first start installs some hundred packages; `scripts/test` does it beforehand."""
    declared = manifest.load_manifest(ROOT)
    python = build.install(declared, ROOT, ROOT / ".venv" / "space")
    for name in manifest.files(declared, ROOT):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    port = str(free_port())  # told by Gradio's own name for it; a Space leaves it at 7860
    app = start_app(root=tmp_path, python=str(python), **ENVIRONMENT, GRADIO_SERVER_PORT=port, GLM_UI_PORT="")
    assert app.url.rstrip("/").endswith(f":{port}")
    yield app
    stop_app(app)


def test_the_space_builds_starts_and_answers(space: App, tmp_path: Path) -> None:
    url = space.url.replace("0.0.0.0", "127.0.0.1")
    with httpx.Client(base_url=url, timeout=60) as client:
        assert "chat-log" in client.get("/").text
        static = tmp_path / "glm_ui/web"
        for script in static.rglob("*.js"):
            assert client.get(f"/glm_ui/static/{script.relative_to(static).as_posix()}").status_code == 200
        assert len(client.get("/glm_ui/models").json()["rows"]) > 50
        asked = {"role": "user", "text": "What is this?"}
        turn = {"session": "s", "visitor": "v", "model": "glm-4.5v", "provider": "demo", "messages": [asked]}
        for example in sorted((static / "examples").glob("*")):
            file = {"id": f"example:{example.name}", "name": example.name}
            plan = client.post("/glm_ui/plan", json={**turn, "messages": [{**asked, "files": [file]}]}).text
            assert '"k":"plan"' in plan
            assert "no longer on the server" not in plan
        short = {
            "thinking": False,
            "sampling": {"max_tokens": 20},
        }  # the demo plays a whole answer for four seconds
        assert '"k":"done"' in client.post("/glm_ui/chat", json={**turn, **short}).text
    said = "".join(space.output)
    assert "Traceback" not in said
    assert "RELOAD" not in said, "the server that takes new source code was started"
