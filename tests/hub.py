"""A stand-in for the Hugging Face Hub on loopback. Its routes are what huggingface_hub asks for in a deploy,
found by logging its requests; behind them is enough to keep what it is told. Nothing of ours enters.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

TOKEN = "hf_ThisTokenMayBeSeenByTheHubAlone"


@dataclass
class Space:
    """What the Hub keeps of one Space. `told` counts the answers on its stage since the last commit."""

    private: bool = False
    sdk: str = ""
    hardware: str = "cpu-basic"
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    commits: int = 0
    told: int = 0


def sha(commits: int) -> str:
    return f"{commits:040x}"


@dataclass
class Refusal(Exception):
    status: int
    message: str = ""
    code: str = ""


class Hub:
    """`with Hub() as hub:` serves at `hub.url`. `refuse` maps a part of a path to the status and message that
    answer it. `stages` are told one a question after a commit, the last one for ever; a * behind one means
    that the Hub still speaks of the commit before."""

    def __init__(self) -> None:
        self.spaces: dict[str, Space] = {}
        self.stages = ["BUILDING", "APP_STARTING", "RUNNING"]
        self.logs: dict[str, list[str]] = {"build": [], "run": []}
        self.error_message = ""
        self.refuse: dict[str, tuple[int, str]] = {}
        self.asked: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, token: str, body: bytes) -> Any:
        if path == "/api/agent-harnesses":  # the client's own question, asked once a day without a token
            raise Refusal(404)
        self.asked.append(f"{method} {path}")
        if token != f"Bearer {TOKEN}":
            raise Refusal(401, "Invalid credentials in Authorization header")
        for part, (status, message) in self.refuse.items():
            if part in path:
                raise Refusal(status, message)
        for way, pattern, take in ROUTES:
            if way == method and (found := re.fullmatch(pattern, path)):
                space = found.groupdict().get("space")
                if space is not None and space not in self.spaces:
                    raise Refusal(404, "Repository not found", "RepoNotFound")
                return take(self, self.spaces.get(space or ""), body, **_rest(found))
        raise Refusal(404, f"the stand-in has no {method} {path}")

    def validate(self, _: None, body: bytes) -> Any:
        return {"errors": [], "warnings": []}

    def create(self, _: None, body: bytes) -> Any:
        said = json.loads(body)
        name = f"{said['organization']}/{said['name']}"
        if name in self.spaces:
            raise Refusal(409, "You already created this space repo")
        self.spaces[name] = Space(said.get("visibility") == "private", said["sdk"], said["hardware"])
        return {"url": f"{self.url}/spaces/{name}", "name": name, "id": "1"}

    def info(self, space: Space, _: bytes) -> Any:
        return {"id": "1", "sha": sha(space.commits), "private": space.private, "siblings": [], "tags": []}

    def settings(self, space: Space, body: bytes) -> Any:
        space.private = json.loads(body)["visibility"] == "private"
        return {}

    def runtime(self, space: Space, _: bytes) -> Any:
        stage = self.stages[min(space.told, len(self.stages) - 1)] if space.commits else "NO_APP_FILE"
        space.told += 1
        answer = {
            "stage": stage.removesuffix("*"),
            "hardware": {"current": space.hardware, "requested": space.hardware},
            "sha": sha(space.commits - stage.endswith("*")),
        }
        return answer | ({"errorMessage": self.error_message} if stage.endswith("ERROR") else {})

    def hardware(self, space: Space, body: bytes) -> Any:
        space.hardware = json.loads(body)["flavor"]
        return {"stage": "RUNNING", "hardware": {"current": None, "requested": space.hardware}}

    def variables(self, space: Space, body: bytes) -> Any:
        if body:
            said = json.loads(body)
            space.variables[said["key"]] = said["value"]
        return {name: {"value": value} for name, value in space.variables.items()}

    def secret(self, space: Space, body: bytes) -> Any:
        said = json.loads(body)
        space.secrets[said["key"]] = said["value"]
        return {}

    def tree(self, space: Space, _: bytes) -> Any:
        return [{"type": "file", "path": p, "oid": "1", "size": len(c)} for p, c in space.files.items()]

    def preupload(self, _: Space, body: bytes) -> Any:
        names = [asked["path"] for asked in json.loads(body)["files"]]
        return {"files": [{"path": p, "uploadMode": "regular", "shouldIgnore": False} for p in names]}

    def commit(self, space: Space, body: bytes) -> Any:
        for line in body.splitlines():
            said = json.loads(line)
            if said["key"] == "file":
                space.files[said["value"]["path"]] = base64.b64decode(said["value"]["content"])
            elif said["key"] == "deletedFile":
                del space.files[said["value"]["path"]]
        space.commits += 1
        space.told = 0
        return {
            "success": True,
            "commitOid": sha(space.commits),
            "commitUrl": f"{self.url}/spaces/o/n/commit/{sha(space.commits)}",
        }

    def log(self, _: Space, __: bytes, which: str) -> Any:
        return "".join(f"data: {json.dumps({'data': line})}\n\n" for line in self.logs[which])


REPO = r"/api/spaces/(?P<space>[\w.-]+/[\w.-]+)"
ROUTES: list[tuple[str, str, Callable[..., Any]]] = [
    ("POST", "/api/validate-yaml", Hub.validate),
    ("POST", "/api/repos/create", Hub.create),
    ("GET", REPO, Hub.info),
    ("GET", REPO + "/revision/main", Hub.info),
    ("PUT", REPO + "/settings", Hub.settings),
    ("GET", REPO + "/runtime", Hub.runtime),
    ("POST", REPO + "/hardware", Hub.hardware),
    ("GET", REPO + "/variables", Hub.variables),
    ("POST", REPO + "/variables", Hub.variables),
    ("POST", REPO + "/secrets", Hub.secret),
    ("GET", REPO + "/tree/main", Hub.tree),
    ("POST", REPO + "/preupload/main", Hub.preupload),
    ("POST", REPO + "/commit/main", Hub.commit),
    ("GET", REPO + "/logs/(?P<which>build|run)", Hub.log),
]


def _rest(found: re.Match[str]) -> dict[str, str]:
    return {name: value for name, value in found.groupdict().items() if name != "space"}


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet an answer: two would wait 40 ms for each other

        def serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers = 200, {}
            try:
                path = self.path.partition("?")[0]
                answer = hub.answer(self.command, path, self.headers.get("Authorization", ""), body)
            except Refusal as no:
                status, answer = no.status, {"error": no.message}
                headers = {"X-Error-Code": no.code, "X-Error-Message": no.message}
            data = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
            self.send_response(status)
            self.send_header(
                "Content-Type", "text/event-stream" if isinstance(answer, str) else "application/json"
            )
            self.send_header("Content-Length", str(len(data)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = serve

        def log_message(self, *_: object) -> None:
            pass

    return Handler
