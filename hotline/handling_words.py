"""The words of a ticket's handling (办理): where it stands, what is done, by whom.

Nothing said or written by a person is here; reasons are the codes of the city's pack.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hotline.words import UnitId


class Stage(StrEnum):
    """Where a ticket is in its loop (办理环节), as the list shows it."""

    REGISTERED = "登记"
    AWAITING_ORDER = "待批示"
    TO_DISPATCH = "待派单"
    DISPATCHED = "待签收"
    HANDLING = "办理中"
    RETURN_ASKED = "退回待审"
    DISPUTED = "争议待定"
    EXTENSION_ASKED = "延期待审"
    CLOSE_ASKED = "办结待审"
    CLOSED = "待回访"
    RATED = "已评价"
    ANSWERED = "已直接答复"
    REFUSED = "不予受理"
    SHELVED = "暂无法解决备案"
    MOVED = "异地转办"
    WITHDRAWN = "已撤回"
    MERGED = "已并单"
    ARCHIVED = "已归档"


FINAL: Final = frozenset({Stage.REFUSED, Stage.MERGED, Stage.ARCHIVED})
"""Nothing more is done to such a ticket; each has its reason."""

LIMIT_OVER: Final = FINAL | {
    Stage.CLOSED,
    Stage.RATED,
    Stage.ANSWERED,
    Stage.SHELVED,
    Stage.MOVED,
    Stage.WITHDRAWN,
}
"""No unit has anything to do within a limit any more: such a ticket is never overdue."""


class Act(StrEnum):
    """What can be done to a ticket (办理动作)."""

    REGISTER = "登记"
    ANSWER = "直接答复"
    REFUSE = "不予受理"
    REVIEW = "审核通过"
    SEND_UP = "报批"
    ORDER = "批示"
    DISPATCH = "派单"
    SIGN = "签收"
    CONTACT = "联系诉求人"
    REPORT = "阶段性报告"
    ASSIST = "报送协办情况"
    ASK_RETURN = "申请退回"
    GRANT_RETURN = "同意退回"
    DENY_RETURN = "驳回退回"
    DISPUTE = "提请协调"
    SETTLE = "协调确定"
    ASK_EXTENSION = "申请延期"
    GRANT_EXTENSION = "同意延期"
    DENY_EXTENSION = "驳回延期"
    ASK_CLOSE = "申请办结"
    DENY_CLOSE = "退回继续办理"
    CLOSE = "同意办结"
    SHELVE = "暂无法解决备案"
    INVITE = "请评价"
    FOLLOW_UP = "回访"
    RATE = "评价"
    LAPSE = "未评价"
    CORRECT = "核改评价"
    REDO = "重办"
    ARCHIVE = "归档"
    WITHDRAW = "撤回诉求"
    MERGE = "并单"
    MOVE = "异地转办"
    REMIND = "催办"
    SUPERVISE = "督办"


DESIGNATED: Final = "designated"
"""The code of a dispatch that names the unit chiefly responsible (指定主要责任单位): it solves the
problem first and may not send it back (河北 第七条)."""


class Part(StrEnum):
    """In whose name somebody acts (办理身份). One person may have several parts."""

    AGENT = "话务员"
    REVIEWER = "审核人"
    CENTRE = "热线机构"
    LEADER = "批示领导"
    UNIT = "承办单位"
    HELPER = "协办单位"
    MANAGER = "管理机构"
    CITY = "市热线"
    CALLER = "诉求人"
    CLOCK = "系统"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketActed:
    """One act on one ticket, in its stream.

    ``unit`` is the handling unit an act names or comes from, ``helpers`` those that assist (协办).
    ``code`` is the coded reason, rating, form or manner of the act, ``days`` what a decision
    granted where the pack leaves it open. ``body`` is which body acted (ZQ 15–16: the rating is the
    city hotline's, the redo the unit's).
    """

    at: dt.datetime
    ticket: str
    act: Act
    by: str
    part: Part
    body: str
    stage: Stage
    """Where the ticket stands after it."""
    unit: UnitId | None = None
    helpers: tuple[UnitId, ...] = ()
    code: str = ""
    days: int | None = None
