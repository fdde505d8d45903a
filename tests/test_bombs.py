"""A small reply that unpacks to hundreds of megabytes costs little memory, whatever its coding and wherever it
stands."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zlib
from pathlib import Path

import brotli
import pytest

from tests.upstream import Reply, Request, Upstream, openai_frames

MOST_MB = 50
UNPACKED_MB = 64
DELTA = b'data: {"choices":[{"delta":{"content":"' + b"x" * 1000 + b'"}}]}\n\n'


def gzipped(filler: bytes) -> bytes:
    return gzip.compress(filler * 2**24, 1) * (UNPACKED_MB // 16)


def deflated(start: bytes, filler: bytes) -> bytes:
    """Blocks that stand by themselves, so that one is packed and repeated. The checksum is of the first."""
    deflate = zlib.compressobj(1)
    head = deflate.compress(start) + deflate.flush(zlib.Z_FULL_FLUSH)
    block = deflate.compress(filler * (2**20 // len(filler))) + deflate.flush(zlib.Z_FULL_FLUSH)
    return head + block * UNPACKED_MB + deflate.flush()


def bombs() -> list[tuple[str, bytes, int]]:
    """(coding, body, status)"""
    zeros, in_brotli = gzipped(b"\0"), brotli.compress(bytes(UNPACKED_MB * 2**20), quality=0)
    return [
        ("gzip", zeros, 200),
        ("gzip", zeros, 500),
        ("gzip", gzipped(b"\n"), 200),
        ("deflate", deflated(b"", b": sixteen each\n\n"), 200),
        ("deflate", deflated(b'{"choices": "', b"x"), 200),
        ("deflate", deflated(b"data: ", b"y"), 200),
        ("deflate", deflated(b"<html>", b"z"), 400),
        ("deflate", deflated(b"", DELTA), 200),
        ("gzip, gzip", gzip.compress(zeros), 200),
        ("gzip, gzip", gzip.compress(zeros), 500),
        ("br", in_brotli, 200),
        ("br", in_brotli, 500),
        ("zstd", b"\x28\xb5\x2f\xfd" + bytes(300), 200),
    ]


CHILD = """
import asyncio, json, sys
from pathlib import Path
from glm_ui.backend import Tap, stream_chat
from glm_ui.errors import GlmUiError
from glm_ui.messages import ChatRequest, Message
from glm_ui.settings import Settings

async def turn(name):
    settings = Settings(_env_file=None, zai_api_key="a-key-of-nobody", glm_ui_zai_base_url=f"{sys.argv[1]}/{name}")
    request = ChatRequest("glm-4.6", (Message.user("Hi"),), provider="zai")
    try:
        async for event in stream_chat(request, settings=settings, tap=Tap()):
            pass
    except GlmUiError as error:
        return error.slug
    return "done"

def peak():
    # Not ru_maxrss, which begins at what the process that started this one had.
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024

async def main():
    assert await turn("good") == "done"
    told = []
    for number in range(int(sys.argv[2])):
        before = peak()
        told.append((await turn(number), peak() - before))
    print(json.dumps(told))

asyncio.run(main())
"""


def test_a_compressed_bomb_takes_little_memory_in_a_reply_and_in_an_error() -> None:
    if not Path("/proc/self/status").exists():
        pytest.skip("memory is measured by Linux's /proc")
    sent = bombs()

    def reply(request: Request) -> Reply:
        name = request.path.split("/")[1]
        if name == "good":
            return Reply(sse=openai_frames("", "42"))
        coding, body, status = sent[int(name)]
        headers = {"Content-Encoding": coding, "Retry-After": "600"}
        return Reply(body=body, status=status, headers=headers, size=2**16)

    with Upstream() as up:
        up.script(reply)
        command = [sys.executable, "-c", CHILD, up.url, str(len(sent))]
        ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    told = json.loads(ran.stdout)
    assert all(slug != "done" for slug, _ in told), told
    assert sum(rise for _, rise in told) < MOST_MB, told
