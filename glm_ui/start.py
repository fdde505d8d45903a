"""Starts the app: settings, page, launch, and the wait for a signal. `app.py` and the command `glm-ui` both end here.

Nothing heavy is imported before the settings are known to be usable: a bad value shows within a tenth of a second.
"""

from __future__ import annotations

import gc
import os
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glm_ui.settings import Settings
    from glm_ui.ui.turn.run import Live


def start(env_file: Path, *, open_browser: bool = False, **chosen: Any) -> int:
    """Serves the page until SIGINT or SIGTERM, and returns the exit code: 0, or 2 where a setting is not
    usable, the address is taken, or uploads have no place.

    `env_file` need not exist. `chosen` are fields of Settings that come before the environment and the file."""
    _prepare_environment()
    from glm_ui.errors import BadSettings
    from glm_ui.serving.listening import check_address, check_uploads
    from glm_ui.settings import load_settings, overlooked

    try:
        settings = load_settings(env_file, **chosen)
        check_address(settings.host, settings.glm_ui_port)
        check_uploads()
    except BadSettings as err:
        print(err, file=sys.stderr)
        return 2
    for line in overlooked(env_file):
        print(line, file=sys.stderr)

    gc.disable()  # what is made before the page is served stays: to walk it takes a tenth of the start
    try:
        return _start(settings, open_browser)
    finally:
        gc.enable()


def _start(settings: Settings, open_browser: bool) -> int:
    from glm_ui.errors import BadSettings
    from glm_ui.ui.gradio.fast_start import import_gradio

    import_gradio()
    from glm_ui.backend.turn_log import start_log
    from glm_ui.telemetry import spans
    from glm_ui.ui.turn.run import Live

    start_log(settings.glm_ui_log_level)
    try:
        if settings.otel_exporter_otlp_endpoint:
            spans.start(settings.otel_exporter_otlp_endpoint)
        live = Live(settings)
    except BadSettings as err:  # the gateway's keys are read here, and the extra "otel" may be missing
        print(err, file=sys.stderr)
        return 2
    _serve(settings, live, open_browser)
    return 0


def _serve(settings: Settings, live: Live, open_browser: bool) -> None:
    """Opens the address and blocks until a signal comes."""
    from glm_ui.serving.connections import watch
    from glm_ui.ui.gradio.fast_start import without_servers
    from glm_ui.ui.gradio.labels import translate_labels
    from glm_ui.ui.gradio.shutdown import serve_until, take_signals
    from glm_ui.ui.gradio.space import keep_code_as_it_is
    from glm_ui.ui.page import build, launch_options, queue

    with without_servers():
        page = build(settings, live)
        queue(page)
    sentences = translate_labels(page.blocks.values())
    keep_code_as_it_is()
    options = launch_options(settings, live)
    told = take_signals()
    _, address, _ = page.launch(prevent_thread_lock=True, i18n=sentences, **options)
    watch(page.server)
    _share_the_interpreter()
    _say_where(address, settings)
    if open_browser:
        webbrowser.open(address)
    serve_until(told, page, live)


def _say_where(address: str, settings: Settings) -> None:
    from glm_ui.settings import key_name

    print(f"GLM UI is at {address.replace('//[::]', '//localhost')}", flush=True)
    if settings.open_to_all:
        print(
            "Everyone who reaches this machine can use it and its keys: set GLM_UI_AUTH to ask for a password."
        )
    for provider in settings.withheld:
        print(
            f"{key_name(provider)} is not used for {provider}: others reach this app, and the plan's terms "
            "allow its holder alone."
        )


SWITCH = 0.001
"""Seconds after which a thread that computes lets the event loop go on (Python's own default is 0.005). An answer takes
the interpreter's lock several times, so that it waits several times as long."""


def _share_the_interpreter() -> None:
    """Keeps the event loop from waiting for the interpreter: threads let go of it sooner, and the garbage collector
    no longer walks what was made at the start, which takes a tenth of a second each time."""
    sys.setswitchinterval(SWITCH)
    gc.freeze()
    gc.enable()


def _prepare_environment() -> None:
    """What Gradio, huggingface_hub and uvicorn read when they are imported."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # no calls home
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    # uvicorn would believe any X-Forwarded-For behind a local nginx
    os.environ.setdefault("FORWARDED_ALLOW_IPS", "")
