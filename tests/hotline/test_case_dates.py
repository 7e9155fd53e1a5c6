"""The dates written in the cases, reckoned once more by a small reckoner that shares nothing with
the rules: it knows the days from the library chinesecalendar and the limits from the articles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.handle import act_on
from hotline.handling import Handling
from hotline.handling_clock import DueTurn, counted
from hotline.handling_words import Act, Stage
from hotline.policy import ZONE
from hotline.rulings import Span, Unit
from hotline.words import TicketType
from tests.hotline import shipped, test_deadlines
from tests.hotline.test_handling import FIRST, LAST, all_cases, chosen, limits

STATUTE = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}
"""全国年节及纪念日放假办法 第二条: the holidays whose day of the year it fixes."""
LIMITS = {
    "zhaoqing": {"咨询": 2, "求助": 10, "建议": 10, "投诉": 15, "举报": 15},
    "hebei": {"求助": 2, "建议": 7, "投诉": 7, "举报": 7},
}
"""肇庆高新区 第十一条; 河北 第二十四条（二）. Working days."""
ELSEWHERE = {"登记", "未评价", "催办", "督办", "并单", "请评价", "报送协办情况"}
"""Acts that no person does on a ticket, or whose own tests have the cases."""
SENDING = {"派单", "签收", "审核通过", "报批", "批示", "联系诉求人", "阶段性报告"}
"""Acts that leave a limit as the last 派单 started it."""


def works(day: dt.date) -> bool:
    """Whether people work; in 2027 by the statute alone, for its notice is not out."""
    if day.year <= 2026:
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < 5 and (day.month, day.day) not in STATUTE


def last_day(start: dt.date, working_days: int) -> dt.date:
    here = start
    while working_days:
        here += dt.timedelta(days=1)
        working_days -= works(here)
    return here


def plain_cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """Cases in which nothing was done but sending the ticket to a unit."""
    for one in all_cases():
        city, case = one.values
        acts = [line.split(" ", 3)[3].partition("：")[0] for line in case["acts"]]
        if set(acts) <= SENDING and "派单" in acts and case.get("due", "未规定") != "未规定":
            yield city, case


def amount(city: str, case: dict[str, Any]) -> int | None:
    """The limit in working days; None for other units."""
    if "limit" in case:
        number, _, unit = case["limit"].partition("个")
        return int(number) if unit == "工作日" else None
    return LIMITS[city][case["type"]]


def test_dates_of_tickets_that_were_only_sent_agree() -> None:
    seen = 0
    for city, case in plain_cases():
        days = amount(city, case)
        if days is None:
            continue
        sent = [line for line in case["acts"] if "派单：" in line][-1]
        due = last_day(dt.date.fromisoformat(sent[:10]), days)
        assert case["due"] == f"{due} 24:00", case["name"]
        assert case.get("provisional", False) == (due.year > 2026), case["name"]
        seen += 1
    assert seen >= 60


def test_dates_of_the_plain_cases_agree() -> None:
    seen = 0
    for one in test_deadlines.all_cases():
        _, case = one.values
        by_days = "工作日" not in case.get("by_law", "工作日")
        if by_days or not case.get("counted") or not case["due"].endswith(" 24:00"):
            continue
        due = last_day(dt.date.fromisoformat(case["start"][:10]), case["counted"])
        assert case["due"] == f"{due} 24:00", case["name"]
        seen += 1
    assert seen >= 60


def test_there_are_cases_for_every_city_holiday_and_act() -> None:
    cases = [one.values for one in all_cases()]
    assert len(cases) >= 200
    assert len(cases) + len(test_deadlines.all_cases()) >= 300
    assert {city for city, _ in cases} == set(shipped.CITIES)
    done = {line.split(" ", 3)[3].partition("：")[0] for _, case in cases for line in case["acts"]}
    assert {act.value for act in Act} - ELSEWHERE <= done
    told = [case["refused"] for _, case in cases if "refused" in case]
    assert len(told) >= 50
    starts = {case["opened"][:4] for _, case in cases}
    assert starts == {"2025", "2026", "2027"}
    assert sum("provisional" in case for _, case in cases) >= 10


@settings(max_examples=60)
@given(
    city=st.sampled_from(["zhaoqing", "hebei", "zhongshan"]),
    kind=st.sampled_from([TicketType.HELP, TicketType.COMPLAINT]),
    start=st.datetimes(FIRST, LAST),
    steps=st.lists(st.tuples(st.integers(0, 99), st.integers(1, 2000)), max_size=12),
)
@pytest.mark.clause("ZQ-11", "ZQ-12", "HB-24(二)", "ZS-17¶1")
def test_the_days_counted_are_the_limit_and_every_extension_since_it_began(
    city: str, kind: TicketType, start: dt.datetime, steps: list[tuple[int, int]]
) -> None:
    policy, calendar, by_law = shipped.policy(city), shipped.calendar(), limits(city, kind)
    limit = by_law.span if by_law else policy.limit_of(kind).value
    assert isinstance(limit, Span)
    assert limit.unit is Unit.WORKING_DAY
    at = start.replace(tzinfo=ZONE)
    here = Handling(type=kind, stage=Stage.REGISTERED, opened_at=at)
    for pick, minutes in steps:
        at += dt.timedelta(minutes=minutes)
        one = chosen(here, at, policy, pick, city)
        if one is None:
            break
        done = act_on(here, "T-1", one, at, policy, calendar, by_law)
        assert done.course.deadline is not None
        longer = extensions_since_start(done.course.turns)
        each = 3 if policy.extensions.length.value is None else limit.amount
        assert counted(done.course.deadline) == limit.amount + longer * each
        here = done.handling


def extensions_since_start(turns: tuple[DueTurn, ...]) -> int:
    found = 0
    for turn in turns:
        if "起算" in turn.what:
            found = 0
        found += turn.what.startswith("第")
    return found
