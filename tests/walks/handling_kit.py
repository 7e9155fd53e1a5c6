"""The handling of a ticket walked through its pages: each step by its own log-in, at a chosen time.

    async with town_at(tmp, "zhaoqing", dt.datetime(2026, 9, 25, 10, tzinfo=ZONE)) as town:
        number = await town.told(chromium, "1001", caller, type="投诉", summary=…)
        async with town.person(chromium, "banzhang") as desk:
            await desk.act(number, "派单", 承办单位="城市管理和综合执法局")
        town.go_to(dt.datetime(2026, 9, 30, 10, tzinfo=ZONE))

A picture of every station at both sizes goes to the folder JIESU_WALK_SHOTS names, where one does.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import os
import re
import secrets
import sys
from collections.abc import AsyncIterator, Mapping, MutableMapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from playwright.async_api import Browser, ConsoleMessage, Page

from agent_desk.desk_settings import HashCost
from agent_desk.login import Passwords
from hotline.words import Role, UnitId
from ivr import sound
from switchboard.demonstration import read_log_ins
from switchboard.settings import ROOT
from tests.walks.browser_kit import BrowserDesk, at_desk
from tests.walks.system_kit import GREETING_HZ, SITE, System, eventually, running_system
from tests.walks.walk_clock import move

if TYPE_CHECKING:
    from ivr.telephone import Telephone

SIZES: Final = ((1440, 900), (1024, 768))
PATIENCE_MS: Final = 30_000
_shots = itertools.count(1)


@asynccontextmanager
async def a_window(chromium: Browser, origin: str) -> AsyncIterator[Page]:
    """A window that somebody left, without anything of theirs, or a new one."""
    free = _FREE.setdefault(chromium, [])
    page = free.pop() if free else await _new_window(chromium)
    await page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
    try:
        yield page
    except BaseException:
        await page.context.close()
        raise
    # What a page keeps at its very end is cleared from a page without a script.
    await page.goto(f"{origin}/healthz")
    await page.evaluate("sessionStorage.clear(), localStorage.clear()")
    await page.goto("about:blank")
    await page.context.clear_cookies()
    free.append(page)


_FREE: Final[MutableMapping[Browser, list[Page]]] = WeakKeyDictionary()


async def _new_window(chromium: Browser) -> Page:
    context = await chromium.new_context(
        locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce"
    )
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    return page


@dataclass
class Person:
    """One log-in before its pages."""

    login: str
    page: Page
    origin: str
    complaints: list[str] = field(default_factory=list)

    def fails(self, fault: object) -> None:
        """A fault of a page itself."""
        self.complaints.append(f"fault: {fault}")

    def hears(self, said: ConsoleMessage) -> None:
        """What the console says. A refused act is a page with status 422, which Chromium reports
        by itself."""
        if said.type == "error" and "422" not in said.text:
            self.complaints.append(said.text)

    async def open(self, path: str) -> None:
        """Go to a page of the system."""
        answer = await self.page.goto(f"{self.origin}{path}")
        assert answer is not None
        assert answer.ok, (path, answer.status)

    async def follow(self, link: str, *, within: str = "body") -> None:
        """Press a link or button by its words; what is held after it is the next page."""
        pressed = self.page.locator(within).locator("a, button", has_text=link).first
        async with self.page.expect_navigation(timeout=PATIENCE_MS):
            await pressed.click()

    async def fill(self, scope: str, given: Mapping[str, str]) -> None:
        """Fill in a form by its labels; a choice by its words, "✓" for a tick."""
        form = self.page.locator(scope)
        for label, value in given.items():
            box = form.get_by_label(label, exact=False).first
            if value == "✓":
                await box.check()
            elif await box.evaluate("one => one.tagName") == "SELECT":
                options = await box.locator("option").all_inner_texts()
                words = next((one for one in options if value in one), value)
                await box.select_option(label=words)
            else:
                await box.fill(value)

    async def act(self, number: str, act: str, **given: str) -> None:
        """Press an act on the ticket's page after filling its form in by label. What the page says
        afterwards is read with :meth:`stage` or :meth:`refused`."""
        await self.open(f"/tickets/{number}")
        form = await self.open_act(act)
        await self.fill(form, given)
        await self.shot(f"{act}-form")
        await self.press_act(form)
        await self.shot(act)

    async def open_act(self, act: str) -> str:
        """Unfold the form of an act on the ticket's page that is open; where it stands."""
        form = f'.handle details:has(input[name="act"][value="{act}"])'
        await self.page.wait_for_load_state("load")
        box = self.page.locator(form)
        # One that somebody began to fill in is open already.
        if await box.get_attribute("open") is None:
            await box.locator("summary").first.click()
        return form

    async def press_act(self, form: str) -> None:
        """Press the button of a form that :meth:`open_act` unfolded."""
        async with self.page.expect_navigation(timeout=PATIENCE_MS):
            await self.page.locator(form).locator("button.btn--main").click()

    async def step(self, title: str, **given: str) -> None:
        """Press a step on the page of a matter of supervision after filling its form in."""
        summary = self.page.locator("summary", has_text=title)
        fold = self.page.locator(".handle > details", has=summary).first
        if not await fold.evaluate("one => one.open"):
            await fold.locator("summary").click()
        for label, value in given.items():
            box = fold.get_by_label(label, exact=False).first
            await box.fill(value)
        await self.shot(f"{title}-form")
        async with self.page.expect_navigation(timeout=PATIENCE_MS):
            await fold.locator("button.btn--main").click()
        await self.shot(title)

    async def offered(self) -> list[str]:
        """The acts that are possible now."""
        return await self.page.locator(".handle > details > summary").all_inner_texts()

    async def asks(self) -> list[str]:
        """The 诉求点 as the ticket's page lists them."""
        return await self.page.locator(".ask-list li").all_inner_texts()

    async def stage(self) -> str:
        """Where the ticket stands, as its page says."""
        return (await self.page.locator("main .title .st").first.inner_text()).strip()

    async def refused(self) -> str:
        """The sentence the page answers an act with that was not done."""
        return (await self.page.locator('[role="alert"]').first.inner_text()).strip()

    async def why_not(self, act: str) -> str:
        """The sentence that stands at an act which is not possible now."""
        box = self.page.locator(".handle-no", has=self.page.get_by_text(act, exact=True))
        return (await box.locator("p").inner_text()).strip()

    async def unfold(self, folds: str) -> None:
        """Open what is folded up."""
        for one in await self.page.locator(f"{folds} > summary").all():
            await one.click()

    async def shows(self, text: str, selector: str = "body", within: float = 60.0) -> None:
        """Wait until the page says this."""
        await (
            self.page.locator(selector)
            .filter(has_text=text, visible=True)
            .first.wait_for(timeout=within * 1000)
        )

    async def until_shown(self, path: str, text: str, selector: str = "body") -> None:
        """Look at a page again and again until it says this: what other processes bring."""

        async def look() -> bool:
            await self.open(path)
            return text in await self.page.locator(selector).first.inner_text()

        await eventually(look, 60, f"{path} says {text}", 0.4)

    async def shot(self, name: str) -> None:
        """Pictures for whoever looks at the walk afterwards."""
        await take_pictures(self.page, f"{self.login}-{name}")


