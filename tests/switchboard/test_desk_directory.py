"""The dispatch directory at the tickets of its city: recommended, dated and cited."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from hotline.deadlines import SetByLaw, first_deadline
from hotline.directory import Entry
from hotline.rulings import Span, Unit
from hotline.words import Article, TicketType, UnitId
from ledger.units import Unit as HandlingUnit
from switchboard.desk_handling import DeskHandling
from switchboard.desk_tickets import due_date
from tests.switchboard.test_desk_books import BY, DRAFT, PACKS, opened
from tests.switchboard.test_desk_handling import BOSS, HOUSING, OFFICER, ORDER, Case, at

pytestmark = pytest.mark.anyio
NOISE = Entry(
    item="施工噪声",
    basis="甲条例第三条",
    unit=ORDER,
    limit=Span(5, Unit.WORKING_DAY),
    sub_office="综合执法办",
    keywords=("噪声扰民",),
)
WATER = Entry(item="停水", basis="乙办法", unit=HOUSING)


@asynccontextmanager
async def a_case(
    tmp_path: Path, *entries: Entry, category: str = "噪声扰民", city: str = "zhongshan"
) -> AsyncIterator[Case]:
    """A complaint of the second of November, in a city with a directory."""
    async with opened(tmp_path, city) as (ledger, tickets):
        units = [HandlingUnit(HOUSING, "市住建局"), HandlingUnit(ORDER, "市城管局")]
        await ledger.units.put(units, by="setup")
        day = dt.date(2026, 1, 1)
        await ledger.directory.add(entries, after=0, effective_from=day, origin="目录.csv", by="u")
        draft = replace(DRAFT, category=category)
        saved = await tickets.save(draft, call=None, by=BY, key="k", at=at("2026-11-02 09:00"))
        handling = DeskHandling(
            ledger,
            body="12345热线",
            policy=lambda moment: PACKS.policy(city, moment.date()),
            calendar=PACKS.calendar,
        )
        yield Case(ledger, handling, saved.number)


async def units_offered(case: Case) -> list[tuple[str, str]]:
    now = await case.handling.now(case.number, BOSS, at("2026-11-02 09:30"))
    (form,) = [one for one in now.forms if one.act == "派单"]
    return list(form.fields[0].options)


@pytest.mark.clause("GZ-12", "ZS-15¶1")
async def test_the_unit_of_the_directory_stands_first_with_office_limit_and_basis(
    tmp_path: Path,
) -> None:
    async with a_case(tmp_path, WATER, NOISE) as case:
        assert await units_offered(case) == [
            (
                "order",
                (
                    "市城管局 — 派单目录（第1版）：施工噪声；建议承办：综合执法办；"
                    "期限：5个工作日；依据：甲条例第三条"
                ),
            ),
            ("housing", "市住建局"),
        ]


async def test_the_date_of_a_dispatched_ticket_stands_on_the_directory(tmp_path: Path) -> None:
    async with a_case(tmp_path, NOISE) as case:
        assert (await case.ledger.tickets.load(case.number)).ticket.deadline is None
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="order")
        deadline = (await case.ledger.tickets.load(case.number)).ticket.deadline
        assert deadline is not None
        assert deadline.due_at == at("2026-11-09 23:59").replace(second=59)
        assert str(deadline.article) == "派单目录（第1版） 甲条例第三条"
        now = await case.handling.now(case.number, BOSS, at("2026-11-03 09:00"))
        assert now.turns[-1].due_at == deadline.due_at


async def test_a_newer_version_bears_on_the_next_dispatch_and_on_no_earlier_one(
    tmp_path: Path,
) -> None:
    async with a_case(tmp_path, NOISE) as case:
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="order")
        shorter = replace(NOISE, limit=Span(1, Unit.WORKING_DAY), unit=HOUSING)
        await case.ledger.directory.add(
            [shorter], after=1, effective_from=dt.date(2026, 11, 3), origin="新.csv", by="u"
        )
        officer = replace(BOSS, roles=OFFICER.roles, unit=ORDER)
        await case.does(officer, "申请退回", "2026-11-03 09:00", need_1="不归我局", need_2="职责")
        kept = (await case.ledger.tickets.load(case.number)).ticket.deadline
        assert kept is not None
        assert kept.article.document == "派单目录（第1版）"
        await case.does(BOSS, "同意退回", "2026-11-03 10:00")
        await case.does(BOSS, "派单", "2026-11-03 11:00", unit="housing")
        deadline = (await case.ledger.tickets.load(case.number)).ticket.deadline
        assert deadline is not None
        assert deadline.due_at == at("2026-11-04 23:59").replace(second=59)
        assert deadline.article.document == "派单目录（第2版）"


async def test_where_two_matters_answer_to_the_word_a_person_decides(tmp_path: Path) -> None:
    other = replace(NOISE, item="生活噪声", unit=HOUSING)
    async with a_case(tmp_path, NOISE, other) as case:
        assert [unit for unit, _ in await units_offered(case)] == ["order", "housing"]
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="order")
        assert (await case.ledger.tickets.load(case.number)).ticket.deadline is None


async def test_a_closed_unit_is_not_recommended_and_other_matters_leave_the_form_as_it_is(
    tmp_path: Path,
) -> None:
    async with a_case(tmp_path, replace(NOISE, unit=UnitId("gone"))) as case:
        assert [unit for unit, _ in await units_offered(case)] == ["housing", "order"]
    async with a_case(tmp_path / "b", WATER) as case:
        assert await units_offered(case) == [("housing", "市住建局"), ("order", "市城管局")]


async def test_where_the_regulation_sets_the_limit_the_directory_only_recommends(
    tmp_path: Path,
) -> None:
    async with a_case(tmp_path, NOISE, city="zhaoqing") as case:
        assert (await units_offered(case))[0][0] == "order"
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="order")
        deadline = (await case.ledger.tickets.load(case.number)).ticket.deadline
        assert deadline is not None
        assert "派单目录" not in deadline.article.document


def test_a_limit_in_calendar_days_is_not_called_one_of_working_days() -> None:
    by_law = SetByLaw(Span(15, Unit.DAY), Article("派单目录（第1版）", "甲条例第三条"))
    start = at("2026-11-02 09:00")
    policy = PACKS.policy("zhongshan", start.date())
    deadline = first_deadline(policy, PACKS.calendar, TicketType.COMPLAINT, start, by_law)
    assert deadline is not None
    assert deadline.due_at.date() == dt.date(2026, 11, 17)
    assert due_date(deadline).limit == "15 天"
