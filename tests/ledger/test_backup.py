"""A copy of the ledger is one picture of it, on both databases, and comes back as it was."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, select

from hotline.words import CallId, Phone
from ledger import tables as t
from ledger.backup import Copied, copy_database
from ledger.database import parse_url, sqlite_path
from ledger.errors import LedgerFailing, NewerDatabase
from ledger.migrate import newest
from ledger.restore import InUse, load_postgres, refuse_newer
from ledger.store import Ledger, open_ledger
from tests.ledger.conftest import KEY, Clock, create_database, execute
from tests.ledger.postgres import Cluster
from tests.ledger.stories import closed, opened

pytestmark = pytest.mark.anyio

AFTER = dt.datetime(2026, 9, 29, tzinfo=dt.UTC)


async def a_call(ledger: Ledger, number: int) -> None:
    name = f"c{number}"
    ledger.callers.remember(CallId(name), Phone(f"1380000{number:04}"))
    await ledger.journal.append([opened(name), closed(name)], policy_version="p")
    await ledger.audit.record("u1", "listened", name)


async def count(ledger: Ledger, table: str) -> int:
    async with ledger.database.read() as connection:
        found = await connection.execute(select(func.count()).select_from(t.metadata.tables[table]))
        return int(found.scalar_one())


async def brought_back(url: str, copied: Copied, folder: Path, clock: Clock) -> str:
    """The address of a database made from the copy."""
    if copied.kind == "sqlite":
        target = folder / "back.db"
        shutil.copyfile(copied.files[0], target)
        return f"sqlite:///{target}"
    folder_of = copied.files[0].parent
    clock.move(hours=2)  # the lease of the test is over
    await load_postgres(
        url,
        folder_of,
        revision=copied.revision,
        tables=copied.tables,
        now=clock(),
        aside="before_restore",
    )
    return url


async def test_a_copy_made_while_others_write_is_one_picture_and_comes_back_whole(
    url: str, writing: Ledger, clock: Clock, tmp_path: Path
) -> None:
    for number in range(40):
        await a_call(writing, number)

    enough = asyncio.Event()

    async def go_on() -> None:
        for number in range(40, 10_000):
            if enough.is_set():
                return
            await a_call(writing, number)

    busy = asyncio.create_task(go_on())
    await asyncio.sleep(0.05)
    copied = await copy_database(url, tmp_path / "copy")
    enough.set()
    await busy

    assert copied.tables["journal"] == copied.journal_seq
    assert copied.tables["calls"] * 2 == copied.tables["journal"] >= 80
    assert copied.tables["callers"] >= copied.tables["calls"]
    assert copied.revision == newest()
    assert all(path.stat().st_mode & 0o077 == 0 for path in copied.files)
    rows_now = await count(writing, "journal")
    assert rows_now >= copied.journal_seq

    back = await brought_back(url, copied, tmp_path, clock)
    async with open_ledger(
        back, field_key=KEY, clock=clock, code_version="test", city="zhaoqing"
    ) as ledger:
        for table, rows in copied.tables.items():
            assert await count(ledger, table) == rows, table
        assert (await ledger.audit.verify()).intact
        assert await ledger.callers.find(CallId("c7")) == Phone("13800000007")
        # What is counted up goes on after what is there.
        await ledger.journal.start("after", take_over=True)
        assert await ledger.journal.append([opened("new")], policy_version="p") == (
            copied.journal_seq + 1
        )
        await ledger.accounts.note_failure("x", "127.0.0.1")
        await ledger.outbox.send("topic", {"x": 1})
    if copied.kind == "postgresql":
        await execute(url, "DROP SCHEMA before_restore CASCADE")


async def test_a_database_is_never_copied_over_a_file_that_is_there(
    sqlite_template: Path, tmp_path: Path
) -> None:
    source = tmp_path / "jiesu.db"
    shutil.copyfile(sqlite_template, source)
    before = source.read_bytes()
    with pytest.raises(LedgerFailing, match="空的文件夹"):
        await copy_database(f"sqlite:///{source}", tmp_path)
    assert source.read_bytes() == before


async def test_an_sqlite_copy_is_one_file_that_needs_nothing_beside_it(
    sqlite_template: Path, tmp_path: Path
) -> None:
    copied = await copy_database(f"sqlite:///{sqlite_template}", tmp_path / "to")
    assert [path.name for path in (tmp_path / "to").iterdir()] == ["jiesu.db"]
    assert copied.kind == "sqlite"


async def test_a_damaged_database_is_not_backed_up_as_if_it_were_whole(
    sqlite_template: Path, tmp_path: Path
) -> None:
    path = tmp_path / "jiesu.db"
    shutil.copyfile(sqlite_template, path)
    content = bytearray(path.read_bytes())
    content[8192:20000] = bytes(20000 - 8192)
    path.write_bytes(content)
    with pytest.raises(LedgerFailing, match=r"损坏|读不懂"):
        await copy_database(f"sqlite:///{path}", tmp_path / "to")


def test_tables_of_a_newer_program_are_refused() -> None:
    refuse_newer(newest())
    with pytest.raises(NewerDatabase, match="换用更新的接诉台"):
        refuse_newer("9999_from_the_future")


@pytest.mark.postgres
async def test_a_database_in_use_or_full_is_not_loaded_over(
    cluster: Cluster, postgres_template: str, clock: Clock, tmp_path: Path
) -> None:
    name = cluster.next_name()
    await asyncio.to_thread(create_database, cluster, name, postgres_template)
    url = cluster.url(name)
    assert sqlite_path(parse_url(url)) is None
    async with open_ledger(
        url, field_key=KEY, clock=clock, code_version="test", city="zhaoqing"
    ) as ledger:
        await ledger.journal.start("me", ttl=dt.timedelta(hours=1))
        await a_call(ledger, 1)
        copied = await copy_database(url, tmp_path / "copy")
        for now, aside, why in (
            (clock(), "aside", "正有接诉台在用"),
            (AFTER, None, "已有台账"),
        ):
            with pytest.raises(InUse, match=why):
                await load_postgres(
                    url,
                    copied.files[0].parent,
                    revision=copied.revision,
                    tables=copied.tables,
                    now=now,
                    aside=aside,
                )
        # A load that fails in the middle leaves everything as it was.
        with pytest.raises(LedgerFailing, match="应有 99 行"):
            await load_postgres(
                url,
                copied.files[0].parent,
                revision=copied.revision,
                tables={**copied.tables, "calls": 99},
                now=AFTER,
                aside="aside",
            )
        assert await count(ledger, "calls") == 1
