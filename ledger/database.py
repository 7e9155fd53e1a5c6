"""One database, SQLite or PostgreSQL: connections, transactions, and what a failure means."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from hotline.errors import BadInput
from ledger.errors import LedgerFailing

Clock = Callable[[], dt.datetime]
"""Gives the present as an aware datetime."""

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=5000",
    "PRAGMA journal_size_limit=67108864",
)
_WRITES = "jiesu_writes"


def parse_url(text: str) -> URL:
    """The URL with its async driver. Takes ``sqlite:///path``, a bare path, ``postgresql://…``.

    ``?pgbouncer=yes`` on a PostgreSQL URL turns the caches of prepared statements off, which a
    pooler in transaction mode needs.
    """
    if "://" not in text:
        text = f"sqlite:///{text}"
    try:
        url = make_url(text)
    except ArgumentError as wrong:
        raise BadInput("database", f"数据库地址写得不对：{wrong}") from wrong
    kind = url.get_backend_name()
    if kind == "sqlite":
        if url.database in (None, "", ":memory:"):
            raise BadInput("database", "台账须存在文件中：请写成 sqlite:///路径。")
        return url.set(drivername="sqlite+aiosqlite")
    if kind in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+asyncpg")
        if "pgbouncer" in url.query:
            url = url.difference_update_query(["pgbouncer"])
            url = url.update_query_dict({"prepared_statement_cache_size": "0"})
        return url
    raise BadInput("database", f"不支持 {kind}：数据库只能是 sqlite 或 postgresql。")


def sqlite_path(url: URL) -> Path | None:
    """The file of an SQLite URL, None for PostgreSQL."""
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def make_engine(url: URL) -> AsyncEngine:
    """An engine set up as the ledger needs it: durable commits on both kinds of database, and no
    value of a row in any error's text."""
    if url.get_backend_name() == "sqlite":
        engine = create_async_engine(
            url, pool_size=5, max_overflow=5, pool_timeout=10, hide_parameters=True
        )
        event.listen(engine.sync_engine, "connect", _set_pragmas)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    settings = {"application_name": "jiesu", "timezone": "UTC", "synchronous_commit": "on"}
    arguments: dict[str, Any] = {"server_settings": settings, "timeout": 5, "command_timeout": 30}
    if "prepared_statement_cache_size" in url.query:
        arguments["statement_cache_size"] = 0
    return create_async_engine(
        url,
        pool_size=5,
        max_overflow=10,
        pool_timeout=10,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args=arguments,
    )


def _set_pragmas(connection: Any, _record: Any) -> None:
    # The driver's own idea of when a transaction begins is switched off: _begin_sqlite says it.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that begins by reading and then writes fails at once when another wrote in
    # between, whatever the busy timeout; so writers take the lock at the beginning.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class Database:
    """Transactions on one engine. Failures of disk and server come out as LedgerFailing."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._writer = engine.execution_options(**{_WRITES: True})
        self._after: dict[int, list[Callable[[], None]]] = {}
        # SQLite has one writer at a time: waiting here is fair, waiting in busy_timeout is not.
        self._turn = asyncio.Lock() if self.is_sqlite else None

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading, one consistent picture on SQLite."""
        with _failures_named():
            async with self.engine.connect() as connection:
                yield connection

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed durably when the block ends, rolled back when it raises."""
        async with self._turn or contextlib.nullcontext():
            after: list[Callable[[], None]] = []
            with _failures_named(unsaved=True):
                async with self._writer.connect() as connection, connection.begin():
                    self._after[id(connection)] = after
                    try:
                        yield connection
                    finally:
                        del self._after[id(connection)]
        for call in after:
            call()

    def after_commit(self, connection: AsyncConnection, call: Callable[[], None]) -> None:
        """Have something done once the transaction of this connection is durable."""
        self._after[id(connection)].append(call)

    async def insert_new(
        self, connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """Insert rows; those whose key is there already are left as they are."""
        if not rows:
            return
        statement = self._insert(table).on_conflict_do_nothing()
        await connection.execute(statement, [dict(row) for row in rows])

    async def upsert(
        self, connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """Insert rows of the same columns; those whose key is there already are overwritten."""
        if not rows:
            return
        keys = [column.name for column in table.primary_key]
        statement = self._insert(table)
        rest = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        await connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=rest),
            [dict(row) for row in rows],
        )

    async def count_up(
        self, connection: AsyncConnection, table: Table, column: str, row: Mapping[str, Any]
    ) -> int:
        """Add one to a counter, which begins at 1 with ``row``; its new value. The row stays locked
        until the transaction ends, and a transaction that fails takes the count back."""
        keys = [key.name for key in table.primary_key]
        done = await connection.execute(
            self._insert(table)
            .values({**row, column: 1})
            .on_conflict_do_update(index_elements=keys, set_={column: table.c[column] + 1})
            .returning(table.c[column])
        )
        return int(done.scalar_one())

    def _insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    async def close(self) -> None:
        await self.engine.dispose()


@contextlib.contextmanager
def _failures_named(*, unsaved: bool = False) -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as failed:
        raise LedgerFailing(_reason(failed), unsaved=unsaved) from failed
    except PoolTimeout as failed:
        raise LedgerFailing("数据库太忙，没有空闲的连接。", unsaved=unsaved) from failed
    except (OSError, sqlite3.Error) as failed:
        away = f"连不上数据库（{failed.__class__.__name__}），请检查它是否在运行。"
        raise LedgerFailing(away, unsaved=unsaved) from failed


def _reason(failed: DBAPIError) -> str:
    """The cause in words. The driver's text only where it cannot hold a value of a row."""
    text = str(failed.orig)
    for mark, words in _CAUSES:
        if mark in text:
            return words
    cause = failed.orig.__cause__ if failed.orig is not None else None
    return f"数据库报告 {type(cause or failed.orig).__name__}。"


_CAUSES = (
    ("disk is full", "磁盘已满，请清理磁盘。"),
    ("No space left", "磁盘已满，请清理磁盘。"),
    ("disk I/O error", "磁盘读写出错，请检查磁盘。"),
    ("readonly database", "数据库文件只读，请检查文件权限。"),
    ("read-only transaction", "数据库只读，请检查主备切换。"),
    ("database is locked", "数据库被另一个程序长时间占用。"),
    ("malformed", "数据库文件已损坏，请从备份恢复。"),
    ("file is not a database", "这个文件不是数据库，请检查路径或从备份恢复。"),
    ("unable to open", "打不开数据库文件，请检查路径和权限。"),
    ("no such table", "数据库还没有建表，请先启动一次 ./jiesu up。"),
    ('relation "', "数据库还没有建表，请先启动一次 ./jiesu up。"),
    ('database "', "数据库服务器上没有这个数据库，请先创建它。"),
    ('role "', "数据库服务器上没有这个用户，请检查地址中的用户名。"),
    ("password authentication failed", "数据库用户名或密码不对。"),
    ("starting up", "数据库服务器正在启动，请稍候。"),
    ("shutting down", "数据库服务器正在停止。"),
)
