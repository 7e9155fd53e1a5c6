"""The clock of tickets, on both databases: what comes due is raised once, whoever looks."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from agent_desk.ticket_views import TicketAct
from hotline.handling_words import Part, Stage, TicketActed
from hotline.policy import Policy
from hotline.words import TicketId
from ledger.rows import canonical, to_json
from ledger.store import Ledger
from ledger.units import Unit
from switchboard.desk_handling import DeskHandling
from switchboard.desk_tickets import DeskTickets
from switchboard.sweeper import LEASE, Sweeper
from tests.ledger.conftest import Clock, Opener
from tests.switchboard.test_desk_books import BY, DRAFT, PACKS
from tests.switchboard.test_desk_handling import BOSS, HOUSING, OFFICER, Case, at

pytestmark = pytest.mark.anyio

REPLY = {"need_1": "甲", "need_2": "乙", "need_3": "丙", "need_4": "丁", "ask_1": "办理结果"}


@dataclass(slots=True)
class Watched:
    """One ticket and the servers that watch it."""

    case: Case
    clock: Clock
    city: str
    server: Sweeper | None = None

    def sweeper(self, ledger: Ledger | None = None) -> Sweeper:
        return Sweeper(
            ledger or self.case.ledger,
            policy=lambda moment: PACKS.policy(self.city, moment.date()),
            calendar=PACKS.calendar,
            clock=self.clock,
        )

    async def swept(self, when: str) -> int:
        """What the one server raised at that moment."""
        self.clock.time = at(when)
        self.server = self.server or self.sweeper()
        return await self.server.turn()

    async def by_clock(self) -> list[str]:
        facts = [one.fact for one in await self.case.ledger.tickets.facts_of(self.case.number)]
        acts = [fact for fact in facts if isinstance(fact, TicketActed)]
        return [fact.act.value for fact in acts if fact.part is Part.CLOCK]

    async def timeline(self) -> Sequence[TicketAct]:
        now = await self.case.handling.now(self.case.number, BOSS, self.clock.time)
        return now.acts

    async def everything(self) -> str:
        """All that is kept of the ticket, but when to look again."""
        stored = await self.case.ledger.tickets.load(self.case.number)
        facts = [one.fact for one in await self.case.ledger.tickets.facts_of(self.case.number)]
        dues = await self.case.ledger.tickets.dues.of(self.case.number)
        return canonical([to_json(one) for one in (stored.ticket, *facts, *dues)])


@asynccontextmanager
async def watched(opener: Opener, clock: Clock, city: str) -> AsyncIterator[Watched]:
    """A complaint registered on the second of November."""
    clock.time = at("2026-11-02 09:00")
    async with opener(city=city) as ledger:

        def policy(moment: dt.datetime) -> Policy:
            return PACKS.policy(city, moment.date())

        await ledger.units.put([Unit(HOUSING, "区住建局")], by="setup")
        body = "12345热线"
        tickets = DeskTickets(ledger, city=city, body=body, policy=policy, calendar=PACKS.calendar)
        handling = DeskHandling(ledger, body=body, policy=policy, calendar=PACKS.calendar)
        saved = await tickets.save(DRAFT, call=None, by=BY, key="k", at=clock.time)
        yield Watched(Case(ledger, handling, saved.number), clock, city)


@pytest.mark.clause("GZ-15", "GZ-17¶1")
async def test_a_ticket_not_signed_for_in_a_working_day_is_reminded_of_and_supervised_once(
    opener: Opener, clock: Clock
) -> None:
    async with watched(opener, clock, "guizhou") as ticket:
        await ticket.case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        assert await ticket.swept("2026-11-02 23:59") == 0
        assert await ticket.swept("2026-11-03 00:00") == 1
        assert await ticket.swept("2026-11-03 23:59") == 0
        assert await ticket.swept("2026-11-04 00:00") == 1
        assert await ticket.by_clock() == ["催办", "督办"]
        assert await ticket.case.stage() == Stage.DISPATCHED
        soon, line = [one for one in await ticket.timeline() if one.body == "系统"]
        assert (soon.what, soon.text) == ("催办", "签收期限即将届满")
        assert soon.article.endswith("第十七条")
        assert (line.what, line.text, line.who) == ("督办", "逾期未签收", "")
        assert line.article.endswith("第十五条")
        before = await ticket.everything()
        assert await ticket.swept("2026-11-04 00:01") == 0
        assert await ticket.swept("2026-11-20 00:01") == 0
        assert await ticket.everything() == before


async def test_an_overdue_ticket_is_supervised_and_again_only_when_a_new_date_passes(
    opener: Opener, clock: Clock
) -> None:
    async with watched(opener, clock, "zhaoqing") as ticket:
        await ticket.case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        await ticket.case.does(OFFICER, "申请延期", "2026-11-19 09:00", need_1="表", need_2="签")
        await ticket.case.does(BOSS, "同意延期", "2026-11-20 09:00")
        assert await ticket.swept("2026-11-24 00:00") == 0
        assert await ticket.swept("2026-12-15 00:00") == 1
        assert await ticket.by_clock() == ["督办"]
        await ticket.case.does(OFFICER, "申请办结", "2026-12-15 09:00", **REPLY)
        await ticket.case.does(BOSS, "退回继续办理", "2026-12-15 10:00", note="没有写明结果")
        assert await ticket.swept("2026-12-16 00:00") == 0


@pytest.mark.clause("ZQ-15¶2")
async def test_who_gives_no_rating_in_a_day_is_unrated_and_the_ticket_archived(
    opener: Opener, clock: Clock
) -> None:
    async with watched(opener, clock, "zhaoqing") as ticket:
        await ticket.case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        await ticket.case.does(OFFICER, "申请办结", "2026-11-06 09:00", **REPLY)
        await ticket.case.does(BOSS, "同意办结", "2026-11-06 16:00")
        assert await ticket.swept("2026-11-07 16:00") == 0, "the 24 hours run through a Saturday"
        assert await ticket.swept("2026-11-07 16:01") == 2
        assert await ticket.by_clock() == ["未评价", "归档"]
        assert await ticket.case.stage() == Stage.ARCHIVED
        told = [(one.what, one.article) for one in await ticket.timeline() if one.body == "系统"]
        assert [what for what, _ in told] == ["未评价", "归档"]
        assert all("第十五条" in article for _, article in told)


async def test_what_the_clock_may_not_do_itself_is_left_to_people_and_told_them(
    opener: Opener, clock: Clock
) -> None:
    async with watched(opener, clock, "zhaoqing") as ticket:
        assert await ticket.swept("2026-11-24 00:00") == 1
        assert await ticket.by_clock() == []
        (line,) = [one for one in await ticket.timeline() if one.body == "系统"]
        assert (line.what, line.text) == ("逾期未办结", "")
        assert await ticket.case.stage() == Stage.REGISTERED


async def test_two_servers_raise_it_once(opener: Opener, clock: Clock) -> None:
    async with watched(opener, clock, "guizhou") as ticket, opener(city="guizhou") as second:
        await ticket.case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        clock.time = at("2026-11-04 00:00")
        both = [ticket.sweeper(), ticket.sweeper(second)]
        assert sum(await asyncio.gather(*(one.turn() for one in both))) == 1
        assert await ticket.by_clock() == ["督办"]


async def test_even_two_who_both_think_they_hold_the_lease_raise_it_once(
    opener: Opener, clock: Clock
) -> None:
    async with watched(opener, clock, "guizhou") as ticket, opener(city="guizhou") as second:
        await ticket.case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        now, number = at("2026-11-04 00:00"), ticket.case.number
        both = [ticket.sweeper(), ticket.sweeper(second)]
        raised = await asyncio.gather(*(one._look_at(number, now) for one in both))
        assert sum(raised) == 1
        assert len(await second.tickets.dues.of(number)) == 1
        assert await ticket.by_clock() == ["督办"]


async def test_a_server_that_died_is_followed_by_another_after_the_lease_ends(
    opener: Opener, clock: Clock
) -> None:
    async with watched(opener, clock, "guizhou") as ticket:
        await ticket.case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        clock.time = at("2026-11-04 00:00")
        await ticket.case.ledger.leases.take(LEASE, "dead", ttl=dt.timedelta(minutes=3))
        assert await ticket.swept("2026-11-04 00:02") == 0
        assert await ticket.swept("2026-11-04 00:03") == 1


async def test_a_ticket_that_cannot_be_read_stops_no_other(opener: Opener, clock: Clock) -> None:
    async with watched(opener, clock, "zhaoqing") as ticket:
        ledger = ticket.case.ledger
        tickets = DeskTickets(
            ledger,
            city="zhaoqing",
            body="12345热线",
            policy=lambda moment: PACKS.policy("zhaoqing", moment.date()),
            calendar=PACKS.calendar,
        )
        broken = await tickets.save(DRAFT, call=None, by=BY, key="2", at=at("2026-11-02 08:00"))
        async with ledger.database.write() as connection:
            spoilt = text("UPDATE tickets SET acts = 'spoilt' WHERE id = :id")
            await connection.execute(spoilt, {"id": broken.number})
        assert await ticket.swept("2026-11-24 00:00") == 1
        assert await ledger.tickets.dues.waiting(clock.time, limit=9) == []
        later = clock.time + dt.timedelta(hours=2)
        assert await ledger.tickets.dues.waiting(later, limit=9) == [broken.number]


async def test_only_tickets_with_something_coming_are_looked_at(
    opener: Opener, clock: Clock
) -> None:
    async with watched(opener, clock, "zhaoqing") as ticket:
        dues, number = ticket.case.ledger.tickets.dues, ticket.case.number
        assert await dues.waiting(at("2026-11-23 23:59"), limit=9) == []
        assert await dues.waiting(at("2026-11-24 00:00"), limit=9) == [number]
        await ticket.case.does(BOSS, "不予受理", "2026-11-02 10:00", code="outside_area")
        assert await dues.waiting(at("2030-01-01 00:00"), limit=9) == []
        await dues.look_again(TicketId(number), at("2026-12-01 00:00"), version=1)
        assert await dues.waiting(at("2030-01-01 00:00"), limit=9) == [], "acted upon since"


async def test_the_look_goes_by_an_index(ledger: Ledger) -> None:
    if not ledger.database.is_sqlite:
        return  # PostgreSQL plans by the size of the table, and this one is empty
    query = "SELECT id FROM tickets WHERE city = 'x' AND look_at <= 1 ORDER BY look_at, id LIMIT 9"
    async with ledger.database.read() as connection:
        plan = (await connection.execute(text(f"EXPLAIN QUERY PLAN {query}"))).all()
    assert "ix_tickets_city_look_at" in str(plan)
