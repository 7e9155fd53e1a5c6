"""The day strip 为什么是这一天: every calendar day of a deadline, counted or skipped, and why."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent_desk.chinese import WEEKDAYS
from agent_desk.handling_views import DateTurn
from agent_desk.ticket_views import DueDate

LONGEST: Final = 56
"""So many days stand open; of a longer strip whole months are folded."""

OPEN: Final = "暂定"
"""A day of a year whose notice is not out."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One day. ``look`` are the classes of the design; ``said`` is for readers of screens."""

    weekday: str
    date: str
    count: str
    why: str
    look: str
    said: str
    day: dt.date = dt.date.min


@dataclass(frozen=True, slots=True)
class Stretch:
    """A run of days; with a ``title`` it is folded under it."""

    cells: tuple[Cell, ...]
    title: str = ""


def strip_of(due: DueDate, today: dt.date, turns: Sequence[DateTurn] = ()) -> list[Cell]:
    """The cells of a due date, oldest first; empty where the city sets no limit, and where it runs
    by the hour. ``turns`` say where the count began anew and where it was lengthened."""
    cells: list[Cell] = []
    last = len(due.derivation) - 1
    anew = bool(turns) and _last_start(turns) == "anew"
    longer = _lengthened(due, turns)
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
        if (first and anew) or day.date in longer:
            looks.append("turn")
        month_shown = first or day.date.day == 1
        date = f"{day.date.month}/{day.date.day}" if month_shown else str(day.date.day)
        count = str(day.running) if day.counted and day.running is not None else ""
        weekday = WEEKDAYS[day.date.weekday()]
        counted = f"第 {count} 日" if count else "不计"
        turn = "重新起算 " if first and anew else f"{longer.get(day.date, '')} ".lstrip()
        end = " 到期" if index == last else ""
        said = (
            f"{day.date.month}月{day.date.day}日 周{weekday} {counted} {turn}{day.why}{end}".strip()
        )
        why = longer.get(day.date) or _short(day.why)
        if index == last and why in ("", OPEN):
            why = "到期"
        if first and anew:
            why = "重算"
        cells.append(
            Cell(weekday, date, count or "·", why, " ".join(looks), said.strip(), day.date)
        )
    return cells


def _last_start(turns: Sequence[DateTurn]) -> str:
    return next((one.effect for one in reversed(turns) if one.effect in ("start", "anew")), "start")


def _lengthened(due: DueDate, turns: Sequence[DateTurn]) -> dict[dt.date, str]:
    """The first day of every extension since the count began: the day after the old due date."""
    found: dict[dt.date, str] = {}
    before: dt.datetime | None = None
    for turn in turns:
        if turn.effect in ("start", "anew"):
            found.clear()
        elif turn.effect == "longer" and before is not None and due.due_at is not None:
            old = before.astimezone(due.due_at.tzinfo).date()
            found[old + dt.timedelta(days=1)] = f"延期{len(found) + 1}"
        before = turn.due_at
    return found


def folded(cells: Sequence[Cell]) -> list[Stretch]:
    """The strip in stretches: of a long one the whole months in the middle that hold no turn, not
    today and not the last day are folded."""
    if len(cells) <= LONGEST:
        return [Stretch(tuple(cells))] if cells else []
    stretches: list[Stretch] = []
    for cell in cells:
        month = (cell.day.year, cell.day.month)
        here = stretches[-1].cells if stretches else ()
        if here and (here[0].day.year, here[0].day.month) == month:
            stretches[-1] = Stretch((*here, cell))
        else:
            stretches.append(Stretch((cell,)))
    inner = range(1, len(stretches) - 1)
    return _joined(_titled(one) if n in inner else one for n, one in enumerate(stretches))


def _joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Neighbours that stand open are one grid, so that weeks stay under one another."""
    found: list[Stretch] = []
    for one in stretches:
        if found and not one.title and not found[-1].title:
            found[-1] = Stretch((*found[-1].cells, *one.cells))
        else:
            found.append(one)
    return found


def _titled(stretch: Stretch) -> Stretch:
    looks = {look for cell in stretch.cells for look in cell.look.split()}
    if looks & {"today", "turn"}:
        return stretch
    first, last = stretch.cells[0].day, stretch.cells[-1].day
    counted = sum(cell.count != "·" for cell in stretch.cells)
    title = f"{first.month}月{first.day}日至{last.day}日，计 {counted} 日"
    return replace(stretch, title=title)


def span_said(cells: Sequence[Cell]) -> str:
    """What the strip as a whole is called, for readers of screens."""
    if not cells:
        return "逐日计数"
    first, last = cells[0].day, cells[-1].day
    return f"{first.year}年{first.month}月{first.day}日至{last.month}月{last.day}日，逐日计数"


def _short(why: str) -> str:
    """What fits into a cell: an ordinary day needs no word, 国庆节 is 国庆."""
    if why.startswith("起算"):
        return "收到"
    if why.startswith("调休"):
        return "调休"
    if why.startswith("退回审核"):
        return "审核"
    provisional = "（暂定）" in why
    why = re.sub(r"（.*?）", "", why)
    if why in ("工作日", "自然日"):
        return OPEN if provisional else ""
    return why.removesuffix("节")[:3]
