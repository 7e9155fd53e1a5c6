"""``./jiesu bench pop``: from AMI's AgentCalled to the pop painted in Chromium, beside a listener
that does nothing but read.

Both count from the event's own Timestamp, so what Asterisk itself takes to send it is in neither.
The bare side is given one frame of a 60 Hz screen on top: no page can be painted earlier. Aim: at
most 2.5 times that, at the 99th percentile.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Error, Page, async_playwright

from asterisk_conf.debian import default_cache
from ivr.telephone import Setup, Telephone, open_telephone
from switchboard import chromium
from switchboard.bench import machine, machine_line, rank
from switchboard.bench.own_system import own_system
from switchboard.demonstration import read_log_ins
from switchboard.emergency_trunks import refuse_unless_stand_in
from switchboard.exchange_plan import AMI_USER
from switchboard.prerequisites import bring
from switchboard.refusals import Refusal
from switchboard.running import running_system
from switchboard.secrets_file import load_secrets
from switchboard.settings import ROOT, find_settings
from switchboard.site import load_site
from switchboard.terminal import progress, tell

AIM: Final = 2.5
FRAME_MS: Final = 1000 / 60
WARM_UP: Final = 2
MOST_CALLS: Final = 500
RING_WITHIN_S: Final = 40.0
FIRST_CALLER: Final = 13900001000

# After the pop is in the document: the next frame, and the first task after it was painted. A page
# without a call, or with one it was not told of, has no number in this zone.
_WATCH: Final = """
let shown = '';
const look = () => {
  const said = document.querySelector('#caller .person h3')?.textContent ?? '';
  const number = said.replace(/\\s/g, '');
  if (number === shown) return;
  shown = number;
  if (!number) return;
  requestAnimationFrame(() => {
    const after = new MessageChannel();
    after.port1.onmessage = () => {
      globalThis.popPainted(number, performance.timeOrigin + performance.now());
    };
    after.port2.postMessage(0);
  });
};
const all = { subtree: true, childList: true, characterData: true };
new MutationObserver(look).observe(document, all);
"""


class BenchStopped(Refusal):
    """One Chinese sentence: why there is no result."""


@dataclass(frozen=True, slots=True)
class Ring:
    """One pop. Milliseconds from the event's Timestamp."""

    bare: float
    painted: float


@dataclass(slots=True)
class Witnesses:
    """What the bare listener and the page reported, by the caller's number."""

    seat: str
    bare: dict[str, tuple[float, float]] = field(default_factory=dict)
    painted: dict[str, float] = field(default_factory=dict)
    strangers: set[str] = field(default_factory=set)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def rang(self, row: dict[str, Any]) -> None:
        """A line of the bare listener."""
        if row["member"] != self.seat:
            self.strangers.add(row["member"])
        else:
            self.bare.setdefault(row["caller"], (row["sent"], row["received"]))
        self.news.set()

    def paint(self, number: str, at_ms: float) -> None:
        """A word of the page."""
        self.painted.setdefault(number, at_ms / 1000)
        self.news.set()

    async def ring(self, number: str) -> Ring:
        """Both sides of one call; BenchStopped when another seat was rung, TimeoutError."""
        while number not in self.bare or number not in self.painted:
            if self.strangers:
                raise BenchStopped(
                    f"坐席 {'、'.join(sorted(self.strangers))} 也在接电话：请让他们先退出，"
                    "或不写 --data，用测量自己的系统。"
                )
            self.news.clear()
            await self.news.wait()
        sent, received = self.bare[number]
        return Ring((received - sent) * 1000, (self.painted[number] - sent) * 1000)


def run(*, as_json: bool = False, calls: int = 100, data: Path | None = None) -> dict[str, Any]:
    """Measure and tell. ``data``: a running demonstration; without it a system of its own is
    started and ended. The result as plain data. Raises a Refusal."""
    bring(["asterisk", "chromium"], default_cache())
    say = (lambda _: None) if as_json else progress
    rings = asyncio.run(_measure(data, min(calls, MOST_CALLS), say))
    result = _result(rings)
    tell(json.dumps(result, ensure_ascii=False, indent=2) if as_json else as_text(result))
    return result


async def _measure(data: Path | None, calls: int, say: Any) -> list[Ring]:
    async with AsyncExitStack() as stack:
        if data is None:
            say("启动测量用的系统……")
            data = await stack.enter_async_context(own_system())
        settings = find_settings(data)
        refuse_unless_stand_in(load_site(settings.site_file), settings.data, "bench pop")
        places = running_system(settings.run).places
        seat, password = _log_in_of(settings.users_file)
        witnesses = Witnesses(seat)
        secret = load_secrets(settings.secrets_file).ami
        await stack.enter_async_context(_bare_listener(int(places["ami_port"]), secret, witnesses))
        page = await stack.enter_async_context(_desk(places, seat, password, witnesses))
        telephone = await stack.enter_async_context(_citizen(places))
        return await _rings(telephone, str(places["access_number"]), page, witnesses, calls, say)


def _log_in_of(users_file: Path) -> tuple[str, str]:
    """The demonstration's last seat: the one most likely to be free."""
    seats = [(login, word) for login, word, _, _ in read_log_ins(users_file) if login.isdigit()]
    if not seats:
        raise BenchStopped(f"{users_file} 里没有演示坐席：请用演示数据的目录，或不写 --data。")
    return seats[-1]


