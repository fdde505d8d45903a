"""Each way of copying a request asks the same again: run for real, and read back by the server."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from glm_ui.backend.prepare import prepare_request, resolve_turn
from glm_ui.inspection.snippets import Exact, Snippet, read_sent, snippets
from glm_ui.messages import ChatRequest, Image, Message, Sampling, Text
from glm_ui.net.request import Sent, sent
from glm_ui.settings import Settings
from tests.conftest import CANARY
from tests.programs import program
from tests.snippet_process import run_python
from tests.upstream import Reply, Upstream, anthropic_frames, openai_frames

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3
ODD = "It's $HOME, `pwd` and \"quotes\" \\ 你好\nJSON\n${x} {{y}} 'EOF' \u2028 done"


@dataclass(frozen=True)
class Case:
    provider: str
    dialect: str
    request: ChatRequest
    ways: tuple[str, ...]
    keyed: bool = True


def asking(model: str, *parts: Any, **more: Any) -> ChatRequest:
    return ChatRequest(model=model, messages=(Message("user", parts),), **more)


CASES: Mapping[str, Case] = {
    "picture at Z.ai": Case(
        "zai",
        "openai",
        asking(
            "glm-4.5v",
            Image(PICTURE, "image/png"),
            Text(ODD),
            system="Be brief.",
            sampling=Sampling(temperature=1.0, top_p=0.6, max_tokens=900, stop=("END",)),
        ),
        ("curl", "openai", "zai-sdk", "httpx", "fetch"),
    ),
    "anthropic dialect, no key": Case(
        "gateway-anthropic",
        "anthropic",
        asking("claude-3-haiku", Image(PICTURE, "image/png"), Text(ODD), system="Be brief.", thinking=False),
        ("curl", "anthropic", "httpx", "fetch"),
        keyed=False,
    ),
    "anthropic dialect": Case(
        "zai-anthropic",
        "anthropic",
        asking("glm-4.6", Text("Hi"), thinking=False, sampling=Sampling(temperature=0.3, top_p=0.5)),
        ("curl", "anthropic"),
    ),
    "no key": Case(
        "gateway",
        "openai",
        asking("glm-4.6", Text(ODD)),
        ("curl", "openai", "httpx", "fetch"),
        keyed=False,
    ),
    "levels at OpenRouter": Case(
        "openrouter",
        "openai",
        asking("glm-5.2", Text("Hi"), effort="high", sampling=Sampling(seed=7, json_output=True, top_k=4)),
        ("openai",),
    ),
}
RUNS = [(case, way) for case, one in CASES.items() for way in one.ways]


@pytest.fixture
def exact_of(up: Upstream, settings_for: Callable[..., Settings]) -> Callable[[Case], tuple[Exact, Sent]]:
    def make(case: Case) -> tuple[Exact, Sent]:
        keys = {"openrouter_api_key": CANARY, **({"gateway_api_key": CANARY} if case.keyed else {})}
        request = replace(case.request, provider=case.provider)
        turn = resolve_turn(request.model, request.provider, settings_for(up, **keys), {})
        plan = prepare_request(request, turn)
        out = sent(plan.outgoing)
        return read_sent(out), out

    return make


def run(snippet: Snippet, folder: Path, **environment: str) -> str:
    (folder / snippet.file).write_text(snippet.code, "utf-8")
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "NO_PROXY": "*", **environment}
    if snippet.language == "python":
        code, said = run_python(snippet.file, folder, env)
        assert code == 0, f"{snippet.code}\n{said}"
        return said
    done = subprocess.run(
        [program({"sh": "bash", "javascript": "node"}[snippet.language]), snippet.file],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{snippet.code}\n{done.stderr}\n{done.stdout}"
    return done.stdout


def expected_body(snippet: Snippet, exact: Exact, body: Any) -> Any:
    """What zai-sdk says that it changes, and nothing else."""
    if snippet.key != "zai-sdk":
        return body
    changed = json.loads(json.dumps(body))
    assert "zai-sdk turns temperature 1 into 0.99." in snippet.notes
    assert any("bare base64" in note for note in snippet.notes)
    changed |= {"temperature": 0.99, "response_format": None}
    assert "zai-sdk adds response_format null." in snippet.notes
    for message in changed["messages"]:
        for part in message["content"] if isinstance(message["content"], list) else ():
            if part["type"] == "image_url":
                part["image_url"]["url"] = part["image_url"]["url"].partition("base64,")[2]
    return changed


@pytest.mark.parametrize(("case", "way"), RUNS, ids=[f"{case}: {way}" for case, way in RUNS])
def test_a_snippet_asks_the_same_again(
    case: str, way: str, up: Upstream, exact_of: Callable[..., tuple[Exact, Sent]], tmp_path: Path
) -> None:
    one = CASES[case]
    frames = anthropic_frames if one.dialect == "anthropic" else openai_frames
    up.reply(Reply(sse=frames("Hm.", "Well.")))
    exact, out = exact_of(one)
    found = {snippet.key: snippet for snippet in snippets(exact, one.dialect, one.provider)}  # type: ignore[arg-type]
    snippet = found[way]
    assert CANARY not in snippet.code
    for media in exact.media:
        (tmp_path / media.name).write_bytes(media.data)
    said = run(snippet, tmp_path, **({exact.key: CANARY} if exact.key else {}))
    assert "Hm." in said
    assert "Well." in said
    assert len(up.requests) == 1
    request = up.requests[0]
    assert f"{up.url}{request.path}" == exact.url
    for header in ("authorization", "x-api-key"):
        named = next((value for name, value in out.headers.items() if name.lower() == header), None)
        assert request.headers.get(header) == (named and named.replace(f"${exact.key}", CANARY))
    for name in ("Accept-Language", "X-Title", "X-Feature-Thinking", "anthropic-version"):
        if name in out.headers:
            assert request.headers[name.lower()] == out.headers[name]
    assert request.json == expected_body(snippet, exact, json.loads(out.body))
    if way == "curl":
        assert request.body == out.body


def test_each_dialect_is_copied_in_its_own_words(exact_of: Callable[..., tuple[Exact, Sent]]) -> None:
    exact, _ = exact_of(CASES["no key"])
    by = {p: [s.key for s in snippets(exact, d, p)] for p, d in (("gateway", "openai"), ("zai", "openai"))}  # type: ignore[arg-type]
    assert by["gateway"] == ["curl", "openai", "httpx", "fetch"]
    assert by["zai"] == ["curl", "openai", "zai-sdk", "httpx", "fetch"]
    assert [s.key for s in snippets(exact, "anthropic", "zai-anthropic")] == [
        "curl",
        "anthropic",
        "httpx",
        "fetch",
    ]


def test_a_file_is_told_by_hash_and_size(exact_of: Callable[..., tuple[Exact, Sent]]) -> None:
    exact, out = exact_of(CASES["picture at Z.ai"])
    told = exact.public()
    digest = hashlib.sha256(PICTURE).hexdigest()
    assert told["media"] == [
        {"name": "image-1.png", "mime": "image/png", "size": len(PICTURE), "sha256": digest}
    ]
    assert digest in json.dumps(told["body"])
    assert told["size"] == len(out.body)
    assert "iVBORw0" not in json.dumps(told, ensure_ascii=False)
    assert told["headers"]["Authorization"] == "Bearer $ZAI_API_KEY"


def test_the_same_picture_twice_is_one_file(exact_of: Callable[..., tuple[Exact, Sent]]) -> None:
    twice = asking("glm-4.5v", Image(PICTURE, "image/png"), Image(PICTURE, "image/png"), Text("Same?"))
    exact, _ = exact_of(Case("zai", "openai", twice, ()))
    assert [media.name for media in exact.media] == ["image-1.png"]
    assert exact.public()["body"]["messages"][-1]["content"][0]["image_url"]["url"].startswith(
        "data:image/png"
    )


def test_a_data_url_that_a_person_typed_is_text(exact_of: Callable[..., tuple[Exact, Sent]]) -> None:
    typed = f"What is data:image/png;base64,{'QUJD' * 40} ?"
    exact, _ = exact_of(Case("zai", "openai", asking("glm-4.6", Text(typed)), ()))
    assert exact.media == ()
    assert exact.public()["body"]["messages"][-1]["content"] == typed


def test_zai_sdk_says_what_it_does_to_a_temperature_of_zero(
    exact_of: Callable[..., tuple[Exact, Sent]], up: Upstream, tmp_path: Path
) -> None:
    up.reply(sse=openai_frames("", "Well."))
    cold = asking("glm-4.6", Text("Hi"), sampling=Sampling(temperature=0))
    exact, out = exact_of(Case("zai", "openai", cold, ()))
    snippet = next(s for s in snippets(exact, "openai", "zai") if s.key == "zai-sdk")
    assert "zai-sdk turns temperature 0 into 0.01 and adds do_sample false." in snippet.notes
    run(snippet, tmp_path, ZAI_API_KEY=CANARY)
    assert up.requests[0].json == {
        **json.loads(out.body),
        "temperature": 0.01,
        "do_sample": False,
        "response_format": None,
    }
