"""The change to a new field key."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from hotline.words import CallId, Phone
from ledger.columns import EncryptedStr
from ledger.errors import WrongKey
from ledger.keys import SEALED, rekey
from ledger.messages import Reply
from ledger.metadata import metadata
from ledger.seal import KeyRing
from ledger.supervision import Raised
from ledger.ticket_rows import TicketFilter
from tests.ledger.conftest import KEY, START, Opener
from tests.ledger.stories import closed, opened, save_of

pytestmark = pytest.mark.anyio

NEW = b"n" * 32


async def test_after_a_change_of_keys_everything_is_found_with_the_new_one_alone(
    opener: Opener,
) -> None:
    caller = Phone("13812345678")
    async with opener() as old:
        await old.journal.start("old")
        for i in range(3):
            old.callers.remember(CallId(f"c{i}"), caller)
            await old.journal.append([opened(f"c{i}"), closed(f"c{i}")], policy_version="1")
        kept = await old.tickets.open(
            START, partial(save_of, summary="路灯", phone="13987654321", contact="张女士")
        )
        number = kept.ticket.id
        message = await old.messages.begin("m1", number, caller, "请评价", START)
        await old.messages.sent("m1", START, "")
        await old.messages.keep_reply(Reply("r1", START, caller, "满意"))
        case = Raised(
            source="x", kind="k", what="w", article=None, at=START, by="u1", texts={"事由": "逾期"}
        )
        matter = await old.supervision.raise_matter(case)
        assert matter is not None
    both = KeyRing(NEW, (KEY,))
    async with opener(field_key=both) as changing:
        assert (await changing.callers.earlier(caller)).count == 3
        assert await rekey(changing.database, both) == 9
        assert await rekey(changing.database, both) == 0
    async with opener(field_key=NEW) as new:
        assert await new.tickets.load(number) == kept
        (sent,) = await new.messages.sent_to(caller)
        assert (sent.key, sent.body, sent.to) == ("m1", message.body, caller)
        assert (await new.supervision.load(matter)).texts == {1: {"事由": "逾期"}}
        assert (await new.callers.earlier(caller)).count == 3
        wanted = TicketFilter(phone=Phone("13987654321"))
        assert (await new.tickets.page(wanted)).total == 1
        assert (await new.audit.verify()).intact
        await new.audit.record("u1", "key.change", "ledger")
        assert (await new.audit.verify()).intact
    with pytest.raises(WrongKey):
        async with opener():
            pass


def test_no_sealed_column_is_left_out_of_a_change_of_keys() -> None:
    there = {
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, EncryptedStr)
    }
    assert {(one.table.name, name) for one in SEALED for name in one.columns} == there


async def test_several_that_open_a_new_database_at_once_share_one_audit_key(
    opener: Opener,
) -> None:
    async def record(name: str) -> None:
        async with opener() as ledger:
            await ledger.audit.record(name, "test", "x")

    await asyncio.gather(*(record(f"u{i}") for i in range(4)))
    async with opener() as ledger:
        report = await ledger.audit.verify()
    assert (report.intact, report.rows) == (True, 4)
