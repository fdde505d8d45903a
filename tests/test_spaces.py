"""The Space: what is declared, what agrees, what goes up, what the Hub is told through the real client."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import yaml

from glm_ui.spaces import build as space_build
from glm_ui.spaces import hub as hub_module
from glm_ui.spaces import manifest
from tests.hub import TOKEN, Hub

ROOT = Path(__file__).parents[1]
SECRET = "zai-key-that-nobody-may-read"

DECLARED = """
title: Test Space
emoji: 💬
colorFrom: gray
colorTo: indigo
sdk: gradio
sdk_version: 6.31.0
python_version: "3.12"
app_file: app.py
suggested_hardware: cpu-basic
short_description: A Space for tests
hf_oauth: false
models: [zai-org/GLM-4.6]
tags: [chat]
variables:
  GRADIO_ANALYTICS_ENABLED: "False"
secrets:
  ZAI_API_KEY: The owner's key.
  HF_TOKEN: The owner's other token.
files: [README.md, app.py, requirements.txt, room/*]
"""
GOES_UP = ["README.md", "app.py", "requirements.txt", "room/a.py", "room/deep/b.json"]
STAYS = [
    ".env",
    "room/.env",
    "room/.env.local",
    "room/__pycache__/a.pyc",
    "room/tests/test_a.py",
    "room/benchmarks/a.py",
    "room/a.py~",
    "tests/test_a.py",
    "benchmarks/speed.py",
    "notes.txt",
]

Edit = Callable[[str, str], None]

WHEELS = {
    "gradio-6.31.0": ["pydantic<2.13; extra == 'mcp'"],
    "httpx-0.28.1": [],
    "pydantic-2.12.5": [],
    "pydantic-2.14.3": [],
    "spaces-0.51.3": [],
    "uvicorn-0.60.0": [],
    "websockets-16.0": [],
}
"""name-version -> what it requires: a package index of our own."""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    for wheel, requires in WHEELS.items():
        name, version = wheel.rsplit("-", 1)
        extras = ["Provides-Extra: mcp", "Provides-Extra: oauth"] if name == "gradio" else []
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *extras]
        lines += [f"Requires-Dist: {required}" for required in requires]
        with zipfile.ZipFile(folder / f"{wheel}-py3-none-any.whl", "w") as file:
            file.writestr(f"{wheel}.dist-info/METADATA", "\n".join(lines) + "\n")
            file.writestr(
                f"{wheel}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            file.writestr(f"{wheel}.dist-info/RECORD", "")
    return folder


@pytest.fixture(autouse=True)
def _index(monkeypatch: pytest.MonkeyPatch, wheels: Path) -> None:
    """pip knows the packages of `wheels` and no others."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in GOES_UP + STAYS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{name}\n")
    (tmp_path / "spaces.yaml").write_text(DECLARED, "utf-8")
    (tmp_path / "README.md").write_text("# Test Space\n\nWords.\n")
    (tmp_path / "requirements.txt").write_text("gradio[oauth]==6.31.0\nhttpx==0.28.1\n")
    manifest.sync(manifest.load_manifest(tmp_path), tmp_path)
    return tmp_path


@pytest.fixture
def edit(project: Path) -> Edit:
    """`edit("a: 1", "a: 2")` changes manifest.yaml."""

    def replace(old: str, new: str) -> None:
        text = (project / "spaces.yaml").read_text("utf-8")
        assert old in text
        (project / "spaces.yaml").write_text(text.replace(old, new), "utf-8")

    return replace


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """The stand-in, with the client pointed at it and kept from this machine's own sign-in and caches."""
    from huggingface_hub import constants

    with Hub() as stand_in:
        for name, value in {"HF_ENDPOINT": stand_in.url, "HF_TOKEN": TOKEN, "ZAI_API_KEY": SECRET}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(constants, "ENDPOINT", stand_in.url)
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "home" / "token"))
        monkeypatch.setattr(constants, "AGENT_HARNESSES_PATH", str(tmp_path / "home" / "harnesses"))
        monkeypatch.setattr(hub_module, "deploy", partial(hub_module.deploy, poll=0.001))
        yield stand_in


def said(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    return captured.out + captured.err


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("title: Test Space", "", "spaces.yaml has no title"),
        ("A Space for tests", "x" * 61, "60 characters at most"),
        ("colorTo: indigo", "colorTo: mauve", "colorTo is 'mauve'"),
        ('python_version: "3.12"', "python_version: 3.12", "in quotes"),
        ("sdk: gradio", "sdk: docker", "sdk is 'docker'"),
        (
            "  GRADIO_ANALYTICS",
            '  GLM_UI_TURNS_PER_DAYS: "9"\n  GRADIO_ANALYTICS',
            "Did you mean GLM_UI_TURNS_PER_DAY?",
        ),
        (
            "  GRADIO_ANALYTICS",
            '  GLM_UI_RETRIES: "many"\n  GRADIO_ANALYTICS',
            "GLM_UI_RETRIES is not usable: it takes a whole",
        ),
        ('ENABLED: "False"', "ENABLED: False", "GRADIO_ANALYTICS_ENABLED under variables must be a text"),
        ("ZAI_API_KEY: The", "zai key: The", "not the name of an environment variable"),
        ("GRADIO_ANALYTICS_ENABLED", "ZAI_API_KEY", "ZAI_API_KEY is a secret"),
        ("files: [", "nothing: [", "files must be a list"),
        ("tags: [chat]", "tags: [", "not YAML"),
    ],
)
def test_a_bad_declaration_is_one_sentence(
    project: Path, edit: Edit, capsys: pytest.CaptureFixture[str], old: str, new: str, sentence: str
) -> None:
    edit(old, new)
    assert manifest.main(["check"], project) == 1
    out = said(capsys)
    assert sentence in out
    assert out.count("\n") == 1


def test_a_missing_declaration_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert manifest.main(["check"], tmp_path) == 1
    assert "spaces.yaml cannot be read" in said(capsys)


def test_what_agrees_passes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert manifest.main(["check"], project) == 0
    assert "5 files would go up" in said(capsys)


def test_this_project_agrees_with_its_own_declaration(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The real index answers in test_space_build.py, which installs all of it.
    monkeypatch.setattr(space_build, "resolve_dependencies", lambda *_: None)
    assert manifest.main(["check"]) == 0
    capsys.readouterr()
    assert manifest.main(["deploy", "owner/name", "--dry-run"]) == 0
    paths = capsys.readouterr().out.splitlines()
    rooms = {path.partition("/")[0] for path in paths}
    assert rooms == {"README.md", "LICENSE", "app.py", "requirements.txt", "glm_ui"}


NO_NETWORK = """
import socket, sys
def refused(*_): raise SystemExit("it asked the network")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refused
from glm_ui.spaces.manifest import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(not (ROOT / ".git").exists() or shutil.which("git") is None, reason="this is no checkout")
def test_a_fresh_clone_tells_its_paths_without_token_and_network(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--local", ROOT, clone], check=True, capture_output=True)
    ran = subprocess.run(
        [sys.executable, "-c", NO_NETWORK, "deploy", "owner/name", "--dry-run"],
        cwd=clone,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    paths = ran.stdout.splitlines()
    assert paths == sorted(set(paths))
    assert all((clone / path).is_file() for path in paths)
    git = [
        "git",
        "-C",
        str(clone),
        "ls-files",
        "README.md",
        "LICENSE",
        "app.py",
        "requirements.txt",
        "glm_ui",
    ]
    assert paths == subprocess.run(git, check=True, capture_output=True, text=True).stdout.splitlines()


def test_a_pin_that_the_builder_cannot_install_is_said(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Gradio's extra "mcp", which the builder asks for, caps pydantic."""
    with (project / "requirements.txt").open("a") as file:
        file.write("pydantic==2.14.3\n")
    assert manifest.main(["check"], project) == 1
    out = said(capsys)
    assert "The Space would not build" in out
    assert "Cannot install gradio[mcp,oauth]==6.31.0 and pydantic==2.14.3" in out


def test_a_package_that_no_index_has_is_said(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (project / "requirements.txt").open("a") as file:
        file.write("no-such-package==1.0\n")
    assert manifest.main(["check"], project) == 1
    assert "No matching distribution found for no-such-package==1.0" in said(capsys)


def test_the_builders_line_is_installed_once(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which commands run, and when. test_space_build.py starts the app in what they make."""
    folder = tmp_path_factory.mktemp("space")
    ran: list[tuple[str, ...]] = []

    def noted(*command: str) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        if "venv" in command:
            (folder / "bin").mkdir(exist_ok=True)
            (folder / "bin" / "python").touch()
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(space_build, "_run", noted)
    declared = manifest.load_manifest(project)
    for requirements in ("gradio==6.31.0\n", "gradio==6.31.0\npydantic==2.12.5\n"):
        (project / "requirements.txt").write_text(requirements)
        ran.clear()
        python = space_build.install(declared, project, folder)
        *_, made, installed = ran
        assert made[1:] == ("-m", "venv", "--clear", str(folder))
        assert installed[:4] == (str(python), "-m", "pip", "install")
        assert set(space_build.line(declared, project)) <= set(installed)
        ran.clear()
        assert space_build.install(declared, project, folder) == folder / "bin" / "python"
        assert ran == []


def test_a_changed_declaration_needs_a_sync(
    project: Path, edit: Edit, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space_build, "resolve_dependencies", lambda *_: None)  # pip takes most of a second
    edit("title: Test Space", "title: Another")
    assert manifest.main(["check"], project) == 1
    assert "front matter differs" in said(capsys)
    assert manifest.main(["sync"], project) == 0
    assert manifest.main(["check"], project) == 0
    text = (project / "README.md").read_text("utf-8")
    assert text.startswith("---\ntitle: Another\nemoji: 💬\n")
    assert text.endswith("---\n# Test Space\n\nWords.\n")
    assert yaml.safe_load(text.split("---\n")[1])["python_version"] == "3.12"
    assert manifest.main(["sync"], project) == 0
    assert (project / "README.md").read_text("utf-8") == text


@pytest.mark.parametrize(
    ("pin", "sentence"),
    [
        ("gradio==6.30.0", "pins gradio 6.30.0"),
        ("gradio>=6", "does not pin gradio"),
        ("", "does not pin gradio"),
    ],
)
def test_the_pin_must_be_the_version_of_the_sdk(
    project: Path, capsys: pytest.CaptureFixture[str], pin: str, sentence: str
) -> None:
    (project / "requirements.txt").write_text(f"{pin}\n")
    assert manifest.main(["check"], project) == 1
    assert sentence in said(capsys)


def test_a_pattern_that_matches_nothing_is_said(
    project: Path, edit: Edit, capsys: pytest.CaptureFixture[str]
) -> None:
    edit("room/*", "rooom/*, tests/*, .env")
    assert manifest.main(["check"], project) == 1
    out = said(capsys)
    assert all(f"{pattern} under files matches nothing" in out for pattern in ("rooom/*", "tests/*", ".env"))


def test_an_app_file_that_stays_at_home_is_said(
    project: Path, edit: Edit, capsys: pytest.CaptureFixture[str]
) -> None:
    edit("app.py, ", "")
    assert manifest.main(["deploy", "owner/name", "--dry-run"], project) == 1
    assert "app.py would not go up" in said(capsys)


def test_a_dry_run_prints_the_paths_and_nothing_else(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("a dry run opened a connection"))
    assert manifest.main(["deploy", "owner/name", "--dry-run"], project) == 0
    assert capsys.readouterr().out.splitlines() == GOES_UP


def test_a_pattern_for_everything_still_leaves_secrets_and_tests_at_home(project: Path, edit: Edit) -> None:
    edit("files: [", 'files: ["*", ')
    names = manifest.files(manifest.load_manifest(project), project)
    assert set(names) - {"notes.txt", "spaces.yaml"} == set(GOES_UP)


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links here")
def test_a_link_out_of_the_project_does_not_go_up(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "key.txt"
    outside.write_text("secret")
    (project / "room" / "link.txt").symlink_to(outside)
    assert manifest.files(manifest.load_manifest(project), project) == GOES_UP


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_in_a_checkout_only_tracked_files_go_up(project: Path) -> None:
    git = partial(subprocess.run, cwd=project, check=True, capture_output=True)
    git(["git", "init", "-q"])
    git(["git", "add", "--all"])
    (project / "room" / "scratch.txt").write_text("a note to myself")
    (project / "room" / "a.py").unlink()
    assert manifest.files(manifest.load_manifest(project), project) == [
        name for name in GOES_UP if name != "room/a.py"
    ]


def test_a_new_space_gets_all_that_is_declared(
    project: Path, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    assert manifest.main(["deploy", "owner/name"], project) == 0
    space = hub.spaces["owner/name"]
    assert (space.sdk, space.hardware, space.private) == ("gradio", "cpu-basic", False)
    assert space.variables == {"GRADIO_ANALYTICS_ENABLED": "False"}
    assert space.secrets == {"ZAI_API_KEY": SECRET}
    assert sorted(space.files) == GOES_UP
    assert space.files["room/deep/b.json"] == b"room/deep/b.json\n"
    out = said(capsys)
    assert out.splitlines()[-1] == f"The Space is up: {hub.url}/spaces/owner/name"
    assert "The Space is building." in out
    assert TOKEN not in out
    assert SECRET not in out


def test_the_environment_is_there_before_the_first_build(project: Path, hub: Hub) -> None:
    assert manifest.main(["deploy", "owner/name"], project) == 0
    last = {
        asked.rpartition("/")[2] if "commit" not in asked else "commit": n
        for n, asked in enumerate(hub.asked)
    }
    assert max(last["variables"], last["secrets"]) < last["commit"]


def test_the_deployers_token_never_becomes_the_spaces(
    project: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACE_HF_TOKEN", "hf_narrow_one")
    assert manifest.main(["deploy", "owner/name"], project) == 0
    assert hub.spaces["owner/name"].secrets["HF_TOKEN"] == "hf_narrow_one"


def test_private_is_private_from_the_first_request(project: Path, hub: Hub) -> None:
    assert manifest.main(["deploy", "owner/name", "--private"], project) == 0
    assert hub.spaces["owner/name"].private
    assert not any("settings" in asked for asked in hub.asked)


def test_a_space_that_is_there_is_brought_up_to_date(
    project: Path, hub: Hub, edit: Edit, capsys: pytest.CaptureFixture[str]
) -> None:
    assert manifest.main(["deploy", "owner/name"], project) == 0
    space = hub.spaces["owner/name"]
    space.files |= {".gitattributes": b"", ".env": b"leaked", "old.py": b""}
    (project / "room" / "a.py").write_text("new")
    edit("suggested_hardware: cpu-basic", "suggested_hardware: cpu-upgrade")
    manifest.main(["sync"], project)
    hub.asked.clear()
    assert manifest.main(["deploy", "owner/name", "--private"], project) == 0
    assert sorted(space.files) == sorted([".gitattributes", *GOES_UP])
    assert space.files["room/a.py"] == b"new"
    assert (space.private, space.hardware) == (True, "cpu-upgrade")
    assert "POST /api/repos/create" not in hub.asked
    assert "POST /api/spaces/owner/name/variables" not in hub.asked, "a variable that is right was set again"
    assert "removing 2" in said(capsys)


def test_the_version_before_is_not_taken_for_this_one(
    project: Path, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.stages = ["RUNNING*"] * 25 + ["RUNNING_BUILDING*", "RUNNING*", "BUILD_ERROR*"]
    hub.logs["build"] = ["no such package\n"]
    assert manifest.main(["deploy", "owner/name"], project) == 1
    assert "The build failed." in said(capsys)


@pytest.mark.parametrize(
    ("stages", "log", "sentence"),
    [
        (["BUILDING", "BUILD_ERROR"], "build", "The build failed."),
        (["APP_STARTING", "RUNTIME_ERROR"], "run", "The app was built and did not start."),
        (["CONFIG_ERROR"], "", "does not accept the front matter"),
        (["PAUSED"], "", "the Space is paused"),
        (["SOMETHING_NEW"], "", "The Hub says SOMETHING_NEW."),
    ],
)
def test_a_failed_build_is_told_with_the_end_of_its_log(
    project: Path, hub: Hub, capsys: pytest.CaptureFixture[str], stages: list[str], log: str, sentence: str
) -> None:
    hub.stages = stages
    hub.error_message = "exit code 1"
    if log:
        hub.logs[log] = [f"line {n}\n" for n in range(100)] + [f"could not find gradio, key {SECRET}\n"]
    assert manifest.main(["deploy", "owner/name"], project) == 1
    out = said(capsys)
    assert sentence in out
    assert f"{hub.url}/spaces/owner/name" in out
    assert ("exit code 1" in out) == stages[-1].endswith("ERROR")
    assert ("could not find gradio" in out) == bool(log)
    assert "line 3\n" not in out
    assert SECRET not in out


@pytest.mark.parametrize(
    ("part", "status", "sentence"),
    [
        ("create", 401, "does not accept the token"),
        ("create", 402, "asks for payment"),
        ("secrets", 403, "may not do this"),
        ("create", 429, "no more requests"),
        ("commit", 500, "answered with an error (500)"),
    ],
)
def test_a_refusal_is_a_sentence_with_the_hubs_own_words(
    project: Path, hub: Hub, capsys: pytest.CaptureFixture[str], part: str, status: int, sentence: str
) -> None:
    hub.refuse[part] = (status, f"<the Hub's own words, {SECRET}>")
    assert manifest.main(["deploy", "owner/name"], project) == 1
    out = said(capsys)
    assert sentence in out
    assert "the Hub's own words" in out
    assert SECRET not in out
    assert TOKEN not in out


def test_a_hub_that_is_not_there_is_a_sentence(
    project: Path, hub: Hub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert manifest.main(["deploy", "owner/name"], project) == 1
    assert "The Hub cannot be reached." in said(capsys)


def test_without_a_token_nothing_is_asked(
    project: Path, hub: Hub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    assert manifest.main(["deploy", "owner/name"], project) == 1
    assert "There is no Hugging Face token." in said(capsys)
    assert hub.asked == []


@pytest.mark.parametrize("leak", [TOKEN, SECRET])
def test_a_file_that_holds_a_secret_stops_the_deploy(
    project: Path, hub: Hub, capsys: pytest.CaptureFixture[str], leak: str
) -> None:
    (project / "room" / "a.py").write_text(f"key = '{leak}'\n")
    assert manifest.main(["deploy", "owner/name"], project) == 1
    out = said(capsys)
    assert "room/a.py holds a token" in out
    assert leak not in out
    assert hub.asked == []


@pytest.mark.parametrize("repo", ["name", "a/b/c", "owner/", "own er/name"])
def test_a_bad_name_is_a_usage_error(project: Path, repo: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        manifest.main(["deploy", repo, "--dry-run"], project)


def test_the_command_line_deploys_too(project: Path, hub: Hub, tmp_path: Path) -> None:
    hub.stages = ["RUNNING"]
    shutil.copytree(ROOT / "glm_ui", project / "glm_ui", ignore=shutil.ignore_patterns("__pycache__"))
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-m", "glm_ui.spaces", "deploy", "owner/name"],
        cwd=project,
        env={**os.environ, "HF_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.stderr == ""
    assert ran.returncode == 0
    assert sorted(hub.spaces["owner/name"].files) == GOES_UP
