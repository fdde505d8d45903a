"""What `glm_ui/ui/gradio` leans on, held against the Gradio that is installed. Each failure says what to change."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
import types
from pathlib import Path
from types import ModuleType
from typing import Any

import gradio as gr
import pytest
from gradio import http_server, queueing, routes
from gradio.routes import App

from glm_ui.ui.gradio import queue as our_queue
from glm_ui.ui.gradio.calls import Page
from glm_ui.ui.gradio.events import hidden_button, in_the_browser, session_of
from glm_ui.ui.gradio.fast_start import import_gradio, without_mcp, without_servers
from glm_ui.ui.gradio.mailboxes import Mailboxes
from glm_ui.ui.gradio.sign_in import COOKIES, signed_in
from glm_ui.ui.gradio.space import hide_space, keep_code_as_it_is, on_a_space
from glm_ui.ui.gradio.upload_folder import upload_folder

GLM_UI = Path(__file__).parent.parent / "glm_ui"


def source(module: ModuleType) -> str:
    return inspect.getsource(module)


@pytest.fixture
async def page() -> gr.Blocks:
    with gr.Blocks(analytics_enabled=False) as made:
        gr.Textbox()
    return made


async def test_a_call_may_leave_out_the_values_that_have_a_default() -> None:
    """Where this fails, find where Gradio 6 checks how many values a call has, for ui/gradio/calls.py."""

    def endpoint(first: str, second: int = 2, third: str = "three") -> str:
        return f"{first} {second} {third}"

    with Page(analytics_enabled=False) as made:
        gr.api(endpoint, api_name="endpoint")
    block_fn = next(iter(made.fns.values()))
    given: list[object] = ["one"]
    made.validate_inputs(block_fn, given)
    assert given == ["one", 2, "three"]
    with pytest.raises(ValueError, match="got: 2"):
        made.validate_inputs(block_fn, [])


async def test_the_queue_sleeps_as_long_as_it_is_told(page: gr.Blocks) -> None:
    page.queue()
    our_queue.tune_queue(page)
    for loop, name in (
        (queueing.Queue.start_processing, "sleep_when_free"),
        (queueing.Queue.start_progress_updates, "progress_update_sleep_when_free"),
    ):
        assert f"self.{name}" in inspect.getsource(loop), (
            f"Gradio's queue no longer sleeps for `{name}`: find how often it looks for work now, and set that in "
            "ui/gradio/queue.py, or measure that it does not look too often and drop the setting."
        )
    assert page._queue.sleep_when_free == our_queue.LOOKS_EVERY
    assert page._queue.progress_update_sleep_when_free == our_queue.PROGRESS_EVERY


async def test_the_queue_keeps_messages_where_the_mailboxes_stand_in(page: gr.Blocks) -> None:
    page.queue()
    fields = ("pending_messages_per_session", "pending_event_ids_session", "event_ids_to_events")
    missing = [name for name in (*fields, "event_queue_per_concurrency_id") if not hasattr(page._queue, name)]
    assert not missing, (
        f"Gradio's queue has no {missing} now: find where it keeps them, for ui/gradio/mailboxes.py."
    )
    our_queue.tune_queue(page)
    assert isinstance(page._queue.pending_messages_per_session, Mailboxes)
    assert "pending_messages_per_session[" in source(queueing) + source(routes), (
        "Gradio no longer writes messages into `pending_messages_per_session`: ui/gradio/mailboxes.py stands in for a "
        "dictionary that nothing uses."
    )


def test_heartbeats_wait_for_the_event_that_ends_them() -> None:
    assert "app.stop_event" in source(routes), (
        "Gradio's heartbeat no longer waits for `app.stop_event`: find what ends it, for `end_server` in "
        "ui/gradio/shutdown.py, or stopping the app takes five seconds."
    )


async def test_a_page_that_hides_its_space_says_so_to_the_browser(page: gr.Blocks) -> None:
    page.space_id = "someone/space"
    hide_space(page)
    assert page.get_config_file()["space_id"] is None, (
        "Gradio takes the Space's id from somewhere else than `Blocks.space_id`: find where, for `hide_space` in "
        "ui/gradio/space.py, or the page asks huggingface.co for a banner."
    )


def test_the_server_of_dev_mode_can_be_kept_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "get_space", http_server.get_space)
    keep_code_as_it_is()
    assert http_server.get_space() is None
    starts = inspect.getsource(http_server.start_server)
    assert "get_space() is not None" in starts, (
        "Gradio decides otherwise whether to start Dev Mode's server: find how, for `keep_code_as_it_is` in "
        "ui/gradio/space.py. That server writes and runs the source files it is sent."
    )


def test_a_space_is_told_by_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYSTEM", raising=False)
    assert not on_a_space()
    monkeypatch.setenv("SYSTEM", "spaces")
    monkeypatch.setenv("SPACE_ID", "someone/space")
    assert on_a_space(), "Gradio knows a Space by something else: mend `on_a_space` in ui/gradio/space.py."


async def test_a_sign_in_is_a_token_in_a_cookie_and_a_name_on_the_server() -> None:
    app = App(auth_dependency=None)
    app.auth = None
    scope: dict[str, Any] = {"type": "http", "headers": [], "app": app}
    assert signed_in(scope) == ""
    app.auth = {"ann": "x"}
    assert signed_in(scope) is None
    app.tokens["t0k3n"] = "ann"
    for kind in COOKIES:
        assert f'key=f"{kind}-{{app.cookie_id}}"' in source(routes), (
            f"Gradio names its sign-in cookie {kind} otherwise: mend COOKIES in ui/gradio/sign_in.py, or nobody who "
            "signed in is known by name."
        )
        cookie = f"{kind}-{app.cookie_id}=t0k3n".encode()
        assert signed_in({**scope, "headers": [(b"cookie", cookie)]}) == "ann"


def test_uploads_go_to_the_folder_that_is_looked_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    assert upload_folder() == tmp_path, "Gradio keeps uploads elsewhere: mend ui/gradio/upload_folder.py."
    assert "get_upload_folder()" in source(routes), (
        "Gradio's upload route no longer asks `get_upload_folder`: find where files go, for ui/gradio/upload_folder.py."
    )


async def test_an_event_of_the_browser_needs_no_server() -> None:
    with gr.Blocks(analytics_enabled=False) as page:
        box, button = gr.Textbox(), hidden_button("bridge")
        in_the_browser(box.submit, [box], [box], js="(text) => text")
    (event,) = page.get_config_file()["dependencies"]
    assert event["js"] == "(text) => text"
    assert (event["queue"], event["backend_fn"], event["api_visibility"]) == (False, False, "private"), (
        "Gradio asks the server about an event that only has `js`: see `in_the_browser` in ui/gradio/events.py."
    )
    (shown,) = [c["props"] for c in page.get_config_file()["components"] if c["id"] == button._id]
    assert shown["visible"] == "hidden", (
        'Gradio no longer knows visible="hidden": the button of `hidden_button` in ui/gradio/events.py must be in the '
        "page and out of sight."
    )


def test_a_call_has_the_session_it_came_in() -> None:
    assert session_of(gr.Request(session_hash="abc")) == "abc"
    assert session_of(gr.Request()) == "", "`gr.Request` has no `session_hash`: see ui/gradio/events.py."


def test_gradio_is_imported_without_writing_type_stubs(monkeypatch: pytest.MonkeyPatch) -> None:
    """As conftest.py imports it for all tests."""
    before, found = inspect.getfile, []

    def look(name: str) -> None:
        with pytest.raises(OSError):  # noqa: PT011 - it has no words
            inspect.getfile(gr.Textbox)
        found.append((name, inspect.getfile(Page)))

    monkeypatch.setattr(importlib, "import_module", look)
    import_gradio()
    assert found == [("gradio", str(GLM_UI / "ui" / "gradio" / "calls.py"))]
    assert inspect.getfile is before
    from gradio import component_meta

    assert "inspect.getfile" in source(component_meta) or "getsourcefile" in source(component_meta), (
        "Gradio finds its components' source otherwise: `import_gradio` in ui/gradio/fast_start.py saves nothing now."
    )


def test_gradio_is_imported_without_the_mcp_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "mcp", raising=False)
    with without_mcp(), pytest.raises(ImportError):
        importlib.import_module("mcp")
    assert "mcp" not in sys.modules
    there = types.ModuleType("mcp")
    monkeypatch.setitem(sys.modules, "mcp", there)
    with without_mcp():
        assert importlib.import_module("mcp") is there
    from gradio import mcp

    assert "    except ImportError:\n        pass" in source(mcp.GradioMCPServer), (
        "Gradio needs the MCP library when it is imported, or no longer imports it: see `without_mcp` in "
        "ui/gradio/fast_start.py."
    )


async def test_no_server_is_made_before_the_launch() -> None:
    with without_servers(), gr.Blocks() as page:
        gr.Textbox()
    assert page.app is None
    with gr.Blocks() as page:
        gr.Textbox()
    assert page.app, "Gradio makes no server early now: `without_servers` in ui/gradio/fast_start.py can go."


# ---- and nowhere else

INSIDE = re.compile(
    r"\._queue\b(?!\w)|\bsession_hash\b|\bstop_event\b|\bserver_app\b|\bcookie_id\b|\.space_id\s*=[^=]|__type__"
    r"|\bget_upload_folder\b|\bget_space\b|visible=\"hidden\"|pending_messages_per_session|\bget_blocks_context\b"
)
"""Names of Gradio's inside."""
WORDS = re.compile(r"gradio|" + "|".join(re.findall(r"[a-z_]{6,}", INSIDE.pattern.replace(r"\b", ""))))
"""A file without one of them knows nothing of it, and need not be parsed."""
ELSEWHERE = [p for p in sorted(GLM_UI.rglob("*.py")) if p.parent != GLM_UI / "ui" / "gradio"]


