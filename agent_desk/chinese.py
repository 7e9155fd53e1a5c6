"""Dates, durations and numbers as the pages say them. The zone is the city's, never the host's."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from agent_desk.ticket_views import DueDate
from hotline.words import AgentState, Outcome, Service, TicketType

NO_LIMIT = "本市办法未规定办理期限"
WEEKDAYS = "一二三四五六日"

OUTCOMES = {
    Outcome.ANSWERED: "接通",
    Outcome.ABANDONED: "排队中挂断",
    Outcome.TIMED_OUT: "等待超时",
    Outcome.TURNED_AWAY: "未能排队",
    Outcome.GREETING_HANG_UP: "开场语中挂断",
    Outcome.EMERGENCY: "紧急移交",
    Outcome.RETURN_CALL: "回拨",
}

STATES = {
    AgentState.OFFLINE: "离线",
    AgentState.READY: "就绪",
    AgentState.RINGING: "来电",
    AgentState.TALKING: "通话",
    AgentState.HELD: "保持",
    AgentState.WRAP_UP: "整理",
    AgentState.PAUSED: "小休",
}

SERVICES = {
    Service.POLICE: "报警",
    Service.FIRE: "火警",
    Service.MEDICAL: "急救",
    Service.TRAFFIC: "交通事故",
}

PHASES = {
    "menu": "来电人按 9，播放紧急菜单",
    "chosen": "已选",
    "trying": "呼叫",
    "ringing": "对方振铃",
    "answered": "已接听",
    "failed": "没有接通",
    "queued": "转入紧急队列，由话务员接",
    "cancelled": "来电人按星号，回到原处",
    "told": "已告知来电人拨打",
    "confirming": "已告知将转接，等来电人取消",
}

DIALLED = {
    "ANSWER": "",
    "BUSY": "占线",
    "NOANSWER": "无人接听",
    "CANCEL": "已取消",
    "CONGESTION": "线路不通",
    "CHANUNAVAIL": "线路不可用",
    "DONTCALL": "对方拒绝",
    "TORTURE": "对方拒绝",
    "INVALIDARGS": "线路设置有误",
}
"""What Dial() says of a trunk; that it was answered the phase says already."""

REASONS = {
    "key": "来电人按键",
    "words": "来电人说出险情",
    "agent": "话务员移交",
    "trunks-failed": "两条中继都没有接通",
    "nothing-pressed": "按 9 后没有再按键",
    "": "",
}

_TYPES = {TicketType.SUGGESTION: "意见建议"}


def type_name(type: TicketType) -> str:
    """The type as the regulations print it."""
    return _TYPES.get(type, type.value)


def duration(seconds: float | None) -> str:
    """``02:47``, ``1:02:47``; — when not known."""
    if seconds is None:
        return "—"
    minutes, s = divmod(max(round(seconds), 0), 60)
    hours, m = divmod(minutes, 60)
    return f"{hours}:{m:02}:{s:02}" if hours else f"{m:02}:{s:02}"


def percent(value: float | None) -> str:
    """``3.9``, without the sign; — when there is nothing to divide by."""
    return "—" if value is None else f"{value * 100:.1f}"


def milliseconds(value: float | None) -> str:
    """``0.4 秒`` below a minute, then ``1分50秒``; empty when not known."""
    if value is None:
        return ""
    if value < 60_000:
        return f"{value / 1000:.1f} 秒"
    minutes, seconds = divmod(round(value / 1000), 60)
    return f"{minutes}分{seconds:02}秒"


def file_size(size: int) -> str:
    """``0.4 MB``, ``12 KB``."""
    return f"{size / 1048576:.1f} MB" if size >= 1048576 else f"{max(round(size / 1024), 1)} KB"


def headline(summary: str) -> str:
    """The first sentence of a summary, at most 32 characters: a title, not a text."""
    first = re.split(r"[。；！？\n]", summary.strip(), maxsplit=1)[0]
    return first if len(first) <= 32 else f"{first[:31]}…"


def count(value: int) -> str:
    """``1,286``."""
    return f"{value:,}"


@dataclass(frozen=True, slots=True)
class Almanac:
    """Says times in the city's zone."""

    zone: ZoneInfo

    def day(self, at: dt.datetime) -> str:
        """``9月28日``."""
        local = at.astimezone(self.zone)
        return f"{local.month}月{local.day}日"

    def full_day(self, at: dt.datetime) -> str:
        """``2026年9月28日``."""
        return f"{at.astimezone(self.zone).year}年{self.day(at)}"

    def weekday(self, at: dt.datetime) -> str:
        """``周一``."""
        return f"周{WEEKDAYS[at.astimezone(self.zone).weekday()]}"

    def time(self, at: dt.datetime) -> str:
        """``10:42``."""
        return at.astimezone(self.zone).strftime("%H:%M")

    def clock(self, at: dt.datetime) -> str:
        """``10:42:16``."""
        return at.astimezone(self.zone).strftime("%H:%M:%S")

    def exact(self, at: dt.datetime) -> str:
        """``10:42:16.310``."""
        return at.astimezone(self.zone).strftime("%H:%M:%S.%f")[:-3]

    def when(self, at: dt.datetime, now: dt.datetime) -> str:
        """``今天 09:05``, ``9月22日 10:31``, ``2025年9月22日 10:31``."""
        local, today = at.astimezone(self.zone), now.astimezone(self.zone)
        if local.date() == today.date():
            return f"今天 {self.time(at)}"
        if local.date() == today.date() - dt.timedelta(days=1):
            return f"昨天 {self.time(at)}"
        day = self.day(at) if local.year == today.year else self.full_day(at)
        return f"{day} {self.time(at)}"

    def due_day(self, due: dt.datetime | None, now: dt.datetime) -> str:
        """``10月23日``, with the year when it is another one; 待定期限 without a limit."""
        if due is None:
            return "待定期限"
        same_year = due.astimezone(self.zone).year == now.astimezone(self.zone).year
        return self.day(due) if same_year else self.full_day(due)

    def instant(self, due: dt.datetime) -> str:
        """``2026年10月23日 24:00``: a limit in days runs out at the end of its last day."""
        local = due.astimezone(self.zone)
        end_of_day = (local.hour, local.minute, local.second) == (23, 59, 59)
        return f"{self.full_day(due)} {'24:00' if end_of_day else self.time(due)}"

    def left(self, due: dt.datetime | None, now: dt.datetime) -> str:
        """What is left, or how long it is past: calendar days, below 48 hours by the clock."""
        if due is None:
            return "本市未规定"
        days = (due.astimezone(self.zone).date() - now.astimezone(self.zone).date()).days
        span = _on_the_clock(abs(due - now)) or f"{abs(days)} 天"
        if due < now:
            return f"已超期 {span}"
        return f"今天到期，剩 {span}" if days == 0 else f"剩 {span}"

    def urgency(self, due: dt.datetime | None, now: dt.datetime) -> str:
        """The class of what is left: ``due`` overdue or due today (朱), ``warn`` tomorrow or
        without a limit (赭), ``soft`` else."""
        if due is None:
            return "warn"
        days = (due.astimezone(self.zone).date() - now.astimezone(self.zone).date()).days
        if due < now or days == 0:
            return "due"
        return "warn" if days == 1 else "soft"

    def due_sentence(self, type: TicketType, due: DueDate, now: dt.datetime) -> str:
        """``投诉，15 个工作日，到期 10月23日〔第十一条（三）〕``."""
        name = type_name(type)
        if due.due_at is None:
            return f"{name}，{NO_LIMIT}，保存后列入待定期限"
        cite = f"〔{due.article.number}〕" if due.article else ""
        provisional = "（暂定）" if due.provisional else ""
        limit = f"{due.limit}，" if due.limit else ""
        return f"{name}，{limit}到期 {self.due_day(due.due_at, now)}{provisional}{cite}"


def _on_the_clock(span: dt.timedelta) -> str:
    """``23 小时``, ``40 分钟``; empty from 48 hours on, which are said in days."""
    minutes = int(span.total_seconds() // 60)
    if minutes >= 48 * 60:
        return ""
    return f"{minutes // 60} 小时" if minutes >= 60 else f"{max(minutes, 1)} 分钟"


def since(at: dt.datetime, now: dt.datetime) -> str:
    """How long ago, to the minute: ``已过 12 分钟``, ``已过 3 小时 5 分``, ``已过 2 天``."""
    minutes = max(int((now - at).total_seconds() // 60), 0)
    if minutes < 60:
        return f"已过 {minutes} 分钟"
    if minutes < 48 * 60:
        return f"已过 {minutes // 60} 小时 {minutes % 60} 分"
    return f"已过 {minutes // (24 * 60)} 天"
