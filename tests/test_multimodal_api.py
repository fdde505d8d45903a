"""`/multimodal` through the real `gradio_client`, as a program uses it."""

from __future__ import annotations

import base64
from itertools import pairwise
from pathlib import Path
from typing import Any

import media_files as files
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from tests.upstream import Upstream, openai_frames


def pictures_in(content: list[dict[str, Any]]) -> list[bytes]:
    urls = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
    return [base64.b64decode(url.split(",", 1)[-1]) for url in urls]


def test_it_has_two_outputs_and_only_files_and_prompt_are_required(client: Client) -> None:
    named: Any = client.view_api(return_format="dict", print_info=False)
    described = named["named_endpoints"]["/multimodal"]
    assert len(described["returns"]) == 2
    assert [p["parameter_name"] for p in described["parameters"]] == [
        "files", "prompt", "model", "provider", "thinking", "history",
    ]  # fmt: skip
    required = [p["parameter_name"] for p in described["parameters"] if not p["parameter_has_default"]]
    assert required == ["files", "prompt"]


def test_uploads_go_to_glm_45v_and_two_texts_stream_back(
    client: Client, upstream: Upstream, tmp_path: Path
) -> None:
    upstream.reply(sse=openai_frames(["I ", "see."], ["A ", "cat."]), delay=0.1)
    uploads = [handle_file(files.write(tmp_path, name)) for name in ("photo.jpg", "report.pdf")]
    frames = list(client.submit(uploads, "What is it?", api_name="/multimodal"))
    assert frames[-1] == ("I see.", "A cat.")
    for earlier, later in pairwise(frames):
        assert all(b.startswith(a) for a, b in zip(earlier, later, strict=True))
    body = upstream.requests[0].json
    assert body["model"] == "glm-4.5v"
    content = body["messages"][-1]["content"]
    assert len(pictures_in(content)) == 4
    assert content[-1]["text"] == "What is it?"
    assert files.GPS_TEXT not in b"".join(pictures_in(content))


def test_an_address_and_a_history_reach_the_wire(client: Client, upstream: Upstream) -> None:
    upstream.reply(sse=openai_frames("", "ok"))
    history = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    client.predict(
        ["https://93.184.215.14/cat.png"], "This?", "glm-4.6v", "zai", False, history, api_name="/multimodal"
    )
    body = upstream.requests[0].json
    assert body["model"] == "glm-4.6v"
    assert body["thinking"]["type"] == "disabled"
    assert [m["role"] for m in body["messages"]] == ["user", "assistant", "user"]
    assert body["messages"][-1]["content"][0]["image_url"]["url"] == "https://93.184.215.14/cat.png"


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("/etc/passwd", "did not arrive"),
        ("app.py", "did not arrive"),
        ("http://127.0.0.1:1/x.heic", "private network|cannot be fetched"),
        (7, "files cannot be read"),
    ],
)
def test_a_foreign_path_or_private_address_is_refused(
    client: Client, upstream: Upstream, place: Any, says: str
) -> None:
    with pytest.raises(AppError, match=says):
        client.predict([place], "Read it", api_name="/multimodal")
    assert not upstream.requests


def test_a_refusal_is_in_the_pages_words(client: Client, upstream: Upstream, tmp_path: Path) -> None:
    tone = handle_file(files.write(tmp_path, "tone.mp3"))
    with pytest.raises(AppError, match="does not accept audio"):
        client.predict([tone], "What is said?", api_name="/multimodal")
    assert not upstream.requests
