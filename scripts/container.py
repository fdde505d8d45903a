#!/usr/bin/env python3
"""Tries the Dockerfile's own steps without Docker: python scripts/container.py (Linux, as root; two minutes).

In a mount namespace of its own an overlay stands in for the image: this machine's files below, all that is written
above them, thrown away at the end. The RUN lines of the first stage are run in it; then all is made read-only but /tmp,
and the command runs as the Dockerfile's user with its environment and no capability. It must serve the page, answer in
the demo, read a picture, pass its own HEALTHCHECK, write nowhere else, and end with 0 when it is told to stop.

What this does not try: the base image (this machine's Python is used), layers, networks, other processors.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INSIDE = "GLM_UI_INSIDE_NAMESPACE"
PORT = "17860"
USER_FILES = "probe"
"""The name that is tried to be written all over the place."""

Steps = list[tuple[str, str]]


def stages(text: str) -> list[Steps]:
    """(instruction, its rest) of each stage of a Dockerfile."""
    lines = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    found: list[Steps] = []
    for line in filter(str.strip, lines):
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            found.append([])
        found[-1].append((word, " ".join(rest.split()) if word == "ENV" else rest.strip()))
    return found


def values(steps: Steps, word: str) -> dict[str, str]:
    """ENV or ARG lines as one mapping."""
    pairs = (pair for name, rest in steps if name == word for pair in shlex.split(rest))
    return dict(pair.partition("=")[::2] for pair in pairs)


def last(steps: Steps, word: str) -> str:
    return next(rest for name, rest in reversed(steps) if name == word)


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def overlay(work: Path) -> Path:
    """The root of the trial: this machine's files, writable without a trace."""
    mount("--make-rprivate", "/")
    mount("-t", "tmpfs", "-o", "size=4g", "none", str(work))
    for name in ("upper", "work", "root"):
        (work / name).mkdir()
    layers = f"lowerdir=/,upperdir={work}/upper,workdir={work}/work"
    root = work / "root"
    mount("-t", "overlay", "overlay", "-o", layers, str(root))
    for name in ("dev", "proc"):
        mount("--rbind", f"/{name}", str(root / name))
    return root


def with_python(root: Path) -> None:
    """This machine's Python under the names of the base image, where any user may reach it. Scripts, because a
    Python that is started by a link looks for its library beside the link, and finds that of Debian's Python there."""
    python = Path(sys.executable).resolve()
    for folder in python.parents:
        (root / folder.relative_to("/")).chmod(0o755)
    (root / "usr/local/bin").mkdir(parents=True, exist_ok=True)
    for name in ("python", "python3"):
        script = root / "usr/local/bin" / name
        script.unlink(missing_ok=True)
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(str(python))} "$@"\n')
        script.chmod(0o755)


def build(root: Path, steps: Steps) -> None:
    """The first stage: COPY and RUN, one after the other."""
    folder = Path("/")
    known = {**os.environ, "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", **values(steps, "ARG")}
    for word, rest in steps:
        if word == "WORKDIR":
            folder = Path(rest)
            (root / rest.lstrip("/")).mkdir(parents=True)
        elif word == "COPY":
            *sources, target = shlex.split(rest)
            for source in sources:
                _copy(ROOT / source, root / str(folder).lstrip("/") / target)
        elif word == "RUN":
            print(f"RUN {rest}", flush=True)
            shell = ["chroot", str(root), "sh", "-ec", f"cd {folder} && {rest}"]
            subprocess.run(shell, check=True, env=known, stdin=subprocess.DEVNULL)
    shutil.rmtree(root / str(folder).lstrip("/"))  # the second stage copies /opt/glm-ui alone


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    else:
        shutil.copy(source, target / source.name if target.is_dir() else target)


class Image:
    """The second stage as it runs: read-only, as its user, with its environment alone."""

    def __init__(self, root: Path, steps: Steps) -> None:
        (root / last(steps, "WORKDIR").lstrip("/")).mkdir(parents=True, exist_ok=True)
        mount("-o", "remount,ro", str(root))
        mount("-t", "tmpfs", "-o", "mode=1777", "none", str(root / "tmp"))
        user, group = last(steps, "USER").split(":")
        drop = ["--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
        become = ["setpriv", f"--reuid={user}", f"--regid={group}", *drop]
        environment = {**values(steps, "ENV"), "GLM_UI_PORT": PORT}
        named = [f"{name}={value}" for name, value in environment.items()]
        folder = f"--chdir={last(steps, 'WORKDIR')}"
        self.prefix = ["chroot", str(root), *become, "env", "-i", folder, *named]
        self.entry = json.loads(last(steps, "ENTRYPOINT"))
        self.health = json.loads(re.split(r"\bCMD ", last(steps, "HEALTHCHECK"), maxsplit=1)[1])

    def run(self, command: list[str]) -> int:
        return subprocess.run([*self.prefix, *command], stderr=subprocess.DEVNULL, check=False).returncode

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen([*self.prefix, *self.entry], stdout=subprocess.PIPE, text=True)


def post(path: str, body: object, kind: str = "application/json") -> bytes:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", data, {"Content-Type": kind})
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=60) as answer:
        read: bytes = answer.read()
    return read


def use() -> None:
    """A turn of the demo about a picture, as the page posts them."""
    session = uuid.uuid4().hex
    picture = next((ROOT / "glm_ui/web/examples").glob("*.png"))
    line = uuid.uuid4().hex
    head = f'--{line}\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    form = head.encode() + picture.read_bytes() + f"\r\n--{line}--\r\n".encode()
    (path,) = json.loads(post("/gradio_api/upload", form, f"multipart/form-data; boundary={line}"))
    file = json.loads(post("/glm_ui/file", {"visitor": session, "path": path, "name": "a.png"}))
    turn = {"session": session, "visitor": session, "model": "glm-4.5v", "provider": "demo"}
    said = {"role": "user", "text": "What is this?", "files": [{"id": file["id"]}]}
    told = post("/glm_ui/chat", {**turn, "messages": [said]}).decode()
    assert '"k":"done"' in told, told


def trial(work: Path) -> None:
    first, second = stages((ROOT / "Dockerfile").read_text("utf-8"))
    root = overlay(work)
    with_python(root)
    build(root, first)
    image = Image(root, second)
    for folder in ("/opt/glm-ui", "/srv", "/etc", "/var/tmp"):
        assert image.run(["touch", f"{folder}/{USER_FILES}"]) != 0, f"{folder} can be written"
    assert image.run(["touch", f"/tmp/{USER_FILES}"]) == 0
    assert image.run(image.health) != 0, "healthy before it runs"
    app = image.start()
    try:
        assert app.stdout
        line = app.stdout.readline()
        assert line.startswith("GLM UI is at "), line
        use()
        assert image.run(image.health) == 0, "HEALTHCHECK fails"
    finally:
        app.terminate()
    assert app.wait(30) == 0
    print("The steps run; the app serves, reads a picture and stops, as its user on a read-only tree.")


def main() -> int:
    if os.geteuid() != 0 or sys.platform != "linux":
        print("Run this on Linux as root: it makes a mount namespace.", file=sys.stderr)
        return 2
    if INSIDE in os.environ:
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            try:
                trial(work)
            finally:
                subprocess.run(["umount", "-R", "-l", str(work)], check=False)
        return 0
    again = ["unshare", "--mount", sys.executable, __file__]
    return subprocess.run(again, env={**os.environ, INSIDE: "1"}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
