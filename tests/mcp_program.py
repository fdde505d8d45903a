"""An MCP server on its pipes that does what its first argument says; without a library, so that it starts at once. A
test knows its own, and what it started, by the second."""

import json
import os
import signal
import subprocess
import sys
from typing import Any

KIND, MARK = sys.argv[1:]
OUT = sys.stdout.buffer
TOOL = {
    "name": "act",
    "inputSchema": {"type": "object"},
    "annotations": {"readOnlyHint": True, "openWorldHint": False},
}


def write(raw: bytes) -> None:
    OUT.write(raw)
    OUT.flush()


def send(**message: Any) -> None:
    write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")


def well(id: Any) -> None:
    send(id=id, result={"content": [{"type": "text", "text": "well"}]})


def start() -> None:
    if KIND == "ends at once":
        sys.exit(3)
    if KIND == "hangs":
        sys.stdin.buffer.read()
    if KIND == "prints junk":
        write(b"\xff\xfe\x00 Starting...\n{}\n[]\n5\n\n" + b"[" * 100_000 + b"\n")
    while KIND == "prints junk without end":
        write(b"Starting...\n" * 1_000)
    if KIND == "will not end, nor what it started":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        subprocess.Popen([sys.executable, __file__, "child", MARK], stdin=subprocess.DEVNULL)


def call(id: Any) -> None:
    if KIND == "sends a line of 16 MB":
        send(id=id, result={"content": [{"type": "text", "text": "x" * 2**24}]})
    elif KIND == "sends a line without end":
        while True:
            write(b"x" * 2**20)
    elif KIND == "dies in the call":
        os._exit(1)
    elif KIND == "hangs in the call":
        sys.stdin.buffer.read()
    elif KIND == "closes its output and lives on":
        os.close(1)
        sys.stdin.buffer.read()
    else:
        talk(id)
    well(id)


def talk(id: Any) -> None:
    """What it says before its answer."""
    if KIND == "answers twice and for others":
        for other in (10**6, "x", None, id):
            well(other)
    elif KIND == "complains without end":
        os.write(2, b"no\n" * 10**6)
    elif KIND == "asks without end":
        for number in range(2_000):
            send(id=number + 10**6, method="roots/list")


def main() -> None:
    if KIND == "child":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.pause()
    start()
    for line in sys.stdin:
        message = json.loads(line)
        id, method = message.get("id"), message.get("method")
        if method == "initialize":
            info = {"name": "program", "version": "1"}
            send(id=id, result={"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": info})
        elif method == "tools/list":
            send(id=id, result={"tools": [TOOL]})
        elif method == "tools/call":
            call(id)
        elif id is not None and method:
            send(id=id, error={"code": -32601, "message": "Method not found"})
    while KIND == "will not end, nor what it started":
        signal.pause()


main()
