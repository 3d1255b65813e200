"""A real Chromium, whose tabs fail their test when the page breaks a rule it must always keep."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright, expect

from tests.fakes.page_server import PageServer, serve

CHROMIUM = next(
    filter(Path.exists, map(Path, ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium"))), None
)
"""Without a window, and so at half the cost, where there is that one."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]
NETWORK = ("Failed to load resource", "WebSocket connection to")
"""Begins what the console says of a refused or broken request: the page itself tells people."""


@dataclass
class Watch:
    """What a page did that it must never do."""

    wrongs: list[str] = field(default_factory=list[str])
    origins: set[str] = field(default_factory=set[str])

    def console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(NETWORK):
            self.wrongs.append(message.text)

    def request(self, request: Request) -> None:
        if not request.url.startswith("blob:"):  # the page's own, out of its memory
            self.origins.add(urlsplit(request.url).netloc)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All browser tests share one event loop and one process, so that they can share one browser.
    Without a Chromium they are skipped, except where nothing may be."""
    ci = os.environ.get("CI") == "true"  # noqa: TID251 - says where the tests run, not a setting
    skip = pytest.mark.skip(reason="no Chromium: run .ci/browser as root, or install it")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.add_marker(pytest.mark.xdist_group("browser"))
            if CHROMIUM is None and not ci:
                item.add_marker(skip)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=20_000)  # a busy machine takes long to show what it shows
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[PageServer]:
    async with serve(PageServer()) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def tab(browser: Browser) -> AsyncIterator[Page]:
    """A tab with a memory of its own. Afterwards: no violation, no error, one origin only."""
    watch = Watch()
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    context.set_default_timeout(10_000)
    context.on("console", watch.console)
    context.on("request", watch.request)
    context.on("weberror", lambda error: watch.wrongs.append(str(error.error)))
    yield await context.new_page()
    await context.close()
    assert [] == watch.wrongs
    assert len(watch.origins) <= 1, watch.origins


class Modules:
    """Calls functions of the page's modules in a tab that shows nothing."""

    def __init__(self, tab: Page) -> None:
        self._tab = tab

    async def call(self, module: str, body: str, *args: Any) -> Any:
        """Evaluate *body* with the module as ``m`` and the arguments as ``a``."""
        script = f"async (a) => {{ const m = await import('/static/{module}.js'); return {body} }}"
        return await self._tab.evaluate(script, list(args))


@pytest_asyncio.fixture(loop_scope="session")
async def modules(tab: Page, server: PageServer) -> Modules:
    await tab.goto(f"{server.url}/nothing-here")
    return Modules(tab)
