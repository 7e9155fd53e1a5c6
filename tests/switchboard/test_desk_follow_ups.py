"""回访 on a real database: one matter, one person, one call; the outcome lies on the ticket."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from hotline.decide import CallRules
from hotline.errors import BadInput, ImpossibleMove, NoSuch, NotAllowed
from hotline.facts import CallClosed, CallRated
from hotline.handling_gates import Asked
from hotline.handling_words import Act, Part, Stage, TicketActed
from hotline.return_events import ReturnCallAsked
from hotline.words import AgentId, CallId, EmergencyAction, Outcome
from hotline.world import World
from switchboard.calling_out import CallingOut
from switchboard.conductor import Conductor
from switchboard.desk_follow_ups import DeskFollowUps
from switchboard.desk_handling import DeskHandling
from switchboard.rating_acts import RatingActs
from tests.switchboard.test_desk_books import BY, DRAFT, PACKS, opened
from tests.switchboard.test_desk_handling import BOSS, OFFICER, Case, a_case, at
from tests.switchboard.test_sms import Hand, ways

pytestmark = pytest.mark.anyio

AGENT = replace(BY, agent=AgentId("1001"))
OTHER = replace(BY, id=type(BY.id)("u9"), name="周远", agent=AgentId("1002"))


@dataclass
class Line:
    """Where calls are begun: remembers what was asked. The seat has a telephone."""

    world: World = field(default_factory=World)
    rules: CallRules = field(
        default_factory=lambda: CallRules(
            policy_version="p",
            wrap_up_s=10,
            spoken=dict.fromkeys(("greeting", "queue", "agent"), EmergencyAction.CONFIRM),
        )
    )
    asked: list[ReturnCallAsked] = field(default_factory=list)

    async def ask(self, event: ReturnCallAsked) -> None:
        self.asked.append(event)


@dataclass
class Desk:
    case: Case
    acts: RatingActs
    follow_ups: DeskFollowUps
    line: Line

    async def facts(self) -> list[TicketActed]:
        recorded = await self.case.ledger.tickets.facts_of(self.case.number)
        return [one.fact for one in recorded if isinstance(one.fact, TicketActed)]

    async def version(self) -> int:
        return (await self.case.ledger.tickets.load(self.case.number)).ticket.version


@asynccontextmanager
async def a_desk(tmp_path: Path, city: str, *, close: bool = True) -> AsyncIterator[Desk]:
    """A complaint whose unit has asked to close it at nine, and that was closed at ten."""
    async with a_case(tmp_path, city) as case:
        out = ways(case, city, Hand(), "2026-11-10 10:01")
        policy = PACKS.policy(city, out.now.date())
        given = frozenset({*(policy.close.sections.value or ()), "核实"})
        for act, part, when in (
            (Act.REVIEW, Part.CENTRE, "2026-11-02 09:30"),
            (Act.DISPATCH, Part.CENTRE, "2026-11-02 10:00"),
            (Act.SIGN, Part.UNIT, "2026-11-02 11:00"),
            (Act.ASK_CLOSE, Part.UNIT, "2026-11-10 09:00"),
            (Act.CLOSE, Part.CENTRE, "2026-11-10 10:00"),
        )[: None if close else 4]:
            asked = Asked(
                act=act, part=part, by=OFFICER.id, body="b", unit=OFFICER.unit, given=given
            )
            await out.acts.do(case.number, asked, at(when), {})
        line = Line()
        calling = CallingOut(cast("Conductor", line), lambda: at("2026-11-10 11:00"), line_out=True)
        follow_ups = DeskFollowUps(case.ledger, out.acts, calling, line="12345热线", policy=policy)
        yield Desk(case, out.acts, follow_ups, line)


async def rows(desk: Desk, when: str = "2026-11-10 11:00") -> Any:
    page = await desk.follow_ups.page(AGENT, why="", channel="", number=1, at=at(when))
    return page.rows


@pytest.mark.clause("HB-30¶2")
async def test_every_result_in_hebei_stands_in_the_list_with_its_day_and_is_settled_by_the_call(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path, "hebei") as desk:
        [row] = await rows(desk)
        assert (row.why, row.due_at, row.article) == (
            "回访办理结果",
            at("2026-11-11 09:00"),
            "第三十条",
        )
        one = await desk.follow_ups.one(desk.case.number, AGENT, at("2026-11-10 11:00"))
        assert (one.options[1], one.by_default, one.dialable) == ("满意", True, True)
        form = {"said": "诉求人表示已解决", "rating": "满意"}
        await desk.follow_ups.done(
            desk.case.number, AGENT, form, version=one.version, at=at("2026-11-10 11:10")
        )
        call, rating = (await desk.facts())[-2:]
        assert (call.act, rating.act, rating.code) == (Act.FOLLOW_UP, Act.RATE, "满意")
        assert rating.body == "12345热线（市热线）"
        assert await rows(desk) == ()
        with pytest.raises(NoSuch):
            await desk.follow_ups.one(desk.case.number, AGENT, at("2026-11-10 12:00"))


async def test_two_agents_never_have_one_matter_and_a_claim_ends_by_itself(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path, "hebei") as desk:
        number, now = desk.case.number, at("2026-11-10 11:00")
        await desk.follow_ups.claim(number, AGENT, now)
        with pytest.raises(ImpossibleMove, match="正在办"):
            await desk.follow_ups.claim(number, OTHER, now + dt.timedelta(minutes=14))
        with pytest.raises(ImpossibleMove, match="别人正在办"):
            await desk.follow_ups.done(
                number, OTHER, {"said": "x"}, version=await desk.version(), at=now
            )
        await desk.follow_ups.claim(number, OTHER, now + dt.timedelta(minutes=16))
        await desk.follow_ups.give_back(number, OTHER, "busy")
        [row] = await rows(desk)
        assert (row.held_by, row.result) == ("", "busy")
        with pytest.raises(BadInput):
            await desk.follow_ups.give_back(number, OTHER, "gone")


async def test_the_call_takes_the_way_of_a_return_call_and_its_recording_is_named(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path, "hebei") as desk:
        number, now = desk.case.number, at("2026-11-10 11:00")
        with pytest.raises(ImpossibleMove, match="电话未登记"):
            await desk.follow_ups.dial(number, AGENT, now)
        seat = replace(desk.line.world.seat(AgentId("1001")), devices=frozenset({"PJSIP/1001"}))
        desk.line.world = replace(desk.line.world, seats={AgentId("1001"): seat})
        await desk.follow_ups.dial(number, AGENT, now)
        [event] = desk.line.asked
        assert event.citizen.digits == DRAFT.phone
        assert (event.task, event.rates) == (f"follow-up-{number}", False)
        await desk.follow_ups.done(
            number, AGENT, {"said": "已联系"}, version=await desk.version(), at=now
        )
        stored = await desk.case.ledger.tickets.load(number)
        assert any(event.call in text for text in stored.texts.values())
        with pytest.raises(NotAllowed):
            await desk.follow_ups.dial(number, BOSS, now)


@pytest.mark.clause("ZS-23")
async def test_in_zhongshan_the_caller_chooses_how_to_be_followed_up(tmp_path: Path) -> None:
    async with a_desk(tmp_path, "zhongshan") as desk:
        number, now = desk.case.number, at("2026-11-10 11:00")
        [row] = await rows(desk)
        assert row.channel == "电话"
        before = await desk.follow_ups.channel(number)
        assert (before.options, before.chosen) == (("电话", "短信", "网络"), "")
        with pytest.raises(BadInput):
            await desk.follow_ups.choose(number, "飞鸽", AGENT, now)
        await desk.follow_ups.choose(number, "网络", AGENT, now)
        [row] = await rows(desk)
        assert (row.channel, (await desk.follow_ups.channel(number)).chosen) == ("网络", "网络")


@pytest.mark.clause("ZQ-15(二)(三)")
async def test_a_low_rating_is_called_about_and_its_reason_registered(tmp_path: Path) -> None:
    async with a_desk(tmp_path, "zhaoqing") as desk:
        number, now = desk.case.number, at("2026-11-10 12:00")
        assert await rows(desk) == ()
        await desk.acts.rated(number, "非常不满意", at("2026-11-10 11:30"), "sms")
        [row] = await rows(desk)
        assert (row.why, row.rating) == ("登记不满意的原因", "非常不满意")
        one = await desk.follow_ups.one(number, AGENT, now)
        assert (one.options, len(one.exceptions)) == ((), 7)
        with pytest.raises(BadInput, match="请登记不满意的原因"):
            await desk.follow_ups.done(
                number, AGENT, {"said": "已联系"}, version=one.version, at=now
            )
        form = {"said": "已联系", "reason": "夜里仍在施工"}
        await desk.follow_ups.done(number, AGENT, form, version=one.version, at=now)
        assert await rows(desk) == ()
        assert [fact.act for fact in await desk.facts()][-1] is Act.FOLLOW_UP


@pytest.mark.clause("GZ-16¶2")
async def test_guizhou_verifies_before_the_result_is_accepted(tmp_path: Path) -> None:
    async with a_desk(tmp_path, "guizhou", close=False) as desk:
        [row] = await rows(desk)
        assert row.why == "核实办理结果"
        number, now = desk.case.number, at("2026-11-10 11:00")
        form = {"said": "诉求人说没有解决", "verified": "不属实"}
        await desk.follow_ups.done(number, AGENT, form, version=await desk.version(), at=now)
        stored = await desk.case.ledger.tickets.load(number)
        assert stored.ticket.status == Stage.CLOSE_ASKED
        assert await rows(desk) == ()


@pytest.mark.clause("HB-30¶1")
async def test_a_key_pressed_after_the_call_is_the_rating_of_the_ticket_answered_in_it(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path, "hebei") as (ledger, tickets):
        when = dt.datetime(2026, 11, 2, 1, 0, tzinfo=dt.UTC)
        early, late = CallId("call-early"), CallId("call-late")
        first = await tickets.save(DRAFT, call=early, by=BY, key="a", at=when)
        second = await tickets.save(DRAFT, call=late, by=BY, key="b", at=when)

        def rule(moment: dt.datetime) -> Any:
            return PACKS.policy("hebei", moment.date())

        handling = DeskHandling(ledger, body="961890", policy=rule, calendar=PACKS.calendar)
        case = Case(ledger, handling, first.number)
        out = ways(case, "hebei", Hand(), "2026-11-02 10:00")
        answered = Asked(act=Act.ANSWER, part=Part.AGENT, by=BY.id, body="b")
        await out.acts.do(first.number, answered, at("2026-11-02 09:10"), {})
        await ledger.journal.start("exchange")
        rated = [CallRated(at=when, call=call, key="2") for call in (early, late)]
        await ledger.journal.append(rated, policy_version="p")
        while await out.sender.turn():
            pass
        assert await out.codes(Act.RATE) == ["满意"]
        # The other one is answered only after its call had been rated.
        other = replace(case, number=second.number)
        await other.does(BY, "直接答复", "2026-11-02 09:30", note="已当场解答")
        assert await replace(out, case=other).codes(Act.RATE) == ["满意"]


async def test_a_call_that_reaches_nobody_gives_the_task_back_and_says_when_to_try_again(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path, "hebei") as desk:
        number, now = desk.case.number, at("2026-11-10 11:00")
        seat = replace(desk.line.world.seat(AgentId("1001")), devices=frozenset({"PJSIP/1001"}))
        desk.line.world = replace(desk.line.world, seats={AgentId("1001"): seat})
        await desk.follow_ups.dial(number, AGENT, now)
        assert (await rows(desk))[0].mine
        [event] = desk.line.asked
        await desk.case.ledger.journal.start("exchange")
        ended = CallClosed(
            at=now + dt.timedelta(seconds=40),
            call=event.call,
            outcome=Outcome.RETURN_CALL,
            stage="no-answer",
            arrived_at=now,
            queued_at=None,
            wait_s=None,
            agent=None,
            service=None,
            linked=False,
        )
        other = replace(ended, call=CallId("another"))
        await desk.case.ledger.journal.append([other], policy_version="p")
        assert (await rows(desk))[0].mine
        await desk.case.ledger.journal.append([ended], policy_version="p")
        [row] = await rows(desk)
        assert (row.mine, row.tries, row.result) == (False, 1, "no-answer")
        assert row.again_at == at("2026-11-10 11:30")
        await desk.follow_ups.claim(number, OTHER, now)
        # The one who tried still says how it was, if it is not another's by then.
        await desk.follow_ups.give_back(number, AGENT, "refused")
        assert (await rows(desk))[0].result == "no-answer"
        await desk.follow_ups.give_back(number, OTHER, "refused")
        assert (await rows(desk))[0].result == "refused"
