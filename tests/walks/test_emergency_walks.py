"""110, 119, 120 and 122 through the whole system: the keys, the ladder, the emergency queue.

The stand-in centre is the far end: what it saw by SIP, what it heard, and what the caller heard.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hotline.facts import EmergencyStepped
from hotline.words import CallId, Outcome
from ivr import sound
from ivr.telephone import Answer, Call, Telephone
from tests.walks.hearing import (
    CALLER_HZ,
    heard_prompt,
    hears_prompt,
    talk_both_ways,
    tone_of,
)
from tests.walks.system_kit import ACCESS, System, eventually, press_pause, press_ready

pytestmark = [pytest.mark.anyio, pytest.mark.telephony, pytest.mark.walk]


@dataclass(frozen=True, slots=True)
class InNeed:
    """A caller in the hotline who has not pressed anything yet."""

    telephone: Telephone
    call: Call
    id: CallId

    @property
    def number(self) -> str:
        return self.telephone.setup.user


@asynccontextmanager
async def in_need(system: System) -> AsyncIterator[InNeed]:
    """A citizen who called and was answered by the greeting."""
    async with system.citizen() as citizen:
        call = await citizen.call(ACCESS)
        await call.answered()
        yield InNeed(citizen, call, await system.call_id(call))


async def steps(system: System, call: CallId, *, ringing: bool = False) -> list[str]:
    """The linkage record of a call: phase, service, trunk, status of every step."""
    # Whether it is said to ring depends on how fast the far end answers.
    return [
        " ".join(str(part) for part in (f.phase, f.service or "", f.trunk or "", f.status) if part)
        for f in await system.facts(call)
        if isinstance(f, EmergencyStepped) and (ringing or f.phase != "ringing")
    ]


async def heard_at_the_centre(system: System, row: dict[str, Any]) -> bytes:
    """The centre's recording of a call that is over."""

    async def look() -> str | None:
        calls = (await system.centre(do="list"))["calls"]
        found = next(one for one in calls if one["id"] == row["id"])
        return str(found["recording"]) if found["recording"] else None

    return sound.read_wav(Path(await eventually(look, 60, "the centre's recording")))


@pytest.mark.parametrize(
    ("key", "number"), [("1", "110"), ("2", "119"), ("3", "120"), ("4", "122")]
)
async def test_nine_and_a_digit_reach_the_service_with_the_callers_number(
    system: System, key: str, number: str
) -> None:
    before = await system.figures()
    async with in_need(system) as caller:
        await caller.call.press(f"9{key}")
        row = await system.centre_call(caller.id)
        assert (row["dialled"], row["caller"], row["trunk"]) == (number, caller.number, 1)
        assert caller.number in row["headers"]["From"]
        assert caller.number in row["headers"]["P-Asserted-Identity"]
        await says_and_hears(caller.call)
        await caller.call.hang_up()
        assert sound.has_tone(await heard_at_the_centre(system, row), CALLER_HZ)
        booked = await system.booked(caller.id)
    assert (booked.outcome, booked.service, booked.linked) == (Outcome.EMERGENCY, number, True)
    assert booked.agent is None
    assert await steps(system, caller.id) == [
        "menu",
        f"chosen {number}",
        f"trying {number} 1",
        f"answered {number} 1 ANSWER",
    ]
    linkage = await system.ledger.book.linkage(caller.id)
    assert linkage is not None
    assert (linkage.trunk, linkage.reason, linkage.linked) == (1, "key", True)
    await system.counted(before, emergency=1)


async def says_and_hears(call: Call) -> None:
    """The caller speaks for a second, and hears the centre."""
    call.play(tone_of(CALLER_HZ))
    await spoken_to(call)
    await call.played()
    await asyncio.sleep(0.1)


async def spoken_to(call: Call, within: float = 60.0) -> None:
    """Wait until the caller hears somebody speak or ring, loud enough to be understood."""
    async with asyncio.timeout(within):
        while sound.level(call.heard_lately(0.4)) < -35:  # noqa: ASYNC110 - sound has no event
            await asyncio.sleep(0.1)


