"""Maps what goes wrong on the wire to our errors: the client's exceptions, expired waits, refused redirects."""

from __future__ import annotations

import contextlib
import email.utils
import re
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Final

import httpx

from glm_ui.errors import (
    CannotConnect,
    ConnectionFailed,
    ConnectionReset,
    GlmUiError,
    NameNotFound,
    RedirectRefused,
    TimedOut,
    TlsNotTrusted,
    plain_text,
)
from glm_ui.languages import say
from glm_ui.net.patience import Phase
from glm_ui.net.request import Outgoing, origin

SHOWN_PATH: Final = 120
"""Characters of a redirect's path that are shown."""

_CONNECTING: tuple[tuple[type[BaseException], type[ConnectionFailed], str], ...] = (
    (socket.gaierror, NameNotFound, ""),
    (ssl.SSLCertVerificationError, TlsNotTrusted, ""),
    (
        ssl.SSLError,
        TlsNotTrusted,
        "There is no TLS at its address, or no version of it that both sides support. Nothing was sent.",
    ),
    (ConnectionRefusedError, CannotConnect, ""),
    (ConnectionResetError, ConnectionReset, "It closed the connection before anything was sent."),
    (OSError, CannotConnect, "No network route leads to its address."),
)
_FAULTS: tuple[tuple[type[BaseException], type[GlmUiError], str], ...] = (
    # The client reads a Location before we do.
    (httpx.InvalidURL, RedirectRefused, "It points to no usable address."),
    (httpx.ProxyError, CannotConnect, "The proxy in between refused."),
    (httpx.ConnectError, CannotConnect, ""),
    (
        httpx.UnsupportedProtocol,
        CannotConnect,
        "The proxy or base address is of a kind that is not supported.",
    ),
    (httpx.RemoteProtocolError, ConnectionReset, "It closed the connection before the answer was complete."),
    (BaseException, ConnectionReset, ""),
)


def fault(error: BaseException, outgoing: Outgoing) -> GlmUiError:
    """The first row whose type is among the error and its causes."""
    causes = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None and cause not in causes:
        causes.append(cause)
    rows = (*_CONNECTING, *_FAULTS) if isinstance(error, httpx.ConnectError) else _FAULTS
    found, why = next((f, w) for kind, f, w in rows if any(isinstance(c, kind) for c in causes))
    return found.of(
        outgoing.provider_name,
        why=why or None,
        retryable=found in (CannotConnect, ConnectionReset),
        details={"address": origin(outgoing.url)},
    )


_LATE: Mapping[Phase, str] = {
    "connect": "No connection was made within {seconds} s.",
    "first_byte": "It took the question, but nothing came back within {seconds} s.",
    "silence": "It sent nothing for {seconds} s in the middle of the reply.",
    "turn": "The reply was not complete after {seconds} s, the longest that one may take.",
    "finish": "It kept the connection open for {seconds} s after the end of the reply.",
}


def late(phase: Phase, outgoing: Outgoing) -> TimedOut:
    """The wait of this phase has expired."""
    seconds: float = getattr(outgoing.timeouts, phase)
    return TimedOut.of(
        outgoing.provider_name,
        why=say(_LATE[phase], seconds=f"{seconds:g}"),
        details={"phase": phase, "seconds": seconds, "address": origin(outgoing.url)},
    )


def redirect_refused(outgoing: Outgoing, status: int, url: str, target: str) -> RedirectRefused:
    """A redirect from `url` to `target` ('' for no usable address) that was not followed."""
    here, there = origin(url), origin(target) if target else "(no usable address)"
    details = {"from": here, "to": there}
    if here == there:
        path = plain_text(httpx.URL(target).raw_path.decode("ascii", "replace"), SHOWN_PATH)
        return RedirectRefused.of(
            outgoing.provider_name,
            what="{provider} redirects to another path.",
            why=say(
                "It answers {status} and points to {path} on the same server. A redirect of this kind drops the"
                " question, so it was not followed.",
                status=status,
                path=path,
            ),
            todo="Set the base address to where it points.",
            status=status,
            details=details,
        )
    named = there if target else "no usable address"
    return RedirectRefused.of(
        outgoing.provider_name,
        why=say("It points to {named}, which was not followed: the key stays here.", named=named),
        status=status,
        details=details,
    )


def seconds_until(retry_after: str) -> float | None:
    """A Retry-After header, seconds or an HTTP date, as seconds from now; None where it says nothing."""
    text = retry_after.strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", text):
        return float(text)
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    return None
