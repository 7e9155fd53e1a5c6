"""Versions of the dispatch directory: kept whole, never changed, one after the other."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from hotline.directory import Entry
from hotline.errors import BadInput
from hotline.rulings import Span, Unit
from hotline.words import UnitId
from ledger.store import Ledger
from tests.ledger.conftest import START, Clock, Opener

pytestmark = pytest.mark.anyio
DAY = dt.date(2026, 10, 1)
NOISE = Entry(
    item="噪声扰民",
    basis="甲法第一条",
    unit=UnitId("chengguan"),
    limit=Span(5, Unit.WORKING_DAY),
    sub_office="综合办",
    keywords=("夜间施工",),
    effective_from=DAY,
)
WATER = Entry(item="停水", basis="乙", unit=UnitId("shui"), effective_to=DAY)


async def test_a_version_is_kept_as_it_came_and_the_next_beside_it(
    ledger: Ledger, opener: Opener, clock: Clock
) -> None:
    first = await ledger.directory.add(
        [NOISE, WATER], after=0, effective_from=DAY, origin="a.csv", by="u1"
    )
    assert (first.number, first.stored_at, first.entries) == (1, START, (NOISE, WATER))
    clock.move(days=1)
    async with opener() as other:
        await other.directory.add([WATER], after=1, effective_from=DAY, origin="b.csv", by="u1")
    # What another process imported is seen, what was there is as it was.
    assert [one.entries for one in await ledger.directory.all()] == [(NOISE, WATER), (WATER,)]
    async with opener() as fresh:
        assert (await fresh.directory.all())[0] == first


async def test_of_two_who_import_after_the_same_version_one_is_told_to_look_again(
    ledger: Ledger, opener: Opener
) -> None:
    async with opener() as other:
        done = await asyncio.gather(
            *(
                one.directory.add([NOISE], after=0, effective_from=DAY, origin="a.csv", by="u1")
                for one in (ledger, other)
            ),
            return_exceptions=True,
        )
    (refused,) = [one for one in done if isinstance(one, BaseException)]
    assert isinstance(refused, BadInput)
    assert "请重新预览" in str(refused)
    assert len(await ledger.directory.all()) == 1


async def test_an_import_stands_in_the_audit(ledger: Ledger) -> None:
    await ledger.directory.add([NOISE], after=0, effective_from=DAY, origin="a.csv", by="u1")
    (row,) = [one for one in await ledger.audit.rows() if one.what == "directory.add"]
    assert (row.who, row.subject) == ("u1", "directory:1")
