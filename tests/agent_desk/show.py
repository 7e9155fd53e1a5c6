"""Serve the town of the fakes, to look at: ``python -m tests.agent_desk.show [PORT]``.

Every log-in's password is ``correct horse`` and the login, e.g. 1001, b01 (班长), a01 (管理员).
"""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
from typing import Any

import uvicorn

from agent_desk.views import CallRow
from agent_desk.web import build_app, serve_options
from hotline.words import AgentId, CallId, Draft, Outcome, Phone, Role, Service, TicketType, UnitId
from tests.agent_desk.fakes import CALL, MORNING, PEOPLE, Town, linkage, settings

SUMMARIES = (
    (
        TicketType.COMPLAINT,
        "恒裕花园南侧在建工地自9月18日起每晚打桩至凌晨三点，现场未见夜间施工证明公示",
        "cg",
    ),
    (
        TicketType.HELP,
        "大旺街道将军花园二期电梯困人后停用十二天，高层老人无法下楼，物业称维修资金未到位",
        "zj",
    ),
    (
        TicketType.CONSULT,
        "灵活就业人员跨省转移养老保险，原参保地为新疆维吾尔自治区巴音郭楞蒙古自治州",
        "",
    ),
    (TicketType.SUGGESTION, "将军大道与临江路交叉口行人绿灯由二十秒延长至三十五秒", ""),
    (TicketType.REPORT, "工业大街某餐饮店使用无检验标签冻肉，举报人要求保密", "sc"),
)


async def furnish(town: Town) -> None:
    """Tickets, calls and an emergency."""
    await town.people_move_in()
    town.time.at -= dt.timedelta(days=24)
    for n in range(130):
        type, summary, unit = SUMMARIES[n % len(SUMMARIES)]
        town.time.at += dt.timedelta(hours=4)
        draft = Draft(
            type=type,
            summary=summary,
            category="噪声扰民 / 建筑施工噪声",
            address="大旺街道迎宾大道恒裕花园5栋2单元",
            happened="9月18日起每晚",
            contact="欧阳慧敏",
            phone="13800006027",
            unit=UnitId(unit) if unit else None,
            confidential=n % len(SUMMARIES) == 4,
        )
        who = PEOPLE[Role.AGENT]
        await town.tickets.save(draft, call=CALL, by=who, key=str(n), at=town.time.at)
    town.time.at = MORNING
    town.calls.records[CALL] = linkage()
    town.calls.records[CallId("second")] = linkage(CallId("second"), linked=False)
    town.calls.rows = tuple(_row(n) for n in range(60))
    town.live.rings(CALL, AgentId("1001"), stage="talking")


def _row(n: int) -> CallRow:
    outcome = list(Outcome)[n % len(Outcome)]
    return CallRow(
        call=CALL,
        arrived_at=MORNING - dt.timedelta(minutes=3 * n),
        caller=Phone(f"138{n:08}") if n % 7 else Phone(""),
        outcome=outcome,
        stage="ended",
        wait_s=12.0 + n,
        talk_s=95.0 if outcome is Outcome.ANSWERED else None,
        agent=AgentId("1001") if outcome is Outcome.ANSWERED else None,
        agent_name="林晓岚" if outcome is Outcome.ANSWERED else "",
        service=Service.FIRE if outcome is Outcome.EMERGENCY else None,
        reconciled=n == 3,
    )


async def main(port: int) -> None:
    """Until Ctrl-C."""
    town = Town()
    await furnish(town)
    app = build_app(town.ports(), settings(f"http://127.0.0.1:{port}"))
    options: dict[str, Any] = serve_options()
    await uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", **options)).serve()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8000))
