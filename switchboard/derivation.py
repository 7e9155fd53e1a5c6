"""A deadline with every day of it, as plain data and in words that an official can check."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from hotline.words import Article, Day, Deadline

_WEEKDAYS: Final = "一二三四五六日"


def deadline_data(deadline: Deadline) -> dict[str, Any]:
    """A deadline as plain data, each day with its reason."""
    return {
        "due_at": deadline.due_at.isoformat(),
        "provisional": deadline.provisional,
        "counted_days": [day.date.isoformat() for day in deadline.derivation if day.counted],
        "days": [
            {
                "date": day.date.isoformat(),
                "counted": day.counted,
                "why": day.why,
                "running": day.running,
            }
            for day in deadline.derivation
        ],
        "article": article_data(deadline.article),
        "notes": list(deadline.notes),
    }


def deadline_text(found: dict[str, Any]) -> list[str]:
    """The lines of a deadline that :func:`deadline_data` made, with its ``limit`` in words."""
    mark = "（暂定）" if found["provisional"] else ""
    lines = [f"到期：{moment_text(dt.datetime.fromisoformat(found['due_at']))}{mark}"]
    lines += [f"期限：{found['limit']}", cited(found["article"])]
    lines += [f"说明：{note}" for note in found["notes"]]
    if found["days"]:
        days = [Day(**one | {"date": dt.date.fromisoformat(one["date"])}) for one in found["days"]]
        lines += ["逐日：", *strip_text(days)]
    return lines


def strip_text(days: list[Day]) -> list[str]:
    """One line a counted day; neighbouring skipped days of one reason share a line."""
    lines = []
    run: list[Day] = []
    for day, following in zip(days, [*days[1:], None], strict=True):
        run.append(day)
        if following and not day.counted and not following.counted and day.why == following.why:
            continue
        count = f"第{day.running}日" if day.counted else "不计"
        until = f"至{day_text(day.date)}" if len(run) > 1 else ""
        lines.append(f"  {day_text(run[0].date)}{until}  {count}  {day.why}")
        run = []
    return lines


def cited(article: dict[str, str]) -> str:
    """An article with its words."""
    quote = f"：“{article['quote']}”" if article["quote"] else ""
    return f"依据：{article['document']} {article['number']}{quote}"


def day_text(day: dt.date) -> str:
    """A day as people write it."""
    return f"{day.month}月{day.day}日（周{_WEEKDAYS[day.weekday()]}）"


def moment_text(at: dt.datetime) -> str:
    """The last second of a day is what the law calls 24:00."""
    clock = "24:00" if at.time() == dt.time(23, 59, 59) else f"{at:%H:%M}"
    return f"{at.year}年{day_text(at.date())}{clock}"


def article_data(article: Article | None) -> dict[str, str] | None:
    """An article as plain data."""
    if article is None:
        return None
    return {"document": article.document, "number": article.number, "quote": article.quote}
