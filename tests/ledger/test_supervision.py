"""Matters of supervision, on both databases: raised once each, numbered without gaps, sealed."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import text

from agent_desk.intake_views import Intake
from hotline.errors import NoSuch, Objected
from hotline.handling_words import Part
from hotline.supervision import State, Step, SupervisionStep, Wanted, take
from hotline.words import Article, Phone, TicketId, TicketType, UnitId
from ledger.errors import StaleVersion
from ledger.store import Ledger
from ledger.supervision import KeptMatter, Raised
from switchboard.supervision_sweep import corrections_of
from switchboard.sweeper import Sweeper
from tests.hotline import shipped
from tests.ledger.conftest import START, Clock, Opener
from tests.ledger.test_knowledge import DAY, correction
from tests.ledger.test_ticket_dues import REPLY, Watched, watched
from tests.switchboard.test_desk_books import BY, DRAFT, PACKS
from tests.switchboard.test_desk_handling import BOSS, HOUSING, OFFICER, at

pytestmark = pytest.mark.anyio

CASE = Article("某办法", "第十七条（一）", "超出办理时限未办理的")
SECRET = "张三三反映的问题至今没有人管"


def raised(source: str = "甲", unit: str = "housing", **more: object) -> Raised:
    one = Raised(
        source=source,
        kind="overdue",
        what="逾期未办结",
        article=CASE,
        at=at("2026-11-09 10:00"),
        by="u2",
        unit=UnitId(unit),
    )
    return replace(one, **more)  # type: ignore[arg-type] # the fields of Raised


async def issued(ledger: Ledger, kept: KeptMatter, form: str = "督办单") -> SupervisionStep:
    policy = shipped.policy("guizhou")

    def decide(number: str) -> SupervisionStep:
        one = Wanted(
            step=Step.ISSUE,
            part=Part.CENTRE,
            by="u2",
            body="热线机构",
            form=form,
            form_number=number,
            answer_by=dt.date(2026, 11, 16),
            told=True,
        )
        return take(kept.matter, one, at("2026-11-09 11:00"), policy)

    texts = {"督办事由": SECRET, "督办要求": "限期办理"}
    return await ledger.supervision.take(kept, decide, texts, form=form, year=2026)


async def fresh(ledger: Ledger, source: str) -> KeptMatter:
    made = await ledger.supervision.raise_matter(raised(source))
    assert made is not None
    return await ledger.supervision.load(made)


async def test_one_source_raises_one_matter_however_many_try(opener: Opener) -> None:
    async with opener() as ledger:
        tries = [ledger.supervision.raise_matter(raised()) for _ in range(6)]
        made = [one for one in await asyncio.gather(*tries) if one is not None]
        assert len(made) == 1
        assert (await ledger.supervision.page()).total == 1
        kept = await ledger.supervision.load(made[0])
        assert (kept.matter.state, kept.raised.article) == (State.RAISED, CASE)
        assert [one.step for one in kept.matter.steps] == [Step.RAISE]


async def test_forms_are_numbered_by_year_and_kind_and_a_refused_one_takes_no_number(
    opener: Opener,
) -> None:
    async with opener() as ledger:
        first, second, third = [await fresh(ledger, one) for one in "甲乙丙"]
        assert (await issued(ledger, first)).form_number == "督办单〔2026〕1号"
        with pytest.raises(Objected, match="请从中选"):
            await issued(ledger, second, form="警告")
        assert (await issued(ledger, second)).form_number == "督办单〔2026〕2号"
        assert (await issued(ledger, third, form="约谈提醒")).form_number == "约谈提醒〔2026〕1号"
        again = await ledger.supervision.load(first.id)
        assert again.matter.answer_by == dt.date(2026, 11, 16)
        assert again.texts[2]["督办事由"] == SECRET


async def test_who_was_slower_is_told_and_leaves_nothing(opener: Opener) -> None:
    async with opener() as ledger:
        kept = await fresh(ledger, "甲")
        await issued(ledger, kept)
        with pytest.raises(StaleVersion, match=r"督办事项 \d+ 已被别人改过（您看到第 1 版）"):
            await issued(ledger, kept)
        after = await ledger.supervision.load(kept.id)
        assert len(after.matter.steps) == 2
        other = await fresh(ledger, "乙")
        assert (await issued(ledger, other)).form_number == "督办单〔2026〕2号"


async def test_what_people_wrote_is_not_readable_in_the_database(opener: Opener) -> None:
    async with opener() as ledger:
        await issued(ledger, await fresh(ledger, "甲"))
        query = text("SELECT texts FROM supervision_steps WHERE texts IS NOT NULL")
        async with ledger.database.read() as connection:
            (row,) = (await connection.execute(query)).all()
        assert SECRET.encode() not in bytes(row[0])


async def test_every_step_is_in_the_audit_book_under_its_ticket(opener: Opener) -> None:
    async with opener() as ledger:
        number = TicketId("20261102-000001")
        made = await ledger.supervision.raise_matter(raised(ticket=number))
        assert made is not None
        await issued(ledger, await ledger.supervision.load(made))
        rows = await ledger.audit.rows(subject=f"ticket:{number}", newest_first=False)
        assert [one.what for one in rows] == ["supervision.raise", "supervision.issue"]
        assert rows[1].detail["form"] == "督办单〔2026〕1号"
        assert (await ledger.audit.verify()).intact


async def test_the_list_has_what_waits_first_and_a_unit_sees_its_own(opener: Opener) -> None:
    async with opener() as ledger:
        older = await fresh(ledger, "甲")
        later = raised("乙", unit="order", at=at("2026-11-10 10:00"))
        await ledger.supervision.raise_matter(later)

        def drop(_number: str) -> SupervisionStep:
            one = Wanted(step=Step.DROP, part=Part.CENTRE, by="u2", body="热线机构", told=True)
            return take(older.matter, one, at("2026-11-11 10:00"), shipped.policy("guizhou"))

        await ledger.supervision.take(older, drop, {"理由": "已经办结"})
        shown = await ledger.supervision.page()
        assert [one.raised.source for one in shown.items] == ["乙", "甲"]
        assert [one.matter.state for one in shown.items] == [State.RAISED, State.DROPPED]
        own = await ledger.supervision.page(units=[HOUSING])
        assert [one.raised.source for one in own.items] == ["甲"]
        assert await ledger.supervision.counts() == {"待督办": 1, "不予督办": 1}
        assert (await ledger.supervision.page(states=[State.RAISED], level=1)).total == 0
        with pytest.raises(NoSuch):
            await ledger.supervision.load(99)


# -------------------------------------------------------------------------------- what is raised


async def matters(ticket: Watched) -> list[KeptMatter]:
    return list(await ticket.case.ledger.supervision.of_ticket(ticket.case.number))


@pytest.mark.clause("GZ-17¶1", "ZQ-17")
async def test_what_the_clock_supervises_becomes_one_matter_with_its_proof(
    opener: Opener, clock: Clock
) -> None:
    async with watched(opener, clock, "guizhou") as ticket:
        await ticket.case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        await ticket.swept("2026-11-04 00:00")
        await ticket.swept("2026-11-05 00:00")
        (one,) = await matters(ticket)
        assert (one.raised.kind, one.raised.what) == ("unsigned", "逾期未签收")
        assert (one.raised.unit, one.raised.acts) == (HOUSING, (1,))
        assert one.raised.article is not None
        assert one.raised.article.number == "第十五条"
        assert one.raised.article.quote


@pytest.mark.clause("ZQ-17")
async def test_a_return_denied_for_a_listed_case_is_proposed_and_not_supervised_by_itself(
    opener: Opener, clock: Clock
) -> None:
    async with watched(opener, clock, "zhaoqing") as ticket:
        await ticket.case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        await ticket.case.does(OFFICER, "申请退回", "2026-11-03 09:00", need_1="甲", need_2="乙")
        await ticket.case.does(
            BOSS, "驳回退回", "2026-11-03 10:00", code="own_duty", note="属于住建职责"
        )
        assert await ticket.swept("2026-11-03 10:05") == 1
        assert await ticket.by_clock() == [], "a judgement is a person's"
        (one,) = await matters(ticket)
        assert one.raised.what.startswith("退回申请不予批准：第十条（一）")
        assert (one.raised.acts, one.matter.state) == ((3,), State.RAISED)
        await ticket.swept("2026-11-04 10:05")
        assert len(await matters(ticket)) == 1


@pytest.mark.clause("GZ-16¶2")
async def test_a_result_that_fails_a_second_audit_is_a_matter(opener: Opener, clock: Clock) -> None:
    async with watched(opener, clock, "guizhou") as ticket:
        await ticket.case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        await ticket.case.does(OFFICER, "签收", "2026-11-02 11:00")
        for day in ("03", "04"):
            await ticket.case.does(OFFICER, "申请办结", f"2026-11-{day} 09:00", **REPLY, truth="1")
            when = f"2026-11-{day} 10:00"
            await ticket.case.does(BOSS, "退回继续办理", when, tick="1", note="与核实不符")
        await ticket.swept("2026-11-04 10:01")
        (one,) = await matters(ticket)
        assert (one.raised.kind, one.raised.acts) == ("refused-twice", (1, 4, 6))


@pytest.mark.clause("ZQ-17")
async def test_a_third_complaint_about_what_was_ended_twice_has_come_back(
    opener: Opener, clock: Clock
) -> None:
    async with watched(opener, clock, "zhaoqing") as ticket:
        ledger = ticket.case.ledger
        numbers: list[TicketId] = []
        for day in ("03", "05", "09"):
            when = f"2026-11-{day} 09:00"
            clock.time = at(when)
            number = await complained(
                ticket, f"k{day}", Intake(how="news", to=numbers[-1]) if numbers else None
            )
            numbers.append(number)
            ticket.case.number = number
            await ticket.case.does(BOSS, "派单", f"2026-11-{day} 09:10", unit="housing")
            if day == "09":
                break
            await ticket.case.does(OFFICER, "申请办结", f"2026-11-{day} 10:00", **REPLY)
            await ticket.case.does(BOSS, "同意办结", f"2026-11-{day} 11:00")
        await ticket.swept("2026-11-09 09:30")
        (one,) = await matters(ticket)
        assert one.raised.kind == "comes-back"
        assert one.raised.what == "办理完毕后同一诉求人又反映2次"
        assert (one.raised.unit, one.raised.others) == (HOUSING, tuple(numbers[:2]))
        assert one.raised.article is not None
        assert one.raised.article.number == "第十七条（二）"
        await ticket.swept("2026-11-10 09:30")
        assert len(await matters(ticket)) == 1
        assert [one.raised.kind for one in await ledger.supervision.of_ticket(numbers[1])] == []


async def test_one_that_asks_how_it_goes_or_tells_another_matter_has_not_come_back(
    opener: Opener, clock: Clock
) -> None:
    async with watched(opener, clock, "zhaoqing") as ticket:
        clock.time = at("2026-11-03 09:00")
        first = await complained(ticket, "first")
        for day in ("04", "05", "06"):
            clock.time = at(f"2026-11-{day} 09:00")
            await complained(ticket, f"asks-{day}", Intake(how="again", to=first))
        ticket.case.number = first
        await ticket.case.does(BOSS, "派单", "2026-11-06 09:10", unit="housing")
        await ticket.case.does(OFFICER, "申请办结", "2026-11-06 10:00", **REPLY)
        await ticket.case.does(BOSS, "同意办结", "2026-11-06 11:00")
        for day in ("09", "10"):
            clock.time = at(f"2026-11-{day} 09:00")
            await complained(ticket, f"another-{day}")
        await ticket.swept("2026-11-10 09:30")
        assert await matters(ticket) == []
        # Told again after the end, twice: it has come back.
        for day in ("11", "12"):
            clock.time = at(f"2026-11-{day} 09:00")
            await complained(ticket, f"back-{day}", Intake(how="again", to=first))
            await ticket.swept(f"2026-11-{day} 09:30")
        (one,) = await matters(ticket)
        assert (one.raised.ticket, len(one.raised.others)) == (first, 5)


async def complained(ticket: Watched, key: str, intake: Intake | None = None) -> TicketId:
    """The same caller about the same kind of matter; ``intake`` ties it to an earlier ticket."""
    from switchboard.desk_tickets import DeskTickets

    tickets = DeskTickets(
        ticket.case.ledger,
        city="zhaoqing",
        body="12345热线",
        policy=lambda moment: PACKS.policy("zhaoqing", moment.date()),
        calendar=PACKS.calendar,
    )
    draft = replace(DRAFT, category="噪声扰民", phone="13800000031", type=TicketType.COMPLAINT)
    assert not Phone.parse(draft.phone).withheld
    saved = await tickets.save(
        draft, call=None, by=BY, key=key, at=ticket.clock.time, intake=intake
    )
    return saved.number


@pytest.mark.clause("ZQ-17")
async def test_knowledge_that_was_not_put_right_in_time_is_a_matter_of_the_unit(
    opener: Opener, clock: Clock
) -> None:
    clock.time = START + DAY
    async with opener() as ledger:
        await ledger.knowledge.corrections.add(correction("k-1", START + 3 * DAY, unit=HOUSING))
        sweeper = Sweeper(
            ledger,
            policy=lambda moment: PACKS.policy("zhaoqing", moment.date()),
            calendar=PACKS.calendar,
            clock=clock,
            knowledge=corrections_of(ledger),
        )
        await sweeper.turn()
        assert (await ledger.supervision.page()).total == 0
        clock.time = START + 4 * DAY
        await sweeper.turn()
        await sweeper.turn()
        (one,) = (await ledger.supervision.page()).items
        assert one.raised.what == "知识库没有按时补正：条目card第1版"
        assert (one.raised.unit, one.raised.ticket) == (HOUSING, None)
        assert one.raised.article is not None
        assert one.raised.article.number == "第十七条（四）"


@pytest.mark.clause("GY-解读五-2")
async def test_a_city_whose_text_has_no_such_case_raises_nothing(
    opener: Opener, clock: Clock
) -> None:
    async with watched(opener, clock, "hebei") as ticket:
        await ticket.case.does(BOSS, "审核通过", "2026-11-02 09:30")
        await ticket.case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        for day in ("03", "04"):
            await ticket.case.does(OFFICER, "申请退回", f"2026-11-{day} 09:00")
            await ticket.case.does(BOSS, "驳回退回", f"2026-11-{day} 10:00", note="属于住建职责")
        await ticket.swept("2026-11-04 10:05")
        assert await matters(ticket) == []
