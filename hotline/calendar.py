"""Which days are working days (工作日), and by whose word.

China needs two lists a year: holidays (放假) and make-up days (调休上班), both from the State
Council's notice, which appears in November for the next year. A year whose notice is not in the
calendar is counted Monday to Friday less the holidays whose dates the statute itself fixes
(全国年节及纪念日放假办法 第二条: 1 January, 1–2 May, 1–3 October); such days are *provisional*
(暂定), because lunar holidays and make-up days are missing, and are counted again when the notice
is imported.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from hotline.errors import BadPolicy
from hotline.words import Article

_DAY: Final = dt.timedelta(days=1)
_KEYS: Final = {"name", "from", "to", "make_up", "quote"}
_FIXED: Final[Mapping[tuple[int, int], str]] = {
    (1, 1): "元旦",
    (5, 1): "劳动节",
    (5, 2): "劳动节",
    (10, 1): "国庆节",
    (10, 2): "国庆节",
    (10, 3): "国庆节",
}


@dataclass(frozen=True, slots=True)
class DayKind:
    """What a day is: ``why`` in Chinese, e.g. 工作日, 周末, 国庆节, 调休上班."""

    working: bool
    why: str
    provisional: bool = False


class Calendar(Protocol):
    """Working days of mainland China. Days of ``known_years`` are certain, others provisional."""

    @property
    def notices(self) -> Mapping[int, Article]:
        """The State Council's notice of each year that is certain."""
        ...

    @property
    def walked(self) -> dict[Hashable, Any]:
        """Walks over these days that were done before: the same start and span give the same days,
        and most tickets of a day ask for the same ones."""
        ...

    @property
    def known_years(self) -> frozenset[int]:
        """The years of the notices."""
        ...

    def look(self, day: dt.date) -> DayKind:
        """What a day is and why."""
        ...

    def is_working(self, day: dt.date) -> bool:
        """Whether a day counts."""
        ...


@dataclass(frozen=True, slots=True)
class Notices:
    """The calendar that the notices make."""

    holidays: Mapping[dt.date, str]
    make_up_days: Mapping[dt.date, str]
    notices: Mapping[int, Article]
    walked: dict[Hashable, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def known_years(self) -> frozenset[int]:
        return frozenset(self.notices)

    def look(self, day: dt.date) -> DayKind:
        """What a day is and why."""
        if day in self.make_up_days:
            return DayKind(True, f"调休上班（{self.make_up_days[day]}）")
        if day in self.holidays:
            return DayKind(False, self.holidays[day])
        weekend = day.weekday() >= 5
        if day.year in self.known_years:
            return DayKind(not weekend, "周末" if weekend else "工作日")
        if fixed := _FIXED.get((day.month, day.day)):
            return DayKind(False, f"{fixed}（暂定）", provisional=True)
        return DayKind(
            not weekend, "周末（暂定）" if weekend else "工作日（暂定）", provisional=True
        )

    def is_working(self, day: dt.date) -> bool:
        return self.look(day).working


def parse(files: Sequence[tuple[str, Mapping[str, Any]]]) -> Notices:
    """A calendar from the tables of its files, one year each; a later file of the same year
    replaces an earlier one. Raises BadPolicy(file, key, why)."""
    by_year: dict[int, tuple[str, Mapping[str, Any]]] = {}
    for name, table in files:
        by_year[_year(name, table)] = (name, table)
    holidays: dict[dt.date, str] = {}
    make_up: dict[dt.date, str] = {}
    notices: dict[int, Article] = {}
    for year, (name, table) in sorted(by_year.items()):
        entries = table.get("holiday")
        if not isinstance(entries, list) or not entries:
            raise BadPolicy(name, "holiday", "缺少节日，每个节日写一节 [[holiday]]")
        for entry in entries:
            _add(name, year, entry, holidays, make_up)
        document = table.get("document")
        if not isinstance(document, str):
            raise BadPolicy(name, "document", "缺少放假通知的名称")
        notices[year] = Article(document, "")
    if both := holidays.keys() & make_up.keys():
        raise BadPolicy("calendar", str(min(both)), "这一天既写成放假又写成上班")
    return Notices(holidays, make_up, notices)


def _year(name: str, table: Mapping[str, Any]) -> int:
    year = table.get("year")
    if isinstance(year, bool) or not isinstance(year, int) or not 2000 <= year <= 2100:
        raise BadPolicy(name, "year", "应写成 year = 2027 这样的年份")
    return year


def _add(
    name: str,
    year: int,
    entry: Any,
    holidays: dict[dt.date, str],
    make_up: dict[dt.date, str],
) -> None:
    """Put one holiday with its make-up days on the two lists."""
    if not isinstance(entry, dict) or not {"name", "from", "to"} <= entry.keys():
        raise BadPolicy(name, "holiday", "每个节日都要写 name、from、to")
    title = str(entry["name"])
    if extra := entry.keys() - _KEYS:
        raise BadPolicy(name, f"holiday {title}", f"不认识“{min(extra)}”")
    first, last = _date(name, title, entry["from"]), _date(name, title, entry["to"])
    if last < first or (last - first).days > 15 or year not in (first.year, last.year):
        raise BadPolicy(name, f"holiday {title}", f"{first}至{last}不像{year}年的假期")
    for offset in range((last - first).days + 1):
        holidays[first + offset * _DAY] = title
    for raw in entry.get("make_up", []):
        day = _date(name, title, raw)
        if day.weekday() < 5:
            raise BadPolicy(name, f"holiday {title}", f"调休上班日{day}不是周末")
        make_up[day] = title


def _date(name: str, title: str, raw: object) -> dt.date:
    if isinstance(raw, dt.datetime) or not isinstance(raw, dt.date):
        raise BadPolicy(name, f"holiday {title}", "日期应写成 2027-01-01，不加引号")
    return raw
