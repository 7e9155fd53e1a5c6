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
import functools
import socket
from collections.abc import AsyncIterator, Callable, MutableMapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import uvicorn
from fastapi import FastAPI
from jinja2 import Environment, FileSystemBytecodeCache
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    WebSocketRoute,
    async_playwright,
)

from agent_desk import pages
from agent_desk.desk_settings import DeskSettings
from agent_desk.ports import Telephones
from agent_desk.screens import DeskScreens
from agent_desk.views import Person
from agent_desk.web import build_app, plug_in, serve_options
from switchboard import chromium
from switchboard.settings import ROOT
from tests.agent_desk.fakes import Town, password_of, settings
from tests.browser.switch import Switch

DESKTOP = (1440, 900)
LAPTOP = (1024, 768)
SIZES = (DESKTOP, LAPTOP)
TELEPHONE_WS = "ws://127.0.0.1:8088"
_AXE = ROOT / "agent_desk" / "node_modules" / "axe-core" / "axe.min.js"
_EYES = (Path(__file__).parent / "eyes.js").read_text("utf-8")

# Every town has pages of its own; what a template compiles to is the same in all of them.
vars(pages)["Environment"] = functools.partial(
    Environment, bytecode_cache=FileSystemBytecodeCache()
)


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
    town: Town, telephone_ws: str = TELEPHONE_WS, telephones: Telephones | None = None
) -> AsyncIterator[Place]:
    """The real application over the town's fakes, by uvicorn as in earnest, on a free port. One
    that another town has left is taken over: putting 150 routes together takes longer than most
    tests."""
    ports = town.ports()
    if telephones is not None:
        ports = replace(ports, telephones=telephones)
    empty = _EMPTY.setdefault(asyncio.get_running_loop(), [])
    usual = telephone_ws == TELEPHONE_WS
    house = empty.pop() if usual and empty else await _built(telephone_ws)
    plug_in(house.app, ports, house.settings)
    place = Place(town, house.app, house.settings.origins[0])
    showing = asyncio.create_task(place.screens.run())
    try:
        yield place
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)
        house.app.state.keeper.passwords.close()
        if usual:
            empty.append(house)
        else:
            await house.closes()


@dataclass(frozen=True, slots=True)
class House:
    """An application that is served, for one town after the other."""

    app: FastAPI
    settings: DeskSettings
    server: uvicorn.Server
    running: asyncio.Task[None]

    async def closes(self) -> None:
        """Nobody is served any more."""
        self.server.should_exit = True
        await self.running


_EMPTY: Final[MutableMapping[asyncio.AbstractEventLoop, list[House]]] = WeakKeyDictionary()


async def _built(telephone_ws: str) -> House:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(64)
    origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
    known = settings(origin, telephone_ws=(telephone_ws,))
    app = build_app(Town().ports(), known)
    config = uvicorn.Config(app, log_level="warning", **serve_options())  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]

    async def serve() -> None:
        with listening:
            await server.serve(sockets=[listening])

    running = asyncio.create_task(serve())
    while not server.started:
        assert not running.done(), "uvicorn has ended"
        await asyncio.sleep(0.01)
    return House(app, known, server, running)


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
            for house in _EMPTY.pop(asyncio.get_running_loop(), ()):
                await house.closes()


@dataclass(slots=True)
class Screen:
    """One person before one page."""

    page: Page
    context: BrowserContext
    switch: Switch
    complaints: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()
    """What the console may say in this test: a cut link is reported by the browser itself."""
    window: Window | None = None
    """Where it is given back to; None for a window of its own."""

    async def text(self, selector: str) -> str:
        """The text of an element as a person reads it."""
        return (await self.page.locator(selector).inner_text()).strip()

    async def shows(self, selector: str, text: str, within: float = 60.0) -> None:
        """Wait until the element is visible and holds the text."""
        await (
            self.page.locator(selector)
            .filter(has_text=text, visible=True)
            .first.wait_for(timeout=within * 1000)
        )

    async def situation(self, name: str, within: float = 60.0) -> None:
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
        if self.window is None or self.page.is_closed():
            await self.context.close()
        else:
            await self.window.is_left()
        unexpected = [
            one
            for one in dict.fromkeys(self.complaints)
            if not any(mark in one for mark in self.expected)
        ]
        assert not unexpected, unexpected


