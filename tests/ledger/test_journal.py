from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import event, func, select, text, update

from hotline.facts import Fact, GapOpened, NoteTaken
from hotline.words import CallId, Phone
from ledger import tables as t
from ledger.errors import JournalGap, LeaseHeld, LeaseLost, LedgerFailing
from ledger.journal import Trouble
from ledger.store import Ledger
from ledger.stream import EXCHANGE, Entry, insert_entries
from tests.ledger.conftest import START, Clock, Opener
from tests.ledger.stories import closed, opened, save_of

pytestmark = pytest.mark.anyio


async def all_facts(ledger: Ledger) -> list[object]:
    return [recorded.fact async for recorded in ledger.streams.read()]


async def test_facts_are_read_back_in_order_with_their_numbers(writing: Ledger) -> None:
    facts: list[Fact] = [opened("c1"), GapOpened(at=START, why="x"), closed("c1")]
    assert await writing.journal.append(facts, policy_version="zhaoqing 1") == 3
    rows = [recorded async for recorded in writing.streams.read(2)]
    assert [row.seq for row in rows] == [2, 3]
    assert [row.fact for row in rows] == facts[1:]
    assert {(row.policy_version, row.code_version) for row in rows} == {("zhaoqing 1", "test")}


async def test_facts_posted_together_share_few_commits_and_keep_their_order(
    writing: Ledger,
) -> None:
    commits: list[object] = []
    event.listen(writing.database.engine.sync_engine, "commit", commits.append)
    posted = [writing.journal.post([opened(f"c{i}")], policy_version="1") for i in range(300)]
    assert await asyncio.gather(*posted) == list(range(1, 301))
    assert len(commits) <= 3
    assert await all_facts(writing) == [opened(f"c{i}") for i in range(300)]


async def test_nothing_is_written_before_the_lease_is_taken(ledger: Ledger) -> None:
    with pytest.raises(LeaseLost):
        await ledger.journal.append([opened("c1")], policy_version="1")


async def test_a_second_exchange_is_told_who_holds_the_lease(
    writing: Ledger, opener: Opener
) -> None:
    async with opener() as second:
        with pytest.raises(LeaseHeld, match="正由 test 持有"):
            await second.journal.start("second")


async def test_an_expired_lease_can_be_taken_and_the_stale_writer_is_refused(
    writing: Ledger, opener: Opener, clock: Clock
) -> None:
    heard: list[Trouble] = []
    writing.journal.on_trouble = heard.append
    await writing.journal.append([opened("c1")], policy_version="1")
    clock.move(seconds=3601)
    async with opener() as second:
        await second.journal.start("second")
        with pytest.raises(LeaseLost, match="已由另一个进程接管"):
            await writing.journal.append([opened("stale")], policy_version="1")
        await second.journal.append([opened("c2")], policy_version="1")
    assert await all_facts(writing) == [opened("c1"), opened("c2")]
    assert [trouble.kind for trouble in heard] == ["lease-lost"]
    with pytest.raises(LeaseLost):
        writing.journal.post([opened("stale")], policy_version="1").result()


async def test_the_insert_itself_refuses_a_stale_token(writing: Ledger, opener: Opener) -> None:
    """The fence holds even where the first look at the lease is left out."""
    lease = writing.journal.lease
    assert lease is not None
    async with opener() as second:
        await second.journal.start("second", take_over=True)
        entry = Entry.of(opened("stale"), EXCHANGE, START, "1", "test")
        with pytest.raises(Exception, match="fence"):
            async with writing.database.write() as connection:
                await insert_entries(connection, [entry], lease=lease)
    assert await all_facts(writing) == []


async def test_the_server_of_a_single_machine_takes_over_from_its_dead_predecessor(
    writing: Ledger, opener: Opener
) -> None:
    async with opener() as second:
        lease = await second.journal.start("second", take_over=True)
        assert lease.token == 2
        assert await second.journal.append([opened("c1")], policy_version="1") == 1


async def test_the_lease_is_renewed_while_the_journal_lives(ledger: Ledger, clock: Clock) -> None:
    lease = await ledger.journal.start("test", ttl=dt.timedelta(seconds=0.09))
    clock.move(seconds=5)
    async with asyncio.timeout(30):
        while lease.expires_at < clock():
            await asyncio.sleep(0.01)
            lease = ledger.journal.lease or lease
    assert lease.token == 1


