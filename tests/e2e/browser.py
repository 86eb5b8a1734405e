"""A real Chromium, Debian's own, that reports everything a page should not do: leave the host, break the policy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it ships no types
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WALL = (1920, 1080)
PHONE = (390, 844)
HOST = "127.0.0.1"


@dataclass
class Watched:
    """What a context did that it should not: requests to other hosts, errors and warnings on its console."""

    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Watch one page from now on."""
        page.on("request", self._requested)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _requested(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname != HOST:
            self.foreign.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start Chromium once for all tests."""
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("There is no chromium; run: apt-get install -y --no-install-recommends chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def visitor(
    browser: Browser, *, size: tuple[int, int] = WALL, scripts: bool = True, watched: Watched | None = None
) -> Iterator[Page]:
    """Open a page for a person: own cookies, own window; movement is reduced so that pictures hold still."""
    context: BrowserContext = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=scripts,
        reduced_motion="reduce",
        locale="vi-VN",
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    (watched or Watched()).watch(page)
    try:
        yield page
    finally:
        context.close()


def log_in(page: Page, url: str, *, username: str, password: str, language: str = "vi") -> None:
    """Log in as people do, and wait for the duty screen."""
    page.goto(f"{url}/login{'?lang=en' if language == 'en' else ''}")
    page.fill("#username", username)
    page.fill("#password", password)
    page.click("form button")
    page.wait_for_selector("#queue")


def accessibility_faults(page: Page) -> list[str]:
    """Run axe-core and list what it finds, with the elements."""
    found = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {node['html'][:160]}" for fault in found for node in fault["nodes"]]
