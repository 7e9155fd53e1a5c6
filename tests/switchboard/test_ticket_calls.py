"""The caller of a ticket is called from its page: the reason first, the end on the ticket."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest

from hotline.errors import ImpossibleMove, NotAllowed
from hotline.facts import CallClosed, CallRated
from hotline.handling_words import Act, Stage
from hotline.words import AgentId, CallId, Outcome
from ledger.holds import held_calls
from switchboard.calling_out import CallingOut
from switchboard.conductor import Conductor
from switchboard.desk_access import DeskAccess
from switchboard.desk_ticket_calls import DeskTicketCalls
from tests.switchboard.test_desk_books import DRAFT, PACKS
from tests.switchboard.test_desk_follow_ups import AGENT, Line
from tests.switchboard.test_desk_handling import BOSS, OFFICER, Case, a_case, at
from tests.switchboard.test_sms import Hand, ways

pytestmark = pytest.mark.anyio

NOW = at("2026-11-02 11:00")


@dataclass
class Desk:
    case: Case
    calls: DeskTicketCalls
    line: Line

    async def story(self, when: str = "2026-11-02 11:01") -> list[tuple[str, str]]:
        now = await self.case.handling.now(self.case.number, BOSS, at(when))
        return [(one.who, one.text) for one in now.acts if one.what == "拨打诉求人"]

    async def dial(self) -> CallId:
        words = "约上门查看的时间"
        number = self.case.number
        await self.calls.dial(number, AGENT, reason="contact", words=words, at=NOW)
        return self.line.asked[-1].call

    async def ends(self, call: CallId, **more: object) -> None:
        ended = CallClosed(
            at=NOW + dt.timedelta(seconds=100),
            call=call,
            outcome=Outcome.RETURN_CALL,
            stage="agent",
            arrived_at=NOW,
            queued_at=None,
            wait_s=None,
            agent=None,
            service=None,
            linked=False,
        )
        await self.case.ledger.journal.start("exchange")
        facts = [replace(ended, **more)]  # type: ignore[arg-type] # fields of a fact by name
        await self.case.ledger.journal.append(facts, policy_version="p")


@asynccontextmanager
async def a_desk(
    tmp_path: Path, city: str = "zhaoqing", *, line_out: bool = True
) -> AsyncIterator[Desk]:
    async with a_case(tmp_path, city) as case:
        line = Line()
        seat = replace(line.world.seat(AgentId("1001")), devices=frozenset({"PJSIP/1001"}))
        line.world = replace(line.world, seats={AgentId("1001"): seat})
        calling = CallingOut(cast("Conductor", line), lambda: NOW, line_out=line_out)
        yield Desk(case, DeskTicketCalls(case.ledger, calling), line)


async def test_the_reason_is_written_first_and_the_seat_rings_for_the_tickets_caller(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path) as desk:
        call = await desk.dial()
        [event] = desk.line.asked
        assert (event.citizen.digits, event.task) == (DRAFT.phone, f"ticket-{desk.case.number}")
        access = DeskAccess(desk.case.ledger, lambda day: PACKS.policy("zhaoqing", day.date()))
        (line,) = await access.history(desk.case.number)
        assert (line.what, line.fields) == ("拨打诉求人", "电话")
        assert (line.reason, line.words, line.intact) == ("与诉求人联系", "约上门查看的时间", True)
        assert [text for _, text in await desk.story()] == ["正在拨打"]
        held = await held_calls(desk.case.ledger.database, [call], closed=[Stage.ARCHIVED])
        assert held == {call}


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ({"agent": AgentId("1001"), "wait_s": 15.0}, "接通，通话1分25秒"),
        ({"stage": "no-answer"}, "无人接听"),
        ({"stage": "seat-no-answer"}, "本席没有接起"),
        ({"stage": "what-nobody-knows"}, "没有接通"),
    ],
)
async def test_how_the_call_ended_stands_in_the_course_of_the_ticket(
    tmp_path: Path, end: dict[str, object], told: str
) -> None:
    async with a_desk(tmp_path) as desk:
        call = await desk.dial()
        await desk.ends(CallId("another"), stage="busy")
        assert [text for _, text in await desk.story()] == ["正在拨打"]
        await desk.ends(call, **end)
        assert [text for _, text in await desk.story()] == [told]


async def test_an_end_that_nobody_told_is_called_unknown(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.dial()
        assert (await desk.story("2026-11-02 11:30"))[0][1] == "通话中"
        assert (await desk.story("2026-11-02 18:00"))[0][1] == "结果不明"


async def test_who_cannot_dial_is_told_why_and_nothing_is_written(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        number = desk.case.number
        assert await desk.calls.hindrance(number, AGENT) == ""
        assert "登记“联系诉求人”" in await desk.calls.hindrance(number, OFFICER)
        assert await desk.calls.hindrance(number, BOSS) == "您没有席位，不能从这里拨打。"
        with pytest.raises(NotAllowed):
            await desk.calls.dial(number, BOSS, reason="contact", words="约时间", at=NOW)
        desk.line.world = replace(desk.line.world, seats={})
        with pytest.raises(ImpossibleMove, match="电话未登记"):
            await desk.dial()
        assert await desk.case.ledger.access.of(number) == []
        assert await desk.story() == []


async def test_where_return_calls_are_disabled_the_page_says_so(tmp_path: Path) -> None:
    async with a_desk(tmp_path, line_out=False) as desk:
        assert "[return_call]" in await desk.calls.hindrance(desk.case.number, AGENT)
        with pytest.raises(ImpossibleMove, match="没有外呼线路"):
            await desk.dial()


@pytest.mark.clause("HB-21¶2", "HB-30¶1")
@pytest.mark.parametrize("pressed_first", [True, False])
async def test_a_question_answered_in_a_call_from_its_page_is_rated_by_the_key_of_that_call(
    tmp_path: Path, *, pressed_first: bool
) -> None:
    async with a_desk(tmp_path, "hebei") as desk:
        out = ways(desk.case, "hebei", Hand(), "2026-11-02 11:05")
        call = await desk.dial()
        assert desk.line.asked[-1].rates
        await desk.ends(call, agent=AgentId("1001"), wait_s=15.0)
        if not pressed_first:
            await desk.case.does(AGENT, "直接答复", "2026-11-02 11:04", note="已电话解答")
        rated = [CallRated(at=NOW, call=call, key="2")]
        await desk.case.ledger.journal.append(rated, policy_version="p")
        while await out.sender.turn():
            pass
        if pressed_first:
            await desk.case.does(AGENT, "直接答复", "2026-11-02 11:06", note="已电话解答")
        assert await out.codes(Act.RATE) == ["满意"]


@pytest.mark.clause("HB-30¶2")
async def test_a_call_about_what_a_unit_handles_asks_for_no_rating(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        await desk.dial()
        assert not desk.line.asked[-1].rates
