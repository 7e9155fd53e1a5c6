"""工单 under people's hands, with the real rules and a real ledger: a view is kept,
words and digits are found, many are dispatched after a look, a cut line does nothing twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from hotline.words import Draft, Role, TicketId, TicketType, UnitId
from ledger.store import Ledger, open_ledger
from ledger.units import Unit
from switchboard import policies
from switchboard.bulk import DeskBulk
from switchboard.desk_handling import DeskHandling
from switchboard.desk_tickets import DeskTickets
from tests.agent_desk.fakes import MORNING, PEOPLE, Town
from tests.browser.kit import DESKTOP, LAPTOP, Place, served, sit_down
from tests.ledger.laid import lay

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

PACKS: Final = policies.load()
BOSS, AGENT = PEOPLE[Role.SUPERVISOR], PEOPLE[Role.AGENT]
CG: Final = UnitId("cg")
LONG: Final = "恒裕花园五栋楼下工地每天夜里十一点以后仍在打桩Aa0123456789abcdefghijklmnopq" * 8
DRAFTS: Final = (
    Draft(TicketType.COMPLAINT, "建设路夜间打桩扰民", phone="13800006027", unit=CG),
    Draft(TicketType.COMPLAINT, LONG, phone="13900001234", unit=CG),
    Draft(TicketType.CONSULT, "失业保险金怎样申领", category="劳动社保" * 12),
    Draft(TicketType.COMPLAINT, "举报某局", confidential=True, unit=CG),
)


@dataclass(slots=True)
class Office:
    """The served town, with a ledger behind its lists."""

    place: Place
    ledger: Ledger
    numbers: tuple[TicketId, ...]


@asynccontextmanager
async def office(tmp_path: Path, drafts: tuple[Draft, ...] = DRAFTS) -> AsyncIterator[Office]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'jiesu.db'}"
    await lay(url, tmp_path / "backups")

    def policy(moment: Any) -> Any:
        return PACKS.policy("zhaoqing", moment.date())

    async with open_ledger(
        url, field_key=bytes(32), clock=lambda: MORNING, code_version="t", city="zhaoqing"
    ) as ledger:
        await ledger.units.put([Unit(CG, "城市管理和综合执法局")], by="t")
        body, calendar = "12345热线", PACKS.calendar
        handling = DeskHandling(ledger, body=body, policy=policy, calendar=calendar)
        tickets = DeskTickets(ledger, city="zhaoqing", body=body, policy=policy, calendar=calendar)
        saved = [
            await tickets.save(draft, call=None, by=AGENT, key=f"k{n}", at=MORNING)
            for n, draft in enumerate(drafts)
        ]
        town = Town()
        await town.people_move_in()
        town.tickets = tickets  # type: ignore[assignment] # the real ones behind the pages
        town.views = ledger.tickets.views  # type: ignore[assignment]
        town.bulk = DeskBulk(ledger, handling, policy)  # type: ignore[assignment]
        async with served(town) as place:
            yield Office(place, ledger, tuple(one.number for one in saved))


async def test_a_list_is_narrowed_kept_as_a_view_and_found_again(
    chromium: Browser, tmp_path: Path
) -> None:
    async with office(tmp_path) as here:
        boss = await sit_down(chromium, here.place, BOSS, "/tickets")
        await boss.page.select_option("select[name=type]", label="投诉")
        await boss.page.click("form.tools button:has-text('查')")
        await boss.shows(".end", "共 3 件")
        await boss.page.click("summary:has-text('保存当前条件')")
        await boss.page.locator("details.keep input[name=name]").fill("夜间投诉")
        await boss.page.click("details.keep button")
        await boss.shows(".kept a[aria-current]", "夜间投诉")
        for typed, number in (
            ("打桩 建设路", here.numbers[0]),
            ("138 0000 6027", here.numbers[0]),
            ("尾号1234", here.numbers[1]),
            (here.numbers[3], here.numbers[3]),
        ):
            await boss.page.goto(f"{here.place.origin}/tickets?view=all")
            await boss.page.fill("input[name=q]", typed)
            await boss.page.press("input[name=q]", "Enter")
            await boss.shows(".end", "共 1 件")
            assert await boss.text("table.tk tbody td a.num") == number
        await boss.page.fill("input[name=q]", "绝不存在的词")
        await boss.page.press("input[name=q]", "Enter")
        await boss.shows(".empty", "没有同时满足这些条件的工单")
        await boss.page.click(".kept a:has-text('夜间投诉')")
        await boss.shows(".end", "共 3 件")
        await boss.close()


async def test_many_are_looked_at_and_confirmed_and_a_cut_line_does_nothing_twice(
    chromium: Browser, tmp_path: Path
) -> None:
    async with office(tmp_path) as here:
        boss = await sit_down(
            chromium, here.place, BOSS, "/tickets", expected=("ERR_INTERNET_DISCONNECTED",)
        )
        for number in here.numbers[:3]:
            await boss.page.check(f"input[value='{number}']")
        await boss.page.select_option("select[name=act]", label="派单")
        await boss.page.click("button:has-text('预览')")
        await boss.shows("h1", "可办 2 件，不能办 1 件")
        await boss.shows("td", "单独派单")
        assert (await here.ledger.tickets.load(here.numbers[0])).ticket.version == 1
        await boss.context.set_offline(True)
        async with boss.page.expect_event("requestfailed"):
            await boss.page.click("button:has-text('确认派单')", no_wait_after=True)
        assert (await here.ledger.tickets.load(here.numbers[0])).ticket.version == 1
        await boss.context.set_offline(False)
        await boss.page.reload()
        await boss.shows("h1", "批量派单：办了 2 件")
        await boss.page.reload()
        await boss.shows("h1", "没有办 2 件")
        await boss.shows("td", "不重复办理")
        for number in here.numbers[:2]:
            assert (await here.ledger.tickets.load(number)).ticket.version == 2
        await boss.close()


async def test_no_state_of_the_list_has_a_flaw_at_any_size(
    chromium: Browser, tmp_path: Path
) -> None:
    (tmp_path / "none").mkdir()
    async with office(tmp_path) as here, office(tmp_path / "none", ()) as empty:
        pages = ((here, ""), (here, "?q=绝不存在"), (here, "?secret=yes"), (empty, ""))
        found: list[str] = []
        for office_, query in pages:
            screen = await sit_down(chromium, office_.place, BOSS, "/tickets")
            await screen.page.goto(f"{office_.place.origin}/tickets{query}")
            for size in (DESKTOP, LAPTOP):
                await screen.page.set_viewport_size({"width": size[0], "height": size[1]})
                found += [f"{query} {size}: {flaw}" for flaw in await screen.flaws()]
            await screen.close()
        assert found == []
