"""A served town, a browser before it, and eyes that miss nothing a person would mind.

    async with served(town) as place, open_browser() as chromium:
        screen = await sit_down(chromium, place, PEOPLE[Role.AGENT], "/desk")
        ...
        await screen.close()          # fails on console errors, CSP, page faults

The desk's telephone finds a registrar of two dozen lines (`Switch`) instead of an Asterisk; the
tests marked telephony use the real one.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from agent_desk.ports import Telephones
from agent_desk.screens import DeskScreens
from agent_desk.views import Person
from agent_desk.web import build_app, serve_options
from switchboard import chromium
from switchboard.settings import ROOT
from tests.agent_desk.fakes import Town, password_of, settings
from tests.browser.switch import Switch

DESKTOP = (1440, 900)
LAPTOP = (1024, 768)
SIZES = (DESKTOP, LAPTOP)
_AXE = ROOT / "agent_desk" / "node_modules" / "axe-core" / "axe.min.js"
_EYES = (Path(__file__).parent / "eyes.js").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Place:
    """A served town."""

    town: Town
    app: FastAPI
    origin: str

    @property
    def screens(self) -> DeskScreens:
        """What the rules' effects go to."""
        screens = self.app.state.desk.screens
        assert isinstance(screens, DeskScreens)
        return screens


@asynccontextmanager
async def served(
    town: Town,
    telephone_ws: str = "ws://127.0.0.1:8088",
    telephones: Telephones | None = None,
) -> AsyncIterator[Place]:
    """The real application over the town's fakes, by uvicorn as in earnest, on a free port."""
    ports = town.ports()
    if telephones is not None:
        ports = replace(ports, telephones=telephones)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app = build_app(ports, settings(origin, telephone_ws=(telephone_ws,)))
        config = uvicorn.Config(app, log_level="warning", **serve_options())  # type: ignore[arg-type]
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
            yield Place(town, app, origin)
        finally:
            server.should_exit = True
            await running


@asynccontextmanager
async def open_browser(
    flags: Sequence[str] = (), *, home: Path | None = None, loopback: bool = True
) -> AsyncIterator[Browser]:
    """Chromium without a window, with a microphone that needs no person. `home` is where it looks
    for authorities a person trusts (see nss.py); without `loopback` it speaks as on a seat."""
    found = chromium.find()
    telephone = [one for one in chromium.TELEPHONE_FLAGS if loopback or "loopback" not in one]
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(
            executable_path=found.executable,
            env={**found.env, **({"HOME": str(home)} if home else {})},
            args=[*chromium.FLAGS, *telephone, *flags],
        )
        try:
            yield browser
        finally:
            await browser.close()


@dataclass(slots=True)
class Screen:
    """One person before one page."""

    page: Page
    context: BrowserContext
    switch: Switch
    complaints: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()
    """What the console may say in this test: a cut link is reported by the browser itself."""

    async def text(self, selector: str) -> str:
        """The text of an element as a person reads it."""
        return (await self.page.locator(selector).inner_text()).strip()

    async def shows(self, selector: str, text: str, within: float = 20.0) -> None:
        """Wait until the element is visible and holds the text."""
        await (
            self.page.locator(selector)
            .filter(has_text=text, visible=True)
            .first.wait_for(timeout=within * 1000)
        )

    async def situation(self, name: str, within: float = 20.0) -> None:
        """Wait until the telephone row is in this situation (see tel-model.js)."""
        await self.page.locator(f'#tel[data-situation="{name}"]').wait_for(timeout=within * 1000)

    async def flaws(self) -> list[str]:
        """What a person would mind: axe-core's findings, and what eyes.js sees."""
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(_axe())
        found = await self.page.evaluate(_EYES)
        assert isinstance(found, list)
        return [str(one) for one in found]

    async def close(self) -> None:
        """Leave; the page must not have complained."""
        await self.context.close()
        unexpected = [
            one
            for one in dict.fromkeys(self.complaints)
            if not any(mark in one for mark in self.expected)
        ]
        assert not unexpected, unexpected


async def sit_down(
    browser: Browser,
    place: Place,
    who: Person | None,
    path: str,
    size: tuple[int, int] = DESKTOP,
    *,
    theme: str = "light",
    script: str = "",
    expected: tuple[str, ...] = (),
    real_telephone: bool = False,
) -> Screen:
    """Log in (unless nobody) and open a page; ``script`` runs in it before its own."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale="zh-CN",
        timezone_id="UTC",
        permissions=["microphone"],
        reduced_motion="reduce",
    )
    if who is not None:
        await _log_in(context, place, who)
    await context.add_cookies([{"name": "jiesu-theme", "value": theme, "url": place.origin}])
    page = await context.new_page()
    switch = Switch()
    screen = Screen(page, context, switch, expected=expected)
    if script:
        await page.add_init_script(script)
    page.on(
        "console",
        lambda said: (
            screen.complaints.append(f"{said.type}: {said.text}")
            if said.type in ("error", "warning")
            else None
        ),
    )
    page.on("pageerror", lambda fault: screen.complaints.append(f"fault: {fault}"))
    if not real_telephone:
        await page.route_web_socket("**/ws", switch.connect)
    await page.goto(f"{place.origin}{path}")
    return screen


async def _log_in(context: BrowserContext, place: Place, who: Person) -> None:
    answer = await context.request.post(
        f"{place.origin}/login",
        form={"login": who.login, "password": password_of(who)},
        headers={"origin": place.origin},
        max_redirects=0,
    )
    assert answer.status == 303, await answer.text()


@cache
def _axe() -> str:
    """Half a megabyte, read once."""
    return _AXE.read_text("utf-8")


async def until(true: Callable[[], bool], within: float = 20.0) -> None:
    """Wait for something that has no event."""
    async with asyncio.timeout(within):
        while not true():  # noqa: ASYNC110 - watched from outside
            await asyncio.sleep(0.02)
