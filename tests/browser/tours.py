"""Pages that need the real rules and a ledger behind them, in the states worth looking at.

A tour is one town served once and many pages looked at in it, so that a picture costs a page load
and not a server: tickets with their strip of days and their forms, the cities side by side, 督办,
the knowledge base as agents, editors and citizens see it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent_desk.attachment_views import Attachment
from agent_desk.views import Person
from hotline.words import Role, TicketId, UserId
from tests.agent_desk.editors_room import EDITOR, busy, editors_room
from tests.agent_desk.fake_files import AT
from tests.agent_desk.fakes import MORNING, PEOPLE, Town
from tests.browser.kit import DESKTOP, LAPTOP, Place, Screen, served
from tests.browser.office import LONG, SUMMARIES, Office, office

AGENT, BOSS, OFFICER = (PEOPLE[role] for role in (Role.AGENT, Role.SUPERVISOR, Role.OFFICER))
TELEPHONE: Final = (390, 844)
SIZES: Final = (DESKTOP, LAPTOP)
HALF: Final = (*SIZES, (720, 900))
"""And half a window."""
TOLD: Final = (
    "诉求人反映恒裕花园南侧在建工地自9月18日起每晚23:30至次日3:00打桩，现场未见夜间施工证明公示。"
    "要求：一、停止夜间施工；二、查明是否有夜间施工证明；三、答复是否赔偿。"
)
W: Final = "/knowledge/editing"

Then = Callable[[Screen], Awaitable[None]]


async def look(_: Screen) -> None:
    """Only look."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One page of a tour in one state."""

    name: str
    who: Person | None
    path: str
    then: Then = look
    sizes: tuple[tuple[int, int], ...] = SIZES


@dataclass(frozen=True, slots=True)
class Tour:
    """Pages of one town, in this order; ``expected`` is what the browser's console may say."""

    name: str
    open: Callable[[Path], AbstractAsyncContextManager[Place]]
    stops: tuple[Stop, ...]
    expected: tuple[str, ...] = ()


# ----------------------------------------------------------------------------- tickets and 督办


def opens(act: str) -> Then:
    """The form of an act of a ticket unfolded."""

    async def unfold(screen: Screen) -> None:
        await screen.page.click(f".handle summary:text-is('{act}')")

    return unfold


async def asks_too_little(screen: Screen) -> None:
    """An application to close that answers next to nothing: refused, what was typed stays."""
    await opens("申请办结")(screen)
    form = screen.page.locator(".handle details[open]")
    await form.locator("textarea").first.fill("2026年9月18日至9月28日")
    await form.locator("button").click()
    await screen.shows("[role=alert]", "没有办成")


async def _numbers(here: Office) -> dict[str, TicketId]:
    return {row.summary: row.id for row in (await here.ledger.tickets.page()).items}


@asynccontextmanager
async def tickets(folder: Path) -> AsyncIterator[Place]:
    """高新区 on a Monday: a complaint at work, one extended twice, one asking, one supervised."""
    async with office(folder, "zhaoqing", days=10, summaries=(TOLD, *SUMMARIES)) as here:
        told, long, asks, late = (f"20260918-{number:06d}" for number in (1, 2, 4, 5))
        for number in (told, long, asks):
            await here.does(OFFICER, TicketId(number), "签收")
            await here.does(OFFICER, TicketId(number), "联系诉求人", note="约定今晚到现场查看")
        words = {"need_1": f"须待噪声监测报告。{LONG}", "need_2": "同意"}
        for _ in range(2):
            await here.does(OFFICER, TicketId(long), "申请延期", **words)
            await here.does(BOSS, TicketId(long), "同意延期")
        await here.does(OFFICER, TicketId(asks), "申请延期", **words)
        town = here.place.town
        town.attachments.rows = [
            Attachment(
                id=f"{number:020x}",
                name=name,
                kind="pdf",
                purpose="现场照片",
                bytes=size,
                sha256="",
                at=AT,
                by=UserId("u-o01"),
                by_name="黎振邦",
            )
            for number, (name, size) in enumerate(
                (("现场检查笔录.pdf", 1_258_291), (f"夜间施工视频截图{LONG[:40]}.pdf", 812_000))
            )
        ]
        matter = await here.desk.raise_matter(
            {"case": "repeated_complaint", "ticket": late, "note": LONG},
            who=here.people[BOSS.login],
            at=MORNING,
        )
        kept = await here.desk.one(matter, BOSS, MORNING)
        paper = {
            "form": "督办",
            "matter": LONG,
            "demand": "三日内书面反馈",
            "signer": "梁国栋",
        }
        await here.desk.step(
            matter, "发出", paper, who=here.people[BOSS.login], version=kept.version, at=MORNING
        )
        yield here.place


