"""What must survive: a killed process, a full disk, a crashed server, a thief of the disk."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import asyncpg
import pytest

from hotline.errors import NoSuch
from hotline.words import CallId, Phone, TicketId
from ledger.errors import LedgerFailing
from ledger.migrate import migrate
from ledger.store import open_ledger
from tests.ledger.conftest import KEY, START, Clock, Opener, create_database
from tests.ledger.postgres import Cluster
from tests.ledger.stories import closed, opened, save_of

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]


async def acknowledged_until_killed(url: str, count: int) -> list[tuple[str, int, str]]:
    """What the desk process was told is saved, before it is killed in the middle of its work."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.ledger.desk_process", url),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    lines: list[bytes] = []
    async with asyncio.timeout(60):
        while len(lines) < count:
            lines.append(await process.stdout.readline())
        process.kill()
        rest = await process.stdout.read()
        await process.wait()
    lines += [line for line in rest.splitlines(keepends=True) if line.endswith(b"\n")]
    words = [line.decode().split() for line in lines]
    return [(number, int(seq), call) for number, seq, call in words]


async def test_nothing_acknowledged_is_lost_when_the_process_is_killed(
    url: str, opener: Opener
) -> None:
    told: list[tuple[str, int, str]] = []
    for count in (7, 23):
        told += await acknowledged_until_killed(url, count)
    async with opener() as ledger:
        saved = {item.id for item in (await ledger.tickets.page(size=10_000)).items}
        assert {number for number, _, _ in told} <= saved
        # What was not acknowledged may be there or not, but never by half and never with a gap.
        assert sorted(saved) == [f"20260928-{n:06d}" for n in range(1, len(saved) + 1)]
        for number in saved:
            kept = await ledger.tickets.load(TicketId(number))
            assert kept.texts["summary"].startswith("第")
            assert len(await ledger.tickets.facts_of(kept.ticket.id)) == 2
        facts = {r.seq: r.fact async for r in ledger.streams.read()}
        assert all(facts[seq] == opened(call) for _, seq, call in told)
        assert (await ledger.audit.verify()).intact


async def test_a_full_disk_refuses_tickets_in_words_and_keeps_facts_until_there_is_room(
    sqlite_template: Path, tmp_path: Path
) -> None:
    path = tmp_path / "jiesu.db"
    path.write_bytes(sqlite_template.read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "tests.ledger.full_disk_process", f"sqlite:///{path}"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout)
    assert "这次没有保存" in told["refused"]
    assert told["done_while_full"] < 900
    assert sorted(told["numbers"]) == sorted(set(told["numbers"])), "a number given twice"
    assert len(told["numbers"]) == 900
    assert told["after"] == f"20260928-{told['tickets']:06d}"
    kinds = [kind for kind, _, _ in told["heard"]]
    assert kinds == ["failing", "recovered"]
    assert "磁盘" in told["heard"][0][1]
    assert told["heard"][1][2] == 0


async def test_numbers_and_names_are_nowhere_in_the_files_of_the_database(
    request: pytest.FixtureRequest, url: str, opener: Opener
) -> None:
    words = {
        "summary": "天宁北路的路灯坏了三天没有人修",
        "contact": "欧阳慧敏",
        "address": "端州区天宁北路八十六号",
        "phone": "13987654321",
    }
    async with opener() as ledger:
        await ledger.journal.start("test")
        ledger.callers.remember(CallId("c1"), Phone("13812345678"))
        await ledger.journal.append([opened("c1"), closed("c1")], policy_version="1")
        await ledger.tickets.open(START, partial(save_of, call="c1", **cast("Any", words)))
        files = await files_of(request, url)
        raw = b"".join(path.read_bytes() for path in files if path.is_file())
        assert b"20260928-000001" in raw, "these are not the files that were written"
        for text in ("13812345678", *words.values()):
            for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"):
                assert text.encode(encoding) not in raw, text
    if url.startswith("sqlite"):
        raw = b"".join(path.read_bytes() for path in Path(url[10:]).parent.iterdir())
        assert words["phone"].encode() not in raw


async def files_of(request: pytest.FixtureRequest, url: str) -> list[Path]:
    if url.startswith("sqlite"):
        return list(Path(url.removeprefix("sqlite:///")).parent.glob("jiesu.db*"))
    cluster: Cluster = request.getfixturevalue("cluster")
    connection = await asyncpg.connect(cluster.url("postgres"))
    await connection.execute("CHECKPOINT")
    await connection.close()
    return list((cluster.folder / "data").rglob("*"))


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    cluster = Cluster.create()
    yield cluster
    cluster.remove()


@pytest.mark.postgres
async def test_a_crash_of_the_server_loses_nothing_and_the_journal_goes_on_by_itself(
    own_cluster: Cluster, tmp_path: Path, clock: Clock
) -> None:
    await asyncio.to_thread(create_database, own_cluster, "jiesu")
    url = own_cluster.url("jiesu")
    await migrate(url, tmp_path)
    async with open_ledger(
        url, field_key=KEY, clock=clock, code_version="test", city="zhaoqing"
    ) as ledger:
        await ledger.journal.start("exchange")
        kept = await ledger.tickets.open(START, save_of)
        await ledger.journal.append([opened("before")], policy_version="1")
        own_cluster.stop(crash=True)
        during = ledger.journal.post([opened("during")], policy_version="1")
        with pytest.raises(LedgerFailing):
            await ledger.tickets.open(START, save_of)
        assert not during.done()
        own_cluster.start()
        async with asyncio.timeout(30):
            await during
        assert (await ledger.tickets.load(kept.ticket.id)).ticket.version == 1
        facts = [r.fact async for r in ledger.streams.read()]
        assert facts == [opened("before"), opened("during")]
        messages = ledger.outbox.messages("pop")
        await ledger.outbox.send("pop", 1)
        async with asyncio.timeout(30):
            assert (await anext(messages)).body == 1
        with pytest.raises(NoSuch):
            await ledger.tickets.load(TicketId("20260928-000002"))


@pytest.mark.postgres
async def test_a_read_only_standby_is_said_in_words(
    request: pytest.FixtureRequest, cluster: Cluster, postgres_template: str, clock: Clock
) -> None:
    name = cluster.next_name()
    await asyncio.to_thread(create_database, cluster, name, postgres_template)
    async with open_ledger(
        cluster.url(name), field_key=KEY, clock=clock, code_version="test", city="zhaoqing"
    ):
        pass
    connection = await asyncpg.connect(cluster.url("postgres"))
    await connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    await connection.close()
    async with open_ledger(
        cluster.url(name), field_key=KEY, clock=clock, code_version="test", city="zhaoqing"
    ) as ledger:
        with pytest.raises(LedgerFailing, match="数据库只读"):
            await ledger.tickets.open(START, save_of)
