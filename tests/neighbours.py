"""What stands around the app in a real deployment, started on loopback for a test: nginx and redis-server."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser.conftest import free_port
from tests.programs import program

PATIENCE = 20.0


def listens(port: int, process: subprocess.Popen[bytes]) -> None:
    """Returns when something accepts connections there."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, f"it ended with {process.returncode}"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"nothing listens on port {port}")


@contextmanager
def redis_server(folder: Path, port: int | None = None) -> Iterator[str]:
    """Its address, as GLM_UI_REDIS_URL takes it."""
    port = port or free_port()
    options = [
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        str(folder),
    ]
    process = subprocess.Popen([program("redis-server"), *options], stdout=subprocess.DEVNULL)
    try:
        listens(port, process)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.kill()
        process.wait(PATIENCE)


NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_rlimit_nofile 16384;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
{http}
}}
"""


@contextmanager
def nginx(folder: Path, http: str) -> Iterator[str]:
    """Its address. `http` is what stands in its http block; {{port}} there is where it listens."""
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, http=http.replace("{port}", str(port))))
    process = subprocess.Popen(
        [program("nginx"), "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(config)],
        env={**os.environ, "LC_ALL": "C"},
    )
    try:
        listens(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait(PATIENCE)


def plain_proxy(url: str) -> str:
    """A server with nginx's defaults and nothing else: it buffers, speaks HTTP/1.0 and sends a Host of its own."""
    return f"  server {{ listen 127.0.0.1:{{port}}; location / {{ proxy_pass {url}; }} }}"
