"""The directory of the demonstration: marked, readable by its own rules, of its own city only."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from hotline import directory_rows as dr
from hotline.words import UnitId
from switchboard.demo_directory import ENTRIES, seed_directory
from switchboard.demonstration import UNITS
from switchboard.desk_tickets import CATEGORIES
from tests.switchboard.test_desk_books import opened

pytestmark = pytest.mark.anyio
DAY = dt.date(2026, 11, 2)


async def test_zhongshan_gets_one_marked_version_and_no_other_city_does(tmp_path: Path) -> None:
    async with opened(tmp_path, "zhongshan") as (ledger, _):
        for _ in range(2):
            await seed_directory(ledger, "zhongshan", DAY)
        (version,) = await ledger.directory.all()
        assert version.title == "派单目录（第1版，演示数据）"
        assert version.effective_from == DAY
    async with opened(tmp_path / "b", "zhaoqing") as (ledger, _):
        await seed_directory(ledger, "zhaoqing", DAY)
        assert await ledger.directory.all() == ()


def test_its_rows_stand_the_test_every_import_has_to_stand() -> None:
    units = [dr.KnownUnit(UnitId(code), name, kind) for code, name, kind in UNITS]
    ground = dr.Ground(units=units, towns_name_office="第十五条")
    found = dr.read(dr.written(ENTRIES, units), ground)
    assert (found.wrong, tuple(found.entries)) == ([], ENTRIES)
    assert {word for one in ENTRIES for word in one.keywords} & set(CATEGORIES)
    assert all("演示数据" in one.basis for one in ENTRIES)
