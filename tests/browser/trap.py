"""Somebody else's server: records every byte that reaches it, by TCP and by UDP, whatever asks for it.
Connections that bring nothing count for nothing: browsers open some in advance."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PAGE = b"<!doctype html><title>free</title><link rel=icon href=data:,><body>"


class _Handler(socketserver.BaseRequestHandler):
    server: Trap

    def handle(self) -> None:
        self.request.settimeout(30)
        try:
            data = self.request.recv(4096)
        except OSError:
            return
        if not data:
            return
        line = data.split(b"\r\n")[0].decode("latin-1")
        if not line.startswith("GET /free"):
            self.server.asked.append(line)
        answer = (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nAccess-Control-Allow-Origin: *\r\n"
            b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(PAGE), PAGE)
        )
        self.request.sendall(answer)


class Trap(socketserver.ThreadingTCPServer):
    """`asked`: the first line of each request. `datagrams`: how many came."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []
        self.datagrams = 0
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.udp_address = f"127.0.0.1:{self.udp.getsockname()[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that leaves in the middle is no fault of the trap."""

    def count(self) -> None:
        while self.udp.recvfrom(4096)[0] != b"end":
            self.datagrams += 1


@contextmanager
def trapping() -> Iterator[Trap]:
    trap = Trap()
    threads = [
        threading.Thread(target=trap.serve_forever, args=(0.05,)),
        threading.Thread(target=trap.count),
    ]
    for thread in threads:
        thread.start()
    try:
        yield trap
    finally:
        trap.shutdown()
        trap.udp.sendto(b"end", trap.udp.getsockname())
        for thread in threads:
            thread.join()
        trap.udp.close()
        trap.server_close()
