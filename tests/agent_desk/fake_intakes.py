"""What is known at intake, made by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from agent_desk.intake_views import (
    DirectoryItem,
    FormTold,
    IntakeChoices,
    Known,
    KnownTicket,
    Refusal,
)
from agent_desk.views import Person
from hotline.words import Article, TicketId, TicketType, UnitId

REGULATION = "肇庆高新区12345热线运行管理办法"
CHOICES = IntakeChoices(
    document=REGULATION,
    joining="同一件事原则上并入同一件工单（系统默认，本市办法未规定）",
    refusals=(
        Refusal(
            code="outside_area",
            article="第七条（一）",
            words="不属于我区行政管辖范围内的事项",
            answer="",
        ),
        Refusal(
            code="emergency",
            article="第七条（二）",
            words="依法应当通过110、119、120、122等紧急热线处理的事项",
            answer="",
        ),
        Refusal(
            code="legal_procedure",
            article="第七条（三）",
            words="已进入或须通过诉讼、仲裁、纪检监察、行政复议、政府信息公开等程序解决的事项"
            "及已进入信访渠道的事项",
            answer="",
        ),
        Refusal(
            code="repeated",
            article="第七条（五）",
            words="相关诉求正在办理过程中或已按照法律、法规、规章和有关政策规定办理完毕，"
            "诉求人仍以同一事实、同一理由重复反映的事项",
            answer="",
        ),
    ),
)
ZHONGSHAN = IntakeChoices(
    document="中山市接诉即办工作办法",
    joining=CHOICES.joining,
    recorded=Article(
        "中山市接诉即办工作办法",
        "第十四条",
        "对不予受理的诉求，应当同时记录不予受理的理由",
    ),
    refusals=(
        Refusal(
            code="repeated",
            article="第十三条（三）",
            words="相关诉求正在办理过程中或者已办结，诉求人仍以同一事实、同一理由重复反映的事项的",
            answer="告知诉求人办理进度或者办理结果",
        ),
    ),
    elsewhere=Article(
        "中山市接诉即办工作办法",
        "第二十四条",
        "对于不属于本市行政管辖范围的诉求提供省内异地转办服务",
    ),
    channels=("电话", "短信", "网络"),
    chosen_by=Article("中山市接诉即办工作办法", "第二十三条"),
)

SHANGHAI = dt.timezone(dt.timedelta(hours=8))
OWN = KnownTicket(
    number=TicketId("20260921-000117"),
    type=TicketType.COMPLAINT,
    status="办理中",
    open=True,
    own=True,
    summary="恒裕花园南侧在建工地每晚23:30至次日3:00打桩，影响睡眠，要求停止夜间施工",
    unit_name="区城市管理和综合执法局",
    opened_at=dt.datetime(2026, 9, 21, 9, 12, tzinfo=SHANGHAI),
    due_at=dt.datetime(2026, 10, 19, 23, 59, 59, tzinfo=SHANGHAI),
    last_act="阶段性报告",
    last_at=dt.datetime(2026, 9, 24, 16, 5, tzinfo=SHANGHAI),
    why=("同一来电人", "同一地点", "同一事由"),
    say="您反映的这件事区城市管理和综合执法局正在办理，办理期限到10月19日，编号20260921-000117。",
)
NEIGHBOUR = KnownTicket(
    number=TicketId("20260926-000042"),
    type=TicketType.COMPLAINT,
    status="待签收",
    open=True,
    own=False,
    summary="恒裕花园一带工地半夜施工，孩子没法睡，请求查处",
    unit_name="区城市管理和综合执法局",
    opened_at=dt.datetime(2026, 9, 26, 22, 40, tzinfo=SHANGHAI),
    due_at=dt.datetime(2026, 10, 22, 23, 59, 59, tzinfo=SHANGHAI),
    last_act="派单",
    last_at=dt.datetime(2026, 9, 26, 23, 1, tzinfo=SHANGHAI),
    why=("同一片", "同一事由", "说法相近"),
    say="这件事已有人反映，正在办理。（不要说是谁反映的）",
)
NIGHT_WORK = DirectoryItem(
    item="建筑施工噪声",
    unit=UnitId("cg"),
    unit_name="区城市管理和综合执法局",
    limit="5个工作日",
    basis="《中华人民共和国噪声污染防治法》第四十三条",
    sub_office="",
    title="派单目录（第2版）",
    note="期限依本市办法：15个工作日〔第十一条（三）〕",
)
KNOWN = Known(call="", tickets=(OWN, NEIGHBOUR), items=(NIGHT_WORK,))


@dataclass
class FakeIntakes:
    """Answers every form with what stands in ``known``, once its summary holds a word of it."""

    known: Known = field(default_factory=lambda: Known(call=""))
    of_city: IntakeChoices = CHOICES
    asked: list[FormTold] = field(default_factory=list)
    fault: Exception | None = None

    async def look(self, told: FormTold, who: Person, at: dt.datetime) -> Known:
        self.asked.append(told)
        if self.fault is not None:
            raise self.fault
        if len(told.summary) < 4:
            return Known(call=told.call)
        return Known(call=told.call, tickets=self.known.tickets, items=self.known.items)

    def choices(self, at: dt.datetime) -> IntakeChoices:
        return self.of_city
