"""Keys of a database: its mark, the key of the audit chain, and the change to a new field key."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select, tuple_, update

from hotline.words import Phone
from ledger import knowledge_tables as k
from ledger import people_tables as p
from ledger import tables as t
from ledger.database import Database
from ledger.errors import WrongKey
from ledger.knowledge_work import place
from ledger.seal import KeyRing, Sealed

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

KEY_MARK: Final = "field-key"
"""Bookmark: the id (hex) of the field key the database is written with."""
AUDIT_KEY: Final = "audit-key"
"""Bookmark: the key of the audit chain, sealed (hex). It stays when the field key changes."""
_PLACE: Final = {"table": "bookmarks", "column": "value", "row": AUDIT_KEY}
_PAGE: Final = 500


async def enter(database: Database, keys: KeyRing) -> bytes:
    """The key of the audit chain, made at the first opening. Raises WrongKey when the ring does not
    hold the key of this database: noticed at the door, not at the first caller."""
    async with database.read() as connection:
        known = await _marks(connection)
    _check(known, keys)
    if AUDIT_KEY not in known:
        fresh = keys.seal(os.urandom(32).hex(), **_PLACE).data.hex()
        rows = [
            {"name": KEY_MARK, "value": keys.current_id.hex()},
            {"name": AUDIT_KEY, "value": fresh},
        ]
        async with database.write() as connection:
            # Of several that open a new database at once, the first one's key stays.
            await database.insert_new(connection, t.bookmarks, rows)
            known = await _marks(connection)
        _check(known, keys)
    return bytes.fromhex(keys.open(Sealed(bytes.fromhex(known[AUDIT_KEY])), **_PLACE))


def _check(known: dict[str, str], keys: KeyRing) -> None:
    if known.get(KEY_MARK, keys.current_id.hex()) not in keys.ids:
        raise WrongKey(
            "字段密钥与数据库不符：请用建库时的密钥（DATA/secrets.json），或恢复成套的备份。"
        )


async def _marks(connection: AsyncConnection) -> dict[str, str]:
    b = t.bookmarks.c
    rows = await connection.execute(
        select(b.name, b.value).where(b.name.in_([KEY_MARK, AUDIT_KEY]))
    )
    return {row.name: row.value for row in rows}


async def rekey(database: Database, keys: KeyRing) -> int:
    """Seal every value anew under the key in force, with its blind index; how many were changed.

    ``keys`` holds the new key and the old ones. May be broken off and begun again; nothing else
    should write meanwhile. Afterwards the old key is needed for old backups only.
    """
    audit_key = await enter(database, keys)
    count = await _callers(database, keys)
    count += await _texts(database, keys)
    count += await _people(database, keys)
    count += await _knowledge(database, keys)
    sealed = keys.seal(audit_key.hex(), **_PLACE).data.hex()
    rows = [
        {"name": KEY_MARK, "value": keys.current_id.hex()},
        {"name": AUDIT_KEY, "value": sealed},
    ]
    async with database.write() as connection:
        await database.upsert(connection, t.bookmarks, rows)
    return count


async def _callers(database: Database, keys: KeyRing) -> int:
    c = t.callers.c

    async def change(connection: AsyncConnection, row: Row[Any]) -> None:
        place = {"table": "callers", "column": "number", "row": row.call}
        digits = keys.open(row.number, **place)
        new = {"number": keys.seal(digits, **place), "number_ix": keys.index(Phone(digits))}
        await connection.execute(update(t.callers).where(c.call == row.call).values(new))

    query = select(c.call, c.number).order_by(c.call)
    return await _each(
        database,
        lambda last: query.where(c.call > last[0]) if last else query,
        lambda row: None if row.number.key_id == keys.current_id else change,
    )


async def _texts(database: Database, keys: KeyRing) -> int:
    x, tickets = t.ticket_texts.c, t.tickets.c

    async def change(connection: AsyncConnection, row: Row[Any]) -> None:
        place = {"table": "ticket_texts", "column": "body", "row": f"{row.ticket}.{row.slot}"}
        text = keys.open(row.body, **place)
        mine = (x.city == row.city) & (x.ticket == row.ticket)
        await connection.execute(
            update(t.ticket_texts)
            .where(mine, x.slot == row.slot)
            .values(body=keys.seal(text, **place))
        )
        if row.slot == "phone":
            await connection.execute(
                update(t.tickets)
                .where(tickets.city == row.city, tickets.id == row.ticket)
                .values(phone_ix=keys.index(Phone.parse(text)))
            )

    query = select(x.city, x.ticket, x.slot, x.body).order_by(x.city, x.ticket, x.slot)
    after = tuple_(x.city, x.ticket, x.slot)
    return await _each(
        database,
        lambda last: query.where(after > last[:3]) if last else query,
        lambda row: None if row.body.key_id == keys.current_id else change,
    )


async def _people(database: Database, keys: KeyRing) -> int:
    """The reasons of the access ledger and the cards of units: few and small, one transaction."""
    count = 0
    async with database.write() as connection:
        for table, key in ((p.access_words, "seq"), (p.unit_cards, "code")):
            for row in (await connection.execute(select(table))).mappings().all():
                if row["body"].key_id == keys.current_id:
                    continue
                place = {"table": table.name, "column": "body", "row": str(row[key])}
                body = keys.seal(keys.open(row["body"], **place), **place)
                mine = [table.c[one.name] == row[one.name] for one in table.primary_key]
                await connection.execute(update(table).where(*mine).values(body=body))
                count += 1
    return count


async def _knowledge(database: Database, keys: KeyRing) -> int:
    x = k.knowledge_texts.c

    async def change(connection: AsyncConnection, row: Row[Any]) -> None:
        where = place(row.kind, row.id, row.slot)
        mine = (x.city == row.city) & (x.kind == row.kind) & (x.id == row.id)
        body = keys.seal(keys.open(row.body, **where), **where)
        await connection.execute(
            update(k.knowledge_texts).where(mine, x.slot == row.slot).values(body=body)
        )

    query = select(x.city, x.kind, x.id, x.slot, x.body).order_by(x.city, x.kind, x.id, x.slot)
    after = tuple_(x.city, x.kind, x.id, x.slot)
    return await _each(
        database,
        lambda last: query.where(after > last[:4]) if last else query,
        lambda row: None if row.body.key_id == keys.current_id else change,
    )


async def _each(
    database: Database,
    query_after: Callable[[Any], Any],
    change_of: Callable[[Row[Any]], Any],
) -> int:
    """Walk a table in pages, each one transaction; change the rows that need it."""
    count, last = 0, None
    while True:
        async with database.write() as connection:
            page = (await connection.execute(query_after(last).limit(_PAGE))).all()
            for row in page:
                change = change_of(row)
                if change is not None:
                    await change(connection, row)
                    count += 1
        if len(page) < _PAGE:
            return count
        last = page[-1]
