from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from hotline.errors import NoSuch
from hotline.words import CallId, Phone, TicketId, TicketType, UnitId, UserId
from ledger import tables as t
from ledger.errors import StaleVersion
from ledger.store import Ledger
from ledger.ticket_rows import TicketFilter
from tests.ledger.conftest import START, Clock, Opener
from tests.ledger.stories import closed, due, opened, save_of

pytestmark = pytest.mark.anyio


async def test_a_saved_ticket_is_read_back_with_words_deadline_and_facts(ledger: Ledger) -> None:
    build = partial(
        save_of,
        deadline=due(5, provisional=True),
        summary="天宁北路的路灯坏了三天",
        contact="张女士",
        phone="138 1234 5678",
    )
    kept = await ledger.tickets.open(START, build)
    assert kept.ticket.id == "20260928-000001"
    again = await ledger.tickets.load(kept.ticket.id)
    assert again == kept
    assert again.texts["contact"] == "张女士"
    assert again.ticket.deadline == due(5, provisional=True)
    facts = await ledger.tickets.facts_of(kept.ticket.id)
    assert [type(r.fact).__name__ for r in facts] == ["TicketOpened", "DeadlineSet"]


async def test_a_ticket_without_a_limit_keeps_the_articles_that_were_searched(
    ledger: Ledger,
) -> None:
    kept = await ledger.tickets.open(START, save_of)
    assert kept.searched == ("第十一条",)
    assert (await ledger.tickets.load(kept.ticket.id)).searched == ("第十一条",)


async def test_the_number_belongs_to_the_day_in_the_citys_zone(ledger: Ledger) -> None:
    late = dt.datetime(2026, 9, 28, 16, 30, tzinfo=dt.UTC)
    first = await ledger.tickets.open(START, save_of)
    other_day = await ledger.tickets.open(late, save_of)
    second = await ledger.tickets.open(START, save_of)
    assert [k.ticket.id for k in (first, other_day, second)] == [
        "20260928-000001",
        "20260929-000001",
        "20260928-000002",
    ]


async def test_two_desks_at_once_give_numbers_without_gaps_or_duplicates(
    opener: Opener,
) -> None:
    async with opener() as one, opener() as other:
        saves = [
            ledger.tickets.open(START, partial(save_of, summary=f"事项 {i}"))
            for i in range(20)
            for ledger in (one, other)
        ]
        numbers = sorted(kept.ticket.id for kept in await asyncio.gather(*saves))
        assert numbers == [f"20260928-{n:06d}" for n in range(1, 41)]
        assert (await one.audit.verify()).intact


async def test_a_save_that_fails_gives_its_number_back(ledger: Ledger) -> None:
    def broken(number: TicketId) -> None:
        raise RuntimeError(number)

    with pytest.raises(RuntimeError, match="000001"):
        await ledger.tickets.open(START, broken)  # type: ignore[arg-type]
    assert (await ledger.tickets.open(START, save_of)).ticket.id == "20260928-000001"
    assert (await ledger.audit.head())[0] == 1


async def test_the_same_form_saved_twice_is_one_ticket(opener: Opener) -> None:
    async with opener() as one, opener() as other:
        first = await one.tickets.open(START, save_of, once="form:u1:k1")
        assert await other.tickets.open(START, save_of, once="form:u1:k1") == first
        at_once = await asyncio.gather(
            *(ledger.tickets.open(START, save_of, once="form:u1:k2") for ledger in (one, other) * 3)
        )
        assert {kept.ticket.id for kept in at_once} == {"20260928-000002"}
        assert (await one.tickets.open(START, save_of)).ticket.id == "20260928-000003"
        assert (await one.tickets.page()).total == 3


async def test_who_saves_an_old_version_is_told_and_nothing_is_kept(ledger: Ledger) -> None:
    kept = await ledger.tickets.open(START, partial(save_of, summary="旧"))
    act = replace(save_of(kept.ticket.id, status="派单", summary="甲"), what="ticket.dispatch")
    saved = await ledger.tickets.save(act, expected_version=1)
    assert (saved.ticket.version, saved.ticket.status) == (2, "派单")
    late = replace(act, texts={"summary": "乙"})
    with pytest.raises(StaleVersion, match="您看到第 1 版，现在是第 2 版"):
        await ledger.tickets.save(late, expected_version=1)
    assert (await ledger.tickets.load(kept.ticket.id)).texts["summary"] == "甲"
    assert len(await ledger.tickets.facts_of(kept.ticket.id)) == 4


