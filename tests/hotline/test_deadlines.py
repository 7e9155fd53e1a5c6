"""Due dates: the cases officials can read, and laws that hold for every start and limit."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.deadlines import (
    NOT_RULED,
    SetByLaw,
    first_deadline,
    no_limit,
    run_out,
    sign_in_deadline,
)
from hotline.errors import BadInput, ImpossibleMove
from hotline.policy import ZONE, Policy
from hotline.rulings import Span, Unit, span
from hotline.words import Article, Deadline, TicketType
from tests.hotline.shipped import calendar, policy

CASES = Path(__file__).parent.parent / "cases"


def all_cases() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        for case in table["case"]:
            name = f"{path.stem}-{case['start']}-{case.get('type') or case['duty']}"
            found.append(pytest.param(table["city"], case, id=name))
    return found


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZONE)


def written(due: dt.datetime) -> str:
    clock = "24:00" if due.time() == dt.time(23, 59, 59) else f"{due:%H:%M}"
    return f"{due:%Y-%m-%d} {clock}"


def decided(city: str, case: dict[str, Any]) -> Deadline | None:
    start = at(case["start"])
    ruled = policy(city, start.date())
    if "duty" in case:
        return sign_in_deadline(ruled, calendar(), start)
    law = SetByLaw(span(case["by_law"]), Article("某规定", "第一条")) if "by_law" in case else None
    return first_deadline(ruled, calendar(), TicketType(case["type"]), start, law)


@pytest.mark.parametrize(("city", "case"), all_cases())
def test_the_cases_of_the_cities_come_out_as_written(city: str, case: dict[str, Any]) -> None:
    deadline = decided(city, case)
    if case["due"] == NOT_RULED:
        assert deadline is None
        reason = no_limit(policy(city), TicketType(case["type"]))
        assert (reason.why, list(reason.searched)) == (NOT_RULED, case["searched"])
        return
    assert deadline is not None
    assert written(deadline.due_at) == case["due"]
    assert sum(day.counted for day in deadline.derivation) == case["counted"]
    assert deadline.provisional is case.get("provisional", False)


def test_there_are_enough_cases_to_argue_with() -> None:
    assert len(all_cases()) >= 60


def test_a_complaint_of_the_mid_autumn_holiday_is_due_at_the_end_of_22_october() -> None:
    start = at("2026-09-25T10:00")
    deadline = first_deadline(policy("zhaoqing"), calendar(), TicketType.COMPLAINT, start)
    assert deadline is not None
    assert deadline.due_at.isoformat() == "2026-10-22T23:59:59+08:00"
    assert deadline.article.number == "第十一条（三）"
    first, *_, last = deadline.derivation
    assert (first.date, first.counted, first.why) == (
        dt.date(2026, 9, 25),
        False,
        "起算当日不计入（中秋节）",
    )
    assert (last.date, last.running) == (dt.date(2026, 10, 22), 15)
    make_up = next(day for day in deadline.derivation if day.date == dt.date(2026, 10, 10))
    assert (make_up.counted, make_up.running, make_up.why) == (True, 6, "调休上班（国庆节）")


def test_a_provisional_date_says_which_year_is_missing() -> None:
    start = at("2026-12-28T10:00")
    deadline = first_deadline(policy("zhaoqing"), calendar(), TicketType.COMPLAINT, start)
    assert deadline is not None
    assert deadline.provisional
    assert "2027年放假通知尚未录入，到期日暂定" in deadline.notes


def test_both_starting_points_of_zhaoqing_are_named() -> None:
    start = at("2026-11-02T10:00")
    deadline = first_deadline(policy("zhaoqing"), calendar(), TicketType.HELP, start)
    assert deadline is not None
    assert deadline.notes[:2] == (
        "自热线机构转办之时起算",
        "办法另有“自承办单位收到之日起”的表述",
    )


def test_our_own_reading_of_the_first_day_is_marked_as_ours() -> None:
    deadline = first_deadline(policy("hebei"), calendar(), TicketType.HELP, at("2026-11-02T10:00"))
    assert deadline is not None
    assert any("系统默认" in note for note in deadline.notes)


def test_a_regulation_past_its_term_still_counts_but_says_so() -> None:
    start = at("2028-09-13T10:00")
    deadline = first_deadline(policy("zhaoqing", start.date()), calendar(), TicketType.HELP, start)
    assert deadline is not None
    assert any("有效期已于2028-09-13届满" in note for note in deadline.notes)


def test_a_city_that_rules_its_own_limit_cannot_be_overruled_without_a_clause() -> None:
    law = SetByLaw(Span(5, Unit.WORKING_DAY), Article("某规定", "第一条"))
    with pytest.raises(ImpossibleMove):
        first_deadline(policy("zhaoqing"), calendar(), TicketType.HELP, at("2026-11-02T10:00"), law)


def test_a_limit_set_by_law_cites_the_law() -> None:
    law = SetByLaw(Span(5, Unit.WORKING_DAY), Article("某规定", "第一条"))
    deadline = first_deadline(
        policy("hebei"), calendar(), TicketType.COMPLAINT, at("2026-11-02T10:00"), law
    )
    assert deadline is not None
    assert deadline.article == law.article


def test_only_guizhou_has_a_sign_in_clock() -> None:
    start = at("2026-11-02T10:00")
    for city in ("zhaoqing", "guangyuan", "zhongshan", "hebei"):
        assert sign_in_deadline(policy(city), calendar(), start) is None


def test_a_time_without_zone_is_refused() -> None:
    naive = dt.datetime(2026, 9, 25, 10)  # noqa: DTZ001 - the mistake under test
    with pytest.raises(BadInput):
        run_out(policy("zhaoqing"), calendar(), Span(1, Unit.HOUR), naive)


def test_years_are_no_handling_limit() -> None:
    with pytest.raises(BadInput):
        run_out(policy("zhaoqing"), calendar(), Span(5, Unit.YEAR), at("2026-11-02T10:00"))


def ruled_otherwise(*, first_day: bool, ends: int) -> Policy:
    """Zhaoqing, had it decided the open questions (Z-c, Z-i) itself."""
    base = policy("zhaoqing")
    limits = dataclasses.replace(
        base.limits,
        first_day_counted=dataclasses.replace(base.limits.first_day_counted, value=first_day),
        day_ends=dataclasses.replace(base.limits.day_ends, value=ends),
    )
    return dataclasses.replace(base, limits=limits)


def test_a_city_may_count_the_first_day_and_close_at_half_past_five() -> None:
    own = ruled_otherwise(first_day=True, ends=17 * 60 + 30)
    two = Span(2, Unit.WORKING_DAY)
    morning, _, _ = run_out(own, calendar(), two, at("2026-11-02T10:00"))
    evening, days, _ = run_out(own, calendar(), two, at("2026-11-02T18:00"))
    holiday, _, _ = run_out(own, calendar(), two, at("2026-10-01T10:00"))
    assert written(morning) == "2026-11-03 17:30"
    assert written(evening) == "2026-11-04 17:30"
    assert days[0].why == "起算当日不计入"
    assert written(holiday) == "2026-10-09 17:30"


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
def test_the_zone_of_the_host_changes_nothing(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        start = dt.datetime(2026, 9, 24, 17, tzinfo=dt.UTC)
        deadline = first_deadline(policy("zhaoqing"), calendar(), TicketType.COMPLAINT, start)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert deadline is not None
    assert deadline.start_at.isoformat() == "2026-09-25T01:00:00+08:00"
    assert deadline.due_at.isoformat() == "2026-10-22T23:59:59+08:00"


starts = st.datetimes(
    min_value=dt.datetime(2024, 12, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=dt.datetime(2027, 12, 1),  # noqa: DTZ001
    timezones=st.sampled_from([ZONE, dt.UTC, dt.timezone(dt.timedelta(hours=-5))]),
)
spans = st.builds(
    Span,
    st.integers(1, 60),
    st.sampled_from([Unit.WORKING_DAY, Unit.DAY, Unit.HOUR, Unit.MINUTE, Unit.SECOND]),
)
readings = st.sampled_from(
    [
        policy("zhaoqing"),
        ruled_otherwise(first_day=True, ends=24 * 60),
        ruled_otherwise(first_day=True, ends=17 * 60 + 30),
        ruled_otherwise(first_day=False, ends=17 * 60 + 30),
    ]
)
often = settings(max_examples=500, deadline=None)


@often
@given(readings, spans, starts)
def test_nothing_is_due_before_it_started(own: Policy, limit: Span, start: dt.datetime) -> None:
    due, _, _ = run_out(own, calendar(), limit, start)
    assert due >= start


@often
@given(readings, spans, starts)
def test_the_derivation_adds_up(own: Policy, limit: Span, start: dt.datetime) -> None:
    due, days, provisional = run_out(own, calendar(), limit, start)
    if limit.unit not in (Unit.WORKING_DAY, Unit.DAY):
        assert (days, provisional) == ((), False)
        return
    counted = [day for day in days if day.counted]
    assert [day.running for day in counted] == list(range(1, limit.amount + 1))
    assert days[0].date == start.astimezone(ZONE).date()
    assert days[-1].counted
    assert days[-1].date == due.date()
    assert all(
        later.date - earlier.date == dt.timedelta(1) for earlier, later in itertools.pairwise(days)
    )
    assert all(day.why for day in days)
    if limit.unit is Unit.WORKING_DAY:
        assert all(calendar().is_working(day.date) for day in counted)
        assert all(not calendar().is_working(day.date) for day in days[1:] if not day.counted)


@often
@given(readings, spans, starts, starts)
def test_who_comes_later_is_never_due_earlier(
    own: Policy, limit: Span, one: dt.datetime, other: dt.datetime
) -> None:
    earlier, later = sorted((one, other))
    assert run_out(own, calendar(), limit, earlier)[0] <= run_out(own, calendar(), limit, later)[0]


@often
@given(readings, spans, starts)
def test_a_longer_limit_is_never_due_earlier(own: Policy, limit: Span, start: dt.datetime) -> None:
    longer = Span(limit.amount + 1, limit.unit)
    assert run_out(own, calendar(), limit, start)[0] < run_out(own, calendar(), longer, start)[0]


@often
@given(spans, starts)
def test_a_date_within_known_years_is_certain_and_beyond_them_is_not(
    limit: Span, start: dt.datetime
) -> None:
    _, days, provisional = run_out(policy("zhaoqing"), calendar(), limit, start)
    if limit.unit is Unit.WORKING_DAY:
        assert provisional == any(day.date.year not in calendar().known_years for day in days[1:])
    else:
        assert not provisional


@often
@given(st.integers(1, 30), starts)
def test_all_starts_of_one_day_are_due_together(amount: int, start: dt.datetime) -> None:
    limit = Span(amount, Unit.WORKING_DAY)
    midnight = start.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    ruled = policy("zhaoqing")
    assert (
        run_out(ruled, calendar(), limit, start)[0]
        == run_out(ruled, calendar(), limit, midnight)[0]
    )
