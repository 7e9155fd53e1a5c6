"""A holiday notice as officials hand it over: its rows checked, and written as a calendar file.

Every wrong cell is named, so that a person can put the whole file right at once. What a notice may
hold is judged harder than what :mod:`hotline.calendar` can read: a made-up day far from its holiday
is a typing error, and dates of tickets hang on it.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hotline.rulings import NUMBERED

NAME: Final = "节日"
FIRST: Final = "放假起"
LAST: Final = "放假止"
MAKE_UP: Final = "调休上班"
QUOTE: Final = "原文"
COLUMNS: Final = (NAME, FIRST, LAST, MAKE_UP, QUOTE)
USUAL: Final = ("元旦", "春节", "清明", "劳动", "端午", "中秋", "国庆")
"""The holidays of every year's notice (全国年节及纪念日放假办法 第二条)."""
_DAY: Final = dt.timedelta(days=1)
_LONGEST: Final = 16
_FARTHEST: Final = 45
"""Days of one holiday; days between a holiday and a day worked for it."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A cell that must be put right. ``row`` 0 is the file as a whole."""

    row: int
    column: str
    why: str

    def __str__(self) -> str:
        return f"第{self.row}行“{self.column}”：{self.why}" if self.row else self.why


@dataclass(frozen=True, slots=True)
class Holiday:
    """One holiday with the days worked for it (调休上班)."""

    name: str
    first: dt.date
    last: dt.date
    make_up: tuple[dt.date, ...] = ()
    quote: str = ""

    def days(self) -> Iterator[dt.date]:
        """Every day off."""
        return (self.first + n * _DAY for n in range((self.last - self.first).days + 1))


