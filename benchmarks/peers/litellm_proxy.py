"""LiteLLM's proxy before the same upstream, in an environment of its own: BENCH_LITELLM is its `litellm` command."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path


def main() -> None:
    # As `openai/`, messages with thinking would be asked of the upstream's responses, which it has not.
    params = {
        "model": "hosted_vllm/glm-4.7",
        "api_base": f"{os.environ['BENCH_UPSTREAM']}/v1",
        "api_key": "none",
    }
    config = {
        "model_list": [{"model_name": "glm-4.7", "litellm_params": params}],
        "litellm_settings": {"drop_params": True, "telemetry": False},
    }
    folder = Path(tempfile.mkdtemp())
    (folder / "config.yaml").write_text(json.dumps(config), "utf-8")  # JSON is YAML
    command = os.environ["BENCH_LITELLM"]
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    os.environ["LITELLM_LOG"] = "ERROR"
    os.environ["LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY"] = "true"
    options = [
        "--config",
        str(folder / "config.yaml"),
        "--host",
        "127.0.0.1",
        "--port",
        os.environ["BENCH_PORT"],
    ]
    os.execv(command, [command, *options])  # noqa: S606


if __name__ == "__main__":
    main()