_TOLD: Final = "/tickets/20260918-000001"
TICKETS: Final = Tour(
    "tickets",
    tickets,
    (
        Stop("ticket-days", BOSS, _TOLD, sizes=(DESKTOP, LAPTOP, TELEPHONE)),
        Stop("ticket-days-extended", BOSS, "/tickets/20260918-000002"),
        Stop("supervision", BOSS, "/supervision", sizes=HALF),
        Stop("supervision-matter", BOSS, "/supervision/1", sizes=HALF),
        Stop("supervision-raise", BOSS, "/supervision/new", sizes=HALF),
        Stop("audits", BOSS, "/supervision/queue", sizes=HALF),
        Stop("cities", BOSS, "/cities?a=zhaoqing&b=guizhou"),
        Stop("ticket-closing", OFFICER, _TOLD, opens("申请办结")),
        Stop("ticket-refused", OFFICER, _TOLD, asks_too_little),
        Stop("portal-work", OFFICER, "/portal"),
        Stop("supervision-unit", OFFICER, "/supervision/1"),
    ),
    expected=("status of 422",),
)

# ------------------------------------------------------------------------------ the knowledge base


@asynccontextmanager
async def knowledge(folder: Path) -> AsyncIterator[Place]:
    """The demonstration's articles, with something of every kind waiting for the editors."""
    town: Any = Town()
    await town.people_move_in()
    async with editors_room(folder, town) as room:
        await busy(room)
        old = (await room.library.ledger.knowledge.articles.one("sb-card-lost")).latest.content
        await room.library.changed("sb-card-lost", words=f"{old.words}网点周末也办理。")
        ports = room.ports()
        town.ports = lambda: ports
        async with served(town) as place:
            yield place


KNOWLEDGE: Final = Tour(
    "knowledge",
    knowledge,
    (
        Stop("knowledge", AGENT, "/knowledge"),
        Stop("knowledge-search", AGENT, "/knowledge?q=公鸡金租房能提多少"),
        Stop("knowledge-none", AGENT, "/knowledge?q=鹦鹉螺"),
        Stop("knowledge-article", AGENT, "/knowledge/sb-card-lost"),
        Stop("knowledge-compare", AGENT, "/knowledge/sb-card-lost/compare"),
        Stop("knowledge-inner", AGENT, "/knowledge/nb-self-harm"),
        Stop("knowledge-edit", EDITOR, f"{W}/sb-card-lost/edit"),
        Stop("knowledge-review", EDITOR, f"{W}/review"),
        Stop("knowledge-review-one", EDITOR, f"{W}/hu-1/review"),
        Stop("knowledge-corrections", EDITOR, f"{W}/corrections"),
        Stop("knowledge-embargo", EDITOR, f"{W}/embargo"),
        Stop("knowledge-expiring", EDITOR, f"{W}/expiring"),
        Stop("knowledge-recall", EDITOR, f"{W}/sb-card-lost/recall/1"),
        Stop("knowledge-urgent", EDITOR, f"{W}/urgent"),
        Stop("knowledge-notices", EDITOR, f"{W}/notices"),
        Stop("knowledge-synonyms", EDITOR, f"{W}/synonyms"),
        Stop("knowledge-files", EDITOR, f"{W}/files"),
        Stop("knowledge-insights", EDITOR, f"{W}/insights"),
        Stop("public", None, "/public", sizes=(*SIZES, TELEPHONE)),
        Stop("public-search", None, "/public?q=医保断了怎么办", sizes=(*SIZES, TELEPHONE)),
        Stop("public-article", None, "/public/articles/sb-card-lost", sizes=(*SIZES, TELEPHONE)),
    ),
)

TOURS: Final = (TICKETS, KNOWLEDGE)