@dataclass
class Window:
    """A browser's window that one person after the other sits down before: opening a new one costs
    more than most tests. Whoever leaves leaves nothing: no cookie, no storage, no line, no page."""

    page: Page
    context: BrowserContext
    screen: Screen | None = None

    def said(self, message: ConsoleMessage) -> None:
        """What the console says, to whoever sits here."""
        if self.screen is not None and message.type in ("error", "warning"):
            self.screen.complaints.append(f"{message.type}: {message.text}")

    def failed(self, fault: object) -> None:
        """A fault of the page itself."""
        if self.screen is not None:
            self.screen.complaints.append(f"fault: {fault}")

    async def dials(self, socket: WebSocketRoute) -> None:
        """The page's telephone opens its line."""
        assert self.screen is not None
        await self.screen.switch.connect(socket)

    async def is_taken(self, screen: Screen, size: tuple[int, int]) -> None:
        """Somebody sits down."""
        self.screen = screen
        await self.context.grant_permissions(["microphone"])
        await self.page.set_viewport_size({"width": size[0], "height": size[1]})

    async def is_left(self) -> None:
        """As it was before anybody came; the next may have it."""
        self.screen = None
        browser = self.context.browser
        assert browser is not None
        here = urlsplit(self.page.url)
        for other in self.context.pages:
            if other is not self.page:
                await other.close()
        await self.context.set_offline(False)
        await self.page.unroute_all()
        # What a page keeps at its very end is cleared from a page without a script.
        await self.page.goto(f"{here.scheme}://{here.netloc}/healthz")
        await self.page.evaluate("sessionStorage.clear(), localStorage.clear()")
        await self.page.goto("about:blank")
        await self.context.clear_cookies()
        await self.context.clear_permissions()
        _FREE.setdefault(browser, []).append(self)


_FREE: Final[MutableMapping[Browser, list[Window]]] = WeakKeyDictionary()


async def _window(browser: Browser) -> Window:
    """One that nobody sits before."""
    free = _FREE.get(browser)
    if free:
        return free.pop()
    context = await _context(browser, DESKTOP)
    page = await context.new_page()
    window = Window(page, context)
    page.on("console", window.said)
    page.on("pageerror", window.failed)
    await page.route_web_socket("**/ws", window.dials)
    return window


async def _context(browser: Browser, size: tuple[int, int]) -> BrowserContext:
    return await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale="zh-CN",
        timezone_id="UTC",
        permissions=["microphone"],
        reduced_motion="reduce",
    )


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
    if script or real_telephone:
        screen = await _own_window(browser, size, script, expected)
        if not real_telephone:
            await screen.page.route_web_socket("**/ws", screen.switch.connect)
    else:
        window = await _window(browser)
        screen = Screen(window.page, window.context, Switch(), expected=expected, window=window)
        await window.is_taken(screen, size)
    if who is not None:
        await _log_in(screen.context, place, who)
    look = {"name": "jiesu-theme", "value": theme, "url": place.origin}
    await screen.context.add_cookies([look])  # type: ignore[list-item] # a SetCookieParam
    await screen.page.goto(f"{place.origin}{path}")
    return screen


async def _own_window(
    browser: Browser, size: tuple[int, int], script: str, expected: tuple[str, ...]
) -> Screen:
    """A window for one person alone: what is done to it could not be undone."""
    context = await _context(browser, size)
    page = await context.new_page()
    screen = Screen(page, context, Switch(), expected=expected)
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
    return screen


async def _log_in(context: BrowserContext, place: Place, who: Person) -> None:
    answer = await context.request.post(
        f"{place.origin}/login",
        form={"login": who.login, "password": password_of(who)},
        headers={"origin": place.origin},
        max_redirects=0,
    )
    assert answer.status == 303, await answer.text()


@functools.cache
def _axe() -> str:
    """Half a megabyte, read once."""
    return _AXE.read_text("utf-8")


async def comes_true(page: Page, asked: str, arg: object = None, within: float = 60.0) -> None:
    """Wait until this is true in a page. It is asked from outside: Playwright's wait_for_function
    asks again by eval within the page, which the policy of our pages forbids."""
    async with asyncio.timeout(within):
        while not await page.evaluate(asked, arg):  # noqa: ASYNC110 - watched from outside
            await asyncio.sleep(0.03)


async def until(true: Callable[[], bool], within: float = 60.0) -> None:
    """Wait for something that has no event."""
    async with asyncio.timeout(within):
        while not true():  # noqa: ASYNC110 - watched from outside
            await asyncio.sleep(0.02)
