"""The holiday notices of an installation: previewed, imported under DATA, shown, written out."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import hotline.calendar
from hotline.calendar import Notices
from hotline.errors import BadInput
from hotline.holiday_notice import Holiday, Notice, Reading
from switchboard.calendar_recount import Recounted, changed_days
from switchboard.derivation import day_text
from switchboard.policies import calendar_tables, load_calendar, own_calendars

_SHOWN: Final = 20
"""So many tickets are told one by one; the JSON has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarPreview:
    """What importing a notice would do, or has done."""

    notice: Notice
    before: Notices
    after: Notices
    known: bool
    """Whether this very notice is stored already."""

    @property
    def changed(self) -> list[dt.date]:
        """Days that are another than before."""
        return changed_days(self.before, self.after)


def preview_of(data: Path, notice: Notice) -> CalendarPreview:
    """What the calendar would be with a notice. Raises BadPolicy where it does not go together
    with the other years."""
    before = load_calendar(data)
    stored = _file(data, notice.year)
    tables = [*calendar_tables(data), (str(stored), tomllib.loads(notice.text()))]
    after = hotline.calendar.parse(tables)
    known = stored.exists() and stored.read_text("utf-8") == notice.text()
    return CalendarPreview(notice=notice, before=before, after=after, known=known)


def store(data: Path, notice: Notice) -> Path:
    """Put the notice under DATA, in one step; what was there under that year is replaced."""
    file = _file(data, notice.year)
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".new")
    draft.write_text(notice.text(), encoding="utf-8")
    return draft.replace(file)


def _file(data: Path, year: int) -> Path:
    return own_calendars(data) / f"{year}.toml"


def wrong_text(name: str, reading: Reading) -> str:
    """Every wrong cell, for whoever must put them right."""
    lines = [f"{name}：有{len(reading.wrong)}处要改正，没有导入"]
    return "\n".join([*lines, *(f"  {one}" for one in reading.wrong)])


def wrong_data(reading: Reading) -> dict[str, Any]:
    """The same as plain data."""
    errors = [{"row": one.row, "column": one.column, "why": one.why} for one in reading.wrong]
    return {"stored": False, "errors": errors}


def preview_text(preview: CalendarPreview, moved: Sequence[Recounted], *, stored: bool) -> str:
    """For an official: the days, then the tickets."""
    notice = preview.notice
    off = sum(len(list(one.days())) for one in notice.holidays)
    worked = sum(len(one.make_up) for one in notice.holidays)
    lines = [f"{notice.year}年：{notice.document}"]
    lines.append(f"{len(notice.holidays)}个节日，放假{off}天，调休上班{worked}天")
    lines += [f"  {_holiday_text(one)}" for one in notice.rows()[1:]]
    if notice.missing:
        lines.append(f"请核对：没有写{'、'.join(notice.missing)}，每年的通知一般都有")
    if preview.known:
        lines.append("与已经录入的完全相同")
    done = "已重新计数" if stored else "会重新计数"
    shifted = [one for one in moved if one.moved]
    firm = [one for one in moved if one.was_provisional and not one.deadline.provisional]
    lines.append(
        f"没有办结的工单：{len(moved)}件{done}，{len(shifted)}件换了日子，{len(firm)}件不再暂定"
    )
    lines += [f"  {one.ticket} {one.type}：{one.what}" for one in moved[:_SHOWN]]
    if len(moved) > _SHOWN:
        lines.append(f"  ……另有{len(moved) - _SHOWN}件，--json 列出全部")
    last = "已录入；正在运行的系统几秒内改用新日历，不必重新启动。"
    return "\n".join([*lines, last if stored else "只是预览，没有录入。"])


def preview_data(
    preview: CalendarPreview, moved: Sequence[Recounted], *, stored: bool
) -> dict[str, Any]:
    """``{"stored","year","document","holidays","missing","days","tickets","errors"}``."""
    return {
        "stored": stored,
        "errors": [],
        "known": preview.known,
        **notice_data(preview.notice),
        "missing": list(preview.notice.missing),
        "days": [
            {
                "date": day.isoformat(),
                "before": preview.before.look(day).why,
                "after": preview.after.look(day).why,
            }
            for day in preview.changed
        ],
        "tickets": [
            {
                "ticket": one.ticket,
                "before": one.before.isoformat(),
                "was_provisional": one.was_provisional,
                "after": one.deadline.due_at.isoformat(),
                "provisional": one.deadline.provisional,
            }
            for one in moved
        ],
    }


def notice_data(notice: Notice) -> dict[str, Any]:
    """A notice in the shape that can be imported again as JSON."""
    return {
        "year": notice.year,
        "document": notice.document,
        "holiday": [
            {
                "name": one.name,
                "from": one.first.isoformat(),
                "to": one.last.isoformat(),
                "make_up": [day.isoformat() for day in one.make_up],
                "quote": one.quote,
            }
            for one in notice.holidays
        ],
    }


def years_text(data: Path, found: Mapping[int, Notice]) -> str:
    """Every year in a line: its notice, and whether it came with the programs."""
    return "\n".join(
        f"{year}年  {'本地录入' if _file(data, year).exists() else '随系统'}  {notice.document}"
        for year, notice in sorted(found.items())
    )


def notice_text(notice: Notice) -> str:
    """One notice for people."""
    lines = [f"{notice.year}年：{notice.document}"]
    return "\n".join([*lines, *(f"  {_holiday_text(row)}" for row in notice.rows()[1:])])


def _holiday_text(row: Sequence[str]) -> str:
    name, first, last, made_up, _ = row
    days = [dt.date.fromisoformat(day) for day in (first, last)]
    until = f"至{day_text(days[1])}" if first != last else ""
    worked = "、".join(day_text(dt.date.fromisoformat(day)) for day in made_up.split("、") if day)
    return f"{name}  {day_text(days[0])}{until}放假" + (f"；{worked}上班" if worked else "")


def as_json(data: object) -> str:
    """For programs."""
    return json.dumps(data, ensure_ascii=False, indent=2)


def notices(data: Path) -> dict[int, Notice]:
    """The notice in force of every year."""
    found = {}
    for _, table in calendar_tables(data):
        holidays = [
            Holiday(
                one["name"],
                one["from"],
                one["to"],
                tuple(one.get("make_up", ())),
                one.get("quote", ""),
            )
            for one in table["holiday"]
        ]
        found[table["year"]] = Notice(table["year"], table["document"], tuple(holidays))
    return found


def year_of(found: Mapping[int, Notice], year: int) -> Notice:
    """The notice of a year. Raises BadInput."""
    if year not in found:
        known = "、".join(map(str, sorted(found)))
        raise BadInput("year", f"没有{year}年的放假通知，已有{known}年")
    return found[year]