async def test_of_two_who_save_at_once_exactly_one_wins(opener: Opener) -> None:
    async with opener() as one, opener() as other:
        kept = await one.tickets.open(START, save_of)
        act = save_of(kept.ticket.id, status="派单")
        results = await asyncio.gather(
            *(ledger.tickets.save(act, expected_version=1) for ledger in (one, other)),
            return_exceptions=True,
        )
    assert sorted(type(result).__name__ for result in results) == ["StaleVersion", "StoredTicket"]


async def test_a_ticket_that_does_not_exist_cannot_be_read_or_saved(ledger: Ledger) -> None:
    nobody = TicketId("20260928-000009")
    with pytest.raises(NoSuch, match="没有这个工单"):
        await ledger.tickets.load(nobody)
    with pytest.raises(NoSuch):
        await ledger.tickets.save(save_of(nobody), expected_version=1)


async def test_messages_leave_with_the_ticket_or_not_at_all(ledger: Ledger) -> None:
    def with_message(number: TicketId) -> object:
        return replace(save_of(number), messages=(("ticket.saved", {"id": number}),))

    def failing(number: TicketId) -> object:
        return replace(save_of(number), messages=(("ticket.saved", {"bad": float("nan")}),))

    await ledger.tickets.open(START, with_message)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="JSON"):
        await ledger.tickets.open(START, failing)  # type: ignore[arg-type]
    messages = await ledger.outbox.claim(["ticket.saved"])
    assert [message.body for message in messages] == [{"id": "20260928-000001"}]


# ---------------------------------------------------------------------------------------- lists
async def test_tickets_without_a_limit_head_the_list_then_the_nearest_due_date(
    ledger: Ledger,
) -> None:
    for deadline in (due(9), None, due(2), due(5), None):
        await ledger.tickets.open(START, partial(save_of, deadline=deadline))
    page = await ledger.tickets.page()
    assert [item.id[-1] for item in page.items] == ["2", "5", "3", "4", "1"]
    assert [item.id[-1] for item in (await ledger.tickets.page(order="newest")).items] == list(
        "54321"
    )


async def test_a_list_comes_in_pages_with_its_total(ledger: Ledger) -> None:
    for i in range(5):
        await ledger.tickets.open(START, partial(save_of, deadline=due(i), summary=f"第{i}件"))
    page = await ledger.tickets.page(number=2, size=2)
    assert [item.summary for item in page.items] == ["第2件", "第3件"]
    assert (page.total, page.pages) == (5, 3)


async def test_a_list_is_narrowed_by_status_type_unit_person_and_due_date(ledger: Ledger) -> None:
    mine = await ledger.tickets.open(
        START, partial(save_of, deadline=due(1), type_=TicketType.HELP, by="u2")
    )
    await ledger.tickets.open(START, partial(save_of, deadline=due(8)))
    await ledger.tickets.open(START, save_of)
    act = save_of(mine.ticket.id, status="派单", type_=TicketType.HELP, deadline=due(1))
    act = replace(act, ticket=replace(act.ticket, unit=UnitId("城管局")))
    await ledger.tickets.save(act, expected_version=1)
    for wanted, count in (
        (TicketFilter(statuses=("派单",)), 1),
        (TicketFilter(types=(TicketType.COMPLAINT,)), 2),
        (TicketFilter(units=(UnitId("城管局"),)), 1),
        (TicketFilter(opened_by=UserId("u2")), 1),
        (TicketFilter(due_before=START + dt.timedelta(days=3)), 1),
        (TicketFilter(limit="pending"), 1),
        (TicketFilter(limit="set"), 2),
        (TicketFilter(opened_from=START, opened_before=START), 0),
    ):
        assert (await ledger.tickets.page(wanted)).total == count, wanted


async def test_counts_say_how_many_are_pending_and_overdue(ledger: Ledger, clock: Clock) -> None:
    for deadline in (due(1), due(9), None):
        await ledger.tickets.open(START, partial(save_of, deadline=deadline))
    clock.move(days=2)
    counts = await ledger.tickets.counts()
    assert (counts.total, counts.pending, counts.overdue) == (3, 1, 1)
    assert counts.by_status == {"登记": 3}


