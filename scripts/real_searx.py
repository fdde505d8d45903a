"""The app's web search against a searx of Debian's (`apt-get install searx`), from which SearXNG was forked and whose
JSON it kept. Its one engine is a server in this process, so that nothing leaves the machine.

    .venv/bin/python scripts/real_searx.py
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import httpx
import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))
from glm_ui.net import clients
from glm_ui.settings import Settings
from glm_ui.tools.registry import search_of
from glm_ui.tools.tool import Running

DEFAULTS = Path("/usr/share/doc/searx/examples/settings.yml")
PAGES = [
    {"address": f"https://{n}.example/", "name": f"Page <b>{n}</b>", "words": "What it says."} for n in "ab"
]


class Engine(BaseHTTPRequestHandler):
    """What searx asks: it finds the same pages for every question, and keeps the questions."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked += parse_qs(urlsplit(self.path).query).get("q", [])
        body = json.dumps({"hits": PAGES}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


def settings(port: int, engine: str) -> str:
    """Debian's own, with `json` among the formats and one engine."""
    given = yaml.safe_load(DEFAULTS.read_text("utf-8"))
    given["search"]["formats"] = ["html", "json"]
    given["server"] |= {"port": port, "bind_address": "127.0.0.1", "secret_key": "of this run"}
    names = {"url_query": "address", "title_query": "name", "content_query": "words", "results_query": "hits"}
    own = {"name": "own", "engine": "json_engine", "shortcut": "own", "categories": "general", **names}
    given["engines"] = [{**own, "search_url": f"{engine}/?q={{query}}", "enable_http": True}]
    return yaml.safe_dump(given)


async def ask(address: str) -> None:
    search = search_of(
        Settings(_env_file=None, glm_ui_search="searxng", glm_ui_search_url=address)  # type: ignore[call-arg]
    )
    assert search is not None
    outcome = await search.run({"query": "glm  4.6 & friends", "count": 2}, Running())
    await clients.aclose()
    print(outcome.text)
    assert Engine.asked[-1] == "glm 4.6 & friends", Engine.asked
    assert [(one.number, one.url, one.title) for one in outcome.sources] == [
        (1, "https://a.example/", "Page a"),
        (2, "https://b.example/", "Page b"),
    ]


async def answers(address: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(300):
            try:
                if (await client.get(address)).is_success:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.1)
    raise TimeoutError("searx did not start in 30 s")


def main() -> None:
    program = shutil.which("searx-run")
    if program is None:
        raise SystemExit("This needs searx: apt-get install --no-install-recommends searx")
    engine = ThreadingHTTPServer(("127.0.0.1", 0), Engine)
    threading.Thread(target=engine.serve_forever, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "settings.yml")
        path.write_text(settings(port, f"http://127.0.0.1:{engine.server_port}"), "utf-8")
        environment = {name: value for name, value in os.environ.items() if "PROXY" not in name.upper()}
        searx = subprocess.Popen([program], env=environment | {"SEARX_SETTINGS_PATH": str(path)})
        try:
            asyncio.run(answers(f"http://127.0.0.1:{port}/"))
            asyncio.run(ask(f"http://127.0.0.1:{port}"))
        finally:
            searx.terminate()
            searx.wait()
    engine.shutdown()
    print("It works.")


if __name__ == "__main__":
    main()