async def test_nine_and_then_nothing_comes_to_an_agent_ahead_of_everybody(system: System) -> None:
    before = await system.figures()
    async with system.seat("1001", Answer(after=3.0)) as seat, in_need(system) as caller:
        await press_pause(seat)
        await caller.call.press("9")
        await hears_prompt(caller.call, "emergency-menu")
        async with system.citizen() as other:
            waiting = await other.call(ACCESS)
            await waiting.answered()
            await system.call_id(waiting)
            await queued(system, caller.id, "hotline-emergency")
            await press_ready(seat)
            taken = await seat.next_call()
            assert taken.number == caller.number
            await waiting.hang_up()
        await hears_prompt(caller.call, "emergency-unsure")
        await hears_prompt(taken, "agent-emergency", seconds=1.0)
        await talk_both_ways(caller.call, taken)
        await caller.call.hang_up()
        booked = await system.booked(caller.id)
    assert (booked.outcome, booked.service, booked.linked) == (Outcome.EMERGENCY, None, False)
    assert booked.agent == "1001"
    assert await steps(system, caller.id) == ["menu", "queued"]
    await system.counted(before, emergency=1, offered=1, lost=1, abandoned=1)


async def queued(system: System, call: CallId, queue: str, within: float = 60.0) -> None:
    """Wait until the exchange has a call in a queue."""

    async def look() -> bool:
        facts = await system.facts(call)
        return any(getattr(fact, "queue", None) == queue for fact in facts)

    await eventually(look, within, f"the call waits in {queue}")


async def test_star_gives_back_the_old_place_in_the_queue(system: System) -> None:
    before = await system.figures()
    async with system.seat("1001") as seat, in_need(system) as first:
        await press_pause(seat)
        await queued(system, first.id, "hotline")
        await asyncio.sleep(1.1)  # a place is a second
        async with in_need(system) as second:
            await queued(system, second.id, "hotline")
            await first.call.press("9")
            await asyncio.sleep(0.5)
            await system.waiting_are(1)
            await first.call.press("*")
            await system.waiting_are(2)
            await press_ready(seat)
            taken = await seat.next_call()
            assert taken.number == first.number
            await talk_both_ways(first.call, taken)
            await first.call.hang_up()
            after = await seat.next_call()
            assert after.number == second.number
            await talk_both_ways(second.call, after)
            await second.call.hang_up()
            booked = [await system.booked(one.id) for one in (first, second)]
    assert [one.outcome for one in booked] == [Outcome.ANSWERED, Outcome.ANSWERED]
    assert await steps(system, first.id) == ["menu", "cancelled"]
    await system.counted(before, offered=2, answered=2)


@pytest.mark.parametrize(
    ("mode", "first_steps"),
    [
        ("dead", ["failed 119 1 CHANUNAVAIL"]),
        ("busy", ["trying 119 1", "failed 119 1 BUSY"]),
        ("silent", ["trying 119 1", "failed 119 1 CHANUNAVAIL"]),
    ],
)
async def test_a_first_trunk_that_fails_leads_to_the_second(
    system: System, mode: str, first_steps: list[str]
) -> None:
    before = await system.figures()
    async with system.trunks(mode), in_need(system) as caller:
        await caller.call.press("92")
        row = await system.centre_call(caller.id, trunk=2, within=60)
        assert (row["dialled"], row["caller"]) == ("119", caller.number)
        await spoken_to(caller.call)
        await caller.call.hang_up()
        booked = await system.booked(caller.id)
    linkage = await system.ledger.book.linkage(caller.id)
    assert (booked.outcome, booked.service, booked.linked) == (Outcome.EMERGENCY, "119", True)
    assert (await steps(system, caller.id))[2:] == [
        *first_steps,
        "trying 119 2",
        "answered 119 2 ANSWER",
    ]
    assert linkage is not None
    answered = next(s for s in linkage.steps if s.phase == "trying" and s.trunk == 2)
    assert answered.elapsed_ms is not None
    # How fast is measured by `bench emergency-key`; here: ringing never had its twenty seconds.
    assert answered.elapsed_ms < 10_000
    await system.counted(before, emergency=1)


