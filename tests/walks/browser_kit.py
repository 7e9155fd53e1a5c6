"""An agent before a real browser on a real system: pages, telephone and microphone and all.

    async with open_voice(folder) as chromium, at_desk(system, chromium, "1001") as desk:
        await desk.situation("ringing")
        await desk.press("F2")

Every page keeps a diary of what stood in its telephone row, so that a walk can say what was shown
when, and what never was.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, BrowserContext, Error, Page

from ivr import sound
from ivr.telephone import Call
from switchboard.demonstration import read_log_ins
from tests.browser.kit import open_browser
from tests.walks.hearing import CALLER_HZ, hears, tone_of
from tests.walks.system_kit import System, eventually

VOICE_HZ: Final = 1300.0
"""What every browser's microphone hears: this tone in pulses. A steady one would be taken for
noise and suppressed, as the desk asks the browser to."""

_DIARY: Final = """
globalThis.diary = [];
const note = () => {
  const tel = document.querySelector('#tel');
  const entry = {
    situation: tel?.dataset.situation ?? '',
    who: document.querySelector('#tel-who')?.textContent ?? '',
  };
  const last = globalThis.diary.at(-1);
  if (last?.situation === entry.situation && last?.who === entry.who) return;
  globalThis.diary.push({ ...entry, at: Date.now() });
};
new MutationObserver(note).observe(document, {
  subtree: true, childList: true, characterData: true, attributes: true,
  attributeFilter: ['data-situation'],
});
"""
_SOUND: Final = """
async () => {
  const counted = { received: 0, sent: 0, energy: 0, heard: 0 };
  const report = await globalThis.jiesu.statistics();
  for (const s of report?.values() ?? []) {
    if (s.type === 'outbound-rtp') counted.sent += s.packetsSent;
    if (s.type !== 'inbound-rtp') continue;
    counted.received += s.packetsReceived;
    counted.energy += s.totalAudioEnergy ?? 0;
    counted.heard += s.totalSamplesDuration ?? 0;
  }
  return counted;
}
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """The browser's own account of a conversation: packets both ways, and how loud it was."""

    received: int
    sent: int
    energy: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Line:
    """What the telephone row said from ``at`` on (seconds since 1970) until ``until``."""

    at: float
    until: float
    situation: str
    who: str


@dataclass(slots=True)
class BrowserDesk:
    """One agent's page."""

    number: str
    page: Page
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()
    """What the console may say in this walk: a cut link is reported by the browser itself."""

    async def press(self, *keys: str) -> None:
        """Press keys one after the other, wherever the focus is."""
        for key in keys:
            await self.page.keyboard.press(key)

    async def type(self, text: str) -> None:
        """Type into whatever has the focus."""
        await self.page.keyboard.type(text)

    async def situation(self, name: str, within: float = 60.0) -> None:
        """Wait until the telephone row is in this situation (see tel-model.js)."""
        await self.page.locator(f'#tel[data-situation="{name}"]').wait_for(timeout=within * 1000)

    async def shows(self, selector: str, text: str, within: float = 60.0) -> None:
        """Wait until the element is visible and holds the text."""
        await (
            self.page.locator(selector)
            .filter(has_text=text, visible=True)
            .first.wait_for(timeout=within * 1000)
        )

    async def text(self, selector: str) -> str:
        """The text of an element as a person reads it."""
        return (await self.page.locator(selector).inner_text()).strip()

    async def answer(self) -> None:
        """It rings here, and F2 takes it."""
        await self.situation("ringing")
        await self.press("F2")
        await self.situation("talking")

    async def sound(self) -> Heard:
        """The conversation so far; nought without one."""
        told: dict[str, Any] = await self.page.evaluate(_SOUND)
        return Heard(
            int(told["received"]), int(told["sent"]), float(told["energy"]), float(told["heard"])
        )

    async def speaks_and_hears(self, within: float = 60.0) -> None:
        """Wait until packets go both ways and what comes in is a voice, not silence."""
        before = await self.sound()

        async def look() -> bool:
            now = await self.sound()
            seconds = now.seconds - before.seconds
            loud = seconds > 0.3 and (now.energy - before.energy) / seconds > 1e-4
            return loud and min(now.received - before.received, now.sent - before.sent) > 20

        await eventually(look, within, f"{self.number} speaks and hears")

    async def diary(self) -> list[Line]:
        """What the telephone row said since the page was opened."""
        rows: list[dict[str, Any]] = await self.page.evaluate("globalThis.diary")
        now: float = await self.page.evaluate("Date.now()")
        ends = [row["at"] for row in rows[1:]] + [now]
        return [
            Line(row["at"] / 1000, end / 1000, row["situation"], row["who"])
            for row, end in zip(rows, ends, strict=True)
        ]

    async def showed(self, number: str) -> tuple[float, float] | None:
        """From when until when this number stood in the telephone row; None: never."""
        lines = [line for line in await self.diary() if spoken(number) in line.who]
        return (lines[0].at, lines[-1].until) if lines else None

    async def crash(self) -> None:
        """The page's process dies: no farewell to anybody."""
        devtools = await self.context.new_cdp_session(self.page)
        async with self.page.expect_event("crash", timeout=5_000):
            # Whoever asks for it gets no answer.
            asking = asyncio.ensure_future(devtools.send("Page.crash"))
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError, Error):
            await asking

    async def close(self) -> None:
        """Leave; the page must not have complained."""
        await self.context.close()
        unexpected = [
            one for one in self.complaints if not any(mark in one for mark in self.expected)
        ]
        assert not unexpected, unexpected


