"""A copied ledger brought back: the other half of backup.py.

An SQLite copy is a file and is simply put in its place. A PostgreSQL copy is loaded in one
transaction: killed in the middle, the database is as it was.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, column, delete, func, inspect, select, text
from sqlalchemy import table as named_table

from hotline.errors import HotlineError
from ledger import tables as t
from ledger.backup import COPY_TIMEOUT_S, REVISION_TABLE, driver_of, shapes_in_order
from ledger.database import Database, make_engine, parse_url
from ledger.errors import LedgerFailing, NewerDatabase
from ledger.migrate import bring_to, knows

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class InUse(HotlineError):
    """The database holds a ledger already, or somebody is working with it."""


def refuse_newer(revision: str) -> None:
    """Raise NewerDatabase for tables that this code does not know."""
    if not knows(revision):
        raise NewerDatabase(revision)


async def load_postgres(
    url: str,
    folder: Path,
    *,
    revision: str,
    tables: Mapping[str, int],
    now: dt.datetime,
    aside: str | None,
) -> None:
    """Load the CSV files of a copy into a database without tables of ours.

    ``tables``: rows per table, parents first. ``aside`` names a schema into which tables that are
    there are moved first; None refuses them. Raises InUse, LedgerFailing; then nothing has changed.
    """
    database = Database(make_engine(parse_url(url)))
    try:
        async with database.write() as connection:
            there = set(await connection.run_sync(lambda c: inspect(c).get_table_names()))
            if REVISION_TABLE in there:
                await _refuse_working(connection, now)
                if aside is None:
                    raise InUse("数据库里已有台账：加 --replace 会把原有的表移到一边再恢复。")
                await _move_aside(connection, there, aside)
            await connection.run_sync(bring_to, revision)
            await _fill(connection, folder, tables)
    finally:
        await database.close()


async def _refuse_working(connection: AsyncConnection, now: dt.datetime) -> None:
    held = select(t.leases.c.holder).where(t.leases.c.expires_at > now, t.leases.c.holder != "")
    if (await connection.execute(held)).first() is not None:
        raise InUse("这个数据库正有接诉台在用：请先停下它（./jiesu up 按 Ctrl-C）。")


async def _move_aside(connection: AsyncConnection, there: set[str], schema: str) -> None:
    ours = {*t.metadata.tables, REVISION_TABLE}
    await connection.execute(text(f'CREATE SCHEMA "{schema}"'))
    for name in sorted(there & ours):
        await connection.execute(text(f'ALTER TABLE "{name}" SET SCHEMA "{schema}"'))


async def _fill(connection: AsyncConnection, folder: Path, tables: Mapping[str, int]) -> None:
    shapes = await connection.run_sync(shapes_in_order)
    for name in reversed(shapes):
        # A migration puts first rows into some tables; the copy brings its own.
        await connection.execute(delete(named_table(name)))
    driver = await driver_of(connection)
    for name, rows in tables.items():
        source = folder / f"{name}.csv"
        with source.open(encoding="utf-8") as file:
            columns = file.readline().strip().split(",")
        told = await driver.copy_to_table(
            name,
            source=str(source),
            columns=columns,
            format="csv",
            header=True,
            timeout=COPY_TIMEOUT_S,
        )
        if int(str(told).rpartition(" ")[2]) != rows:
            raise LedgerFailing(f"表 {name} 恢复了 {told}，应有 {rows} 行。")
    await connection.run_sync(_count_on)


def _count_on(connection: Connection) -> None:
    """The sequences go on after the numbers that are there."""
    found = inspect(connection)
    for name in found.get_table_names():
        for one in found.get_columns(name):
            if "nextval" in str(one.get("default") or ""):
                _set_sequence(connection, name, str(one["name"]))


def _set_sequence(connection: Connection, table: str, name: str) -> None:
    highest = select(func.max(column(name))).select_from(named_table(table))  # type: ignore[var-annotated]  # a column known by name only
    last = connection.execute(highest).scalar_one()
    if last is None:
        return
    connection.execute(
        text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)"),
        {"table": f'"{table}"', "column": name, "last": last},
    )
