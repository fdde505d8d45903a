"""`python app.py` as a person starts it: the address, a clean stop, no call outside."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import uvicorn

from glm_ui import start
from tests.browser.conftest import AS_MAIN, free_port, gone, start_app, stop_app

ROOT = Path(__file__).parents[1]

WATCH = """
import socket
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
"""
"""Prints each look-up and each connection that leaves this machine."""


def test_a_bad_setting_stops_the_start_with_one_line() -> None:
    env = {**os.environ, "GLM_UI_PORT": "many"}
    done = subprocess.run(
        [sys.executable, "app.py"], env=env, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 2
    lines = (done.stdout + done.stderr).strip().splitlines()
    assert len(lines) == 1
    assert "GLM_UI_PORT" in lines[0]


def test_it_prints_its_address_calls_nobody_and_stops_cleanly_on_ctrl_c() -> None:
    """Watched for every look-up and connection; test_installed.py watches the imports too."""
    port = free_port()
    app = start_app(code=WATCH, GLM_UI_PORT=str(port))
    assert app.url.rstrip("/") == f"http://127.0.0.1:{port}", "".join(app.output)
    with urllib.request.urlopen(app.url, timeout=30) as page:
        assert page.status == 200
        page.read()
    assert stop_app(app) == 0
    said = "".join(app.output)
    for trouble in ("LOOKED UP", "CONNECTED", "Traceback", "KeyboardInterrupt"):
        assert trouble not in said


TOLD_AT_ONCE = """
import builtins, os, signal
say = builtins.print
def print_and_end(*words, **options):
    say(*words, **options)
    if str(words[0]).startswith("GLM UI is at"):
        os.kill(os.getpid(), signal.SIGTERM)
builtins.print = print_and_end
"""
"""Ends the app as soon as its address shows."""


def test_it_reads_the_dotenv_file_beside_it_says_that_it_is_open_to_all_and_ends_cleanly_at_once(
    tmp_path: Path,
) -> None:
    """Started from another folder, with a file as Windows PowerShell writes it, and told to end in the moment in which
    it says its address."""
    (tmp_path / "app.py").write_bytes((ROOT / "app.py").read_bytes())
    (tmp_path / "glm_ui").symlink_to(ROOT / "glm_ui")
    port = free_port()
    (tmp_path / ".env").write_text(f"GLM_UI_PORT={port}\nGLM_UI_HOST=0.0.0.0\n", "utf-16")
    app = start_app(root=tmp_path, cwd=tmp_path.parent, code=TOLD_AT_ONCE, GLM_UI_PORT="")
    assert str(port) in app.url
    assert gone(app) == 0
    assert "Traceback" not in "".join(app.output)
    warnings = [line for line in app.output if "GLM_UI_AUTH" in line]
    assert warnings == [
        "Everyone who reaches this machine can use it and its keys: set GLM_UI_AUTH to ask for a password.\n"
    ]


@pytest.mark.parametrize(("host", "shown"), [("::1", "[::1]"), ("::", "localhost")])
def test_it_serves_an_ipv6_address(host: str, shown: str) -> None:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as free:
            port = free.getsockname()[1]
    except OSError:
        pytest.skip("this machine has no IPv6")
    app = start_app(GLM_UI_HOST=host, GLM_UI_PORT=str(port))
    assert app.url == f"http://{shown}:{port}/"
    with urllib.request.urlopen(f"http://[::1]:{port}/", timeout=30) as page:
        assert page.status == 200
    assert stop_app(app) == 0


def test_the_server_believes_no_header_about_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """uvicorn would believe one from a neighbour on this machine; glm_ui/serving/identity.py decides alone."""
    environment = {name: value for name, value in os.environ.items() if name != "FORWARDED_ALLOW_IPS"}
    monkeypatch.setattr(os, "environ", environment)
    start._prepare_environment()
    assert uvicorn.Config("app:app").forwarded_allow_ips == ""


INTERRUPTED = """
import signal, glm_ui.settings
def load_settings(*_, **__):
    # A job in the background of a shell is started with Ctrl-C ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.raise_signal(signal.SIGINT)
glm_ui.settings.load_settings = load_settings
"""


def test_ctrl_c_before_the_address_shows_ends_it_without_a_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED + AS_MAIN.format(root=str(ROOT))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 130
    assert done.stdout + done.stderr == "Stopped.\n"