@pytest.mark.parametrize("typed", ["20260928-000002", "20260928000002", "20260928-00000", "202609"])
async def test_a_ticket_is_found_by_its_number_or_the_beginning_of_it(
    ledger: Ledger, typed: str
) -> None:
    for _ in range(2):
        await ledger.tickets.open(START, save_of)
    found = await ledger.tickets.page(TicketFilter(number=typed))
    assert "20260928-000002" in [item.id for item in found.items]
    assert (await ledger.tickets.page(TicketFilter(number="2026%"))).total == 0


async def test_a_ticket_is_found_by_the_contacts_or_the_callers_number(writing: Ledger) -> None:
    writing.callers.remember(CallId("c1"), Phone("13812345678"))
    await writing.journal.append([opened("c1")], policy_version="1")
    await writing.tickets.open(START, partial(save_of, call="c1", phone="0758-3912345"))
    for typed in ("13812345678", "+86 138 1234 5678", "07583912345"):
        wanted = TicketFilter(phone=Phone.parse(typed))
        assert (await writing.tickets.page(wanted)).total == 1, typed
    assert (await writing.tickets.page(TicketFilter(phone=Phone("")))).total == 0
    assert (await writing.tickets.page(TicketFilter(phone=Phone("13812345679")))).total == 0


async def test_a_callers_earlier_tickets_are_found_newest_first(writing: Ledger) -> None:
    caller = Phone("13812345678")
    for call in ("c1", "c2"):
        writing.callers.remember(CallId(call), caller)
        await writing.journal.append([opened(call), closed(call)], policy_version="1")
        await writing.tickets.open(START, partial(save_of, call=call, summary=f"来电 {call}"))
    earlier = await writing.tickets.of_caller(caller)
    assert [ticket.summary for ticket in earlier] == ["来电 c2", "来电 c1"]
    assert [ticket.summary for ticket in await writing.tickets.of_call(CallId("c1"))] == ["来电 c1"]
    numbers = await writing.tickets.numbers_of([CallId("c1"), CallId("c2"), CallId("c3")])
    assert numbers == {"c1": ("20260928-000001",), "c2": ("20260928-000002",)}
    calls = await writing.callers.earlier(caller)
    assert {call.tickets for call in calls.last} == {("20260928-000001",), ("20260928-000002",)}


async def test_withheld_callers_are_not_each_others_past(writing: Ledger) -> None:
    for call in ("c1", "c2"):
        writing.callers.remember(CallId(call), Phone(""))
        await writing.journal.append([opened(call), closed(call)], policy_version="1")
        await writing.tickets.open(START, partial(save_of, call=call, phone=""))
    assert await writing.tickets.of_caller(Phone("")) == []
    assert (await writing.callers.earlier(Phone(""))).count == 0


async def test_the_summary_of_a_confidential_ticket_is_not_in_lists(ledger: Ledger) -> None:
    def build(number: TicketId) -> object:
        return replace(save_of(number, summary="举报某单位"), confidential=True)

    kept = await ledger.tickets.open(START, build)  # type: ignore[arg-type]
    (listed,) = (await ledger.tickets.page()).items
    assert (listed.confidential, listed.summary) == (True, "")
    assert (await ledger.tickets.load(kept.ticket.id)).texts["summary"] == "举报某单位"


async def test_facts_state_texts_and_audit_are_one_transaction(ledger: Ledger) -> None:
    nothing: Any = None

    def two_facts_one_bad(number: TicketId) -> object:
        good = save_of(number, summary="x")
        return replace(good, facts=(*good.facts, replace(good.facts[0], at=nothing)))

    with pytest.raises(IntegrityError) as refused:
        await ledger.tickets.open(START, two_facts_one_bad)  # type: ignore[arg-type]
    assert "20260928" not in str(refused.value), "an error shows values of a row"
    async with ledger.database.read() as connection:
        for table in (t.tickets, t.ticket_texts, t.journal, t.audit, t.ticket_numbers):
            count = await connection.execute(select(func.count()).select_from(table))
            assert count.scalar() == 0, table.name
