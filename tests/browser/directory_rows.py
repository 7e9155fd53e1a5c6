"""The page of the dispatch directory with a long one, and with what a file would change."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from agent_desk.directory_views import DirectoryNow, DirectoryVersion
from tests.agent_desk.fake_directory import FIRST, NOISE
from tests.agent_desk.fakes import Town

if TYPE_CHECKING:
    from tests.browser.kit import Place, Screen

LATER = DirectoryVersion(
    number=2,
    effective_from=dt.date(2026, 10, 8),
    origin="目录2026年10月.xlsx",
    count=2,
    now=False,
)


async def a_long_one(town: Town) -> None:
    """Many matters, one of them in long words."""
    long = replace(
        NOISE,
        item="在城市建成区内噪声敏感建筑物集中区域夜间进行产生环境噪声污染的建筑施工作业",
        basis="演示数据，无依据：" + "很长的依据写到第二行第三行也要看得清楚，" * 5,
        keywords="噪声扰民、夜间施工、工地、打桩、混凝土浇筑、装修噪声",
        days="自2026-10-01至2026-12-31",
    )
    rows = (NOISE, long, *(replace(NOISE, item=f"事项{number}") for number in range(18)))
    town.directory.found = DirectoryNow(versions=(LATER, FIRST), shown=FIRST, entries=rows)


async def none_yet(town: Town) -> None:
    """No directory was imported."""
    town.directory.found = DirectoryNow()


async def good_file(_: Place, screen: Screen) -> None:
    """A file is chosen and looked at."""
    await _choose(screen, b"good")


async def bad_file(_: Place, screen: Screen) -> None:
    """A file with a wrong row."""
    await _choose(screen, b"bad")


async def _choose(screen: Screen, content: bytes) -> None:
    page = screen.page
    await page.set_input_files(
        "input[type=file]", {"name": "新目录.csv", "mimeType": "text/csv", "buffer": content}
    )
    await page.get_by_role("button", name="预览").click()
    await page.wait_for_url("**/directory/preview")