@dataclass(frozen=True, slots=True)
class Notice:
    """The notice of one year, with its document and number (文号)."""

    year: int
    document: str
    holidays: tuple[Holiday, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Holidays of every year that this notice does not name."""
        named = "".join(one.name for one in self.holidays)
        return tuple(one for one in USUAL if one not in named)

    def text(self) -> str:
        """The notice as a calendar file; :func:`hotline.calendar.parse` reads it."""
        lines = [f"year = {self.year}", f"document = {_quoted(self.document)}"]
        for one in self.holidays:
            lines += ["", "[[holiday]]", f"name = {_quoted(one.name)}"]
            lines += [f"from = {one.first}", f"to = {one.last}"]
            if one.make_up:
                lines.append(f"make_up = [{', '.join(map(str, one.make_up))}]")
            if one.quote:
                lines.append(f"quote = {_quoted(one.quote)}")
        return "\n".join(lines) + "\n"

    def rows(self) -> list[list[str]]:
        """The notice as a table with its heading; :func:`read` takes it again."""
        return [
            list(COLUMNS),
            *(
                [
                    one.name,
                    str(one.first),
                    str(one.last),
                    "、".join(map(str, one.make_up)),
                    one.quote,
                ]
                for one in self.holidays
            ),
        ]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: the notice where nothing is wrong, else every wrong cell."""

    notice: Notice | None
    wrong: tuple[Wrong, ...] = ()


def read(table: Sequence[Sequence[str]], *, year: int | None, document: str) -> Reading:
    """A notice from the rows of a table with its heading. ``year`` None: the year most of its
    holidays end in."""
    wrong = list(_head_wrong(table, document))
    if any(one.row <= 1 and one.column != "document" for one in wrong):
        return Reading(None, tuple(wrong))
    heads = [cell.strip() for cell in table[0]]
    holidays: list[tuple[int, Holiday]] = []
    for number, cells in enumerate(table[1:], start=2):
        row = {head: cell.strip() for head, cell in zip(heads, cells, strict=False)}
        if any(row.values()):
            holiday = _holiday(number, row, year, wrong)
            if holiday is not None:
                holidays.append((number, holiday))
    if not holidays and not wrong:
        wrong.append(Wrong(0, "file", "表里没有一个节日"))
    if holidays:
        year = year or _year_of([one for _, one in holidays])
        wrong += _together(holidays, year)
    if wrong or year is None:
        return Reading(None, tuple(sorted(wrong, key=lambda one: one.row)))
    ordered = sorted((one for _, one in holidays), key=lambda one: one.first)
    return Reading(Notice(year, document.strip(), tuple(ordered)))


def _head_wrong(table: Sequence[Sequence[str]], document: str) -> Iterator[Wrong]:
    if not NUMBERED.search(document):
        why = "请写明放假通知的名称和文号，照通知原件抄，如“……的通知（国办发明电〔××××〕×号）”"
        yield Wrong(0, "document", why)
    if not table or not any(cell.strip() for cell in table[0]):
        yield Wrong(0, "file", f"第一行要写列名：{'、'.join(COLUMNS)}")
        return
    heads = [cell.strip() for cell in table[0]]
    for needed in (NAME, FIRST, LAST, MAKE_UP):
        if needed not in heads:
            yield Wrong(1, needed, "缺少这一列")
    for head in sorted({one for one in heads if one}):
        if head not in COLUMNS:
            yield Wrong(1, head, f"不认识这一列，可写的是{'、'.join(COLUMNS)}")
        elif heads.count(head) > 1:
            yield Wrong(1, head, "这一列写了不止一次")


def _holiday(
    number: int, row: Mapping[str, str], year: int | None, wrong: list[Wrong]
) -> Holiday | None:
    """One row; what is wrong with it goes on the list."""
    before = len(wrong)
    if not row[NAME]:
        wrong.append(Wrong(number, NAME, "没有写节日的名称"))
    first, last = (_date(number, column, row[column], year, wrong) for column in (FIRST, LAST))
    make_up = [
        day
        for cell in re.split(r"[、，,;；\s]+", row.get(MAKE_UP, ""))
        if cell and (day := _date(number, MAKE_UP, cell, year, wrong)) is not None
    ]
    if first is None or last is None or len(wrong) > before:
        return None
    holiday = Holiday(row[NAME], first, last, tuple(sorted(set(make_up))), row.get(QUOTE, ""))
    wrong += _alone(number, holiday)
    return holiday if len(wrong) == before else None


def _date(
    number: int, column: str, text: str, year: int | None, wrong: list[Wrong]
) -> dt.date | None:
    """2027-02-05, 2027/2/5, 2027年2月5日; 2月5日 where the year of the notice is told."""
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", text)
    if found is None and year is not None and (short := re.fullmatch(r"(\d+)月(\d+)日", text)):
        found = re.fullmatch(r"(\d+)-(\d+)-(\d+)", f"{year}-{short[1]}-{short[2]}")
    try:
        if found is not None:
            return dt.date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    why = f"看不懂日期“{text}”，请写成 2027-02-05" if text else "没有写日期，请写成 2027-02-05"
    wrong.append(Wrong(number, column, why))
    return None


def _alone(number: int, one: Holiday) -> Iterator[Wrong]:
    """What is wrong with a holiday whatever stands beside it."""
    if one.last < one.first:
        yield Wrong(number, LAST, f"{one.last}早于放假起{one.first}")
        return
    if (one.last - one.first).days >= _LONGEST:
        yield Wrong(number, LAST, f"连放{(one.last - one.first).days + 1}天，不像一个节日")
    for day in one.make_up:
        if day.weekday() < 5:
            yield Wrong(number, MAKE_UP, f"{day}是周{'一二三四五'[day.weekday()]}，本来就上班")
        elif min(abs((day - one.first).days), abs((day - one.last).days)) > _FARTHEST:
            yield Wrong(number, MAKE_UP, f"{day}离这个假期太远，请核对月份")


def _year_of(holidays: Sequence[Holiday]) -> int:
    years = [one.last.year for one in holidays]
    return max(sorted(set(years)), key=years.count)


def _together(holidays: Sequence[tuple[int, Holiday]], year: int) -> Iterator[Wrong]:
    """What is wrong between the rows, and with the year."""
    off: dict[dt.date, str] = {}
    if not 2000 <= year <= 2100:
        yield Wrong(0, "year", f"{year}年不像放假通知的年份")
    for number, one in holidays:
        if year not in (one.first.year, one.last.year):
            yield Wrong(number, FIRST, f"{one.first}至{one.last}不在{year}年，一份通知只写一年")
        for day in one.days():
            if day in off:
                yield Wrong(number, FIRST, f"{day}已经是{off[day]}的假期")
                break
            off[day] = one.name
    worked: set[dt.date] = set()
    for number, one in holidays:
        for day in one.make_up:
            if day in off:
                yield Wrong(number, MAKE_UP, f"{day}既写成上班，又是{off[day]}的假期")
            elif day in worked:
                yield Wrong(number, MAKE_UP, f"{day}写了不止一次")
            worked.add(day)


def _quoted(text: str) -> str:
    """A text as TOML writes it, which is how JSON does."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
