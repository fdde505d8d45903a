"""`python app.py` as a person starts it: the address, a clean stop, no call outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.browser.conftest import App, free_port, start_app, stop_app

ROOT = Path(__file__).parents[1]

WATCH = """
import runpy, socket, sys
real_lookup, real_connect = socket.getaddrinfo, socket.socket.connect
def lookup(host, *rest, **more):
    if host not in (None, "", "localhost", "127.0.0.1", "::1", b"localhost", b"127.0.0.1", "0.0.0.0"):
        print("LOOKED UP", host, flush=True)
    return real_lookup(host, *rest, **more)
def connect(self, address):
    if isinstance(address, tuple) and not str(address[0]).startswith(("127.", "::1")):
        print("CONNECTED", address, flush=True)
    return real_connect(self, address)
socket.getaddrinfo, socket.socket.connect = lookup, connect
sys.argv = ["app.py"]
runpy.run_path("app.py", run_name="__main__")
"""


def test_it_prints_its_address_serves_there_and_stops_cleanly_on_ctrl_c() -> None:
    app = start_app()
    with urllib.request.urlopen(app.url, timeout=30) as page:
        assert page.status == 200
    assert app.url.startswith("http://127.0.0.1:")
    assert stop_app(app) == 0
    said = "".join(app.output)
    assert "Traceback" not in said
    assert "KeyboardInterrupt" not in said


def test_gradios_own_names_for_the_address_work_too() -> None:
    port = free_port()
    app = start_app(GLM_UI_PORT="", GRADIO_SERVER_PORT=str(port), GRADIO_SERVER_NAME="127.0.0.1")
    try:
        assert app.url.rstrip("/").endswith(f":{port}")
    finally:
        stop_app(app)


def test_a_bad_setting_stops_the_start_with_one_line() -> None:
    env = {**os.environ, "GLM_UI_PORT": "many"}
    done = subprocess.run(
        [sys.executable, "app.py"], env=env, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 2
    lines = (done.stdout + done.stderr).strip().splitlines()
    assert len(lines) == 1
    assert "GLM_UI_PORT" in lines[0]


def test_nothing_is_looked_up_and_no_connection_leaves_before_a_person_sends() -> None:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GLM_UI_", "GRADIO_"))}
    env |= {"GLM_UI_PORT": str(free_port()), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", WATCH],
        env=env,
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    app = App(process)
    assert app.started.wait(120)
    assert app.url, "".join(app.output)
    with urllib.request.urlopen(app.url, timeout=30) as page:
        page.read()
    assert stop_app(app) == 0
    said = "".join(app.output)
    assert "LOOKED UP" not in said
    assert "CONNECTED" not in said


@pytest.mark.parametrize("number", [signal.SIGTERM])
def test_it_ends_on_a_signal_without_a_trace(number: signal.Signals) -> None:
    app = start_app()
    app.process.send_signal(number)
    started = time.monotonic()
    app.process.wait(30)
    app.reader.join(30)
    if app.process.stdout:
        app.process.stdout.close()
    assert time.monotonic() - started < 20
    assert "Traceback" not in "".join(app.output)
