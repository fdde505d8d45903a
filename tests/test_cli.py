"""The command `glm-ui`: what it says, what it takes, and its exit codes."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from glm_ui.cli import main
from glm_ui.providers.doctor import CHECKS
from tests.browser.conftest import free_port
from tests.conftest import CANARY
from tests.test_doctor import counts_nothing, healthy, never_thinks
from tests.upstream import Reply, Upstream

ROOT = Path(__file__).parents[1]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`run(*arguments)`: exit code, standard output and standard error, in an empty working directory."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
        return (code, *capsys.readouterr())

    return command


@pytest.fixture
def at_upstream(up: Upstream, run: Run, tmp_path: Path) -> Upstream:
    """The working directory's .env points at the scripted upstream."""
    (tmp_path / ".env").write_text(f"GLM_UI_ZAI_BASE_URL={up.url}/v4\nZAI_API_KEY={CANARY}\n")
    return up


@pytest.mark.parametrize("arguments", [("--help",), ("doctor", "--help"), ("spaces", "--help")])
def test_help_names_the_options_and_where_settings_come_from(run: Run, arguments: tuple[str, ...]) -> None:
    code, out, _ = run(*arguments)
    assert code == 0
    assert out.startswith("usage: glm-ui " + ("" if len(arguments) == 1 else arguments[0]))
    if arguments[0] != "spaces":
        assert ".env of the working directory" in out
    if len(arguments) == 1:
        for option in ("--host", "--port", "--open", "doctor", "spaces"):
            assert option in out


@pytest.mark.parametrize("given", ["0", "65536", "many", "-1", "٣", "80" * 3000])
def test_a_port_that_is_none_is_refused(run: Run, given: str) -> None:
    code, _, err = run(f"--port={given}")
    assert code == 2
    assert "it takes a whole number from 1 to 65535" in err


@pytest.mark.parametrize(
    "given", [("--prot", "1"), ("serve",), ("doctor",), ("doctor", "nobody"), ("spaces",)]
)
def test_a_command_that_is_none_is_refused(run: Run, given: tuple[str, ...]) -> None:
    code, _, err = run(*given)
    assert code == 2
    assert "usage: glm-ui" in err


def test_options_come_before_the_environment_and_the_file(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Seen(Exception):
        pass

    def no_gradio() -> None:
        raise Seen

    from glm_ui import settings as module
    from glm_ui.ui.gradio import fast_start

    loaded = []
    load = module.load_settings
    monkeypatch.setattr(
        module, "load_settings", lambda *a, **more: loaded.append(load(*a, **more)) or loaded[0]
    )
    monkeypatch.setattr(fast_start, "import_gradio", no_gradio)
    monkeypatch.setattr("os.environ", {**__import__("os").environ})
    monkeypatch.setenv("GRADIO_SERVER_PORT", "7001")
    (tmp_path / ".env").write_text("GLM_UI_PORT=7002\nGLM_UI_HOST=0.0.0.0\nGLM_UI_MODEL=glm-4.5\n")
    with pytest.raises(Seen):
        run("--port", "7003")
    assert (loaded[0].glm_ui_port, loaded[0].host, loaded[0].glm_ui_model) == (7003, "0.0.0.0", "glm-4.5")


@pytest.mark.parametrize("command", [(), ("doctor", "zai")])
def test_a_bad_setting_is_one_line(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / ".env").write_text("GLM_UI_RETRIES=often\n")
    code, out, err = run(*command)
    assert (code, out) == (2, "")
    assert err == "GLM_UI_RETRIES is not usable: it takes a whole number from 0 to 5.\n"


def test_a_port_that_is_taken_is_one_line(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, out, err = run("--port", str(port))
    assert (code, out) == (2, "")
    assert err == (
        f"The page cannot be served at 127.0.0.1, port {port}: another program uses it. Stop that program, or choose "
        "another port with --port or GLM_UI_PORT.\n"
    )


@pytest.mark.parametrize(
    ("host", "why"),
    [("a host", "is not known"), ("192.0.2.7", "does not have that address"), ("x" * 70, "is not known")],
)
def test_a_host_that_is_none_of_this_machine_is_one_line(run: Run, host: str, why: str) -> None:
    code, out, err = run("--host", host, "--port", str(free_port()))
    assert (code, out) == (2, "")
    assert why in err
    assert err.count("\n") == 1


def test_a_folder_for_uploads_that_cannot_be_is_one_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "file" / "below"))
    code, out, err = run("--port", str(free_port()))
    assert (code, out) == (2, "")
    assert err.startswith(f"Uploads cannot be kept in {tmp_path / 'file' / 'below'}: ")
    assert err.count("\n") == 1


def test_a_misspelt_setting_is_told_to_the_doctor_too(
    run: Run, at_upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_upstream.script(healthy)
    monkeypatch.setenv("GLM_UI_RETRYS", "1")
    code, _, err = run("doctor", "zai")
    assert code == 0
    assert err.endswith("Did you mean GLM_UI_RETRIES?\n")


def test_the_catalogue_asks_for_what_it_needs_alone(run: Run) -> None:
    code, _, err = run("catalogue")
    assert code == 2
    assert err.endswith("the following arguments are required: check\n")


def test_the_doctor_writes_a_line_for_each_check(run: Run, at_upstream: Upstream) -> None:
    at_upstream.script(healthy)
    code, out, err = run("doctor", "zai")
    assert (code, err) == (0, "")
    assert [line.split()[:2] for line in out.splitlines()] == [["ok", check] for check in CHECKS]
    assert at_upstream.requests[0].headers["authorization"] == f"Bearer {CANARY}"


@pytest.mark.parametrize(
    ("play", "code", "line"),
    [
        (never_thinks, 1, "bad   thinking"),
        (counts_nothing, 0, "note  usage"),
        (lambda _: Reply(status=401, body={"error": {"message": f"bad key {CANARY}"}}), 1, "bad   key"),
    ],
)
def test_the_doctor_says_what_is_wrong_and_what_to_do(
    run: Run, at_upstream: Upstream, play: Callable[..., Reply], code: int, line: str
) -> None:
    at_upstream.script(play)
    ended, out, _ = run("doctor", "zai", "--model", "glm-4.6")
    lines = out.splitlines()
    (place,) = (n for n, text in enumerate(lines) if text.startswith(line))
    assert ended == code
    assert lines[place + 1].startswith(" " * 17)
    assert CANARY not in out


def test_the_doctor_names_the_variable_of_a_missing_key(run: Run, up: Upstream, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"GLM_UI_OPENROUTER_BASE_URL={up.url}/v1\n")
    up.script(lambda _: Reply(status=401, body={}))
    code, out, _ = run("doctor", "openrouter")
    assert code == 1
    assert "Set OPENROUTER_API_KEY, and run this again." in out


@pytest.mark.parametrize("arguments", [["doctor", "demo"], ["spaces", "deploy", "owner/name", "--dry-run"]])
def test_a_command_ends_quietly_when_its_reader_goes(arguments: list[str]) -> None:
    code = f"import sys; from glm_ui.cli import main; sys.exit(main({arguments}))"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as command:
        assert command.stdout
        assert command.stderr
        command.stdout.close()
        assert command.stderr.read() == ""
    assert command.returncode == 1


def test_spaces_works_on_the_working_directory(run: Run) -> None:
    code, out, err = run("spaces", "sync")
    assert (code, out) == (1, "")
    assert err == "spaces.yaml cannot be read: No such file or directory.\n"