def test_nothing_else_knows_the_inside_of_gradio() -> None:
    assert len(ELSEWHERE) > 200
    for path in ELSEWHERE:
        if not WORDS.search(text := path.read_text("utf-8")):
            continue
        tree = ast.parse(text)
        modules = {
            node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("gradio")
        }
        where = path.relative_to(GLM_UI)
        assert not modules, (
            f"{where}: {modules} is no public name of gradio: it belongs into glm_ui/ui/gradio"
        )
        found = {match[0] for match in INSIDE.finditer(_code(tree))}
        assert not found, (
            f"{where}: move what uses {found} into a named function of glm_ui/ui/gradio, with a test here"
        )


def _code(tree: ast.Module) -> str:
    """Without its docstrings and comments."""
    return ast.unparse(_bare(tree)).replace("'hidden'", '"hidden"')


def _bare(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(body := getattr(node, "body", None), list):
            kept = [each for each in body if not _is_text(each)]
            node.body = kept or [ast.Pass()]  # type: ignore[attr-defined]
    return tree


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def test_the_list_in_contributing_is_that_of_the_room() -> None:
    said = (GLM_UI.parent / "CONTRIBUTING.md").read_text("utf-8")
    modules = {p.name for p in (GLM_UI / "ui" / "gradio").glob("*.py")} - {"__init__.py"}
    assert {name for name in modules if f"`{name}`" not in said} == set()
