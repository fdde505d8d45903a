"""The package as pip installs it: the wheel is built, installed into an environment of its own, started by its command
from an empty folder, and asked. Nothing is downloaded: the other packages are those that run this test."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import httpx
import pytest

import glm_ui
from tests.browser.conftest import free_port, start_app, stop_app
from tests.test_app import WATCH

ROOT = Path(__file__).parents[1]
LISTS = ("requirements.txt", "requirements-otel.txt", "requirements-mcp.txt")
PACKAGED = ("pyproject.toml", *LISTS, "README.md", "LICENSE")


def files_of_the_package() -> set[str]:
    found = (path for path in (ROOT / "glm_ui").rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(ROOT).as_posix() for path in found}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, because setuptools leaves a folder `build` in the source, and by the call that pip ends in."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in (*PACKAGED, *files_of_the_package()):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    build = f"from setuptools import build_meta; build_meta.build_wheel({str(built)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def bin_of_its_own(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a new environment that has the wheel, and the packages of this one."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = next((folder / "bin").glob("python"))
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    (packages / "shared.pth").write_text(sysconfig.get_path("purelib") + "\nimport watch\n")
    (packages / "watch.py").write_text(WATCH)
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--disable-pip-version-check", str(wheel)], check=True)
    return folder / "bin"


def test_the_wheel_has_every_file_of_the_package_and_no_other(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == files_of_the_package()
    assert wheel.name.startswith(f"glm_ui-{glm_ui.__version__}-")


def test_the_version_stands_in_one_place() -> None:
    told = [
        path.relative_to(ROOT).as_posix()
        for path in [ROOT / "pyproject.toml", *(ROOT / "glm_ui").rglob("*.py")]
        if re.search(rf'version\w* *= *"{re.escape(glm_ui.__version__)}"', path.read_text("utf-8"))
    ]
    assert told == ["glm_ui/__init__.py"]


def test_the_installed_command_serves_the_page_and_the_demo_answers(
    bin_of_its_own: Path, tmp_path: Path
) -> None:
    """Settings come from the `.env` of the working directory; options come before it. From its first import to its end
    it calls nobody."""
    port = free_port()
    (tmp_path / ".env").write_text(f"GLM_UI_MODEL=glm-4.5-air\nGLM_UI_PORT={free_port()}\n")
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >{opened}\n')
    browser.chmod(0o755)
    command = [str(bin_of_its_own / "glm-ui"), "--port", str(port), "--open"]
    app = start_app(command=command, cwd=tmp_path, GLM_UI_PORT="", BROWSER=f"{browser} %s")
    try:
        assert app.url.rstrip("/") == f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=app.url, timeout=60) as client:
            page, parts = client.get("/").text, client.get("/config").json()["components"]
            picker = next(part["props"] for part in parts if part["props"].get("elem_id") == "chat-model")
            assert picker["value"] == "zai:glm-4.5-air"
            assert "chat-log" in page
            script = re.search(r"glm_ui/static/[\w-]+/built/app\.js", page)
            assert script
            assert client.get(script[0]).status_code == 200
            turn = {"session": "s", "visitor": "v", "model": "glm-4.5v", "provider": "demo"}
            asked = {"role": "user", "text": "What is this?"}
            receipt = {"id": "example:receipt.jpg", "name": "receipt.jpg"}
            plan = client.post("/glm_ui/plan", json={**turn, "messages": [{**asked, "files": [receipt]}]})
            assert '"k":"plan"' in plan.text
            short = {
                "thinking": False,
                "sampling": {"max_tokens": 20},
            }  # the demo plays a whole one for four seconds
            said = client.post("/glm_ui/chat", json={**turn, **short, "messages": [asked]}).text
            assert '"k":"done"' in said
    finally:
        assert stop_app(app) == 0
    assert opened.read_text().strip() == app.url
    said = "".join(app.output)
    for trouble in ("LOOKED UP", "CONNECTED", "Traceback"):
        assert trouble not in said


def test_the_installed_command_tells_its_version(bin_of_its_own: Path, tmp_path: Path) -> None:
    said = subprocess.run(
        [bin_of_its_own / "glm-ui", "--version"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert said.stdout == f"GLM UI {glm_ui.__version__}\n"


def test_the_package_runs_as_the_command_does() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "glm_ui", "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert glm_ui.__version__ in told.stdout
