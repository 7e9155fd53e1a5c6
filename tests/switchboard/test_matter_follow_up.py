"""Whoever told a matter is answered: also those whose tickets were joined to another, each for
themselves, each once."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from hotline.errors import ImpossibleMove, NoSuch
from hotline.handling_gates import Asked
from hotline.handling_words import Act, Part, Stage
from hotline.words import Phone, TicketId
from ledger.store import Ledger
from ledger.units import Unit
from switchboard.calling_out import CallingOut
from switchboard.conductor import Conductor
from switchboard.desk_follow_ups import DeskFollowUps
from switchboard.desk_handling import DeskHandling
from switchboard.desk_tickets import DeskTickets
from switchboard.sweeper import Sweeper
from tests.switchboard.test_desk_books import BY, DRAFT, PACKS, opened
from tests.switchboard.test_desk_follow_ups import AGENT, OTHER, Desk, Line, rows
from tests.switchboard.test_desk_handling import BOSS, HOUSING, OFFICER, ORDER, Case, at
from tests.switchboard.test_sms import Hand, Out, ways

pytestmark = pytest.mark.anyio

NEIGHBOUR, THIRD = "13800006099", "13800006098"


async def _told(
    tickets: DeskTickets,
    ledger: Ledger,
    handling: DeskHandling,
    main: TicketId,
    phone: str,
    at_: str,
) -> TicketId:
    """Another caller told the same, and their ticket was joined to the first."""
    saved = await tickets.save(
        replace(DRAFT, phone=phone), call=None, by=BY, key=f"{phone}-{at_}", at=at(at_)
    )
    case = Case(ledger, handling, saved.number)
    await case.does(BOSS, "并单", at_, code=main)
    return saved.number


class Matter:
    """A complaint of the second of November with three tickets of two neighbours joined to it."""

    def __init__(self, desk: Desk, out: Out, joined: tuple[TicketId, ...], hand: Hand) -> None:
        self.desk, self.out, self.joined, self.hand = desk, out, joined, hand

    async def settle(self) -> None:
        """What became durable is taken up."""
        while await self.out.sender.turn():
            pass

    async def acts(self, number: TicketId) -> list[str]:
        return list((await self.desk.case.ledger.tickets.load(number)).ticket.acts)


@asynccontextmanager
async def a_matter(tmp_path: Path, city: str, *, messages: bool = False) -> AsyncIterator[Matter]:
    async with opened(tmp_path, city) as (ledger, tickets):
        units = [Unit(HOUSING, "区住建局"), Unit(ORDER, "区城管局")]
        await ledger.units.put(units, by="setup")
        handling = DeskHandling(
            ledger,
            body="12345热线",
            policy=lambda moment: PACKS.policy(city, moment.date()),
            calendar=PACKS.calendar,
            messages=messages,
        )
        first = await tickets.save(DRAFT, call=None, by=BY, key="k", at=at("2026-11-02 09:00"))
        case, hand = Case(ledger, handling, first.number), Hand()
        out = ways(case, city, hand if messages else None, "2026-11-10 10:01")
        joined = [
            await _told(tickets, ledger, handling, first.number, phone, when)
            for phone, when in (
                (NEIGHBOUR, "2026-11-02 09:20"),
                (NEIGHBOUR, "2026-11-02 09:30"),
                (THIRD, "2026-11-02 09:40"),
                (DRAFT.phone, "2026-11-02 09:50"),
            )
        ]
        policy = PACKS.policy(city, out.now.date())
        given = frozenset({*(policy.close.sections.value or ()), "核实"})
        await case.does(
            BOSS, "派单", "2026-11-02 10:00", unit="housing"
        ) if city == "zhaoqing" else (await _dispatched(out, case))
        for act, who, when in (
            (Act.SIGN, OFFICER, "2026-11-02 11:00"),
            (Act.ASK_CLOSE, OFFICER, "2026-11-10 09:00"),
        ):
            asked = Asked(act=act, part=Part.UNIT, by=who.id, body="b", given=given)
            await out.acts.do(case.number, asked, at(when), {})
        await case.does(BOSS, "同意办结", "2026-11-10 10:00")
        line = Line()
        calling = CallingOut(cast("Conductor", line), lambda: out.now, line_out=True)
        follow_ups = DeskFollowUps(ledger, out.acts, calling, line="12345热线", policy=policy)
        matter = Matter(Desk(case, out.acts, follow_ups, line), out, tuple(joined), hand)
        await matter.settle()
        yield matter


async def _dispatched(out: Out, case: Case) -> None:
    for act, when in ((Act.REVIEW, "2026-11-02 09:55"), (Act.DISPATCH, "2026-11-02 10:00")):
        asked = Asked(act=act, part=Part.CENTRE, by=BOSS.id, body="b", unit=HOUSING)
        await out.acts.do(case.number, asked, at(when), {})


@pytest.mark.clause("HB-30¶2")
async def test_every_caller_of_a_joined_matter_is_called_rated_and_settled_for_themselves(
    tmp_path: Path,
) -> None:
    async with a_matter(tmp_path, "hebei") as matter:
        desk, main = matter.desk, matter.desk.case.number
        neighbour, _, third, _ = matter.joined
        # The neighbour told it twice and the first caller once more: three people, three calls.
        found = {row.ticket: row for row in await rows(desk)}
        assert set(found) == {main, neighbour, third}
        row = found[neighbour]
        assert (row.caller, row.joined_to, row.unit_name) == (Phone(NEIGHBOUR), main, "区住建局")
        assert (row.why, row.due_at) == ("回访办理结果", at("2026-11-11 09:00"))
        now = at("2026-11-10 11:00")
        await desk.follow_ups.claim(neighbour, AGENT, now)
        with pytest.raises(ImpossibleMove, match="正在办"):
            await desk.follow_ups.claim(neighbour, OTHER, now)
        await desk.follow_ups.claim(main, OTHER, now)
        one = await desk.follow_ups.one(neighbour, AGENT, now)
        await desk.follow_ups.done(
            neighbour, AGENT, {"said": "还在漏水", "rating": "不满意"}, version=one.version, at=now
        )
        stored = await desk.case.ledger.tickets.load(neighbour)
        assert stored.ticket.status == Stage.MERGED
        assert (await matter.acts(neighbour))[-2:] == ["回访", "评价"]
        assert any("还在漏水" in text for text in stored.texts.values())
        assert (await matter.acts(main))[-1] == "同意办结"
        await matter.settle()
        assert {row.ticket for row in await rows(desk)} == {main, third}
        # The first caller's own call and rating, even the archive, take nothing from the third's.
        await desk.follow_ups.give_back(main, OTHER, "")
        mine = await desk.follow_ups.one(main, AGENT, now)
        form = {"said": "已解决", "rating": "满意"}
        await desk.follow_ups.done(main, AGENT, form, version=mine.version, at=now)
        await matter.settle()
        assert [row.ticket for row in await rows(desk)] == [third]


async def test_a_matter_that_is_handled_again_is_called_about_again_when_it_ends_anew(
    tmp_path: Path,
) -> None:
    async with a_matter(tmp_path, "hebei") as matter:
        desk, main = matter.desk, matter.desk.case.number
        neighbour, _, third, _ = matter.joined
        asked = Asked(act=Act.REDO, part=Part.CENTRE, by=BOSS.id, body="b")
        await desk.acts.do(main, asked, at("2026-11-10 11:00"), {})
        await matter.settle()
        assert await rows(desk) == ()
        with pytest.raises(NoSuch):
            await desk.follow_ups.one(neighbour, AGENT, at("2026-11-10 12:00"))
        for act, part, when in (
            (Act.ASK_CLOSE, Part.UNIT, "2026-11-12 09:00"),
            (Act.CLOSE, Part.CENTRE, "2026-11-12 10:00"),
        ):
            asked = Asked(act=act, part=part, by="u", body="b", given=frozenset({"核实"}))
            await desk.acts.do(main, asked, at(when), {})
        await matter.settle()
        assert {row.ticket for row in await rows(desk, "2026-11-12 11:00")} == {
            main,
            neighbour,
            third,
        }


@pytest.mark.clause("ZQ-15¶1", "ZQ-15¶2", "ZQ-15(二)(三)")
async def test_each_caller_gets_one_message_and_one_low_rating_is_called_about_alone(
    tmp_path: Path,
) -> None:
    async with a_matter(tmp_path, "zhaoqing", messages=True) as matter:
        desk = matter.desk
        neighbour = matter.joined[0]
        sent = sorted(one.to.digits for one in matter.hand.given)
        assert sent == sorted([DRAFT.phone, NEIGHBOUR, THIRD])
        out = matter.out
        out.now = at("2026-11-10 12:00")
        assert await out.replies.take(Phone(NEIGHBOUR), "5") == "rated"
        assert await out.replies.take(Phone(DRAFT.phone), "1") == "rated"
        await matter.settle()
        assert len(matter.hand.given) == 3
        [row] = await rows(desk, "2026-11-10 12:10")
        assert (row.ticket, row.rating) == (neighbour, "非常不满意")
        # A day later it is too late for the third.
        out.now = at("2026-11-11 12:00") + dt.timedelta(hours=1)
        assert await out.replies.take(Phone(THIRD), "1") == "late"


@pytest.mark.clause("ZQ-15¶2")
async def test_a_joined_caller_who_answers_nothing_within_the_day_has_not_rated(
    tmp_path: Path,
) -> None:
    async with a_matter(tmp_path, "zhaoqing", messages=True) as matter:
        neighbour, again, third, _ = matter.joined
        out, now = matter.out, at("2026-11-10 12:00")
        out.now = now
        assert await out.replies.take(Phone(NEIGHBOUR), "5") == "rated"
        ledger = matter.desk.case.ledger
        sweeper = Sweeper(
            ledger,
            policy=lambda moment: PACKS.policy("zhaoqing", moment.date()),
            calendar=PACKS.calendar,
            clock=lambda: now,
        )
        before = await matter.acts(third)
        now = at("2026-11-11 10:00")
        await sweeper.turn()
        assert await matter.acts(third) == before
        now = at("2026-11-11 10:02")
        await sweeper.turn()
        await sweeper.turn()
        assert await matter.acts(third) == [*before, "未评价"]
        assert "未评价" not in [*await matter.acts(neighbour), *await matter.acts(again)]
        stored = await ledger.tickets.load(third)
        assert stored.ticket.status == Stage.MERGED
        [due] = [one for one in await ledger.tickets.dues.of(third) if one.what == "未评价"]
        assert due.article == "第十五条"
        assert await ledger.tickets.dues.waiting(at("2026-12-31 09:00"), limit=9) == []
