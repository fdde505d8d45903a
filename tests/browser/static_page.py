"""A loopback server for tests of single browser modules: our static files, an empty page, and a record of requests.

Holds no browser and nothing of Gradio: the whole page is tested elsewhere.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

STATIC = Path(__file__).resolve().parents[2] / "glm_ui/web"
PAGE = b"""<!doctype html><meta charset="utf-8"><title>module</title><link rel="icon" href="data:,">
<meta name="color-scheme" content="light dark"><link rel="stylesheet" href="/static/styles/tokens.css">
<link rel="stylesheet" href="/static/styles/markdown.css">
<body class="glm" style="font:16px system-ui;max-width:800px;margin:auto"><div id="box"></div></body>"""


class StaticPage(ThreadingHTTPServer):
    """Serves `/` (an empty page) and `/static/…`; every path asked for is in `asked`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []
        self.address = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(SimpleHTTPRequestHandler):
    server: StaticPage
    protocol_version = "HTTP/1.1"
    kept = False

    def __init__(self, *args: Any) -> None:
        super().__init__(*args, directory=str(STATIC))

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.path.startswith("/static/"):
            self.path = self.path.removeprefix("/static")
            self.kept = True
            super().do_GET()
            self.kept = False
        elif self.path == "/":
            self._send(200, PAGE)
        else:
            self._send(404, b"")

    def end_headers(self) -> None:
        if self.kept:  # a browser that opens another page asks for none of the scripts again
            self.send_header("Cache-Control", "max-age=3600")
        super().end_headers()

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Quiet: the record is `asked`."""


@contextmanager
def static_page() -> Iterator[StaticPage]:
    server = StaticPage()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
