"""The page: the TABS table, the Blocks that holds them, and how it is launched. A tab is one file with `build()` and
one row here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from glm_ui.gateway.server import Gateway
from glm_ui.languages import languages, tag
from glm_ui.serving import bundle, hosts, service_worker
from glm_ui.serving.bodies import Bounded
from glm_ui.serving.first_script import FirstScript
from glm_ui.serving.headers import Guard
from glm_ui.serving.hosts import KnownHosts
from glm_ui.serving.kept_files import KeptFiles
from glm_ui.serving.language import Spoken
from glm_ui.serving.sign_in_gate import SignInGate
from glm_ui.serving.static_files import STATIC, version
from glm_ui.serving.unread import ReadsOn
from glm_ui.serving.upload_gate import UploadGate
from glm_ui.settings import Settings
from glm_ui.ui import api, config
from glm_ui.ui.chat import conversation_routes, dictation_routes, key_routes, picker, tool_routes
from glm_ui.ui.chat import tab as chat_tab
from glm_ui.ui.gradio.calls import Page
from glm_ui.ui.gradio.queue import tune_queue
from glm_ui.ui.gradio.sign_in import signed_in
from glm_ui.ui.gradio.space import hide_space
from glm_ui.ui.models import routes as models_routes
from glm_ui.ui.models import tab as models_tab
from glm_ui.ui.multimodal import routes as multimodal_routes
from glm_ui.ui.multimodal import tab as multimodal_tab
from glm_ui.ui.routes import routes
from glm_ui.ui.turn import routes as turn_routes
from glm_ui.ui.turn.run import Live
from glm_ui.ui.words import page as words

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
<header id="bar" class="glm">
  <button type="button" id="skip" data-focus="main" aria-label="Skip to what this page is for"></button>
  <button type="button" id="side-toggle" class="icon-button" aria-label="Side bar" title="Side bar">
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="M2.5 3h11v10h-11zM6.5 3v10"/></svg>
  </button>
  <svg id="bar-mark" viewBox="0 0 20 20" aria-hidden="true"><path d="M6 6.5v7M9.5 7.5h5M9.5 10h5M9.5 12.5h3"/></svg>
  <h1 id="bar-name">GLM UI</h1>
  <span id="bar-state" role="status"><span class="dot"></span><span></span></span>
</header>
"""


FILES_LIVE = (300, 3600)
"""Seconds: how often Gradio looks for old uploads, and how old they may become."""


def build(settings: Settings, live: Live) -> gr.Blocks:
    """The whole page as a Gradio Blocks, endpoints included."""
    page = Page(title=words.TITLE, fill_height=True, analytics_enabled=False, delete_cache=FILES_LIVE)
    hide_space(page)
    with page:
        gr.HTML(BAR, elem_id="bar-holder", apply_default_css=False)
        gr.HTML(
            config.element(settings, live),
            elem_id="config",
            apply_default_css=False,
        )
        with gr.Tabs(elem_id="tabs"):
            for tab in TABS:
                with gr.Tab(tab.name, elem_id=f"tab-{tab.name.lower()}"):
                    tab.build(settings, live)
        api.build(settings, live)
    return page


CALLS_WAIT = 200
"""Calls of endpoints that may wait for their turn; the next one is refused with a request to come back later."""


def queue(page: gr.Blocks) -> None:
    """Readies the page's queue: that of the endpoints, and of the few events that are no plain requests."""
    # Not open: a plain POST to an endpoint that streams would begin a turn and never read on.
    page.queue(default_concurrency_limit=40, api_open=False, max_size=CALLS_WAIT)
    tune_queue(page)


def launch_options(settings: Settings, live: Live) -> dict[str, Any]:
    """Everything for `Blocks.launch` that is ours rather than Gradio's default."""
    return {
        "server_name": settings.host,
        "server_port": settings.glm_ui_port,
        "theme": gr.themes.Base(font=SANS, font_mono=MONO, text_size="md", radius_size="md"),
        "css": picker.style(),
        "app_kwargs": {
            "routes": [
                *models_routes.routes(live),
                *multimodal_routes.routes(live),
                *conversation_routes.routes(live),
                *key_routes.routes(live),
                *dictation_routes.routes(live),
                *turn_routes.routes(live),
                *tool_routes.routes(live),
                *routes(live),
            ],
            "middleware": middleware(settings, live),
        },
        "auth": settings.sign_ins,
        "auth_message": words.SIGN_IN,
        "favicon_path": str(STATIC / "mark.svg"),
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


def middleware(settings: Settings, live: Live) -> list[Middleware]:
    """What each request passes, from outside in."""
    kept = service_worker.meta(settings)
    first = COLOURS + kept + first_script(settings) + sheets() + entry() + MANIFEST
    return [
        Middleware(ReadsOn),
        Middleware(Gateway, service=live.gateway),  # before Spoken: programs read English
        Middleware(Spoken, default=settings.glm_ui_language),
        Middleware(FirstScript, tag=first),
        Middleware(Guard, on_space=settings.space_id is not None),
        Middleware(KnownHosts, listed=hosts.names(settings)),
        Middleware(SignInGate, address_of=live.address_of, signed_in=signed_in),
        Middleware(UploadGate, shares=live.carrier.uploads.shares, holder_of=live.visitor),
        Middleware(Bounded),
        Middleware(KeptFiles),
    ]


def first_script(settings: Settings) -> str:
    """The tag of the script that decides the page's language before Gradio's own scripts ask for it."""
    tags = " ".join(f"{key}={tag(key)}" for key in languages())
    chosen = f'data-languages="{tags}" data-language="{settings.glm_ui_language}"'
    built = bundle.first()
    source = "" if built else f' src="glm_ui/static/{version()}/parts/first.js"'
    return f"<script{source} {chosen}>{built}</script>"


def entry() -> str:
    """The tag of the page's own scripts. They come while Gradio's do, and do not hold those up."""
    source = f"glm_ui/static/{version()}/{bundle.script()}"
    return f'<script type="module" async fetchpriority="low" src="{source}"></script>'


COLOURS = '<meta name="color-scheme" content="light dark">'
MANIFEST = '<link rel="manifest" href="glm_ui/static/manifest.webmanifest" crossorigin="use-credentials">'
"""What makes the page installable. Its address has no version: start and scope are named from it. Gradio's page has a
link to a manifest too, which stands below; browsers take the first. Where a password is asked for, cookies go along."""


def sheets() -> str:
    """Links to the style sheets. They stand in the page itself: Gradio's `css=` would send them with each page, and
    knows no layers."""
    static = f"glm_ui/static/{version()}"
    return "".join(f'<link rel="stylesheet" href="{static}/{path}">' for path in bundle.sheets())
