"""The calendar against the notices it quotes, and against two independent libraries."""

from __future__ import annotations

import datetime as dt
from typing import Any

import chinese_calendar
import holidays
import pytest

from hotline.calendar import parse
from hotline.errors import BadPolicy
from tests.hotline.shipped import calendar, read, text

YEARS = (2025, 2026)


def days_of(year: int) -> list[dt.date]:
    first = dt.date(year, 1, 1)
    return [first + dt.timedelta(n) for n in range((dt.date(year + 1, 1, 1) - first).days)]


@pytest.mark.parametrize("year", YEARS)
def test_every_day_agrees_with_the_library_chinesecalendar(year: int) -> None:
    wrong = [
        day
        for day in days_of(year)
        if calendar().is_working(day) != chinese_calendar.is_workday(day)
    ]
    assert wrong == []


@pytest.mark.parametrize("year", YEARS)
def test_every_day_agrees_with_the_library_holidays(year: int) -> None:
    china = holidays.country_holidays("CN", years=year)
    wrong = [
        day for day in days_of(year) if calendar().is_working(day) != china.is_working_day(day)
    ]
    assert wrong == []


@pytest.mark.parametrize("year", YEARS)
def test_every_holiday_quotes_the_notice_and_agrees_with_its_own_quotation(year: int) -> None:
    printed = text(f"holidays-{year}")
    for entry in read(f"calendar/{year}.toml")["holiday"]:
        quote = entry["quote"]
        assert quote in printed
        assert f"{entry['from'].month}月{entry['from'].day}日" in quote
        for day in entry.get("make_up", []):
            assert f"{day.month}月{day.day}日（周{'一二三四五六日'[day.weekday()]}）" in quote
        assert ("上班" in quote) == bool(entry.get("make_up"))


@pytest.mark.parametrize("year", YEARS)
def test_no_holiday_of_the_notice_is_left_out(year: int) -> None:
    quoted = [entry["quote"] for entry in read(f"calendar/{year}.toml")["holiday"]]
    lines = [line for line in text(f"holidays-{year}").splitlines() if line[1:2] == "、"]
    assert [line[2:] for line in lines] == quoted


def test_the_reason_of_a_day_is_said_in_words() -> None:
    def why(text_: str) -> str:
        return calendar().look(dt.date.fromisoformat(text_)).why

    assert why("2026-09-25") == "中秋节"
    assert why("2026-10-10") == "调休上班（国庆节）"
    assert why("2026-10-11") == "周末"
    assert why("2026-10-12") == "工作日"
    assert why("2027-01-01") == "元旦（暂定）"
    assert why("2027-01-02") == "周末（暂定）"
    assert why("2027-01-04") == "工作日（暂定）"


def test_a_year_without_a_notice_is_provisional_from_its_first_day_to_its_last() -> None:
    assert calendar().known_years == {2025, 2026}
    assert all(calendar().look(day).provisional for day in days_of(2027))
    assert not any(calendar().look(day).provisional for day in days_of(2026))


def test_an_unknown_year_skips_only_what_the_statute_itself_fixes() -> None:
    off = {
        (day.month, day.day)
        for day in days_of(2027)
        if day.weekday() < 5 and not calendar().is_working(day)
    }
    assert off == {(1, 1), (10, 1)}, "1-2 May and 2-3 October 2027 fall on a weekend"


def test_the_notice_of_a_new_year_makes_it_certain_and_may_touch_the_year_before() -> None:
    table = {
        "year": 2027,
        "document": "通知",
        "holiday": [
            {
                "name": "元旦",
                "from": dt.date(2026, 12, 31),
                "to": dt.date(2027, 1, 2),
                "make_up": [dt.date(2026, 12, 27)],
            }
        ],
    }
    names = [f"calendar/{year}.toml" for year in YEARS]
    made = parse([*((name, read(name)) for name in names), ("2027.toml", table)])
    assert made.known_years == {2025, 2026, 2027}
    assert not made.is_working(dt.date(2026, 12, 31))
    assert made.is_working(dt.date(2026, 12, 27))
    assert not made.look(dt.date(2027, 3, 1)).provisional


def test_a_later_file_of_a_year_replaces_the_earlier_one() -> None:
    table = {"year": 2026, "document": "更正", "holiday": [day_off(dt.date(2026, 3, 2))]}
    made = parse([("2026.toml", read("calendar/2026.toml")), ("own.toml", table)])
    assert not made.is_working(dt.date(2026, 3, 2))
    assert made.is_working(dt.date(2026, 10, 1))


def day_off(day: Any, until: Any = None, **more: Any) -> dict[str, Any]:
    return {"name": "节", "from": day, "to": until or day, **more}


NEW_YEAR = dt.date(2027, 1, 1)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({}, "year"),
        ({"year": "2027"}, "year"),
        ({"year": 2027, "document": "x"}, "缺少节日"),
        ({"year": 2027, "holiday": [day_off(NEW_YEAR)]}, "名称"),
        ({"year": 2027, "document": "x", "holiday": [{"name": "节"}]}, "from"),
        ({"year": 2027, "document": "x", "holiday": [day_off("2027-01-01")]}, "不加引号"),
        ({"year": 2027, "document": "x", "holiday": [day_off(NEW_YEAR, note="y")]}, "不认识"),
        ({"year": 2027, "document": "x", "holiday": [day_off(dt.date(2026, 1, 1))]}, "不像"),
        (
            {
                "year": 2027,
                "document": "x",
                "holiday": [day_off(NEW_YEAR, dt.date(2027, 2, 1))],
            },
            "不像",
        ),
        (
            {
                "year": 2027,
                "document": "x",
                "holiday": [day_off(NEW_YEAR, make_up=[dt.date(2027, 1, 4)])],
            },
            "不是周末",
        ),
        (
            {
                "year": 2027,
                "document": "x",
                "holiday": [day_off(NEW_YEAR, dt.date(2027, 1, 3), make_up=[dt.date(2027, 1, 3)])],
            },
            "又写成上班",
        ),
    ],
)
def test_a_bad_calendar_is_refused_with_its_reason(table: dict[str, Any], why: str) -> None:
    with pytest.raises(BadPolicy, match=why):
        parse([("2027.toml", table)])
