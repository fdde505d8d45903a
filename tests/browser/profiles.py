"""Browsers that one test after another has to itself: a page in a used one costs a third of a page in a new one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.failures import KEEPER, last_test, next_test, traced

LEFT = """async () => [
  ...(await indexedDB.databases()).map(({ name }) => name), ...Object.keys(localStorage),
  ...(globalThis.caches ? await caches.keys() : []), ...document.cookie.split("; ").filter(Boolean),
]"""
"""Names of all that is stored at the address of a page."""


@dataclass
class Profile:
    """What a test stored is gone before the next one comes. The app's files stay in the cache, and its compiled scripts
    in the process that `keeper`, an empty page of the same site, keeps alive."""

    context: BrowserContext
    keeper: Page | None = None
    origins: set[str] = field(default_factory=set)

    def visit(self, url: str) -> None:
        """Says which address a test is about to open, so that `forget` clears what it stores."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            return
        origin = f"{parts.scheme}://{parts.netloc}"
        self.origins.add(origin)
        if self.keeper is None:
            self.keeper = self.context.new_page()
            self.keeper.route("**", lambda route: route.fulfill(body=""))
            self.keeper.goto(origin + KEEPER)

    def store(self, url: str, script: str, argument: object) -> None:
        """Runs a script at this address in a page without content, before any page of the app is open: what it stores,
        the app finds when it starts."""
        self.visit(url)
        page = self.context.new_page()
        page.route(f"**{KEEPER}", lambda route: route.fulfill(body="", content_type="text/html"))
        page.goto(urljoin(url, KEEPER))
        page.evaluate(script, argument)
        page.close()

    def forget(self) -> None:
        """Closes the test's pages and removes what they stored."""
        for page in self.context.pages:
            if page is not self.keeper:
                page.close()
        if self.keeper:
            devtools = self.context.new_cdp_session(self.keeper)
            for origin in self.origins:
                devtools.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
            devtools.detach()
        self.origins.clear()
        self.context.clear_cookies()
        self.context.clear_permissions()

    @property
    def is_clean(self) -> bool:
        """Whether nothing is left of the last test: a page that closes may write on after all was removed."""
        if self.keeper is None:
            return True
        return self.context.pages == [self.keeper] and self.keeper.evaluate(LEFT) == []


class Profiles:
    """Those of one kind (window, touch, language) are used in turn; a test that asks twice gets two. Permissions make
    no kind: they are granted for a test."""

    def __init__(self, browser: Browser, config: pytest.Config) -> None:
        self.browser, self.config = browser, config
        self.free: dict[str, list[Profile]] = {}

    def take(self, options: dict[str, Any]) -> tuple[str, Profile]:
        permissions = options.get("permissions", [])
        options = {name: value for name, value in options.items() if name != "permissions"}
        kind = json.dumps(options, sort_keys=True)
        free = self.free.setdefault(kind, [])
        profile = self._clean(free)
        if profile is None:
            profile = Profile(traced(self.browser.new_context(**options), self.config))
        next_test(profile.context)
        profile.context.grant_permissions(permissions)
        return kind, profile

    def give_back(self, kind: str, profile: Profile) -> None:
        last_test(profile.context)
        profile.forget()
        self.free[kind].append(profile)

    def _clean(self, free: list[Profile]) -> Profile | None:
        """One that holds nothing. Others are closed: to clear one again would race with the page that opens next."""
        while free:
            profile = free.pop()
            if profile.is_clean:
                return profile
            profile.context.close()
        return None
