"""Whether the app can serve at an address, and write where it must, asked before anything heavy is imported."""

from __future__ import annotations

import errno
import os
import socket
import tempfile
from pathlib import Path

from glm_ui.errors import BadSettings

WHY = {
    errno.EADDRINUSE: "another program uses it. Stop that program, or choose another port with --port or GLM_UI_PORT.",
    errno.EACCES: "this account may not. Choose a port from 1024 on with --port or GLM_UI_PORT.",
    errno.EADDRNOTAVAIL: "this machine does not have that address. Choose another with --host or GLM_UI_HOST.",
}
"""What stops a listener -> the end of the sentence that says so."""


def check_address(host: str, port: int) -> None:
    """Listens at this address for a moment. `host` is a name or an IP address, IPv6 in brackets or not. Raises
    BadSettings, one line, where the app could not be served there."""
    bare = host.strip("[]")
    try:
        family, *_, address = socket.getaddrinfo(bare, port, type=socket.SOCK_STREAM)[0]
        socket.create_server(address[:2], family=family).close()
    except (socket.gaierror, UnicodeError):
        why = "that host is not known. Choose another with --host or GLM_UI_HOST."
    except OSError as fault:
        why = WHY.get(fault.errno or 0, f"{fault.strerror}.")
    else:
        return
    raise BadSettings(f"The page cannot be served at {host}, port {port}: {why}")


def check_uploads() -> None:
    """Makes the folder that Gradio keeps uploads in. Raises BadSettings, one line, where it cannot be written to."""
    named = os.environ.get("GRADIO_TEMP_DIR")
    folder = Path(named) if named else Path(tempfile.gettempdir()) / "gradio"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as fault:
        raise BadSettings(
            f"Uploads cannot be kept in {folder}: {fault.strerror}. Set GRADIO_TEMP_DIR to a folder that this account "
            "can write to."
        ) from None
