"""The page: the TABS table, the Blocks that holds them, and how it is launched. A tab is one file with `build()` and
one row here."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from gradio import http_server
from starlette.middleware import Middleware

from glm_ui import demo as demo_provider
from glm_ui.catalogue import load
from glm_ui.gateway.server import Gateway
from glm_ui.serving import hosts
from glm_ui.serving.bodies import Bounded
from glm_ui.serving.headers import Guard
from glm_ui.serving.hosts import KnownHosts
from glm_ui.serving.sign_in_gate import SignInGate
from glm_ui.serving.static_files import STATIC, version
from glm_ui.serving.upload_gate import UploadGate
from glm_ui.settings import Settings
from glm_ui.ui import api
from glm_ui.ui.chat import controls, conversation_routes, picker
from glm_ui.ui.chat import tab as chat_tab
from glm_ui.ui.gradio.mailboxes import Mailboxes
from glm_ui.ui.models import routes as models_routes
from glm_ui.ui.models import tab as models_tab
from glm_ui.ui.multimodal import routes as multimodal_routes
from glm_ui.ui.multimodal import tab as multimodal_tab
from glm_ui.ui.routes import routes
from glm_ui.ui.turn.run import Live
from glm_ui.ui.words import page as words
from glm_ui.ui.words.conversations import CONVERSATIONS
from glm_ui.ui.words.models import MODELS, REQUEST
from glm_ui.ui.words.tools import TOOLS

SANS = ("system-ui", "Segoe UI", "Roboto", "PingFang SC", "Noto Sans SC", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


@dataclass(frozen=True, slots=True)
class Tab:
    name: str
    build: Callable[[Settings, Live], None]


TABS: tuple[Tab, ...] = (
    Tab("Chat", chat_tab.build),
    Tab("Multimodal", multimodal_tab.build),
    Tab("Models", models_tab.build),
)

BAR = """
<header id="bar">
  <button type="button" id="side-toggle" class="icon-button" aria-label="Side bar" title="Side bar">
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="M2.5 3h11v10h-11zM6.5 3v10"/></svg>
  </button>
  <h1 id="bar-name">GLM UI</h1>
  <span id="bar-state" role="status"><span class="dot"></span><span></span></span>
</header>
"""


FILES_LIVE = (300, 3600)
"""Seconds: how often Gradio looks for old uploads, and how old they may become."""


def build(settings: Settings, live: Live) -> gr.Blocks:
    """The whole page as a Gradio Blocks, endpoints included."""
    page: gr.Blocks = gr.Blocks(
        title=words.TITLE, fill_height=True, analytics_enabled=False, delete_cache=FILES_LIVE
    )
    # On a Space the page would ask huggingface.co for a banner, and Google for its fonts: the policy refuses both.
    page.space_id = None
    with page:
        gr.HTML(BAR, elem_id="bar-holder", apply_default_css=False)
        gr.HTML(
            f"<glm-config hidden>{escape(json.dumps(config(settings, live)))}</glm-config>",
            elem_id="config",
            apply_default_css=False,
        )
        with gr.Tabs(elem_id="tabs"):
            for tab in TABS:
                with gr.Tab(tab.name, elem_id=f"tab-{tab.name.lower()}"):
                    tab.build(settings, live)
        api.build(settings, live)
    return page


def config(settings: Settings, live: Live) -> dict[str, Any]:
    """What the page's scripts need to know; no key, and nothing of another visitor."""
    providers = {
        p.key: {
            "name": p.name,
            "needs_key": p.key_required,
            "key_page": p.key_page,
            "shares": p.key.removesuffix("-anthropic"),
        }
        for p in load().providers.values()
    }
    return {
        "words": {
            **words.PAGE,
            "models": MODELS,
            "exact": {**REQUEST, "save_turn": CONVERSATIONS["save_turn"]},
            "list": CONVERSATIONS,
            "tools": TOOLS,
        },
        "tabs": [tab.name.lower() for tab in TABS],
        "providers": providers,
        "first_provider": next(p.key for p in load().providers.values() if p.key_required),
        "examples": [list(example) for example in demo_provider.EXAMPLES[:4]],
        "multimodal": multimodal_tab.config(settings),
        "controls": controls.config([value for _, value in picker.choices(settings)], settings),
        "state": live.state(""),
    }


QUEUE_LOOKS_EVERY = 0.02
"""Seconds. Gradio's queue looks for work a thousand times a second, which takes a twentieth of a core at rest and
stands in the way of every stream; on Windows it does so every 0.05 s."""


CALLS_WAIT = 200
"""Calls of endpoints that may wait for their turn; one more is told to come back later."""


def queue(page: gr.Blocks) -> None:
    """Readies the page's queue: that of the endpoints, and of the few events that are no plain requests."""
    # Not open: a plain POST to an endpoint that streams would begin a turn and never read on.
    page.queue(default_concurrency_limit=40, api_open=False, max_size=CALLS_WAIT)
    page._queue.sleep_when_free = QUEUE_LOOKS_EVERY
    page._queue.pending_messages_per_session = Mailboxes(page._queue)


def keep_code_as_it_is() -> None:
    """On a Space Gradio also starts the server of Spaces' Dev Mode, on port 7887 of all addresses: it writes the source
    files that it is sent, and runs them. This app needs no such door."""
    http_server.get_space = lambda: None  # type: ignore[attr-defined]  # asked there for this alone


def launch_options(settings: Settings, live: Live) -> dict[str, Any]:
    """Everything for `Blocks.launch` that is ours rather than Gradio's default."""
    return {
        "server_name": settings.host,
        "server_port": settings.glm_ui_port,
        "theme": gr.themes.Base(font=SANS, font_mono=MONO, text_size="md", radius_size="md"),
        "css": css(),
        "head": head(),
        "app_kwargs": {
            "routes": [
                *models_routes.routes(live),
                *multimodal_routes.routes(live),
                *conversation_routes.routes(live),
                *routes(live),
            ],
            "middleware": [
                Middleware(Gateway, service=live.gateway),
                Middleware(Guard, on_space=settings.space_id is not None),
                Middleware(KnownHosts, listed=hosts.names(settings)),
                Middleware(SignInGate, address_of=live.address_of),
                Middleware(UploadGate, shares=live.carrier.uploads.shares, holder_of=live.visitor),
                Middleware(Bounded),
            ],
        },
        "auth": settings.sign_ins,
        "auth_message": words.SIGN_IN,
        "footer_links": [],
        "run_history": False,
        "enable_monitoring": False,
        "max_threads": 300,
        "state_session_capacity": 1000,
        "max_file_size": "200mb",
        "show_error": True,
        "quiet": True,
        "ssr_mode": False,
        "strict_cors": True,
    }


def head() -> str:
    script = f'<script type="module" src="glm_ui/static/{version()}/app.js"></script>'
    return script + '<meta name="color-scheme" content="light dark">'


def css() -> str:
    """The style sheets as one."""
    features = ("models", "connect", "multimodal", "conversations", "tools")
    names = ("style.css", "markdown.css", *(f"{name}.css" for name in features))
    sheets = [Path(STATIC / "styles" / name).read_text("utf-8") for name in names]
    return "\n".join([*sheets, picker.style()])
