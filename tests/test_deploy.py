"""What stands in deploy/, the Dockerfile and compose.yaml: that they agree with the app and with each other. The
Dockerfile's steps are tried by scripts/container.py, nginx's configuration by test_scaling."""

from __future__ import annotations

import fnmatch
import re
import runpy
import shutil
import subprocess
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from glm_ui.settings import Settings

ROOT = Path(__file__).parents[1]
GOOD_EXPOSURE = 2.0
"""Of systemd's scale from 0 (none) to 10."""


@pytest.fixture(scope="module")
def compose() -> Any:
    return yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))


def stages() -> list[list[tuple[str, str]]]:
    script = runpy.run_path(str(ROOT / "scripts" / "container.py"))
    found: list[list[tuple[str, str]]] = script["stages"]((ROOT / "Dockerfile").read_text("utf-8"))
    return found


def test_the_image_is_built_from_files_that_are_sent_to_the_builder() -> None:
    kept = [
        line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")
    ]
    copied = [name for word, rest in stages()[0] if word == "COPY" for name in rest.split()[:-1]]
    assert sorted(copied) == sorted(kept)
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_has_every_list_that_the_package_is_built_from() -> None:
    named = re.findall(r"requirements[\w-]*\.txt", (ROOT / "pyproject.toml").read_text("utf-8"))
    copied = {name for word, rest in stages()[0] if word == "COPY" for name in rest.split()[:-1]}
    assert named
    assert set(named) <= copied


def test_the_image_runs_as_nobody_on_the_python_that_a_space_has() -> None:
    build, final = stages()
    assert dict(final)["USER"] == "10001:10001"
    space = yaml.safe_load((ROOT / "spaces.yaml").read_text("utf-8"))
    for stage in (build, final):
        assert stage[0][1].startswith(f"python:{space['python_version']}-slim")


def test_every_variable_that_is_set_is_one_that_the_app_reads(compose: Any) -> None:
    (environment,) = (rest for word, rest in stages()[1] if word == "ENV")
    named = set(re.findall(r"\bGLM_UI_\w+", environment)) | set(compose["services"]["app"]["environment"])
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_the_replicas_believe_nginx_alone_and_reach_it_by_its_name(compose: Any) -> None:
    services, front = compose["services"], compose["networks"]["front"]["ipam"]["config"][0]
    nginx = services["nginx"]["networks"]["front"]["ipv4_address"]
    assert services["app"]["environment"]["GLM_UI_TRUSTED_PROXIES"] == nginx
    assert ip_address(nginx) in ip_network(front["subnet"])
    assert ip_address(nginx) not in ip_network(front["ip_range"])  # no replica may get it
    config = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    assert f"server app:{services['app']['environment']['GLM_UI_PORT']} " in config
    assert f"listen {services['nginx']['ports'][0].rpartition(':')[2]};" in config
    assert services["nginx"]["volumes"][0].startswith("./deploy/nginx.conf:")


def test_nothing_but_nginx_is_published_and_nothing_of_ours_may_write(compose: Any) -> None:
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["nginx"]
    assert compose["networks"]["store"]["internal"]
    assert set(compose["services"]["redis"]["networks"]) == {"store"}
    for name in ("app", "redis", "nginx"):
        service = compose["services"][name]
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]


def test_no_secret_goes_to_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert not any(fnmatch.fnmatch(".env", rule[1:]) for rule in rules if rule.startswith("!"))


def test_the_unit_lets_the_app_read_when_the_machine_started() -> None:
    """Without /proc/stat prometheus_client has no `process_*` figures, and panels of deploy/grafana.json stay empty."""
    assert "ProcSubset" not in (ROOT / "deploy" / "glm-ui.service").read_text("utf-8")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_the_unit_is_hardened_as_systemd_counts_it() -> None:
    command = [
        "systemd-analyze",
        "security",
        "--offline=true",
        "--no-pager",
        ROOT / "deploy" / "glm-ui.service",
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    level = re.search(r"Overall exposure level for glm-ui\.service: ([\d.]+)", told)
    assert level
    assert float(level[1]) <= GOOD_EXPOSURE