@asynccontextmanager
async def _bare_listener(port: int, secret: str, witnesses: Witnesses) -> AsyncIterator[None]:
    listener = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "switchboard.bench.pop_bare", str(port), AMI_USER),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert listener.stdin is not None  # noqa: S101 - asked for above
    assert listener.stdout is not None  # noqa: S101 - asked for above
    lines = listener.stdout

    async def read() -> None:
        while line := await lines.readline():
            witnesses.rang(json.loads(line))

    try:
        listener.stdin.write(f"{secret}\n".encode())
        async with asyncio.timeout(15):
            if json.loads(await lines.readline() or b"{}") != {"ready": True}:
                raise BenchStopped("AMI 不接受登录：请重启 ./jiesu up 后再测。")
        reading = asyncio.create_task(read())
        yield
        reading.cancel()
    finally:
        if listener.returncode is None:
            listener.kill()
        await listener.wait()


@asynccontextmanager
async def _desk(places: Any, seat: str, password: str, witnesses: Witnesses) -> AsyncIterator[Page]:
    """The seat's page in Chromium, its telephone registered and ready."""

    def painted(number: str, at_ms: float) -> None:
        # Playwright marks what it is given: a method of something with slots cannot be marked.
        witnesses.paint(number, at_ms)

    found = chromium.find()
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(
            executable_path=found.executable,
            env={**found.env},
            args=[*chromium.FLAGS, *chromium.TELEPHONE_FLAGS],
        )
        try:
            context = await browser.new_context(permissions=["microphone"], locale="zh-CN")
            page = await context.new_page()
            await page.expose_function("popPainted", painted)
            await page.add_init_script(_WATCH)
            await page.goto(f"{places['web']}/login?next=/desk")
            await page.fill("#login", seat)
            await page.fill("#password", password)
            await page.keyboard.press("Enter")
            ready = page.locator('#tel[data-situation="ready"]')
            paused = page.locator('#tel[data-situation="paused"]')
            await ready.or_(paused).wait_for(timeout=30_000)
            if await paused.count():
                await page.keyboard.press("F7")
            await ready.wait_for(timeout=10_000)
            yield page
        except Error as fault:
            raise BenchStopped(f"坐席台没有就绪：{str(fault).splitlines()[0]}") from fault
        finally:
            await browser.close()


@asynccontextmanager
async def _citizen(places: Any) -> AsyncIterator[Telephone]:
    server = (str(places["sip_host"]), int(places["sip_port"]))
    setup = Setup("citizen", server=server, bind=(str(places["citizen_host"]), 0))
    telephone = await open_telephone(setup)
    try:
        yield telephone
    finally:
        await telephone.hang_up_all()
        await telephone.close()


async def _rings(
    telephone: Telephone, access: str, page: Page, witnesses: Witnesses, calls: int, say: Any
) -> list[Ring]:
    """One call after the other, each from a number of its own; the first ones only warm up."""
    rings: list[Ring] = []
    for turn in range(calls + WARM_UP):
        number = str(FIRST_CALLER + turn)
        call = await telephone.call(access, caller=number)
        try:
            async with asyncio.timeout(RING_WITHIN_S):
                ring = await witnesses.ring(number)
        except TimeoutError:
            raise BenchStopped(f"第 {turn + 1} 个来电没有弹屏：请看 ./jiesu doctor。") from None
        await call.hang_up()
        await page.locator('#tel[data-situation="ready"]').wait_for(timeout=15_000)
        if turn >= WARM_UP:
            rings.append(ring)
        if turn % 10 == 9:
            say(f"已测 {len(rings)} 个弹屏，共 {calls} 个……")
    return rings


def _result(rings: list[Ring]) -> dict[str, Any]:
    bare, painted = [one.bare for one in rings], [one.painted for one in rings]
    ratios = {q: rank(painted, q) / (rank(bare, q) + FRAME_MS) for q in (0.5, 0.99)}
    return {
        "bench": "pop",
        "calls": len(rings),
        "ratio_p50": round(ratios[0.5], 3),
        "ratio_p99": round(ratios[0.99], 3),
        "aim": AIM,
        "reached": ratios[0.99] <= AIM,
        "frame_ms": round(FRAME_MS, 1),
        "sides": {
            name: {"p50_ms": round(rank(times, 0.5), 2), "p99_ms": round(rank(times, 0.99), 2)}
            for name, times in (("painted", painted), ("bare", bare))
        },
        "machine": machine(),
    }


def as_text(result: dict[str, Any]) -> str:
    """The result in Chinese lines, the ratio first."""
    reached = "达到" if result["reached"] else "未达到"
    painted, bare = result["sides"]["painted"], result["sides"]["bare"]
    lines = [
        f"AMI AgentCalled 到弹屏画出 ÷（裸监听 + 一帧）= p99 {result['ratio_p99']:.2f}",
        f"  目标不高于 {AIM}，{reached}；p50 {result['ratio_p50']:.2f}；{result['calls']} 个来电",
        f"  弹屏画出：p50 {painted['p50_ms']:.1f} 毫秒，p99 {painted['p99_ms']:.1f} 毫秒",
        f"  裸监听收到：p50 {bare['p50_ms']:.2f} 毫秒，p99 {bare['p99_ms']:.2f} 毫秒",
        f"  一帧：{result['frame_ms']} 毫秒",
        machine_line(result["machine"]),
    ]
    return "\n".join(lines)
