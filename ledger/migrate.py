"""Brings a database to the shape of this code, by Alembic, from code.

Safe when several start at once: the first migrates, the others wait and find it done. An SQLite
file is copied first.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import fcntl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from ledger.backup import copy_sqlite
from ledger.database import Database, make_engine, parse_url, sqlite_path
from ledger.errors import LedgerFailing, NewerDatabase

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

_SCRIPTS: Final = Path(__file__).parent / "migrations"
_ADVISORY: Final = 0x6A696573
"""The number of the advisory lock on PostgreSQL under which migrations run."""


@dataclass(frozen=True, slots=True)
class Migrated:
    """What happened: the revision before (None: a new database) and now, and the copy made."""

    before: str | None
    now: str
    backup: Path | None


async def migrate(url: str, backup_dir: Path) -> Migrated:
    """Create or upgrade the database. Raises NewerDatabase, LedgerFailing."""
    parsed = parse_url(url)
    path = sqlite_path(parsed)
    if path is not None:
        _make_place(path)
    async with _alone(path):
        return await _migrate(parsed, path, backup_dir)


async def revision(url: str) -> str | None:
    """The revision a database has; None for one without tables."""
    database = Database(make_engine(parse_url(url)))
    try:
        async with database.read() as connection:
            return await connection.run_sync(_current)
    finally:
        await database.close()


def newest() -> str:
    """The revision of this code."""
    head = ScriptDirectory(str(_SCRIPTS)).get_current_head()
    if head is None:
        raise RuntimeError("no migrations are installed")
    return head


def knows(revision: str) -> bool:
    """Whether this code knows tables of that revision."""
    return revision in _known()


def bring_to(connection: Connection, revision: str) -> None:
    """Upgrade, in the caller's transaction, to the tables of a revision."""
    _upgrade(connection, revision)


async def _migrate(url: URL, path: Path | None, backup_dir: Path) -> Migrated:
    database = Database(make_engine(url))
    head = newest()
    try:
        async with database.write() as connection:
            if path is None:
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY})"))
            before = await connection.run_sync(_current)
            if before == head:
                return Migrated(before, head, None)
            if before is not None and before not in _known():
                raise NewerDatabase(before)
            backup = None
            if path is not None and before is not None:
                backup = backup_dir / f"{path.stem}-{before}-{_stamp()}{path.suffix}"
                await asyncio.to_thread(copy_sqlite, path, backup)
            await connection.run_sync(_upgrade)
            return Migrated(before, head, backup)
    except DBAPIError as failed:
        raise LedgerFailing(f"数据库升级没有成功（{type(failed.orig).__name__}）。") from failed
    finally:
        await database.close()


def _make_place(path: Path) -> None:
    """The folder and an empty file that only their owner can read."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as refused:
        raise LedgerFailing(f"不能写数据库文件 {path}：请检查文件夹的权限。") from refused


@contextlib.asynccontextmanager
async def _alone(path: Path | None) -> AsyncIterator[None]:
    """One migration of an SQLite file at a time; PostgreSQL has its own lock for this."""
    if path is None:
        yield
        return
    with path.with_name(path.name + ".migrate-lock").open("w") as lock:
        await asyncio.to_thread(_wait_for, lock)
        yield


def _wait_for(lock: IO[str]) -> None:
    fcntl.flock(lock, fcntl.LOCK_EX)


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _known() -> set[str]:
    return {script.revision for script in ScriptDirectory(str(_SCRIPTS)).walk_revisions()}


def _upgrade(connection: Connection, revision: str = "head") -> None:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _stamp() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
