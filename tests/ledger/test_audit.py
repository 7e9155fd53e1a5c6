from __future__ import annotations

import pytest
from sqlalchemy import delete, update

from ledger import tables as t
from ledger.store import Ledger

pytestmark = pytest.mark.anyio


async def five_rows(ledger: Ledger) -> None:
    for i in range(1, 6):
        await ledger.audit.record("u1", "pii.reveal", f"ticket:{i}", {"reason": "回访核实"})


async def test_an_untouched_chain_is_intact(ledger: Ledger) -> None:
    await five_rows(ledger)
    report = await ledger.audit.verify()
    assert (report.intact, report.rows) == (True, 5)
    (row,) = await ledger.audit.rows(subject="ticket:3")
    assert (row.seq, row.who, row.detail) == (3, "u1", {"reason": "回访核实"})


async def test_an_empty_book_is_intact(ledger: Ledger) -> None:
    assert (await ledger.audit.verify()).intact


@pytest.mark.parametrize("column", ["who", "what", "subject", "detail"])
async def test_a_changed_row_breaks_the_chain_there(ledger: Ledger, column: str) -> None:
    await five_rows(ledger)
    async with ledger.database.write() as connection:
        await connection.execute(update(t.audit).where(t.audit.c.seq == 3).values({column: "{}"}))
    assert (await ledger.audit.verify()).broken_at == 3


async def test_a_removed_row_breaks_the_chain_there(ledger: Ledger) -> None:
    await five_rows(ledger)
    async with ledger.database.write() as connection:
        await connection.execute(delete(t.audit).where(t.audit.c.seq == 2))
    assert (await ledger.audit.verify()).broken_at == 2


async def test_a_cut_off_end_is_seen_at_the_head(ledger: Ledger) -> None:
    await five_rows(ledger)
    async with ledger.database.write() as connection:
        await connection.execute(delete(t.audit).where(t.audit.c.seq >= 4))
    assert (await ledger.audit.verify()).broken_at == 0


async def test_two_rows_that_changed_places_are_seen(ledger: Ledger) -> None:
    await five_rows(ledger)
    async with ledger.database.write() as connection:
        for old, new in ((2, 99), (3, 2), (99, 3)):
            await connection.execute(update(t.audit).where(t.audit.c.seq == old).values(seq=new))
    assert (await ledger.audit.verify()).broken_at == 2
