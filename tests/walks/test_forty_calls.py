"""Forty calls with four agents in a seeded mix of every outcome.

What the telephones know by SIP alone (who rang whom, who answered, who said goodbye, how long it
took, which keys were pressed) is a record per call; ledger, board and queue_log must say the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final

import pytest

from hotline.words import Outcome
from ivr.queue_log import read_from, reconcile
from ivr.telephone import Answer, Call, CallRefused, Telephone
from switchboard.call_facts import fact_of
from switchboard.replay import plain, replay
from tests.walks.hearing import SEAT_HZ, hears, tone_of
from tests.walks.system_kit import ACCESS, System, press_pause, press_ready

pytestmark = [pytest.mark.anyio, pytest.mark.telephony, pytest.mark.walk]

log = logging.getLogger(__name__)

SEED: Final = 20260928
AGENTS: Final = ("1001", "1002", "1003", "1004")
KEYS: Final = {"1": "110", "2": "119", "3": "120", "4": "122"}
TIMEOUT_S: Final = 12.0

Plan = Callable[[Call, random.Random], Coroutine[Any, Any, None]]


# ------------------------------------------------------------------------------ what citizens do


async def talks(call: Call, dice: random.Random) -> None:
    """Waits for an agent's voice, speaks for a moment, and one of the two hangs up."""
    voice = asyncio.create_task(hears(call, SEAT_HZ, within=60))
    over = asyncio.create_task(call.ended(None))
    await asyncio.wait({voice, over}, return_when=asyncio.FIRST_COMPLETED)
    voice.cancel()
    over.cancel()
    await asyncio.gather(voice, over, return_exceptions=True)
    await asyncio.sleep(dice.uniform(0.5, 1.5))


async def hangs_up_in_the_greeting(call: Call, dice: random.Random) -> None:
    """Is gone before the second of greeting is over."""
    await asyncio.sleep(dice.uniform(0.05, 0.4))


async def gives_up(call: Call, dice: random.Random) -> None:
    """Waits a little."""
    await asyncio.sleep(dice.uniform(2.2, 4.0))


async def waits_for_ever(call: Call, dice: random.Random) -> None:
    """Hangs up only when nobody is there any more."""
    await call.ended(120)


async def has_an_emergency(call: Call, dice: random.Random) -> None:
    """Presses nine and a digit, and speaks with the centre."""
    await asyncio.sleep(dice.uniform(0.1, 0.6))
    await call.press("9" + dice.choice(list(KEYS)))
    await asyncio.sleep(dice.uniform(2.5, 3.5))


async def presses_nine_only(call: Call, dice: random.Random) -> None:
    """Presses nine and then nothing; an agent takes it."""
    await call.press("9")
    await talks(call, dice)


# ------------------------------------------------------------------------- what the telephones say


@dataclass(frozen=True, slots=True)
class Story:
    """One call as the telephones tell it."""

    outcome: Outcome
    agent: str | None
    service: str | None


def story_of(call: Call, seats: Sequence[Telephone], centre: list[dict[str, Any]]) -> Story:
    """The outcome of a call from SIP and keys alone."""
    caller = call.station.user
    at_seats = [
        (taken.answered_at, seat.setup.user)
        for seat in seats
        for taken in seat.calls.values()
        if taken.incoming and taken.number == caller and taken.answered_at
    ]
    agent = min(at_seats)[1] if at_seats else None
    service = next((row["dialled"] for row in centre if row["caller"] == caller), None)
    pressed = [e for e in call.station.log.entries if e.what == "key-sent" and e.call_id == call.id]
    assert call.ending is not None
    assert call.answered_at is not None
    lasted = (call.ending.at - call.answered_at).total_seconds()
    if pressed:
        outcome = Outcome.EMERGENCY
    elif agent is not None:
        outcome = Outcome.ANSWERED
    elif call.ending.by == "us":
        outcome = Outcome.GREETING_HANG_UP if lasted < 1.0 else Outcome.ABANDONED
    else:
        outcome = Outcome.TIMED_OUT if lasted > TIMEOUT_S else Outcome.TURNED_AWAY
    return Story(outcome, agent, service)


# ------------------------------------------------------------------------------------------ a day


class Day:
    """The citizens of one day, each with a telephone of its own."""

    def __init__(self, system: System, stack: AsyncExitStack, dice: random.Random) -> None:
        self.system, self.stack, self.dice = system, stack, dice
        self.calls: list[Call] = []
        self.most_at_once = 0
        self._now = 0

    async def goes(self, plans: Sequence[Plan], *, over_s: float) -> None:
        """All these calls, begun in any order within so many seconds, until the last is over."""
        shuffled = self.dice.sample(list(plans), len(plans))
        starts = sorted(self.dice.uniform(0, over_s) for _ in plans)
        async with asyncio.TaskGroup() as group:
            for plan, start in zip(shuffled, starts, strict=True):
                group.create_task(self._citizen(plan, start))

    async def _citizen(self, plan: Plan, start: float) -> None:
        dice = random.Random(self.dice.random())
        await asyncio.sleep(start)
        telephone = await self.stack.enter_async_context(self.system.citizen())
        call = await telephone.call(ACCESS)
        self.calls.append(call)
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        await call.answered()
        await plan(call, dice)
        await call.hang_up()
        self._now -= 1


