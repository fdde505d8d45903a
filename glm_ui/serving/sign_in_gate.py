"""What GLM_UI_AUTH needs besides Gradio's own check: the routes that Gradio leaves open, and a brake on guessing
passwords. Where nobody has to sign in, everything passes.
"""

from __future__ import annotations

import math
import re
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glm_ui.errors import SignInFirst, TooOften
from glm_ui.languages import say
from glm_ui.serving.identity import let_in
from glm_ui.serving.paths import path_of

LEFT_OPEN = re.compile(r"/gradio_api/(heartbeat/.*|cancel|reset)/?", re.DOTALL)
"""Gradio's routes that touch a page's events and ask for no password."""
LOGIN = re.compile(r"/login/?")
WRONG = 10
"""Wrong passwords from one address, within:"""
WITHIN = 600.0
"""Seconds."""
MAX_ADDRESSES = 20_000


class Guesses:
    """address (hashed) -> when a wrong password came from there. A try counts as wrong until it was right, so that
    many at once are no way around."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()

    def begin(self, address: str) -> None:
        """Raises TooOften (429), with the seconds to wait in `retry_after`."""
        tries = self._wrong.pop(address, deque())
        self._wrong[address] = tries
        now = self._clock()
        while tries and tries[0] <= now - WITHIN:
            tries.popleft()
        if len(tries) >= WRONG:
            wait = math.ceil(tries[0] + WITHIN - now)
            minutes = math.ceil(wait / 60)
            raise TooOften.of(
                what="Too many wrong passwords have come from your address.",
                todo=say("Wait {minutes} min, then sign in.", minutes=minutes),
                status=429,
                retry_after=wait,
            )
        tries.append(now)
        while len(self._wrong) > MAX_ADDRESSES:
            self._wrong.popitem(last=False)

    def was_right(self, address: str) -> None:
        tries = self._wrong.get(address)
        if tries:
            tries.pop()


class SignInGate:
    """The middleware. `address_of` tells where a request comes from, hashed; `signed_in` by what name its sender signed
    in, as `identity.caller` takes it."""

    def __init__(
        self,
        app: ASGIApp,
        address_of: Callable[[Scope], str],
        signed_in: Callable[[Scope], str | None],
        guesses: Guesses | None = None,
    ) -> None:
        self.app = app
        self.address_of = address_of
        self.signed_in = signed_in
        self.guesses = guesses or Guesses()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = path_of(scope)
        try:
            if LEFT_OPEN.fullmatch(path):
                let_in(self.signed_in(scope))
            elif scope.get("method") == "POST" and LOGIN.fullmatch(path):
                await self._guess(scope, receive, send)
                return
        except (SignInFirst, TooOften) as refusal:
            after = {"Retry-After": f"{refusal.retry_after:.0f}"} if refusal.retry_after else {}
            said = {"detail": str(refusal), "error": refusal.public()}
            await JSONResponse(said, refusal.status or 401, headers=after)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def _guess(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = self.address_of(scope)
        self.guesses.begin(address)

        async def heard(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                self.guesses.was_right(address)
            await send(message)

        await self.app(scope, receive, heard)
