"""The same tests on SQLite and on PostgreSQL; the latter may fail, but never skip."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from ledger.migrate import migrate, newest
from ledger.store import Ledger, open_ledger
from ledger.tables import metadata
from tests.ledger.postgres import Cluster

KEY = bytes(range(32))
START = dt.datetime(2026, 9, 28, 2, 0, tzinfo=dt.UTC)

Opener = Callable[..., AbstractAsyncContextManager[Ledger]]


@dataclass(slots=True)
class Clock:
    """A clock that stands until it is moved."""

    time: dt.datetime = START

    def __call__(self) -> dt.datetime:
        return self.time

    def move(self, **by: float) -> None:
        self.time += dt.timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    cluster = Cluster.create()
    yield cluster
    cluster.remove()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    asyncio.run(migrate(f"sqlite:///{folder / 'jiesu.db'}", folder))
    return folder / "jiesu.db"


@pytest.fixture(scope="session")
def postgres_template(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    create_database(cluster, "template_jiesu")
    asyncio.run(migrate(cluster.url("template_jiesu"), tmp_path_factory.mktemp("none")))
    return "template_jiesu"


def create_database(cluster: Cluster, name: str, template: str = "template1") -> None:
    asyncio.run(
        execute(cluster.url("postgres"), f"CREATE DATABASE {name} TEMPLATE {template}"),
    )


async def execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def empty_again(cluster: Cluster, name: str) -> bool:
    """Take out what a test left in a database; False when it changed the tables themselves."""

    async def take_out() -> bool:
        connection = await asyncpg.connect(cluster.url(name))
        try:
            revision = await connection.fetchval("SELECT version_num FROM alembic_version")
            names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
            await connection.execute(f"TRUNCATE {names} RESTART IDENTITY")
            await connection.execute("INSERT INTO journal_head (id, seq) VALUES (1, 0)")
            await connection.execute("INSERT INTO audit_head (id, seq, mac) VALUES (1, 0, '')")
            return bool(revision == newest())
        finally:
            await connection.close()

    return asyncio.run(take_out())


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated and empty database for each test."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "jiesu.db")
        yield f"sqlite:///{tmp_path / 'jiesu.db'}"
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    if not cluster.spare:
        cluster.spare.append(cluster.next_name())
        create_database(cluster, cluster.spare[0], request.getfixturevalue("postgres_template"))
    name = cluster.spare.pop()
    yield cluster.url(name)
    if empty_again(cluster, name):
        cluster.spare.append(name)


@pytest.fixture
def opener(url: str, clock: Clock) -> Opener:
    """Opens the test's database; may be called several times, as several processes would."""
    settings: dict[str, Any] = {
        "field_key": KEY,
        "clock": clock,
        "code_version": "test",
        "city": "zhaoqing",
    }
    return partial(open_ledger, url, **settings)


@pytest.fixture
async def ledger(opener: Opener) -> AsyncIterator[Ledger]:
    async with opener() as ledger:
        yield ledger


@pytest.fixture
async def writing(ledger: Ledger) -> Ledger:
    """A ledger whose journal holds the lease, for an hour: no renewal comes into the test."""
    await ledger.journal.start("test", ttl=dt.timedelta(hours=1))
    return ledger