async def take_pictures(page: Page, name: str) -> None:
    """Both sizes of a page, where pictures are wanted."""
    folder = os.environ.get("JIESU_WALK_SHOTS")
    if not folder:
        return
    count = next(_shots)
    for width, height in SIZES[::-1]:  # the greater one last: it stays
        await page.set_viewport_size({"width": width, "height": height})
        path = Path(folder) / f"{count:03}-{name.replace('/', '_')}-{width}.png"
        await page.screenshot(path=path)


@dataclass(slots=True)
class WalkedTown:
    """A running system of one city, and the clock it goes by."""

    system: System
    clock: Path

    def go_to(self, moment: dt.datetime) -> None:
        """From now on it is this moment. Whoever was logged in has to log in again after an hour
        of it, as in life."""
        move(self.clock, moment)
        self.system.web.cookies.clear()

    @property
    def origin(self) -> str:
        return str(self.system.places["web"])

    @property
    def access_number(self) -> str:
        """What citizens of this town dial."""
        return str(self.system.places["access_number"])

    @asynccontextmanager
    async def person(
        self, chromium: Browser, login: str, at: str = "/", password: str = ""
    ) -> AsyncIterator[Person]:
        """Somebody logs in and looks at a page; it must not have complained when they leave."""
        async with a_window(chromium, self.origin) as page:
            one = Person(login, page, self.origin)
            page.on("pageerror", one.fails)
            page.on("console", one.hears)
            try:
                await page.goto(f"{self.origin}/login?next={at}")
                await page.fill("#login", login)
                await page.fill("#password", password or self._password(login))
                async with page.expect_navigation():
                    await page.keyboard.press("Enter")
                assert "/login" not in page.url, await page.inner_text("main")
                yield one
            finally:
                page.remove_listener("pageerror", one.fails)
                page.remove_listener("console", one.hears)
        assert not one.complaints, one.complaints

    async def beside(self, page: Page, login: str, path: str) -> Person:
        """A second page of somebody who sits at the desk; it closes with the first."""
        other = await page.context.new_page()
        other.set_default_timeout(PATIENCE_MS)
        one = Person(login, other, self.origin)
        await one.open(path)
        return one

    def _password(self, login: str) -> str:
        found = {one[0]: one[1] for one in read_log_ins(self.system.data / "users.txt")}
        return found[login]

    async def add_officer(self, login: str, unit: str) -> str:
        """One more officer (承办人员), of another unit of the demonstration; the password."""
        password = secrets.token_urlsafe(9)
        passwords = Passwords(HashCost())
        await self.system.ledger.accounts.add_user(
            login=login,
            display_name=f"{unit}经办人",
            roles=(Role.OFFICER,),
            password_hash=await passwords.hash(password),
            by="walk",
            agent=None,
            unit=UnitId(unit),
        )
        passwords.close()
        return password

    async def told(
        self, chromium: Browser, seat: str, citizen: Telephone, said: Mapping[str, str]
    ) -> str:
        """A citizen calls, the agent takes it in the browser and writes the ticket down; its
        number. ``said``: type (投诉…), category, summary and other fields by their name."""
        async with at_desk(self.system, chromium, seat) as desk:
            call = await citizen.call(self.access_number)
            number = await writes_down(desk, said)
            await call.hang_up()
            await self.system.booked(await self.system.call_id(call), within=60)
        return number

    async def jiesu(self, *words: str) -> str:
        """A command of ``./jiesu`` on this town, at its time; what it says."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", *_program(self.clock)),
            *("cli", *words, "--data", str(self.system.data)),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(60):
            out, _ = await process.communicate()
        assert process.returncode == 0, out.decode()
        return out.decode()


async def writes_down(desk: BrowserDesk, said: Mapping[str, str]) -> str:
    """The call that rings is taken, what is said written down and saved; the ticket's number."""
    await desk.situation("ringing", within=60)
    await desk.press("F2")
    await desk.situation("talking", within=60)
    for name, value in said.items():
        if name == "type":
            await desk.page.check(f"[name=type][value={value}]")
        else:
            await desk.page.fill(f"[name={name}]", value)
    await take_pictures(desk.page, f"{desk.number}-told")
    await desk.press("Control+Enter")
    await desk.shows("#saved-number", "-", within=60)
    number = re.search(r"\d{8}-\d{6}", await desk.text("#saved-number"))
    assert number is not None
    return number[0]


def _program(clock: Path) -> Sequence[str]:
    return ("tests.walks.walk_clock", str(clock))


@asynccontextmanager
async def town_at(
    folder: Path, city: str, moment: dt.datetime, *, rules: str = ""
) -> AsyncIterator[WalkedTown]:
    """A system of this city, begun at this moment (aware) and going on from there. ``rules`` is a
    pack of the city's own, put over the shipped one."""
    clock = folder / "clock"
    move(clock, moment)

    def lay_out(data: Path) -> None:
        (data / "site.toml").write_text(SITE, "utf-8")
        if rules:
            (data / "policies").mkdir()
            (data / "policies" / "own.toml").write_text(rules, "utf-8")
        tone = sound.tone(GREETING_HZ, 1.0)
        sound.write_wav(data / "sounds" / f"greeting-{city}.wav", tone)

    options = ("--city", city)
    async with running_system(lay_out=lay_out, options=options, program=_program(clock)) as system:
        yield WalkedTown(system, clock)
