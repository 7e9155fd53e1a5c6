"""Copies of a ledger, consistent while others write.

SQLite is copied by its own online backup; PostgreSQL table by table, as CSV, in one REPEATABLE READ
transaction (so that no program of the server's version is needed, and any version can read it).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import Connection, func, inspect, select, text

from ledger import tables as t
from ledger.database import Database, make_engine, parse_url, sqlite_path
from ledger.errors import LedgerFailing

if TYPE_CHECKING:
    from sqlalchemy.engine import URL
    from sqlalchemy.ext.asyncio import AsyncConnection

Kind = Literal["sqlite", "postgresql"]
SQLITE_FILE: Final = "jiesu.db"
POSTGRES_FOLDER: Final = "postgresql"
REVISION_TABLE: Final = "alembic_version"
COPY_TIMEOUT_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy and what is in it: revision of the tables, rows per table (parents before children),
    number of the last fact of the journal, and the files of the copy."""

    kind: Kind
    revision: str
    journal_seq: int
    tables: Mapping[str, int]
    files: tuple[Path, ...]


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy the database (with what lies in its WAL) into a new file only its owner can read.

    The copy appears under its name only when it is whole.
    """
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = target.with_name(target.name + ".part")
    half.unlink(missing_ok=True)
    try:
        os.close(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with (
            contextlib.closing(sqlite3.connect(source)) as reader,
            contextlib.closing(sqlite3.connect(half)) as writer,
        ):
            reader.backup(writer)
        with half.open("rb") as copied:
            os.fsync(copied.fileno())
        half.replace(target)
    except (sqlite3.Error, OSError) as failed:
        half.unlink(missing_ok=True)
        raise LedgerFailing(f"数据库不能备份到 {target}（{failed}）。") from failed


async def copy_database(url: str, folder: Path) -> Copied:
    """Copy the whole database into an empty folder while it is being used. Raises LedgerFailing."""
    parsed = parse_url(url)
    path = sqlite_path(parsed)
    if path is None:
        return await _copy_postgres(parsed, folder / POSTGRES_FOLDER)
    if not path.exists():
        raise LedgerFailing(f"没有数据库文件 {path}，请先启动一次 ./jiesu up。")
    target = folder / SQLITE_FILE
    if target.exists():
        raise LedgerFailing(f"{target} 已经在那里，数据库只备份到空的文件夹里。")
    await asyncio.to_thread(copy_sqlite, path, target)
    return await asyncio.to_thread(examine_sqlite, target)


async def database_bytes(url: str) -> int:
    """About how large a database is."""
    parsed = parse_url(url)
    path = sqlite_path(parsed)
    if path is not None:
        return sum(one.stat().st_size for one in path.parent.glob(f"{path.name}*") if one.is_file())
    database = Database(make_engine(parsed))
    try:
        async with database.read() as connection:
            size = await connection.execute(text("SELECT pg_database_size(current_database())"))
            return int(size.scalar_one())
    finally:
        await database.close()


def examine_sqlite(path: Path) -> Copied:
    """What is in a copied file, which from now on needs no WAL beside it. Raises LedgerFailing for
    one that is not sound."""
    try:
        with contextlib.closing(sqlite3.connect(path)) as copy:
            copy.execute("PRAGMA journal_mode=DELETE")
            sound = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
            if sound != "ok":
                raise LedgerFailing("数据库文件已损坏，请从备份恢复。")
            names = [
                row[0]
                for row in copy.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table'"
                    " AND name NOT LIKE 'sqlite_%' ORDER BY name"
                )
            ]
            counts = {
                name: int(copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])  # noqa: S608 - names come from sqlite_master
                for name in names
                if name != REVISION_TABLE
            }
            (revision,) = copy.execute(f"SELECT version_num FROM {REVISION_TABLE}").fetchone()  # noqa: S608 - a constant
            (seq,) = copy.execute("SELECT seq FROM journal_head").fetchone() or (0,)
    except (sqlite3.Error, TypeError) as failed:
        raise LedgerFailing(f"数据库的副本读不懂（{failed}）。") from failed
    return Copied("sqlite", str(revision), int(seq), counts, (path,))


async def _copy_postgres(url: URL, folder: Path) -> Copied:
    await asyncio.to_thread(folder.mkdir, 0o700, parents=True)
    database = Database(make_engine(url))
    try:
        async with database.read() as connection:
            # One picture for every table, whatever is committed meanwhile.
            await connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            revision = str((await connection.execute(_REVISION)).scalar_one())
            head = await connection.execute(select(func.max(t.journal_head.c.seq)))
            seq = int(head.scalar_one() or 0)
            shapes = await connection.run_sync(shapes_in_order)
            driver = await driver_of(connection)
            counts, files = {}, []
            for name, columns in shapes.items():
                files.append(folder / f"{name}.csv")
                counts[name] = await _copy_out(driver, name, columns, files[-1])
    finally:
        await database.close()
    return Copied("postgresql", revision, seq, counts, tuple(files))


_REVISION: Final = text(f"SELECT version_num FROM {REVISION_TABLE}")  # noqa: S608 - a constant


def shapes_in_order(connection: Connection) -> dict[str, tuple[str, ...]]:
    """Each table with its columns, as the database itself has them, parents first."""
    found = inspect(connection)
    names = [name for name, _ in found.get_sorted_table_and_fkc_names() if name is not None]
    return {
        name: tuple(column["name"] for column in found.get_columns(name))
        for name in names
        if name != REVISION_TABLE
    }


async def driver_of(connection: AsyncConnection) -> Any:  # asyncpg's own connection, for COPY
    """The driver's connection, inside the transaction of ours."""
    return (await connection.get_raw_connection()).driver_connection


async def _copy_out(driver: Any, table: str, columns: tuple[str, ...], target: Path) -> int:
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    names = ", ".join(f'"{column}"' for column in columns)
    told = await driver.copy_from_query(
        f'SELECT {names} FROM "{table}"',  # noqa: S608 - names come from the catalogue
        output=str(target),
        format="csv",
        header=True,
        timeout=COPY_TIMEOUT_S,
    )
    return int(str(told).rpartition(" ")[2])
