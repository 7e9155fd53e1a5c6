from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import pytest

from ledger import outbox
from ledger.outbox import Message
from ledger.store import Ledger
from tests.ledger.conftest import Clock, Opener

pytestmark = pytest.mark.anyio

HOLD = dt.timedelta(seconds=30)


async def next_of(messages: AsyncIterator[Message]) -> Message:
    async with asyncio.timeout(20):
        return await anext(messages)


async def test_a_message_wakes_its_reader_without_the_poll(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_POLL", 60)
    messages = ledger.outbox.messages("pop")
    waiting = asyncio.create_task(next_of(messages))
    await asyncio.sleep(0.05)
    await ledger.outbox.send("pop", {"call": "c1"})
    message = await waiting
    assert message.body == {"call": "c1"}
    await ledger.outbox.ack(message)
    assert await ledger.outbox.depth() == 0


async def test_another_process_hears_of_it(opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """By NOTIFY on PostgreSQL, by the poll within a second on SQLite."""
    async with opener(holder="one") as one, opener(holder="other") as other:
        if not one.database.is_sqlite:
            monkeypatch.setattr(outbox, "_POLL", 60)
        waiting = asyncio.create_task(next_of(other.outbox.messages("pop")))
        await asyncio.sleep(0.1)
        await one.outbox.send("pop", 1)
        assert (await waiting).body == 1


async def test_what_was_rolled_back_was_never_sent(ledger: Ledger) -> None:
    async def put_and_fail() -> None:
        async with ledger.database.write() as connection:
            await ledger.outbox.put(connection, "pop", 1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await put_and_fail()
    assert await ledger.outbox.claim(["pop"]) == []


async def test_two_readers_never_get_the_same_message(opener: Opener) -> None:
    async with opener(holder="one") as one, opener(holder="other") as other:
        for i in range(20):
            await one.outbox.send("task", i)
        claims = await asyncio.gather(
            *(ledger.outbox.claim(["task"], limit=5) for ledger in (one, other) for _ in range(2))
        )
        bodies = sorted(message.body for claim in claims for message in claim)
    assert len(bodies) == len(set(bodies))
    assert set(bodies) <= set(range(20))


async def test_what_is_not_acknowledged_is_given_out_again(ledger: Ledger, clock: Clock) -> None:
    await ledger.outbox.send("task", "a")
    (first,) = await ledger.outbox.claim(["task"], hold=HOLD)
    assert await ledger.outbox.claim(["task"], hold=HOLD) == []
    clock.move(seconds=31)
    (again,) = await ledger.outbox.claim(["task"], hold=HOLD)
    assert (again.id, again.attempts) == (first.id, 2)


async def test_a_released_message_waits_as_long_as_was_said(ledger: Ledger, clock: Clock) -> None:
    await ledger.outbox.send("task", "a")
    (message,) = await ledger.outbox.claim(["task"])
    await ledger.outbox.release(message, after=dt.timedelta(seconds=5))
    assert await ledger.outbox.claim(["task"]) == []
    clock.move(seconds=6)
    assert len(await ledger.outbox.claim(["task"])) == 1


async def test_messages_survive_a_restart_in_their_order(opener: Opener) -> None:
    async with opener() as first:
        for i in range(3):
            await first.outbox.send("task", i)
    async with opener() as second:
        claimed = await second.outbox.claim(["task", "other"])
        assert [message.body for message in claimed] == [0, 1, 2]
        assert await second.outbox.claim(["other"]) == []
