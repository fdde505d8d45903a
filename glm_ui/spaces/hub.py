"""The deploy: makes a Space on the Hugging Face Hub what `spaces.yaml` declares, by huggingface_hub alone.

manifest.py decides what is declared and which files go up. No token and no secret is ever printed: every line
leaves through one filter. huggingface_hub is imported only here, when there is something to send.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from glm_ui.errors import GlmUiError

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, SpaceRuntime

    from glm_ui.spaces.manifest import Space

Say = Callable[[str], None]

SECRET_SOURCES: Mapping[str, str] = {"HF_TOKEN": "SPACE_HF_TOKEN"}
"""The deployer's HF_TOKEN may write to their account, so the Space is given another one."""

WORKING: Mapping[str, str] = {
    "BUILDING": "building",
    "RUNNING_BUILDING": "building, while the version before still runs",
    "APP_STARTING": "starting",
    "RUNNING_APP_STARTING": "starting, while the version before still runs",
}
UP = ("RUNNING", "SLEEPING")
FAILED: Mapping[str, tuple[str, str]] = {
    "BUILD_ERROR": ("The build failed.", "build"),
    "RUNTIME_ERROR": ("The app was built and did not start.", "run"),
    "CONFIG_ERROR": ("The Hub does not accept the front matter of README.md.", ""),
    "NO_APP_FILE": ("The Hub finds no app file.", ""),
    "PAUSED": ("The files are up, but the Space is paused; start it on its page.", ""),
    "STOPPED": ("The files are up, but the Space is stopped; start it on its page.", ""),
    "DELETING": ("The Space is being deleted.", ""),
}
"""stage -> what it means, and which log says why."""

GRACE_POLLS = 20
"""How often a stage is read before one that may belong to the version before counts as this one's."""
LOG_LINES = 40

REFUSALS: Mapping[int, tuple[str, str]] = {
    401: ("The Hub does not accept the token.", "Make one that may write, and set it as HF_TOKEN."),
    402: (
        "The Hub asks for payment.",
        "Gradio Spaces on free hardware need a PRO account, the others credit.",
    ),
    403: ("The token may not do this.", "Use one that may write to this Space."),
    404: ("The Hub does not find this Space.", "Check owner/name, and that the token may see it."),
    429: ("The Hub takes no more requests for now.", "Wait a few minutes and deploy again."),
}


class HubProblem(GlmUiError):
    """The Hub refused, could not be reached, or could not build the Space."""

    slug = "hub"


def deploy(
    space: Space,
    root: Path,
    names: Sequence[str],
    repo: str,
    *,
    private: bool,
    environ: Mapping[str, str],
    say: Say,
    poll: float = 3.0,
    patience: float = 1800.0,
) -> None:
    """Create or update the Space `repo` ("owner/name") so that it holds the files `names` below `root` and no
    others, then wait for its build, asking every `poll` seconds for at most `patience`. Raises HubProblem."""
    import huggingface_hub as hf
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    token = hf.get_token()
    if token is None:
        raise HubProblem(
            "There is no Hugging Face token.",
            todo="Set HF_TOKEN to one that may write, or sign in with `hf auth login`.",
        )
    secrets = {
        name: value for name in space.secrets if (value := environ.get(SECRET_SOURCES.get(name, name)))
    }
    hidden = [token, *secrets.values()]
    _refuse_leaks(root, names, hidden)
    speak, say = say, lambda line: speak(_clean(hidden, line))
    api = hf.HfApi(endpoint=environ.get("HF_ENDPOINT") or None, token=token, library_name="glm-ui")
    with _plain_words(hidden):
        _create(api, space, repo, private=private, say=say)
        _set_environment(api, space, repo, secrets, say=say)
        commit = _upload(api, root, names, repo, say=say)
        runtime = _wait(api, repo, commit, say=say, poll=poll, patience=patience)
        _report(api, repo, runtime, say=say)


def _clean(hidden: Sequence[str], text: str) -> str:
    for value in hidden:
        text = text.replace(value, "•••")
    return text


def _refuse_leaks(root: Path, names: Sequence[str], hidden: Sequence[str]) -> None:
    needles = [value.encode() for value in hidden if len(value) >= 8]
    for name in names:
        content = (root / name).read_bytes()
        if any(needle in content for needle in needles):
            raise HubProblem(
                f"{name} holds a token or a secret of yours.",
                "Nothing was sent.",
                "Remove it and deploy again.",
            )


