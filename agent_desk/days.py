"""The day strip 为什么是这一天: every calendar day of a deadline, counted or skipped, and why."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from agent_desk.chinese import WEEKDAYS
from agent_desk.ticket_views import DueDate


@dataclass(frozen=True, slots=True)
class Cell:
    """One day. ``look`` are the classes of the design; ``said`` is for readers of screens."""

    weekday: str
    date: str
    count: str
    why: str
    look: str
    said: str


def strip_of(due: DueDate, today: dt.date) -> list[Cell]:
    """The cells of a due date, oldest first; empty where the city sets no limit."""
    cells: list[Cell] = []
    last = len(due.derivation) - 1
    for index, day in enumerate(due.derivation):
        first = index == 0
        looks = [] if day.counted or first else ["skip-day"]
        if day.counted and "调休" in day.why:
            looks.append("made-up")
        if day.date == today:
            looks.append("today")
        elif day.date < today:
            looks.append("past")
        if index == last:
            looks.append("last")
        month_shown = first or day.date.day == 1
        date = f"{day.date.month}/{day.date.day}" if month_shown else str(day.date.day)
        count = str(day.running) if day.counted and day.running is not None else ""
        weekday = WEEKDAYS[day.date.weekday()]
        counted = f"第 {count} 日" if count else "不计"
        said = f"{day.date.month}月{day.date.day}日 周{weekday} {counted} {day.why}".strip()
        why = _short(day.why) or ("到期" if index == last else "")
        cells.append(Cell(weekday, date, count or "·", why, " ".join(looks), said))
    return cells


def _short(why: str) -> str:
    """What fits into a cell: an ordinary day needs no word, 国庆节 is 国庆."""
    if why.startswith("起算"):
        return "收到"
    if why.startswith("调休"):
        return "调休"
    why = re.sub(r"（.*?）", "", why)
    return "" if why in ("工作日", "自然日") else why.removesuffix("节")[:3]
