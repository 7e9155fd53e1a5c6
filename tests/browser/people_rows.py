"""What the pages of people show: a unit's work, units, users, who looked at a ticket."""

from __future__ import annotations

import datetime as dt
from typing import Final

from agent_desk.portal_views import PortalNotice, PortalRow
from agent_desk.unit_views import Change, Effect
from hotline.need_to_know import Field
from hotline.words import Article, Draft, Role, TicketId, TicketType, UnitId
from tests.agent_desk.fake_units import unit_row
from tests.agent_desk.fakes import CALLER, MORNING, PEOPLE, Town

SIGN: Final = Article("贵州省12345热线管理办法", "第十五条", "1个工作日内签收")


def row(number: int, summary: str, step: str, days: float | None, **more: object) -> PortalRow:
    given: dict[str, object] = {
        "number": TicketId(f"20260928-{number:06}"),
        "type": TicketType.COMPLAINT,
        "summary": summary,
        "status": "办理中",
        "lead": True,
        "lead_name": "区城市管理和综合执法局",
        "received_at": MORNING - dt.timedelta(hours=20),
        "due_at": MORNING + dt.timedelta(days=days or 9),
        "provisional": False,
        "step": step,
        "by": None if days is None else MORNING + dt.timedelta(days=days),
    }
    return PortalRow(**(given | more))  # type: ignore[arg-type]


ROWS: Final = (
    row(
        7,
        "恒裕花园南侧在建工地夜间连续打桩，要求停工并查明是否有夜间施工证明",
        "补充办理后再申请办结",
        -0.5,
    ),
    row(
        9,
        "夜市油烟扰民",
        "签收",
        0.3,
        status="待签收",
        article=SIGN,
        return_by=MORNING + dt.timedelta(days=2),
    ),
    row(11, "", "联系诉求人", 1.2, confidential=True),
    row(12, "占道经营", "重新办理后申请办结", 4),
    row(15, "学校门口乱停车", "向牵头单位报送协办情况", 5, lead=False, lead_name="区公安分局"),
    row(21, "建议增设公厕", "办理并申请办结", None),
)


async def a_unit_at_work(town: Town) -> None:
    """Something of everything, and three things it has not heard of yet."""
    town.portal.rows = {
        "todo": ROWS,
        "all": ROWS,
        "sign": ROWS[1:2],
        "returned": ROWS[:1],
        "soon": ROWS[:3],
    }
    town.portal.notices = tuple(
        PortalNotice(
            ticket=TicketId(f"20260928-{number:06}"),
            act=2,
            what=what,
            at=MORNING - dt.timedelta(hours=number),
            seen=number > 8,
        )
        for number, what in ((1, "退回继续办理"), (3, "驳回延期"), (7, "督办"), (9, "派单"))
    )


async def a_long_list(town: Town) -> None:
    """Ten thousand tickets, fifty on a page."""
    town.portal.rows = {"todo": ROWS * 1700, "all": ROWS * 1700}


async def units_with_people(town: Town) -> None:
    """A town, its office, and who answers."""
    for one in (
        unit_row(
            "zh",
            "中心街道办事处",
            kind="镇街",
            phone="0758-0000001",
            first="区志华",
            deputy="陆建平",
            officer="邓志明",
        ),
        unit_row(
            "zh-cj",
            "中心街道综合行政执法办公室（城市管理和环境卫生监督检查办公室）",
            kind="内设机构",
            parent="zh",
        ),
        unit_row("dc", "东村村民委员会", kind="村民委员会", parent="zh"),
    ):
        town.units.rows[one.form.code] = one
    town.units.effect = Effect(
        by_status={"待签收": 2, "办理中": 28},
        directory=14,
        users=("黎振邦",),
        below=("综合执法队",),
        ever=310,
    )
    town.units.history = (
        Change(at=MORNING, who="黄永健", what="修改分管负责人、联系电话"),
        Change(at=MORNING - dt.timedelta(days=30), who="黄永健", what="新建"),
    )
    town.users.changes = [Change(at=MORNING, who="黄永健", what="重置密码")]


async def somebody_looked(town: Town) -> None:
    """A ticket whose number was revealed to a supervisor, and what the caller asked for."""
    agent, supervisor = PEOPLE[Role.AGENT], PEOPLE[Role.SUPERVISOR]
    draft = Draft(
        TicketType.COMPLAINT,
        "欧阳慧敏称恒裕花园南侧在建工地夜间连续打桩",
        address="恒裕花园3栋1202",
        contact="欧阳慧敏",
        phone=CALLER.digits,
        unit=UnitId("cg"),
    )
    saved = await town.tickets.save(draft, call=None, by=agent, key="people-rows-1234", at=MORNING)
    await town.access.opened(saved.number, agent)
    await town.access.note(saved.number, agent, [Field.ADDRESS], [UnitId("sc")])
    await town.access.reveal(
        saved.number,
        supervisor,
        [Field.PHONE, Field.NAME],
        "audit",
        "核对逾期原因，承办单位称联系不上",
    )
