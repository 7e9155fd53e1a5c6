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

from ledger.migrate import migrate
from ledger.store import Ledger, open_ledger
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
    async def create() -> None:
        connection = await asyncpg.connect(cluster.url("postgres"))
        try:
            await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        finally:
            await connection.close()

    asyncio.run(create())


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database of its own for each test."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "jiesu.db")
        return f"sqlite:///{tmp_path / 'jiesu.db'}"
    cluster: Cluster = request.getfixturevalue("cluster")
    name = cluster.next_name()
    create_database(cluster, name, request.getfixturevalue("postgres_template"))
    return cluster.url(name)


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
    """A ledger whose journal holds the lease."""
    await ledger.journal.start("test")
    return ledger