async def test_a_given_back_lease_is_free_at_once(opener: Opener) -> None:
    async with opener() as first:
        await first.journal.start("first")
    async with opener() as second:
        await second.journal.start("second")


async def test_bookmarks_are_durable_with_their_facts(writing: Ledger) -> None:
    await writing.journal.append([opened("c1")], policy_version="1", bookmarks={"queue_log": "17"})
    assert await writing.bookmarks.get("queue_log") == "17"


async def test_the_journal_of_a_closed_ledger_holds_everything_posted(opener: Opener) -> None:
    async with opener() as first:
        await first.journal.start("first")
        for i in range(50):
            first.journal.post([opened(f"c{i}")], policy_version="1")
    async with opener() as second:
        assert len(await all_facts(second)) == 50


async def test_a_fault_of_ours_in_the_writing_is_told_and_ends_no_writer(
    writing: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: asyncio.Queue[Trouble] = asyncio.Queue()
    writing.journal.on_trouble = heard.put_nowait
    faults = [KeyError("13800138000"), ValueError("x")]
    rides = writing.callers.ride

    async def broken(*args: Any) -> None:
        if faults:
            raise faults.pop()
        await rides(*args)

    monkeypatch.setattr(writing.callers, "ride", broken)
    posted = writing.journal.post([opened("c1")], policy_version="1")
    async with asyncio.timeout(15):
        trouble = await heard.get()
        assert (trouble.kind, trouble.waiting) == ("failing", 1)
        assert "13800138000" not in trouble.why
        assert await posted == 1
        assert (await heard.get()).kind == "recovered"
    assert await all_facts(writing) == [opened("c1")]


# ------------------------------------------------------------------------------- a failing disk
@contextlib.asynccontextmanager
async def failing(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Every transaction fails within the block."""

    @contextlib.asynccontextmanager
    async def refuse() -> AsyncIterator[None]:
        if ledger.journal.lease is not None:
            raise LedgerFailing("磁盘已满，请清理磁盘。")
        yield

    with monkeypatch.context() as patch:
        patch.setattr(ledger.database, "write", refuse)
        yield


async def test_while_the_disk_fails_facts_wait_and_nobody_is_blocked(
    writing: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: asyncio.Queue[Trouble] = asyncio.Queue()
    writing.journal.on_trouble = heard.put_nowait
    async with failing(writing, monkeypatch):
        posted = [writing.journal.post([opened(f"c{i}")], policy_version="1") for i in range(20)]
        trouble = await heard.get()
        assert not any(done.done() for done in posted)
        assert trouble == Trouble("failing", "磁盘已满，请清理磁盘。", 20, 0)
        assert writing.journal.failing == trouble
    assert await asyncio.gather(*posted) == list(range(1, 21))
    assert (await heard.get()).kind == "recovered"
    assert writing.journal.failing is None


async def test_when_the_spool_is_full_the_gap_is_marked_behind_what_was_kept(
    opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opener(spool=10) as ledger:
        await ledger.journal.start("test")
        heard: asyncio.Queue[Trouble] = asyncio.Queue()
        ledger.journal.on_trouble = heard.put_nowait
        async with failing(ledger, monkeypatch):
            posted = [ledger.journal.post([opened(f"c{i}")], policy_version="1") for i in range(13)]
            assert (await heard.get()).kind == "failing"
        await asyncio.gather(*posted[:10])
        for refused in posted[10:]:
            with pytest.raises(JournalGap):
                refused.result()
        async with asyncio.timeout(30):
            recovered = await heard.get()
        await ledger.journal.append([opened("after")], policy_version="1")
        facts = await all_facts(ledger)
    assert facts[:10] == [opened(f"c{i}") for i in range(10)]
    assert isinstance(facts[10], NoteTaken)
    assert facts[10].what.startswith("3 facts could not be kept")
    assert facts[11:] == [opened("after")]
    assert (recovered.kind, recovered.lost) == ("recovered", 3)


async def test_a_commit_whose_answer_was_lost_is_not_written_twice(
    writing: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = writing.database.write

    @contextlib.asynccontextmanager
    async def answer_lost() -> AsyncIterator[object]:
        async with whole() as connection:
            yield connection
        monkeypatch.undo()
        raise LedgerFailing("连接断开。")

    monkeypatch.setattr(writing.database, "write", answer_lost)
    assert await writing.journal.append([opened("c1")], policy_version="1") == 1
    assert await writing.journal.append([opened("c2")], policy_version="1") == 2
    assert await all_facts(writing) == [opened("c1"), opened("c2")]


async def test_a_fact_that_cannot_be_encoded_hurts_only_its_caller(writing: Ledger) -> None:
    with pytest.raises(ValueError, match="naive"):
        writing.journal.post([GapOpened(at=START.replace(tzinfo=None), why="")], policy_version="1")
    assert await writing.journal.append([opened("c1")], policy_version="1") == 1


# ------------------------------------------------------------------------------------ snapshots
def count(state: int, _fact: object) -> int:
    return state + 1


async def test_a_start_is_the_newest_snapshot_and_the_facts_after_it(writing: Ledger) -> None:
    await writing.journal.append([opened(f"c{i}") for i in range(5)], policy_version="1")
    await writing.streams.save_snapshot(5, "5")
    await writing.journal.append([opened("c6")], policy_version="1")
    assert await writing.streams.restore(0, count, int) == (6, 6)
    # Were the snapshot not used, the fold would not see the hundred.
    await writing.streams.save_snapshot(5, "100")
    assert await writing.streams.restore(0, count, int) == (101, 6)


async def test_a_damaged_snapshot_is_not_used(writing: Ledger) -> None:
    await writing.journal.append([opened(f"c{i}") for i in range(3)], policy_version="1")
    await writing.streams.save_snapshot(1, "1")
    await writing.streams.save_snapshot(3, "3")
    async with writing.database.write() as connection:
        await connection.execute(update(t.snapshots).where(t.snapshots.c.seq == 3).values(body="9"))
    assert [found.seq for found in await writing.streams.snapshots()] == [1]
    assert await writing.streams.restore(0, count, int) == (3, 3)


async def test_a_snapshot_of_another_shape_of_the_world_is_passed_over(writing: Ledger) -> None:
    await writing.journal.append([opened(f"c{i}") for i in range(3)], policy_version="1")
    await writing.streams.save_snapshot(1, "1")
    await writing.streams.save_snapshot(3, "not a number")
    assert await writing.streams.restore(0, count, int) == (3, 3)
    await writing.streams.drop_snapshots(keep=1)
    assert [found.seq for found in await writing.streams.snapshots()] == [3]


async def test_the_number_of_the_last_fact_is_known_after_a_restart(opener: Opener) -> None:
    async with opener() as first:
        await first.journal.start("first")
        await first.journal.append([opened("c1"), opened("c2")], policy_version="1")
        await first.tickets.open(START, save_of)
    async with opener() as second:
        await second.journal.start("second")
        assert await second.journal.append([], policy_version="1") == 2


async def test_more_than_a_page_of_facts_is_read_whole(writing: Ledger) -> None:
    await writing.journal.append([opened(f"c{i}") for i in range(2500)], policy_version="1")
    numbers = [recorded.seq async for recorded in writing.streams.read()]
    assert numbers == list(range(1, 2501))


async def test_the_past_can_be_read_up_to_a_moment(writing: Ledger, clock: Clock) -> None:
    await writing.journal.append([opened("c1")], policy_version="1")
    clock.move(seconds=60)
    await writing.journal.append([opened("c2")], policy_version="1")
    until = START + dt.timedelta(seconds=30)
    assert [r.fact async for r in writing.streams.read(until=until)] == [opened("c1")]


async def test_the_journal_holds_no_numbers(writing: Ledger) -> None:
    writing.callers.remember(CallId("c1"), Phone("13812345678"))
    await writing.journal.append([opened("c1"), closed("c1")], policy_version="1")
    async with writing.database.read() as connection:
        bodies = (await connection.execute(select(t.journal.c.body))).scalars().all()
    assert not any("13812345678" in body for body in bodies)


async def test_commits_are_durable_and_readers_do_not_wait(ledger: Ledger) -> None:
    async with ledger.database.read() as connection:
        if ledger.database.is_sqlite:
            mode = (await connection.execute(text("PRAGMA journal_mode"))).scalar()
            synchronous = (await connection.execute(text("PRAGMA synchronous"))).scalar()
            assert (mode, synchronous) == ("wal", 2)
        else:
            level = (await connection.execute(text("SHOW synchronous_commit"))).scalar()
            assert level == "on"
        rows = await connection.execute(select(func.count()).select_from(t.journal))
        assert rows.scalar() == 0