async def serve(seat: Telephone, dice: random.Random) -> None:
    """An agent: half of the time the first to say goodbye."""
    while True:
        call = await seat.next_call(None)
        if dice.random() < 0.5:
            seat.station.run(say_goodbye(call, dice.uniform(1.5, 2.5)))


async def say_goodbye(call: Call, after: float) -> None:
    """Hangs up after a while, unless the caller was gone before the answer."""
    with contextlib.suppress(CallRefused):
        await call.answered()
        await asyncio.sleep(after)
        await call.hang_up()


async def test_forty_calls_are_counted_as_their_telephones_tell(system: System) -> None:
    before = await system.figures()
    began = asyncio.get_running_loop().time()
    dice = random.Random(SEED)
    async with AsyncExitStack() as stack:
        day = Day(system, stack, dice)
        async with AsyncExitStack() as office:
            manner = Answer(after=0.3, say=tone_of(SEAT_HZ), loop=True)
            seats = [
                await office.enter_async_context(system.seat(number, manner)) for number in AGENTS
            ]
            serving = [asyncio.create_task(serve(seat, dice)) for seat in seats]
            await day.goes(
                [talks] * 13 + [hangs_up_in_the_greeting] * 4 + [has_an_emergency] * 6, over_s=16
            )
            for seat, number in zip(seats, AGENTS, strict=True):
                await system.seat_is(number, "ready")  # 整理 is over
                await press_pause(seat)
                await system.seat_is(number, "paused")
            # As many as may wait: who is told that it is full hangs up in the apology, and SIP
            # alone cannot tell that from giving up.
            await day.goes([gives_up] * 3, over_s=0.5)
            await day.goes([gives_up] * 2, over_s=0.5)
            urgent = asyncio.create_task(day.goes([presses_nine_only], over_s=0.1))
            await day.goes([waits_for_ever] * 6, over_s=3)
            for seat in seats:
                await press_ready(seat)
            await urgent
            await day.goes([talks], over_s=0.1)
            for task in serving:
                task.cancel()
            await asyncio.gather(*serving, return_exceptions=True)
        await day.goes([waits_for_ever] * 4, over_s=0.5)
        rows = [row for row in (await system.centre(do="list"))["calls"] if row["answered_at"]]
        stories = {
            str(await system.call_id(call)): story_of(call, seats, rows) for call in day.calls
        }
    seconds = round(asyncio.get_running_loop().time() - began)
    tally = Counter(story.outcome for story in stories.values())
    shown = {outcome.value: tally[outcome] for outcome in Outcome}
    log.info("%d calls, %d at once, %d s: %s", len(stories), day.most_at_once, seconds, shown)
    assert len(stories) == 40
    # Our own calls back to citizens are walked in test_return_walks.py.
    assert all(tally[one] > 0 for one in Outcome if one is not Outcome.RETURN_CALL), tally
    assert await in_the_ledger(system, stories) == stories
    assert in_the_queue_log(system, stories) == stories
    lost = (Outcome.ABANDONED, Outcome.TIMED_OUT, Outcome.TURNED_AWAY)
    await system.counted(
        before,
        offered=tally[Outcome.ANSWERED] + sum(tally[one] for one in lost),
        answered=tally[Outcome.ANSWERED],
        lost=sum(tally[one] for one in lost),
        abandoned=tally[Outcome.ABANDONED],
        timed_out=tally[Outcome.TIMED_OUT],
        turned_away=tally[Outcome.TURNED_AWAY],
        greeting_hang_up=tally[Outcome.GREETING_HANG_UP],
        emergency=tally[Outcome.EMERGENCY],
    )
    figures = await system.figures()
    folded = plain(await replay(system.ledger.streams))["board"]
    assert folded == {name: figures[name] for name in folded}


async def in_the_ledger(system: System, stories: dict[str, Story]) -> dict[str, Story]:
    """The same calls as the ledger has them."""
    found = {}
    for id_ in stories:
        booked = await system.booked(id_)  # type: ignore[arg-type]  # a key of JSON is a str
        service = booked.service.value if booked.service and booked.linked else None
        found[id_] = Story(booked.outcome, booked.agent, service)
    return found


def in_the_queue_log(system: System, stories: dict[str, Story]) -> dict[str, Story]:
    """The same calls as they are counted from queue_log alone."""
    lines, end = read_from(system.data / "asterisk" / "log" / "queue_log", 0)
    found = {}
    for told in reconcile(lines, end, dt.datetime.now(dt.UTC)).calls:
        if told.call in stories:
            fact = fact_of(told)
            assert fact is not None
            service = told.service.value if told.service and told.linked else None
            found[str(told.call)] = Story(Outcome(fact.outcome), told.agent, service)
    return found
