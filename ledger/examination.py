"""A ledger looked at from outside, changing nothing: can it be read, is it whole, is it ours."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from ledger import tables as t
from ledger.database import Database, make_engine, parse_url, sqlite_path
from ledger.errors import LedgerFailing
from ledger.migrate import newest

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

_STEPS: int = 10_000
"""SQLite's own steps between two looks at the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """``revision`` is None for a database without tables; ``whole`` None where that was not asked,
    or not found out in time; ``last_fact`` is when the newest fact of the journal happened."""

    kind: Literal["sqlite", "postgresql"]
    version: str
    revision: str | None
    wanted: str
    whole: bool | None
    last_fact: dt.datetime | None


async def examine(url: str, *, whole: bool, within: float = 4.0) -> Examined | None:
    """None where there is no database yet. Raises LedgerFailing where it cannot be read, and says
    why."""
    parsed = parse_url(url)
    path = sqlite_path(parsed)
    if path is None:
        return await _postgres(parsed, within)
    if not path.exists() or not path.stat().st_size:
        return None
    return await asyncio.to_thread(_sqlite, path, time.monotonic() + within if whole else None)


def _sqlite(path: Path, deadline: float | None) -> Examined:
    # Without a WAL beside it nobody writes: read as it lies, so that nothing new appears there.
    wal = path.with_name(f"{path.name}-wal")
    how = "mode=ro" if wal.exists() else "mode=ro&immutable=1"
    uri = f"file:{path.as_posix().replace('%', '%25').replace('?', '%3f').replace('#', '%23')}"
    try:
        with contextlib.closing(sqlite3.connect(f"{uri}?{how}", uri=True, timeout=2.0)) as file:
            revision = _value(file, "SELECT version_num FROM alembic_version", "alembic_version")
            last = _value(file, "SELECT max(at) FROM journal", "journal")
            whole = _whole(file, deadline) if deadline is not None else None
    except sqlite3.Error as failed:
        raise LedgerFailing(f"{path} 读不了（{failed}）") from failed
    return Examined(
        kind="sqlite",
        version=sqlite3.sqlite_version,
        revision=revision,
        wanted=newest(),
        whole=whole,
        last_fact=dt.datetime.fromisoformat(last) if last else None,
    )


def _value(file: sqlite3.Connection, query: str, table: str) -> str | None:
    known = file.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    row = file.execute(query).fetchone() if known else None
    return str(row[0]) if row and row[0] is not None else None


def _whole(file: sqlite3.Connection, deadline: float) -> bool | None:
    file.set_progress_handler(lambda: int(time.monotonic() > deadline), _STEPS)
    try:
        return bool(file.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.OperationalError as stopped:
        if "interrupted" in str(stopped):
            return None
        raise
    finally:
        file.set_progress_handler(None, 0)


async def _postgres(url: URL, within: float) -> Examined:
    database = Database(make_engine(url))
    try:
        async with asyncio.timeout(within), database.read() as connection:
            version = (await connection.execute(text("SHOW server_version"))).scalar_one()
            revision = await connection.run_sync(
                lambda sync: MigrationContext.configure(sync).get_current_revision()
            )
            last = None
            if revision is not None:
                last = (await connection.execute(select(func.max(t.journal.c.at)))).scalar_one()
    except (DBAPIError, OSError, TimeoutError) as failed:
        why = type(getattr(failed, "orig", None) or failed).__name__
        raise LedgerFailing(f"PostgreSQL 没有回答（{why}）") from failed
    finally:
        await database.close()
    return Examined(
        kind="postgresql",
        version=str(version).split()[0],
        revision=revision,
        wanted=newest(),
        whole=None,
        last_fact=last,
    )
