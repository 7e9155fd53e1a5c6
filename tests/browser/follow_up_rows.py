"""Whom to follow up, for pictures: every reason, long words, late and early, held and vain."""

from __future__ import annotations

import datetime as dt

from hotline.words import TicketType
from tests.agent_desk.fake_follow_ups import a_row
from tests.agent_desk.fakes import MORNING, Town

_LONG = (
    "恒裕花园五栋西侧工地连续两周夜间施工到凌晨三点，居民多次向物业和工地反映没有结果，"
    "要求核查夜间施工许可并责令停止，同时书面答复处理情况"
)


async def owed(town: Town) -> None:
    """A morning's list in a city that calls about every result."""
    hour = dt.timedelta(hours=1)
    town.follow_ups.rows = [
        a_row("20260927-000018", why="回访办理结果", rating="", due_at=MORNING - 2 * hour,
              article="第三十条", summary=_LONG, tries=2, result="no-answer",
              tried_at=MORNING - hour),
        a_row("20260927-000031", why="回访办理结果", rating="", due_at=MORNING + 3 * hour,
              article="第三十条", held_by="古丽巴哈尔·阿不都热依木", type=TicketType.HELP,
              summary="小区停水两天，请尽快恢复"),
        a_row("20260927-000044", why="回访办理结果", rating="", due_at=MORNING + 9 * hour,
              article="第三十条", channel="短信", held_by="林晓岚", mine=True),
        a_row("20260926-000007", rating="非常不满意", summary=_LONG),
        a_row("20260926-000009", why="核实办理结果", rating="", article="第十六条",
              confidential=True, summary=""),
        a_row("20260926-000010", why="评价短信没有送达，电话征求评价", rating="",
              article="第十五条"),
    ]  # fmt: skip


async def many(town: Town) -> None:
    """Ten thousand: pages of twenty."""
    town.follow_ups.rows = [
        a_row(f"20260925-{number:06d}", summary=_LONG) for number in range(1, 10_001)
    ]


async def nobody(town: Town) -> None:
    """All done."""
    town.follow_ups.rows = []


async def with_ratings(town: Town) -> None:
    """A call that asks for a rating too."""
    town.follow_ups.options = ("非常满意", "满意", "基本满意", "不满意", "非常不满意")
    town.follow_ups.rows = [
        a_row(why="回访办理结果", rating="", article="第三十条",
              due_at=MORNING + dt.timedelta(hours=3), summary=_LONG, held_by="林晓岚", mine=True)
    ]  # fmt: skip
