"""The day strip of hard cases: anew, lengthened, audited, provisional, folded, by the hour."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from agent_desk.days import Cell, folded, span_said, strip_of
from agent_desk.derivation_shown import derivation_of
from agent_desk.handling_views import DateTurn, HandlingNow, SideClock
from agent_desk.ticket_views import DueDate
from hotline.handling_clock import Course, course
from hotline.side_clocks import side_clocks
from switchboard.desk_clocks import clock_views, notice_names, turn_views
from tests.hotline import shipped
from tests.hotline.test_handling import law, walk

EXTENSION = "申请延期：12345热线工单延期办理申请表、单位分管领导签批"
TODAY = dt.date(2026, 1, 1)


def story(city: str, **case: Any) -> tuple[DueDate, Course]:
    """The due date of a case as its page gets it."""
    policy, calendar = shipped.policy(city), shipped.calendar()
    found = course(walk(city, case), policy, calendar, law(case))
    assert found.deadline is not None
    due = DueDate(
        due_at=found.deadline.due_at,
        provisional=found.deadline.provisional,
        derivation=found.deadline.derivation,
        notes=found.deadline.notes,
    )
    return due, found


def strip(city: str, **case: Any) -> dict[str, Cell]:
    """The cells by their day, month-day."""
    due, found = story(city, **case)
    return {f"{one.day:%m-%d}": one for one in strip_of(due, TODAY, turn_views(found, ()))}


TWICE = [
    "2026-11-02 10:00 热线机构 派单：住建局",
    f"2026-11-19 09:00 承办单位 {EXTENSION}",
    "2026-11-20 09:00 热线机构 同意延期",
    f"2026-12-10 09:00 承办单位 {EXTENSION}",
    "2026-12-11 09:00 热线机构 同意延期",
]


@pytest.mark.clause("ZQ-12")
def test_each_extension_begins_the_day_after_the_old_date_and_says_so() -> None:
    cells = strip("zhaoqing", type="投诉", opened="2026-11-02 09:00", acts=TWICE)
    assert (cells["11-23"].count, cells["11-24"].why, cells["11-24"].count) == ("15", "延期1", "16")
    assert (cells["12-15"].why, cells["12-15"].look) == ("延期2", "turn")
    assert "延期2" in cells["12-15"].said
    assert [key for key, one in cells.items() if "turn" in one.look] == ["11-24", "12-15"]


def test_days_of_a_year_without_a_notice_say_that_they_are_provisional() -> None:
    cells = strip("zhaoqing", type="投诉", opened="2026-11-02 09:00", acts=TWICE)
    assert (cells["01-01"].why, cells["01-04"].why, cells["01-05"].why) == ("元旦", "暂定", "到期")
    assert cells["01-05"].said.endswith("到期")


def test_a_date_that_became_provisional_by_an_extension_says_which_year_is_missing() -> None:
    due, _ = story("zhaoqing", type="投诉", opened="2026-11-02 09:00", acts=TWICE)
    assert due.provisional
    assert "2027年放假通知尚未录入，到期日暂定" in due.notes


@pytest.mark.clause("ZQ-9(二)")
def test_a_count_that_began_anew_says_so_in_its_first_cell() -> None:
    cells = strip(
        "zhaoqing",
        type="求助",
        opened="2026-09-18 08:30",
        acts=[
            "2026-09-18 09:00 热线机构 派单：住建局",
            "2026-09-20 10:00 承办单位 申请退回：理由、依据",
            "2026-09-22 10:00 热线机构 同意退回",
            "2026-09-22 11:00 热线机构 派单：城管局",
        ],
    )
    first = cells["09-22"]
    assert (first.why, first.look, first.count) == ("重算", "turn", "·")
    assert "重新起算" in first.said


@pytest.mark.clause("ZS-17¶1")
def test_the_days_of_an_audit_are_hatched_and_not_counted() -> None:
    cells = strip(
        "zhongshan",
        type="投诉",
        limit="10个工作日",
        opened="2026-09-28 08:30",
        acts=[
            "2026-09-28 09:00 热线机构 派单：住建局",
            "2026-09-29 10:00 承办单位 申请退回：理由、依据",
            "2026-10-09 10:00 热线机构 驳回退回",
        ],
    )
    assert [key for key, one in cells.items() if one.why == "审核"] == ["09-30", "10-08", "10-09"]
    assert cells["10-08"].look == "skip-day"
    assert "不计 退回审核期间，不计入" in cells["10-08"].said


def test_a_limit_in_hours_has_no_strip_and_no_word_of_working_days() -> None:
    due, _ = story(
        "zhongshan",
        type="求助",
        limit="24小时",
        opened="2026-09-30 20:00",
        acts=["2026-09-30 21:00 热线机构 派单：水务局"],
    )
    assert strip_of(due, TODAY) == []
    assert folded([]) == []
    assert not any("24时" in note for note in due.notes)


def test_a_long_strip_folds_its_whole_months_but_none_with_today_or_a_turn() -> None:
    due, _ = story(
        "zhongshan",
        type="投诉",
        limit="90个工作日",
        opened="2026-03-02 08:30",
        acts=["2026-03-02 09:00 热线机构 派单：住建局"],
    )
    titles = [one.title for one in folded(strip_of(due, dt.date(2026, 5, 20)))]
    assert titles == ["", "4月1日至30日，计 21 日", "", "6月1日至30日，计 21 日", ""]
    every = [cell.day for one in folded(strip_of(due, TODAY)) for cell in one.cells]
    assert every == [day.date for day in due.derivation]


def test_a_strip_is_called_by_its_first_and_last_day() -> None:
    due, _ = story(
        "zhaoqing",
        type="咨询",
        opened="2026-11-02 09:00",
        acts=["2026-11-02 10:00 热线机构 派单：住建局"],
    )
    assert span_said(strip_of(due, TODAY)) == "2026年11月2日至11月4日，逐日计数"


def clocks(city: str, **case: Any) -> list[tuple[str, str]]:
    policy, calendar = shipped.policy(city), shipped.calendar()
    here = walk(city, case)
    due = course(here, policy, calendar, law(case)).deadline
    found = side_clocks(here, policy, calendar, due)
    return [(one.duty, f"{one.due_at:%m-%d %H:%M:%S}") for one in found]


SENT = ["2026-09-30 09:00 热线机构 派单：住建局"]


@pytest.mark.clause("GZ-15")
def test_guizhou_has_a_clock_for_signing_until_it_is_signed() -> None:
    case: dict[str, Any] = {"type": "投诉", "limit": "10个工作日", "opened": "2026-09-30 08:30"}
    assert clocks("guizhou", **case, acts=SENT) == [("签收", "10-08 23:59:59")]
    assert clocks("guizhou", **case, acts=[*SENT, "2026-09-30 10:00 承办单位 签收"]) == []


@pytest.mark.clause("ZQ-9(二)", "ZQ-12", "ZQ-15¶2")
def test_zhaoqing_has_clocks_for_returning_lengthening_and_rating() -> None:
    case: dict[str, Any] = {"type": "求助", "opened": "2026-09-30 08:30"}
    assert clocks("zhaoqing", **case, acts=SENT) == [
        ("申请退回", "10-09 23:59:59"),
        ("申请延期", "10-18 23:59:59"),
    ]
    closed = [
        *SENT,
        "2026-09-30 15:00 承办单位 申请办结：办理时间、办理经过、办理结果、相关法律政策依据",
        "2026-09-30 16:00 热线机构 同意办结",
    ]
    assert clocks("zhaoqing", **case, acts=closed) == [("评价", "10-01 16:00:00")]


def test_the_page_gets_the_notices_and_says_which_clock_is_over() -> None:
    policy, calendar = shipped.policy("zhaoqing"), shipped.calendar()
    case: dict[str, Any] = {"type": "求助", "opened": "2026-09-30 08:30", "acts": SENT}
    here = walk("zhaoqing", case)
    found = course(here, policy, calendar)
    now = HandlingNow(
        version=1,
        forms=(),
        turns=turn_views(found, ()),
        acts=(),
        clocks=clock_views(side_clocks(here, policy, calendar, found.deadline)),
        notices=notice_names(found.deadline, calendar),
    )
    assert now.notices == ("国务院办公厅关于2026年部分节假日安排的通知（2025年11月4日）",)
    due, _ = story("zhaoqing", **case)
    shown = derivation_of(due, now, dt.datetime(2026, 10, 10, 9, tzinfo=policy.zone))
    assert [(one.clock.duty, one.over) for one in shown.clocks] == [
        ("申请退回", True),
        ("申请延期", False),
    ]
    assert isinstance(shown.clocks[0].clock, SideClock)
    assert isinstance(now.turns[0], DateTurn)
