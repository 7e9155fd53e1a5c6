"""Keys of a database: its mark, the key of the audit chain, and the change to a new field key."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import RowMapping, Table, select, tuple_, update

from hotline.words import Phone
from ledger import knowledge_tables as k
from ledger import message_tables as m
from ledger import people_tables as p
from ledger import supervision_tables as s
from ledger import tables as t
from ledger.database import Database
from ledger.errors import WrongKey
from ledger.seal import KeyRing, Sealed

if TYPE_CHECKING:
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
    """Seal every value anew under the key in force, with its blind index; how many rows were
    changed.

    ``keys`` holds the new key and the old ones. May be broken off and begun again; nothing else
    should write meanwhile. Attachments follow at the next start with the same ring. Afterwards the
    old key is needed for old backups only.
    """
    audit_key = await enter(database, keys)
    count = 0
    for one in SEALED:
        count += await _seal_anew(database, keys, one)
    sealed = keys.seal(audit_key.hex(), **_PLACE).data.hex()
    rows = [
        {"name": KEY_MARK, "value": keys.current_id.hex()},
        {"name": AUDIT_KEY, "value": sealed},
    ]
    async with database.write() as connection:
        await database.upsert(connection, t.bookmarks, rows)
    return count


@dataclass(frozen=True, slots=True)
class SealedTable:
    """A table with sealed columns. ``place`` names, of a row, what its values are sealed for."""

    table: Table
    columns: tuple[str, ...]
    place: Callable[[RowMapping], str]


SEALED: Final = (
    SealedTable(t.callers, ("number",), lambda row: row["call"]),
    SealedTable(t.ticket_texts, ("body",), lambda row: f"{row['ticket']}.{row['slot']}"),
    SealedTable(p.access_words, ("body",), lambda row: str(row["seq"])),
    SealedTable(p.unit_cards, ("body",), lambda row: row["code"]),
    SealedTable(
        k.knowledge_texts, ("body",), lambda row: f"{row['kind']}.{row['id']}.{row['slot']}"
    ),
    SealedTable(m.messages, ("number", "body"), lambda row: f"{row['city']}.{row['key']}"),
    SealedTable(m.message_replies, ("number", "body"), lambda row: f"{row['city']}.{row['id']}"),
    SealedTable(s.supervision_steps, ("texts",), lambda row: f"{row['matter']}.{row['number']}"),
)
"""Every sealed column there is: a test compares them with the tables."""


async def _seal_anew(database: Database, keys: KeyRing, one: SealedTable) -> int:
    """Walk a table in pages, each one transaction; change the rows that need it."""
    key = [one.table.c[column.name] for column in one.table.primary_key]
    query = select(one.table).order_by(*key).limit(_PAGE)
    count, page = 0, query
    while True:
        async with database.write() as connection:
            rows = (await connection.execute(page)).mappings().all()
            for row in rows:
                values = _anew(keys, one, row)
                if values:
                    mine = [column == row[column.name] for column in key]
                    await connection.execute(update(one.table).where(*mine).values(values))
                    await _ticket_index(connection, keys, one, row)
                    count += 1
        if len(rows) < _PAGE:
            return count
        page = query.where(tuple_(*key) > tuple(rows[-1][column.name] for column in key))


def _anew(keys: KeyRing, one: SealedTable, row: RowMapping) -> dict[str, Any]:
    """The values of a row that change; none where it is sealed with the key in force."""
    changed: dict[str, Any] = {}
    for column in one.columns:
        if row[column] is not None and row[column].key_id != keys.current_id:
            place = {"table": one.table.name, "column": column, "row": one.place(row)}
            text = keys.open(row[column], **place)
            changed[column] = keys.seal(text, **place)
            if column == "number":
                changed["number_ix"] = keys.index(Phone(text))
    return changed


async def _ticket_index(
    connection: AsyncConnection, keys: KeyRing, one: SealedTable, row: RowMapping
) -> None:
    """The number of a ticket lies among its texts, its blind index with the ticket."""
    if one.table is not t.ticket_texts or row["slot"] != "phone":
        return
    place = {"table": "ticket_texts", "column": "body", "row": one.place(row)}
    index = keys.index(Phone.parse(keys.open(row["body"], **place)))
    c = t.tickets.c
    mine = (c.city == row["city"]) & (c.id == row["ticket"])
    await connection.execute(update(t.tickets).where(mine).values(phone_ix=index))
