from __future__ import annotations

import datetime as dt

import pytest

from hotline.words import CallId, Outcome, Phone
from ledger.errors import WrongKey
from ledger.store import Ledger
from tests.ledger.conftest import Clock, Opener
from tests.ledger.stories import START, closed, opened

pytestmark = pytest.mark.anyio

CALLER = Phone("13812345678")


async def test_a_caller_is_known_at_once_and_after_a_restart(opener: Opener) -> None:
    async with opener() as first:
        await first.journal.start("first")
        first.callers.remember(CallId("c1"), CALLER)
        assert first.callers.of(CallId("c1")) == CALLER
        await first.journal.append([opened("c1")], policy_version="1")
    async with opener() as second:
        assert second.callers.of(CallId("c1")) is None
        assert await second.callers.find(CallId("c1")) == CALLER
        await second.callers.warm(START - dt.timedelta(hours=1))
        assert second.callers.of(CallId("c1")) == CALLER


async def test_a_caller_is_durable_even_when_no_fact_follows(writing: Ledger) -> None:
    writing.callers.remember(CallId("c1"), CALLER)
    await writing.journal.settle()
    assert not writing.callers.waiting
    assert await writing.callers.calls_of(CALLER) == ["c1"]


async def test_a_number_that_becomes_better_known_replaces_the_first(writing: Ledger) -> None:
    writing.callers.remember(CallId("c1"), Phone(""))
    await writing.journal.settle()
    writing.callers.remember(CallId("c1"), CALLER)
    await writing.journal.settle()
    assert await writing.callers.calls_of(CALLER) == ["c1"]


async def test_a_callers_earlier_calls_are_counted_and_the_last_ones_shown(
    writing: Ledger,
) -> None:
    outcomes = [Outcome.ANSWERED, Outcome.ABANDONED, Outcome.TIMED_OUT]
    for i, outcome in enumerate(outcomes):
        writing.callers.remember(CallId(f"c{i}"), CALLER)
        at = START + dt.timedelta(hours=i)
        await writing.journal.append([closed(f"c{i}", at=at, outcome=outcome)], policy_version="1")
    writing.callers.remember(CallId("now"), CALLER)
    writing.callers.remember(CallId("other"), Phone("13900000000"))
    await writing.journal.append([closed("other")], policy_version="1")
    earlier = await writing.callers.earlier(CALLER, before=CallId("now"), limit=2)
    assert earlier.count == 3
    assert [call.outcome for call in earlier.last] == [Outcome.TIMED_OUT, Outcome.ABANDONED]
    assert (await writing.callers.earlier(CALLER, before=CallId("c2"))).count == 2


async def test_forgetting_numbers_leaves_every_count_as_it_was(
    writing: Ledger, clock: Clock
) -> None:
    writing.callers.remember(CallId("c1"), CALLER)
    await writing.journal.append([opened("c1"), closed("c1")], policy_version="1")
    clock.move(days=400)
    assert await writing.callers.forget(START + dt.timedelta(days=30)) == 1
    assert await writing.callers.calls_of(CALLER) == []
    assert await writing.book.call(CallId("c1")) is not None
    assert len([r async for r in writing.streams.read()]) == 2


async def test_a_wrong_key_is_noticed_at_the_door(opener: Opener) -> None:
    async with opener():
        pass
    with pytest.raises(WrongKey, match="字段密钥与数据库不符"):
        async with opener(field_key=b"x" * 32):
            pass
