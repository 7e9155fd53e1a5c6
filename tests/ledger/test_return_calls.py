"""Tasks to call back, as the ledger keeps them: born with the loss, settled with the answer."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from dataclasses import replace

import pytest
from sqlalchemy import insert, select

from hotline import return_calls as rules
from hotline.errors import ImpossibleMove, NoSuch
from hotline.facts import CallAnswered, Fact
from hotline.return_calls import ATTEMPT_LASTS, TaskState
from hotline.words import AgentId, CallId, Outcome, Phone, ReturnCallId, Service, UserId
from ledger import tables as t
from ledger.errors import StaleVersion
from ledger.store import Ledger
from tests.ledger.conftest import Clock, Opener
from tests.ledger.stories import START, closed, opened, stepped

pytestmark = pytest.mark.anyio

MOBILE = Phone("13800138000")
MINUTE = dt.timedelta(minutes=1)
DAWN = START - dt.timedelta(hours=10)


def lost(call: str, minute: float = 0, outcome: Outcome = Outcome.ABANDONED) -> Fact:
    return closed(call, at=START + minute * MINUTE, outcome=outcome, agent=None)


def answered(call: str, minute: float = 0) -> CallAnswered:
    return CallAnswered(
        at=START + minute * MINUTE,
        call=CallId(call),
        agent=AgentId("1001"),
        wait_s=3.0,
        caller_channel="PJSIP/carrier-1",
        agent_channel="PJSIP/1001-1",
    )


async def tell(ledger: Ledger, *facts: Fact, caller: Phone = MOBILE) -> None:
    """Facts as they come, each call with its number."""
    for fact in facts:
        call = getattr(fact, "call", None)
        if call is not None:
            ledger.callers.remember(call, caller)
    await ledger.journal.append(list(facts), policy_version="1")


async def listed(ledger: Ledger, which: str = "open") -> list[str]:
    page = await ledger.return_calls.page(which, DAWN)  # type: ignore[arg-type]
    return [task.id for task in page.items]


async def test_a_lost_call_is_owed_once_however_often_it_is_told(writing: Ledger) -> None:
    await tell(writing, opened("c1"), lost("c1"))
    await tell(writing, lost("c1"))
    task = await writing.return_calls.load(ReturnCallId("c1"))
    assert (task.state, task.losses, task.waited_s) == (TaskState.WAITING, 1, 3.5)
    facts = await writing.return_calls.facts_of(task.id)
    assert [type(one.fact).__name__ for one in facts] == ["ReturnCallOwed"]


async def test_the_next_loss_of_the_caller_is_added_and_another_callers_is_not(
    writing: Ledger,
) -> None:
    await tell(writing, lost("c1"), lost("c2", 5))
    await tell(writing, lost("other", 6), caller=Phone("13900139000"))
    assert await listed(writing) == ["c1", "other"]
    assert await writing.return_calls.losses_of(ReturnCallId("c1")) == ["c1", "c2"]


async def test_the_task_closes_with_the_fact_that_an_agent_answered(writing: Ledger) -> None:
    await tell(writing, lost("c1"))
    await tell(writing, opened("c2"), answered("c2", 3))
    task = await writing.return_calls.load(ReturnCallId("c1"))
    assert (task.state, task.reason) == (TaskState.CLOSED, "got-through")
    assert await listed(writing) == []
    assert await listed(writing, "closed") == ["c1"]


async def test_a_loss_read_from_the_log_after_the_answer_is_settled_at_birth(
    writing: Ledger,
) -> None:
    await tell(writing, opened("c2"), answered("c2", 30))
    await tell(writing, lost("c1", 10))
    assert await listed(writing) == []
    assert await listed(writing, "closed") == ["c1"]


async def test_whoever_cannot_be_called_back_is_listed_all_the_same(writing: Ledger) -> None:
    await tell(writing, lost("c1"), caller=Phone(""))
    await writing.journal.append([lost("unknown", 1)], policy_version="1")
    assert await listed(writing) == []
    assert await listed(writing, "today") == ["unknown", "c1"]
    task = await writing.return_calls.load(ReturnCallId("unknown"))
    assert task.reason == "no-number"


async def test_an_emergency_that_reached_nobody_stands_first(writing: Ledger) -> None:
    await tell(writing, lost("c1"))
    fire = closed(
        "c2", at=START + MINUTE, outcome=Outcome.EMERGENCY, agent=None, service=Service.FIRE
    )
    unheard = replace(fire, linked=False)
    await tell(writing, unheard, caller=Phone("13900139000"))
    assert await listed(writing) == ["c2", "c1"]
    counts = await writing.return_calls.counts(DAWN)
    assert (counts.open, counts.emergencies, counts.today, counts.closed) == (2, 1, 2, 0)


async def test_a_service_that_answers_settles_the_emergency_and_not_the_ordinary_matter(
    writing: Ledger,
) -> None:
    fire = closed("c1", outcome=Outcome.EMERGENCY, agent=None, service=Service.FIRE)
    await tell(writing, replace(fire, linked=False), lost("c2", 1))
    answer = stepped("c3", "answered", second=600, trunk=1)
    await tell(writing, answer)
    assert await listed(writing) == ["c2"]


async def take(ledger: Ledger, agent: str, call: str, id_: str = "c1") -> str:
    try:
        await ledger.return_calls.take(
            ReturnCallId(id_), call=CallId(call), agent=AgentId(agent), by=UserId(f"u{agent}")
        )
    except ImpossibleMove as refused:
        return str(refused)
    return "taken"


async def test_of_two_agents_in_two_processes_who_press_at_once_one_dials(
    writing: Ledger, opener: Opener
) -> None:
    await tell(writing, lost("c1"))
    async with opener() as second, opener() as third:
        said = await asyncio.gather(
            take(writing, "1001", "t1"), take(second, "1002", "t2"), take(third, "1003", "t3")
        )
    assert said.count("taken") == 1
    assert all("正在拨打" in one for one in said if one != "taken")
    task = await writing.return_calls.load(ReturnCallId("c1"))
    assert (task.state, task.tries) == (TaskState.DIALLING, 1)


async def test_a_task_that_somebody_changed_meanwhile_is_looked_at_again(writing: Ledger) -> None:
    await tell(writing, lost("c1"))
    tasks = writing.return_calls
    before = await tasks.load(ReturnCallId("c1"))
    await take(writing, "1001", "t1")
    facts = rules.attempt(
        before, call=CallId("t2"), agent=AgentId("1002"), by=UserId("u2"), at=START + MINUTE
    )
    async with writing.database.write() as connection:
        with pytest.raises(StaleVersion):
            await tasks._save(connection, before, facts, "")
        await connection.rollback()
    assert (await tasks.load(ReturnCallId("c1"))).agent == "1001"


async def test_how_often_somebody_called_does_not_count_our_own_calls(writing: Ledger) -> None:
    await tell(writing, lost("c1"))
    await tell(writing, closed("t1", at=START + MINUTE, outcome=Outcome.RETURN_CALL))
    earlier = await writing.callers.earlier(MOBILE)
    assert (earlier.count, len(earlier.last)) == (1, 2)


async def test_an_attempt_that_was_answered_closes_the_task(writing: Ledger) -> None:
    await tell(writing, lost("c1"))
    await take(writing, "1001", "t1")
    await tell(writing, answered("t1", 5))
    end = closed("t1", at=START + 6 * MINUTE, outcome=Outcome.RETURN_CALL)
    await tell(writing, end)
    task = await writing.return_calls.load(ReturnCallId("c1"))
    assert (task.state, task.reason, task.result) == (TaskState.CLOSED, "reached", "reached")


async def test_an_attempt_without_an_answer_waits_again_with_its_result(writing: Ledger) -> None:
    await tell(writing, lost("c1"))
    await take(writing, "1001", "t1")
    end = closed("t1", at=START + MINUTE, outcome=Outcome.RETURN_CALL, agent=None)
    await tell(writing, replace(end, stage="busy"))
    task = await writing.return_calls.load(ReturnCallId("c1"))
    assert (task.state, task.result, task.tries) == (TaskState.WAITING, "busy", 1)
    assert await take(writing, "1002", "t2") == "taken"
    names = [type(one.fact).__name__ for one in await writing.return_calls.facts_of(task.id)]
    assert names == ["ReturnCallOwed", "ReturnCallTried", "ReturnCallMissed", "ReturnCallTried"]


async def test_an_attempt_whose_end_nobody_told_is_over_in_time(
    writing: Ledger, clock: Clock
) -> None:
    await tell(writing, lost("c1"))
    await take(writing, "1001", "t1")
    assert await writing.return_calls.expire() == 0
    clock.move(seconds=ATTEMPT_LASTS.total_seconds())
    assert await writing.return_calls.expire() == 1
    task = await writing.return_calls.load(ReturnCallId("c1"))
    assert (task.state, task.result) == (TaskState.WAITING, "unknown")


async def test_what_people_decide_leaves_a_trace_in_the_audit(writing: Ledger) -> None:
    await tell(writing, lost("c1"))
    await writing.return_calls.dismiss(ReturnCallId("c1"), "wrong-number", by=UserId("u1"))
    task = await writing.return_calls.load(ReturnCallId("c1"))
    assert (task.state, task.reason, task.closed_by) == (TaskState.CLOSED, "wrong-number", "u1")
    with pytest.raises(ImpossibleMove, match="已关闭"):
        await writing.return_calls.dismiss(ReturnCallId("c1"), "nuisance", by=UserId("u1"))
    with pytest.raises(NoSuch):
        await writing.return_calls.load(ReturnCallId("nobody"))


async def test_ten_thousand_tasks_are_turned_over_page_by_page(writing: Ledger) -> None:
    await tell(writing, lost("c00000"))
    async with writing.database.write() as connection:
        first = (await connection.execute(select(t.return_calls))).one()._asdict()
        rows = [
            {**first, "id": f"c{n:05}", "opened_at": START + n * MINUTE} for n in range(1, 10_000)
        ]
        await connection.execute(insert(t.return_calls), rows)
    page = await writing.return_calls.page("open", DAWN, number=200)
    assert (page.total, page.pages, len(page.items)) == (10_000, 200, 50)
    assert page.items[-1].id == "c09999"


async def test_any_order_of_losses_and_answers_leaves_what_is_owed(writing: Ledger) -> None:
    """Twelve callers, each with a story told in a shuffled order; dice with a seed."""
    dice = random.Random(8)
    expected = []
    for who in range(12):
        number = Phone(str(13700000000 + who))
        story: list[Fact] = []
        for n, minute in enumerate(dice.sample(range(200), 5)):
            name = f"w{who:02}-{n}"
            made = lost(name, minute) if dice.random() < 0.6 else answered(name, minute)
            story.append(made)
        last = max((f.at for f in story if isinstance(f, CallAnswered)), default=DAWN)
        if any(not isinstance(f, CallAnswered) and f.at > last for f in story):
            expected.append(number)
        dice.shuffle(story)
        for fact in story:
            if isinstance(fact, CallAnswered):
                await tell(writing, opened(fact.call), caller=number)
            await tell(writing, fact, caller=number)
    page = await writing.return_calls.page("open", DAWN)
    numbers = await writing.callers.find_all([CallId(task.id) for task in page.items])
    assert sorted(p.digits for p in numbers.values()) == [p.digits for p in expected]
