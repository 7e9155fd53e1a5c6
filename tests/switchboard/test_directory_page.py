"""The page of the dispatch directory on a real ledger."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from hotline.errors import BadInput, NoSuch
from switchboard.directory_page import DeskDirectory
from tests.switchboard.test_desk_books import BY, PACKS, opened
from tests.switchboard.test_desk_handling import at
from tests.switchboard.test_directory_commands import NOISE, STALLS, UNITS, table

pytestmark = pytest.mark.anyio
NOW = at("2026-11-02 09:00")


async def test_what_is_brought_in_on_the_page_stands_there_with_its_version(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path, "zhongshan") as (ledger, _):
        await ledger.units.put(UNITS, by="setup")
        page = DeskDirectory(ledger, lambda moment: PACKS.policy("zhongshan", moment.date()))
        assert (await page.now(None, NOW)).shown is None
        seen = await page.preview(table(NOISE, STALLS), "目录.csv", "", NOW)
        assert (seen.number, seen.effective_from, seen.wrong) == (1, dt.date(2026, 11, 2), ())
        assert seen.lines[1] == "新增2项，修改0项，删去0项"
        assert (await page.now(None, NOW)).shown is None
        day = "2026-11-02"
        assert await page.bring_in(table(NOISE, STALLS), "目录.csv", day, 0, NOW, BY) == 1
        found = await page.now(None, NOW)
        assert found.shown is not None
        assert found.shown.now
        assert [(one.item, one.unit_name, one.limit) for one in found.entries] == [
            ("噪声扰民", "市城管局", "5个工作日"),
            ("占道经营", "东区街道", "3个工作日"),
        ]
        with pytest.raises(BadInput, match="请重新预览"):
            await page.bring_in(table(NOISE), "b.csv", "", 0, NOW, BY)
        with pytest.raises(BadInput, match="看不懂日期"):
            await page.preview(table(NOISE), "b.csv", "明天", NOW)
        with pytest.raises(NoSuch):
            await page.now(7, NOW)
        bad = await page.preview(table([*NOISE[:2], "某局", "", "", ""]), "c.csv", "", NOW)
        assert [(one.row, one.column) for one in bad.wrong] == [(2, "承办单位")]
        assert bad.lines == ()
