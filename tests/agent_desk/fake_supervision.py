"""Supervision that remembers what it was asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from agent_desk.supervision_views import (
    AuditPage,
    AuditRow,
    RaiseForm,
    StepField,
    StepForm,
    StepShown,
    SupervisionFull,
    SupervisionPage,
    SupervisionRow,
)
from agent_desk.views import Person
from hotline.errors import BadInput, NoSuch, Objected
from hotline.words import Article, TicketId, TicketType, UnitId

AT = dt.datetime(2026, 9, 28, 1, 0, tzinfo=dt.UTC)
ROW = SupervisionRow(
    id=1,
    what="逾期未办结",
    article="第十七条（一）",
    ticket=TicketId("20260928-000001"),
    unit_name="城市管理和综合执法局",
    state="待反馈",
    rung="12345热线工作机构",
    form_number="督办单〔2026〕1号",
    raised_at=AT,
    answer_by=dt.date(2026, 9, 27),
    late=True,
    proposal="第十七条经督办仍拖延",
)
ISSUE = StepForm(
    step="发出",
    key="督办单",
    title="发出督办单",
    fields=(
        StepField(name="matter", label="督办事由", kind="long", value="逾期未办结"),
        StepField(
            name="answer_by", label="反馈期限", kind="day", needed=False, hint="本市办法未规定"
        ),
    ),
)
UP = StepForm(step="提请上级", key="提请上级", title="提请上级", why="还没有督办过〔第十七条〕")
WAITS = AuditRow(
    number=TicketId("20260928-000001"),
    type=TicketType.COMPLAINT,
    summary="夜间施工噪声",
    waits="争议待定",
    since=AT,
    words="协调意见：三家单位都认为不归自己办",
    unit_name="",
    due_at=None,
    provisional=False,
    rung="区党群工作部",
)


@dataclass
class FakeSupervision:
    """Implements Supervisions. The matter is number 1; ``refuses`` refuses every step."""

    rows: tuple[SupervisionRow, ...] = (ROW,)
    waits: tuple[AuditRow, ...] = (WAITS,)
    refuses: str = ""
    steps: list[tuple[str, Mapping[str, str], int]] = field(default_factory=list)
    raised: list[Mapping[str, str]] = field(default_factory=list)
    asked: list[tuple[str, int | None]] = field(default_factory=list)

    async def page(
        self, who: Person, at: dt.datetime, *, state: str, level: int | None, number: int
    ) -> SupervisionPage:
        self.asked.append((state, level))
        return SupervisionPage(
            rows=self.rows,
            counts={one.state: 1 for one in self.rows},
            total=len(self.rows),
            number=number,
            size=50,
            rungs=("12345热线工作机构", "本级人民政府"),
        )

    async def one(self, matter: int, who: Person, at: dt.datetime) -> SupervisionFull:
        if matter != 1:
            raise NoSuch("督办事项", str(matter))
        return SupervisionFull(
            id=1,
            version=3,
            row=ROW,
            document="某办法",
            quote="超出办理时限未办理的",
            raised_by="system",
            ladder=("12345热线工作机构", "本级人民政府"),
            level=0,
            ladder_article=Article("某办法", "第十七条"),
            evidence=("2026年9月21日 09:00 派单（12345热线，办理经过第1步）",),
            others=(TicketId("20260901-000009"),),
            steps=(
                StepShown(
                    number=1,
                    at=AT,
                    what="发出督办单",
                    who="梁国栋",
                    body="12345热线（热线机构）",
                    texts=(("督办要求", "限期<办理>"),),
                    form_number="督办单〔2026〕1号",
                    answer_by=dt.date(2026, 9, 27),
                ),
            ),
            forms=(ISSUE, UP),
            papers=(),
            unit=UnitId("cg"),
            ticket_summary="夜间施工噪声",
        )

    async def step(
        self,
        matter: int,
        step: str,
        given: Mapping[str, str],
        *,
        who: Person,
        version: int,
        at: dt.datetime,
    ) -> None:
        if self.refuses:
            raise Objected(self.refuses, "第十七条")
        self.steps.append((step, given, version))

    async def raising(self, at: dt.datetime) -> RaiseForm:
        return RaiseForm(
            cases=(("low_rank", "第十七条（三）按时办结率不高，排名靠后的"),),
            units=(("cg", "城市管理和综合执法局"),),
        )

    async def raise_matter(self, given: Mapping[str, str], *, who: Person, at: dt.datetime) -> int:
        if not given.get("note"):
            raise BadInput("note", "请写明理由")
        self.raised.append(given)
        return 1

    async def queue(self, who: Person, *, waits: str, number: int) -> AuditPage:
        return AuditPage(
            rows=self.waits, counts={"争议待定": 1}, total=len(self.waits), number=number, size=30
        )
