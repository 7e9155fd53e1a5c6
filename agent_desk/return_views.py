"""Tasks to call somebody back (回拨), as the desk shows them, and who keeps them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, Protocol

from agent_desk.ticket_call_views import TicketCalls
from agent_desk.views import Person
from hotline.words import AgentId, Outcome, Phone, ReturnCallId

ReturnList = Literal["open", "today", "closed"]

LIST_NAMES: dict[ReturnList, str] = {"open": "待拨", "today": "今天", "closed": "已关闭"}

DISMISSALS: dict[str, str] = {
    "handled": "已用别的方式联系",
    "nuisance": "骚扰电话",
    "wrong-number": "打错了",
    "other": "其他",
}
"""Reasons for not calling back, as a person picks them."""

REASONS: dict[str, str] = {
    "got-through": "来电人已自行接通",
    "reached": "已回拨接通",
    "no-number": "无法回拨：号码不可用",
    **{code: f"无需回拨：{words}" for code, words in DISMISSALS.items()},
}
"""Why a task is closed."""

RESULTS: dict[str, str] = {
    "busy": "占线",
    "no-answer": "无人接听",
    "seat-no-answer": "本席没有接起",
    "cancelled": "未接通就挂断",
    "unreachable": "线路不通",
    "congestion": "线路忙",
    "not-allowed": "号码不能外呼",
    "refused": "交换机没有拨出",
    "failed": "没有接通",
    "unknown": "结果不明",
    "dialling": "中断",
    "reached": "接通",
}
"""How an attempt ended."""

PLACES: dict[str, str] = {
    "greeting": "开场语中",
    "queue": "排队中",
    "emergency": "紧急移交中",
    "answered": "答复有误",
}
"""Where the caller was when he was lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRow:
    """One task. ``urgent`` is the emergency number that was not reached, "emergency" where none was
    chosen, else empty. ``opened_at`` is the first loss, ``lost_at`` the latest."""

    id: ReturnCallId
    caller: Phone
    state: Literal["waiting", "dialling", "closed"]
    urgent: str
    place: str
    outcome: Outcome
    losses: int
    waited_s: float | None
    opened_at: dt.datetime
    lost_at: dt.datetime
    tries: int = 0
    tried_at: dt.datetime | None = None
    result: str = ""
    agent: AgentId | None = None
    agent_name: str = ""
    closed_at: dt.datetime | None = None
    reason: str = ""
    about: str = ""
    """The title of the article that told the caller something wrong (召回); place is answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCounts:
    """How many tasks each list holds; ``emergencies`` are among the open ones."""

    open: int
    emergencies: int
    today: int
    closed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnPage:
    """A part of a list, and the numbers beside the lists."""

    rows: tuple[ReturnRow, ...]
    counts: ReturnCounts
    total: int
    size: int = 50


class ReturnCalls(Protocol):
    """The tasks to call somebody back."""

    @property
    def tickets(self) -> TicketCalls:
        """Calls of the same way that are begun on the page of a ticket, and are nobody's task."""

    async def page(self, which: ReturnList, number: int, size: int = 50) -> ReturnPage:
        """Open ones: emergencies that reached nobody first, then who waits longest; the others
        newest first."""

    async def dial(self, task: ReturnCallId, by: Person) -> None:
        """Ring the agent's own telephone, then the citizen. Raises ImpossibleMove where another
        attempt lasts or the seat cannot call now, NoSuch, NotAllowed for who has no seat."""

    async def dismiss(self, task: ReturnCallId, reason: str, by: Person) -> None:
        """Nobody is called back. Raises BadInput, ImpossibleMove, NoSuch."""