async def test_with_both_trunks_dead_the_caller_is_told_and_an_agent_is_told_in_words(
    system: System,
) -> None:
    before = await system.figures()
    async with (
        system.trunks("dead", "dead"),
        system.seat("1001", Answer(after=3.0)) as seat,
        in_need(system) as caller,
    ):
        await caller.call.press("92")
        taken = await seat.next_call()
        assert taken.number == caller.number
        await hears_prompt(caller.call, "emergency-failed-119")
        await hears_prompt(taken, "agent-emergency-119", seconds=1.0)
        await talk_both_ways(caller.call, taken)
        await caller.call.hang_up()
        booked = await system.booked(caller.id)
    assert (booked.outcome, booked.service, booked.linked) == (Outcome.EMERGENCY, "119", False)
    assert booked.agent == "1001"
    assert (await steps(system, caller.id))[2:] == [
        "trying 119 1",
        "failed 119 1 CHANUNAVAIL",
        "trying 119 2",
        "failed 119 2 CHANUNAVAIL",
        "queued 119",
    ]
    await system.counted(before, emergency=1)


async def test_a_trunk_that_only_rings_has_twenty_seconds_and_then_an_agent(
    system: System,
) -> None:
    before = await system.figures()
    async with (
        system.trunks("ringing"),
        system.seat("1001", Answer(after=2.5)) as seat,
        in_need(system) as caller,
    ):
        await caller.call.press("92")
        await system.centre_call(caller.id, answered=False)
        await spoken_to(caller.call)  # it rings
        taken = await seat.next_call(60)
        await hears_prompt(caller.call, "emergency-failed-119")
        await talk_both_ways(caller.call, taken)
        await caller.call.hang_up()
        booked = await system.booked(caller.id)
    told = await steps(system, caller.id, ringing=True)
    assert told[2:] == [
        "trying 119 1",
        "ringing 119 1",
        "failed 119 1 NOANSWER",
        "queued 119",
    ]
    linkage = await system.ledger.book.linkage(caller.id)
    assert linkage is not None
    failed = next(step for step in linkage.steps if step.phase == "failed")
    assert failed.elapsed_ms is not None
    assert 19_000 < failed.elapsed_ms < 24_000
    assert (booked.outcome, booked.agent) == (Outcome.EMERGENCY, "1001")
    await system.counted(before, emergency=1)


async def test_an_agent_hands_a_caller_over_with_one_key(system: System) -> None:
    before = await system.figures()
    async with (
        system.seat("1001") as seat,
        system.desk("1001") as desk,
        in_need(system) as caller,
    ):
        taken = await seat.next_call()
        await talk_both_ways(caller.call, taken)
        answer = await desk.act("hand_over", call=caller.id, service="119")
        assert answer["type"] == "done"
        row = await system.centre_call(caller.id)
        assert (row["dialled"], row["caller"]) == ("119", caller.number)
        ending = await taken.ended()
        assert ending.by == "them"
        await system.seat_is("1001", "wrap-up", "ready")
        await says_and_hears(caller.call)
        assert not heard_prompt(caller.call, "emergency-menu")
        await caller.call.hang_up()
        assert sound.has_tone(await heard_at_the_centre(system, row), CALLER_HZ)
        booked = await system.booked(caller.id)
    assert (booked.outcome, booked.agent) == (Outcome.ANSWERED, "1001")
    assert (booked.service, booked.linked) == ("119", True)
    assert await steps(system, caller.id) == [
        "chosen 119",
        "trying 119 1",
        "answered 119 1 ANSWER",
    ]
    linkage = await system.ledger.book.linkage(caller.id)
    assert linkage is not None
    assert linkage.reason == "agent"
    await system.counted(before, offered=1, answered=1)