async def first_of(
    one: BrowserDesk, other: BrowserDesk, situation: str, within: float = 60.0
) -> tuple[BrowserDesk, BrowserDesk]:
    """Wait until one of two pages is in a situation; that one, and the other."""

    async def look() -> tuple[BrowserDesk, BrowserDesk] | None:
        for this, that in ((one, other), (other, one)):
            if await this.page.locator(f'#tel[data-situation="{situation}"]').count():
                return this, that
        return None

    return await eventually(look, within, f"one of two desks is {situation}", 0.05)


async def talk(call: Call, desk: BrowserDesk) -> None:
    """The page takes the call; citizen and browser hear each other."""
    await desk.answer()
    call.play(tone_of(CALLER_HZ), loop=True)
    await hears(call, VOICE_HZ, within=60)
    await desk.speaks_and_hears()


def spoken(number: str) -> str:
    """A mobile number as the pages group it."""
    return f"{number[:3]} {number[3:7]} {number[7:]}"


@asynccontextmanager
async def open_voice(
    folder: Path, *, home: Path | None = None, loopback: bool = True
) -> AsyncIterator[Browser]:
    """One Chromium whose microphone hears a tone; `home` and `loopback` as for `open_browser`."""
    pulse = sound.tone(VOICE_HZ, 0.4, level=-12.0) + sound.silence(0.2)
    voice = folder / "voice.wav"
    sound.write_wav(voice, pulse * 10)
    flags = (f"--use-file-for-fake-audio-capture={voice}",)
    async with open_browser(flags, home=home, loopback=loopback) as browser:
        yield browser


@asynccontextmanager
async def at_desk(system: System, chromium: Browser, number: str) -> AsyncIterator[BrowserDesk]:
    """An agent who logged in at the desk, registered and ready; gone again afterwards."""
    desk = await _open(system, chromium, number)
    try:
        yield desk
    finally:
        await desk.close()
        await system.seat_is(number, "offline", within=60)


async def _open(system: System, chromium: Browser, number: str) -> BrowserDesk:
    context = await chromium.new_context(
        viewport={"width": 1440, "height": 900},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        permissions=["microphone"],
        reduced_motion="reduce",
    )
    page = await context.new_page()
    desk = BrowserDesk(number, page, context)
    await page.add_init_script(_DIARY)
    page.on(
        "console",
        lambda said: (
            desk.complaints.append(f"{said.type}: {said.text}")
            if said.type in ("error", "warning")
            else None
        ),
    )
    page.on("pageerror", lambda fault: desk.complaints.append(f"fault: {fault}"))
    await _log_in(system, desk)
    await desk.shows("#tel-line", "浏览器电话已登记", within=60)
    state = await system.seat_is(number, "ready", "paused", within=60)
    if state == "paused":  # an earlier walk left a ring unanswered
        await desk.press("F7")
    await desk.situation("ready", within=60)
    return desk


async def _log_in(system: System, desk: BrowserDesk) -> None:
    passwords = {one[0]: one[1] for one in read_log_ins(system.data / "users.txt")}
    await desk.page.goto(f"{system.places['web']}/login?next=/desk")
    await desk.page.fill("#login", desk.number)
    await desk.page.fill("#password", passwords[desk.number])
    await desk.press("Enter")
    await desk.page.locator("#tel").wait_for(timeout=60_000)
