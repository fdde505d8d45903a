"""A way to the app that can be cut, as a network is: it passes connections on, byte by byte, both ways."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit


class _Forward(BaseRequestHandler):
    server: Forwarder

    def handle(self) -> None:
        if self.server.is_cut:
            return
        with socket.create_connection(self.server.behind) as app, self.server.passing(self.request, app):
            back = threading.Thread(target=_pump, args=(app, self.request), daemon=True)
            back.start()
            _pump(self.request, app)
            back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    _end(source, sink)


def _end(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _address_of(url: str) -> tuple[str, int]:
    app = urlsplit(url)
    assert app.hostname
    assert app.port
    return app.hostname, app.port


class Forwarder(ThreadingTCPServer):
    """`cut()` breaks every connection off and takes none any more, until `mend()`; `lead_to(url)` breaks them off and
    leads new ones to another app, as an upgrade does."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, url: str) -> None:
        self.behind = _address_of(url)
        self.is_cut = False
        self._passing: set[tuple[socket.socket, socket.socket]] = set()
        self._changing = threading.Lock()
        super().__init__((host, 0), _Forward)
        self.url = f"http://{host}:{self.server_address[1]}/"

    @contextmanager
    def passing(self, *ends: socket.socket) -> Iterator[None]:
        pair = (ends[0], ends[1])
        with self._changing:
            self._passing.add(pair)
            if self.is_cut:
                _end(*pair)
        try:
            yield
        finally:
            with self._changing:
                self._passing.discard(pair)

    def cut(self) -> None:
        with self._changing:
            self.is_cut = True
            for pair in self._passing:
                _end(*pair)

    def mend(self) -> None:
        self.is_cut = False

    def lead_to(self, url: str) -> None:
        self.cut()
        self.behind = _address_of(url)
        self.mend()


@contextmanager
def forwarding(host: str, url: str) -> Iterator[Forwarder]:
    """The app at `url` under another address as well."""
    with Forwarder(host, url) as forwarder:
        thread = threading.Thread(target=forwarder.serve_forever, args=(0.05,))
        thread.start()
        with contextlib.ExitStack() as leaving:
            leaving.callback(thread.join)
            leaving.callback(forwarder.shutdown)
            yield forwarder
