"""Browsers that one test after another has to itself: a page in a used one costs a third of a page in a new one, and
in a used tab half of that again."""

from __future__ import annotations

import contextlib
import functools
import json
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urljoin, urlsplit
from weakref import WeakSet

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page

from tests.browser.failures import KEEPER, last_test, next_test, traced

PATIENCE: Final = 30_000
"""Milliseconds: how long a loaded machine may take. Nothing waits for it when all is well."""
FIRST: Final = 4 * PATIENCE
"""Milliseconds for a page to open: the first of a browser compiles all scripts."""

LEFT = """async () => [
  ...(await indexedDB.databases()).map(({ name }) => name), ...Object.keys(localStorage),
  ...(globalThis.caches ? await caches.keys() : []), ...document.cookie.split("; ").filter(Boolean),
]"""
"""Names of all that is stored at the address of a page."""

_set_up: Final[WeakSet[Page]] = WeakSet()
"""Tabs in which a test set something up that outlasts the page in them."""
_at_error: Final = Page.on


def _notes_tab(kind: type, name: str) -> None:
    """Has a method put the tab that it belongs to, or gets, into `_set_up`."""
    method = getattr(kind, name)

    @functools.wraps(method)
    def noting(*args: Any, **options: Any) -> Any:
        _set_up.update(each for each in (*args, *options.values()) if isinstance(each, Page))
        return method(*args, **options)

    setattr(kind, name, noting)


for _name in (
    "add_init_script",
    "add_locator_handler",
    "emulate_media",
    "expose_binding",
    "expose_function",
    "on",
    "once",
    "route",
    "route_from_har",
    "route_web_socket",
    "set_extra_http_headers",
    "set_viewport_size",
):
    _notes_tab(Page, _name)
_notes_tab(BrowserContext, "new_cdp_session")


def in_firefox(page: Page) -> bool:
    browser = page.context.browser
    return browser is not None and browser.browser_type.name == "firefox"


@dataclass
class Profile:
    """What a test stored is gone before the next one comes. The app's files stay in the cache, and its compiled scripts
    in the process that `keeper`, an empty page of the same site, keeps alive. What opens in the `tab` of the last test
    finds the files in the memory of this process; another tab would ask the browser for each of them."""

    context: BrowserContext
    keeper: Page | None = None
    tab: Page | None = None
    origins: set[str] = field(default_factory=set)
    _leaving: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

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

    def open(self, url: str, ready: str, troubles: list[str]) -> Page:
        """A page of the app; what its scripts throw goes into `troubles`."""
        self.visit(url)
        page = self._tab()

        def note(error: Error) -> None:
            if "dynamically imported module" not in str(error):  # which a page that is left breaks off
                troubles.append(str(error))

        _at_error(page, "pageerror", note)
        self._leaving.callback(page.remove_listener, "pageerror", note)
        page.goto(url, timeout=FIRST)
        page.wait_for_selector(ready, state="attached", timeout=FIRST)
        return page

    def store(self, url: str, script: str, argument: object) -> None:
        """Runs a script at this address in a page without content, before any page of the app is open: what it stores,
        the app finds when it starts."""
        self.visit(url)
        page = self._tab()
        page.goto(urljoin(url, KEEPER))
        page.evaluate(script, argument)

    def _tab(self) -> Page:
        if self.tab is None:
            self.tab = self.context.new_page()
            self.tab.set_default_timeout(PATIENCE)
        return self.tab

    def _leave(self) -> None:
        """Leaves the page in the tab for one without content; a tab that does not become as new is closed."""
        if self.tab is None:
            return
        self._leaving.close()  # what a page that is left could not finish is no fault of it
        address = urlsplit(self.tab.url)
        try:
            if self.tab in _set_up or address.scheme not in ("http", "https"):
                self.tab.close()
            self.tab.goto(f"{address.scheme}://{address.netloc}{KEEPER}")
            self.tab.evaluate("() => { sessionStorage.clear(); window.name = ''; }")
        except Error:  # it was closed, or the app has ended
            self.tab.close()
            self.tab = None

    def forget(self) -> None:
        """Leaves the test's pages and removes what they stored."""
        self.context.set_offline(False)
        self._leave()
        for page in self.context.pages:
            if page not in (self.keeper, self.tab):
                page.close()
                if self.tab:
                    self.tab.bring_to_front()
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
        own = [page for page in (self.keeper, self.tab) if page]
        return self.context.pages == own and self.keeper.evaluate(LEFT) == []


class Profiles:
    """Those of one kind (window, touch, language) are used in turn; a test that asks twice gets two. Permissions make
    no kind: they are granted for a test."""

    def __init__(self, browser: Browser, config: pytest.Config) -> None:
        self.browser, self.config = browser, config
        self.free: dict[str, list[Profile]] = {}
        self.is_chromium = browser.browser_type.name == "chromium"

    def take(self, options: dict[str, Any]) -> tuple[str, Profile]:
        permissions = options.get("permissions", [])
        without = {"permissions"} if self.is_chromium else {"permissions", "is_mobile"}
        options = {name: value for name, value in options.items() if name not in without}
        kind = json.dumps(options, sort_keys=True)
        free = self.free.setdefault(kind, [])
        profile = self._clean(free)
        if profile is None:
            profile = Profile(traced(self.browser.new_context(**options), self.config))
        next_test(profile.context)
        if (
            self.is_chromium
        ):  # Firefox lets a page that was clicked on write to the clipboard, and no test read it
            profile.context.grant_permissions(permissions)
        return kind, profile

    def give_back(self, kind: str, profile: Profile, *, failed: bool = False) -> None:
        """For the next test; after a failure nothing is known of the state that it is in, and in Firefox nothing can be
        cleared from here."""
        if failed or not self.is_chromium:
            profile.context.close()
            return
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
