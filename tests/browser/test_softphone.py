"""The browser as a telephone at a real Asterisk: sound both ways, and every act of a telephone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent_desk.views import Telephone
from hotline.words import AgentId, Role
from ivr.telephone import Answer, Reject
from ivr.telephone_call import Call
from tests.agent_desk.fakes import PEOPLE, Town
from tests.browser.kit import Screen, served, sit_down
from tests.telephony.exchange_kit import RunningExchange, running_exchange

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.telephony]

_PACKETS = """
async () => {
  const counted = { 'inbound-rtp': 0, 'outbound-rtp': 0 };
  const report = await globalThis.jiesu.statistics();
  for (const s of report?.values() ?? []) {
    if (s.type in counted) counted[s.type] += s.packetsReceived ?? s.packetsSent;
  }
  return [counted['inbound-rtp'], counted['outbound-rtp']];
}
"""


class _Telephones:
    """Accounts at an exchange that is really there."""

    def __init__(self, exchange: RunningExchange) -> None:
        self._exchange = exchange

    async def of(self, agent: AgentId) -> Telephone:
        plan = self._exchange.plan
        secret = next(one.web_secret for one in plan.agents if one.number == agent)
        return Telephone(
            uri=f"sip:{agent}-web@127.0.0.1",
            password=secret,
            ws_url=f"ws://127.0.0.1:{plan.ports.web}/ws",
            endpoint=f"{agent}-web",
        )


@dataclass(frozen=True, slots=True)
class Scene:
    """A desk at a real exchange."""

    exchange: RunningExchange
    screen: Screen

    async def press(self, key: str) -> None:
        await self.screen.page.keyboard.press(key)

    async def packets(self) -> tuple[int, int]:
        """Packets of sound the browser received and sent."""
        received, sent = await self.screen.page.evaluate(_PACKETS)
        return int(received), int(sent)

    async def take(self, call: Call) -> None:
        """It rings here, and F2 answers."""
        await self.screen.situation("ringing", within=60)
        await self.press("F2")
        await self.screen.situation("talking")
        await call.answered()


@asynccontextmanager
async def a_desk(chromium: Browser, tmp_path: Path) -> AsyncIterator[Scene]:
    """Seat 1001 in the browser; 1002 is a SIP telephone somebody may take."""
    async with running_exchange(tmp_path, agents=("1001", "1002")) as exchange:
        town = Town()
        await town.people_move_in()
        ws = f"ws://127.0.0.1:{exchange.plan.ports.web}"
        async with served(town, ws, _Telephones(exchange)) as place:
            screen = await sit_down(
                chromium, place, PEOPLE[Role.AGENT], "/desk", real_telephone=True
            )
            await screen.shows("#tel-line", "浏览器电话已登记", within=60)
            yield Scene(exchange, screen)
            await screen.close()


async def test_a_citizen_and_an_agent_in_the_browser_hear_each_other(
    chromium: Browser, tmp_path: Path
) -> None:
    async with a_desk(chromium, tmp_path) as desk, desk.exchange.citizen() as citizen:
        call = await citizen.call("12345")
        await desk.take(call)
        await asyncio.sleep(1.5)
        received, sent = await desk.packets()
        assert received > 40
        assert sent > 40
        assert call.line is not None
        assert any(call.heard_lately(0.5)), "the citizen hears the browser's microphone"
        await desk.press("Shift+F2")
        await call.ended()


async def test_hold_gives_the_citizen_music_and_takes_him_back(
    chromium: Browser, tmp_path: Path
) -> None:
    async with a_desk(chromium, tmp_path) as desk, desk.exchange.citizen() as citizen:
        call = await citizen.call("12345")
        await desk.take(call)
        await desk.press("F4")
        await desk.screen.situation("held")
        before = await desk.packets()
        await asyncio.sleep(0.6)
        await desk.press("F4")
        await desk.screen.situation("talking")
        await asyncio.sleep(0.8)
        after = await desk.packets()
        assert after[0] > before[0] + 20
        assert call.ending is None
        await call.hang_up()
        await desk.screen.page.locator('#tel:not([data-situation="talking"])').wait_for()


async def test_a_blind_transfer_moves_the_citizen_and_frees_the_agent(
    chromium: Browser, tmp_path: Path
) -> None:
    async with a_desk(chromium, tmp_path) as desk, desk.exchange.citizen() as citizen:
        call = await citizen.call("12345")
        await desk.take(call)
        async with desk.exchange.seat("1002", Answer()) as other:
            await desk.press("Alt+t")
            await desk.screen.page.fill("#transfer-to", "1002")
            await desk.screen.page.keyboard.press("Shift+Enter")
            moved = await other.next_call(60)
            await moved.answered()
            await desk.screen.page.locator('#tel:not([data-situation="talking"])').wait_for()
            assert call.ending is None
            await call.hang_up()
            await moved.ended()


async def test_an_attended_transfer_asks_first_and_joins_the_two(
    chromium: Browser, tmp_path: Path
) -> None:
    async with a_desk(chromium, tmp_path) as desk, desk.exchange.citizen() as citizen:
        call = await citizen.call("12345")
        await desk.take(call)
        async with desk.exchange.seat("1002", Answer()) as other:
            await desk.press("Alt+t")
            await desk.screen.page.fill("#transfer-to", "1002")
            await desk.screen.page.keyboard.press("Enter")
            asked = await other.next_call(60)
            await desk.screen.shows("#tel-who", "问清后完成转接", within=60)
            await desk.press("Alt+t")
            await desk.screen.page.locator('#tel:not([data-situation="consult"])').wait_for()
            await asyncio.sleep(1.0)
            assert (call.ending, asked.ending) == (None, None)
            await call.hang_up()
            await asked.ended()


async def test_a_colleague_who_refuses_leaves_the_citizen_with_the_agent(
    chromium: Browser, tmp_path: Path
) -> None:
    async with a_desk(chromium, tmp_path) as desk, desk.exchange.citizen() as citizen:
        call = await citizen.call("12345")
        await desk.take(call)
        async with desk.exchange.seat("1002", Reject()):
            await desk.press("Alt+t")
            await desk.screen.page.fill("#transfer-to", "1002")
            await desk.screen.page.keyboard.press("Enter")
            await desk.screen.shows("#tel-line", "对方没有接", within=60)
            await desk.screen.situation("talking")
            before = await desk.packets()
            await asyncio.sleep(0.8)
            assert (await desk.packets())[0] > before[0] + 20
            await call.hang_up()


async def test_the_telephone_registers_again_by_itself_after_the_exchange_was_restarted(
    chromium: Browser, tmp_path: Path
) -> None:
    async with a_desk(chromium, tmp_path) as desk:
        desk.screen.expected = ("WebSocket",)
        await desk.exchange.restart()
        await desk.screen.shows("#tel-line", "浏览器电话已登记", within=60)
        async with desk.exchange.citizen() as citizen:
            call = await citizen.call("12345")
            await desk.take(call)
            await call.hang_up()


async def test_a_page_that_is_closed_in_mid_call_does_not_leave_the_citizen_in_silence(
    chromium: Browser, tmp_path: Path
) -> None:
    async with a_desk(chromium, tmp_path) as desk, desk.exchange.citizen() as citizen:
        call = await citizen.call("12345")
        await desk.take(call)
        await desk.screen.page.close()
        await call.ended(60)
