"""Where editors work, as it really is: a ledger with articles, the search over it, the notices,
behind a town's pages, with something of every kind waiting."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from agent_desk.ports import DeskPorts
from agent_desk.views import Person
from hotline.knowledge import Content, Ground, Reach, Standing
from hotline.knowledge_notices import NoticeKind
from hotline.knowledge_rules import KnowledgeAct
from hotline.words import CallId, Phone, Role, UnitId
from kb_search.articles import Article
from ledger.shown import ShownArticle
from ledger.units import Unit
from switchboard.desk_knowledge_editing import DeskEditing
from switchboard.knowledge_live import LiveNotices
from tests.agent_desk.fakes import MORNING, PEOPLE, Town
from tests.agent_desk.real_knowledge import Library, library
from tests.hotline.shipped import calendar, policy

EDITOR, BOSS, OFFICER = PEOPLE[Role.EDITOR], PEOPLE[Role.SUPERVISOR], PEOPLE[Role.OFFICER]
LONG: Final = "工伤职工治疗非工伤引发的疾病，不享受工伤医疗待遇，按照基本医疗保险办法处理；" * 8


@dataclass(slots=True)
class EditorsRoom:
    """The library with its editors."""

    library: Library
    editing: DeskEditing
    notices: LiveNotices

    def ports(self) -> DeskPorts:
        """The town's, with this knowledge base and who works on it."""
        return replace(self.library.ports(), knowledge_editing=self.editing, notices=self.notices)

    async def submitted(self, article: str, content: Content, by: Person) -> int:
        """A draft of this person, put in for review; the article's row as it is then."""
        knowledge = self.ports().knowledge
        saved = await knowledge.save(article, content, expected=0, by=by, at=MORNING)
        await knowledge.act(
            article, saved.number, KnowledgeAct.SUBMIT, expected=saved.expected, by=by, at=MORNING
        )
        return saved.expected + 1

    async def told(self, article: str, *calls: tuple[str, str]) -> None:
        """The first version of an article stood beside these calls of these numbers."""
        ledger = self.library.ledger
        for place, (call, number) in enumerate(calls):
            at = MORNING - dt.timedelta(hours=3, minutes=place)
            ledger.callers.remember(CallId(call), Phone(number))
            await ledger.shown.add(
                [ShownArticle(CallId(call), article, 1, "社保卡丢失", internal=False, at=at)]
            )


@asynccontextmanager
async def editors_room(
    folder: Path, town: Town, articles: tuple[Article, ...] | None = None, city: str = "zhaoqing"
) -> AsyncIterator[EditorsRoom]:
    """Opened with these articles, or the demonstration's."""
    async with library(folder, town, articles) as here:
        await here.ledger.units.put(
            [Unit(UnitId("cg"), "区城市管理和综合执法局"), Unit(UnitId("rs"), "区人社局")], by="t"
        )
        editing = DeskEditing(
            here.ledger,
            policy=lambda _: policy(city),
            calendar=calendar(),
            search=here.search,
            expiring=here.ports().knowledge_reading.expiring,
        )
        notices = LiveNotices(here.ledger, town.time.now, lambda agent: f"坐席{agent}")
        yield EditorsRoom(here, editing, notices)


async def busy(room: EditorsRoom) -> None:
    """Something of every kind waits."""
    ports = room.ports()
    plain = Content(
        title="灵活就业人员怎样参加养老保险",
        words=f"您好，{LONG}",
        asked=("没有单位怎么交社保",),
        unit="区人社局",
        grounds=(Ground("社会保险法", "第十条"),),
    )
    await room.submitted("hu-1", plain, OFFICER)
    await room.submitted(
        "hu-2", replace(plain, title="内部：停水应急值班表", reach=Reach.INTERNAL), EDITOR
    )
    public_at = MORNING + dt.timedelta(days=9)
    await room.library.put(
        "policy-1", replace(plain, title="新购房补贴办法", embargo_until=public_at), Standing.REVIEW
    )
    due = MORNING.date() + dt.timedelta(days=5)
    await room.library.put("old-1", replace(plain, title="旧的一篇", valid_to=due))
    work = ports.knowledge_work
    report = await work.report(
        "sb-card-lost", 1, f"电话号码不对，{LONG}", by=EDITOR, key="k-report-1", at=MORNING
    )
    await work.confirm(report.id, UnitId("rs"), by=EDITOR, at=MORNING)
    await work.report("sb-card-lost", 1, "地址搬了", by=EDITOR, key="k-report-2", at=MORNING)
    await work.contribute("小区充电桩怎么装", f"先找物业，{LONG}", "李女士", key="c-1", at=MORNING)
    await work.put_synonyms(None, ("公积金", "住房公积金", "gjj"), expected=0, by=EDITOR)
    for _ in range(3):
        await work.asked("夜间烧烤扰民归哪个部门管", found=False, at=MORNING)
    await work.used("sb-card-lost", "wrong", MORNING)
    await room.told("sb-card-lost", ("c-1", "13800006027"), ("c-2", "13800006028"), ("c-3", ""))
    await work.recall("sb-card-lost", 1, [CallId("c-2")], EDITOR, MORNING)
    await ports.notices.post_urgent(
        "暴雨红色预警", "全市停课，请市民留在安全地方。", MORNING + dt.timedelta(hours=8),
        by=EDITOR, key="urgent-key-1",
    )  # fmt: skip
    await ports.notices.post_notice(
        NoticeKind.WATER, "文昌路抢修停水", LONG, "文昌路、国际城小区",
        starts_at=MORNING, ends_at=MORNING + dt.timedelta(hours=9), by=EDITOR, key="notice-key-1",
        district="大旺街道",
    )  # fmt: skip
