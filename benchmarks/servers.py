"""The apps that are measured, each in a process of its own: started as a person starts them, and their CPU read from
/proc. Nothing of a browser in here."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TICK = os.sysconf("SC_CLK_TCK")
PEERS: Mapping[str, list[str]] = {
    "GLM UI": ["app.py"],
    "gr.ChatInterface": ["-m", "benchmarks.peers.chat_interface"],
    "gr.load_chat": ["-m", "benchmarks.peers.load_chat"],
    "Chainlit": ["-m", "benchmarks.peers.chainlit_page"],
    "Open WebUI": ["-m", "benchmarks.peers.open_webui"],
    "bare Blocks": ["-m", "benchmarks.peers.bare"],
    "byte proxy": ["-m", "benchmarks.peers.byte_proxy"],
    "LiteLLM": ["-m", "benchmarks.peers.litellm_proxy"],
    "Portkey": ["-m", "benchmarks.peers.portkey"],
}
"""name -> what Python runs. Each reads BENCH_UPSTREAM, BENCH_PORT and BENCH_HISTORY, or our own settings."""


@dataclass(frozen=True, slots=True)
class Server:
    name: str
    url: str
    pid: int

    def cpu(self) -> float:
        """Seconds of CPU of this process so far, all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self) -> float:
        """Resident MB."""
        line = next(
            s for s in Path(f"/proc/{self.pid}/status").read_text().splitlines() if s.startswith("VmRSS")
        )
        return int(line.split()[1]) / 1024


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def server(name: str, upstream_url: str, *, history: int = 0, **more: str) -> Iterator[Server]:
    port = free_port()
    foreign = ("GLM_UI_", "GRADIO_", "ZAI_", "OPENROUTER_", "HF_", "GATEWAY_")
    env = {k: v for k, v in os.environ.items() if not k.startswith(foreign) and "PROXY" not in k.upper()}
    env |= {
        "GRADIO_ANALYTICS_ENABLED": "False",
        "NO_PROXY": "*",
        "BENCH_UPSTREAM": upstream_url,
        "BENCH_PORT": str(port),
        "BENCH_HISTORY": str(history),
        "GLM_UI_PORT": str(port),
        "GLM_UI_ZAI_BASE_URL": f"{upstream_url}/api/paas/v4",
        "GLM_UI_ZAI_ANTHROPIC_BASE_URL": f"{upstream_url}/api/anthropic",
        "ZAI_API_KEY": "a-key-for-the-benchmarks",
        **more,
    }
    url = f"http://127.0.0.1:{port}/"
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, *PEERS[name]], env=env, cwd=ROOT, stdout=said, stderr=said
        )
        try:
            if not _answers(url, process):
                said.seek(0)
                raise RuntimeError(f"{name} did not start:\n{said.read().decode(errors='replace')[-4000:]}")
            yield Server(name, url, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(url: str, process: subprocess.Popen[bytes], patience: float = 300) -> bool:
    end = time.monotonic() + patience
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310
                return True
        except OSError:
            time.sleep(0.1)
    return False
