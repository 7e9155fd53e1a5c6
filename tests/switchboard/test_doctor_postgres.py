"""The line of the database where that is PostgreSQL: away, and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from ledger.migrate import migrate
from switchboard.doctor.ami_visit import AmiVisit
from switchboard.doctor.case import Case, read_case
from switchboard.doctor.checks import CHECKS
from switchboard.doctor.finding import Finding, State
from switchboard.doctor.rounds import go_round
from switchboard.settings import ROOT, Settings
from switchboard.site import Database, Site
from tests.ledger.postgres import Cluster

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    cluster = Cluster.create()
    yield cluster
    cluster.remove()


async def seen(case: Case) -> Finding:
    [found] = await go_round(case, [check for check in CHECKS if check.name == "database"])
    return found


async def test_a_server_that_is_empty_away_and_back_is_told_each_time(
    cluster: Cluster, tmp_path: Path
) -> None:
    settings = Settings(root=ROOT, data=tmp_path, cache=tmp_path)
    site = Site(database=Database(url=cluster.url("hotline")))
    case = replace(read_case(settings, AmiVisit(settings).act), site=site)
    connection = await asyncpg.connect(cluster.url("postgres"))
    await connection.execute("CREATE DATABASE hotline")
    await connection.close()
    assert (await seen(case)).state is State.WARN
    await migrate(cluster.url("hotline"), tmp_path)
    well = await seen(case)
    assert well.state is State.OK
    assert well.found.startswith("PostgreSQL 1")
    cluster.stop()
    away = await seen(case)
    assert away.state is State.FAULT
    assert "连不上数据库" in away.found
    assert away.do
    assert str(cluster.folder) not in away.found, "no address, which may hold a password"
    cluster.start()
    assert (await seen(case)).state is State.OK
