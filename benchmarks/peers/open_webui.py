"""Starts Open WebUI from an environment of its own, whose command BENCH_OPEN_WEBUI names: without accounts, and without
what it does beside a reply (titles, tags, follow-ups, embeddings)."""

from __future__ import annotations

import os
import tempfile

SETTINGS = {
    "WEBUI_AUTH": "False",
    "ENABLE_OLLAMA_API": "False",
    "OPENAI_API_KEY": "none",
    "RAG_EMBEDDING_ENGINE": "openai",
    "AUDIO_STT_ENGINE": "openai",
    "OFFLINE_MODE": "True",
    "HF_HUB_OFFLINE": "1",
    "ENABLE_VERSION_UPDATE_CHECK": "False",
    "ENABLE_TITLE_GENERATION": "False",
    "ENABLE_TAGS_GENERATION": "False",
    "ENABLE_FOLLOW_UP_GENERATION": "False",
    "ENABLE_AUTOCOMPLETE_GENERATION": "False",
    "DEFAULT_MODELS": "glm-4.7",
    "SCARF_NO_ANALYTICS": "true",
    "WEBUI_SECRET_KEY": "a-secret-of-the-benchmarks",
}

if __name__ == "__main__":
    command = os.environ["BENCH_OPEN_WEBUI"]
    os.environ |= SETTINGS | {
        "DATA_DIR": tempfile.mkdtemp(prefix="glm-ui-open-webui-"),
        "OPENAI_API_BASE_URL": os.environ["BENCH_UPSTREAM"] + "/v1",
    }
    os.execv(command, [command, "serve", "--host", "127.0.0.1", "--port", os.environ["BENCH_PORT"]])  # noqa: S606