def _create(api: HfApi, space: Space, repo: str, *, private: bool, say: Say) -> None:
    hardware = space.card["suggested_hardware"]
    if not api.repo_exists(repo, repo_type="space"):
        say(f"Creating {repo}{', private' if private else ''}.")
        api.create_repo(
            repo, repo_type="space", space_sdk="gradio", space_hardware=hardware, private=private or None
        )
        return
    say(f"Updating {repo}{', and making it private' if private else ''}.")
    if private:
        api.update_repo_settings(repo, repo_type="space", private=True)
    runtime = api.get_space_runtime(repo)
    if (runtime.requested_hardware or runtime.hardware) not in (None, hardware):
        say(f"Hardware: {hardware}, as declared.")
        api.request_space_hardware(repo, hardware)


def _set_environment(api: HfApi, space: Space, repo: str, secrets: Mapping[str, str], *, say: Say) -> None:
    # Each change restarts a Space that runs, so what is right is left alone. Secrets cannot be read back.
    there = api.get_space_variables(repo)
    for name, value in space.variables.items():
        if name not in there or there[name].value != value:
            say(f"Variable {name}: {value}")
            api.add_space_variable(repo, name, value)
    for name, purpose in space.secrets.items():
        if name in secrets:
            say(f"Secret {name}: set.")
            api.add_space_secret(repo, name, secrets[name], description=purpose)
        else:
            say(f"Secret {name}: left as it is, for {SECRET_SOURCES.get(name, name)} is not set here.")


def _upload(api: HfApi, root: Path, names: Sequence[str], repo: str, *, say: Say) -> str:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    there = api.list_repo_files(repo, repo_type="space")
    gone = [name for name in there if name not in names and name != ".gitattributes"]
    say(f"Uploading {len(names)} files{f', removing {len(gone)}' if gone else ''}.")
    operations: list[CommitOperationAdd | CommitOperationDelete] = [
        *(CommitOperationAdd(name, root / name) for name in names),
        *(CommitOperationDelete(name) for name in gone),
    ]
    return api.create_commit(repo, operations, repo_type="space", commit_message="Deploy GLM UI").oid


def _wait(api: HfApi, repo: str, commit: str, *, say: Say, poll: float, patience: float) -> SpaceRuntime:
    """The runtime once it speaks of `commit`: right after an upload the Hub tells of the version before."""
    until = time.monotonic() + patience
    polls, worked, said = 0, False, ""
    while True:
        runtime = api.get_space_runtime(repo)
        stage = str(runtime.stage)
        polls += 1
        if stage in WORKING:
            worked = True
            if stage != said:
                say(f"The Space is {WORKING[stage]}.")
                said = stage
        elif _is_settled(runtime, stage, commit, worked or polls >= GRACE_POLLS):
            return runtime
        if time.monotonic() >= until:
            raise HubProblem(
                f"The Space is not up after {patience / 60:.0f} minutes.",
                f"The Hub says {stage}.",
                f"Its page shows the log: {api.endpoint}/spaces/{repo}",
            )
        time.sleep(poll)


def _is_settled(runtime: SpaceRuntime, stage: str, commit: str, waited: bool) -> bool:
    running: str | None = runtime.raw.get("sha")
    if running == commit:
        return True
    # A failed build may leave the sha of what ran before it; a Space that is up must be up with this commit.
    return waited and (running is None or stage not in UP)


def _report(api: HfApi, repo: str, runtime: SpaceRuntime, *, say: Say) -> None:
    page = f"{api.endpoint}/spaces/{repo}"
    stage = str(runtime.stage)
    if stage in UP:
        say(f"The Space is up: {page}")
        return
    what, log = FAILED.get(stage, (f"The Hub says {stage}.", ""))
    lines = [str(runtime.raw.get("errorMessage") or "").strip()]
    if log:
        lines += "".join(api.fetch_space_logs(repo, build=log == "build")).splitlines()[-LOG_LINES:]
    raise HubProblem("\n".join([what, *filter(None, lines), f"Its page: {page}"]))


@contextmanager
def _plain_words(hidden: Sequence[str]) -> Iterator[None]:
    """Whatever the client raises, as a HubProblem without a token, a traceback or a request's details."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    try:
        yield
    except HubProblem as problem:
        raise HubProblem(
            _clean(hidden, problem.what), _clean(hidden, problem.why), _clean(hidden, problem.todo)
        ) from None
    except HfHubHTTPError as fault:
        status = fault.response.status_code
        what, todo = REFUSALS.get(status, (f"The Hub answered with an error ({status}).", "Try again later."))
        raise HubProblem(
            what, _clean(hidden, " ".join((fault.server_message or "").split())), todo, status=status
        ) from None
    except (httpx2.HTTPError, OSError) as fault:
        raise HubProblem(
            "The Hub cannot be reached.", _clean(hidden, f"{fault}."), "Check the network, then deploy again."
        ) from None
    except ValueError as fault:
        raise HubProblem("The Hub's client refuses this.", _clean(hidden, f"{fault}")) from None
