"""派单目录: seen by those who dispatch, brought in by administrators after a look at it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from agent_desk.directory_pages import LARGEST
from agent_desk.directory_views import DirectoryNow
from hotline.words import Role
from tests.agent_desk.fakes import ORIGIN, PEOPLE, Town
from tests.agent_desk.visits import Visit

if TYPE_CHECKING:
    import httpx

pytestmark = pytest.mark.anyio
OTHER = base64.b64encode(b"good").decode()


async def look_at(visit: Visit, content: bytes, since: str = "") -> httpx.Response:
    return await visit.client.post(
        "/directory/preview",
        data={"csrf": visit.csrf, "since": since},
        files={"file": ("新目录.csv", content, "text/csv")},
        headers={"origin": ORIGIN},
    )


async def test_a_supervisor_sees_the_directory_and_has_nothing_to_import_with(
    stranger: Visit,
) -> None:
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    page = (await stranger.get("/directory")).text
    for words in ("夜间施工噪声", "城市管理和综合执法局", "建议由综合执法办承办", "5个工作日"):
        assert words in page
    assert 'action="/directory/preview"' not in page
    assert (await stranger.get("/directory", version="9")).status_code == 404


async def test_without_a_directory_the_page_says_what_happens_then(
    stranger: Visit, town: Town
) -> None:
    town.directory.found = DirectoryNow()
    await stranger.log_in(PEOPLE[Role.ADMINISTRATOR])
    assert "还没有派单目录" in (await stranger.get("/directory")).text


async def test_a_file_is_looked_at_first_and_then_brought_in_as_it_was_looked_at(
    stranger: Visit, town: Town
) -> None:
    await stranger.log_in(PEOPLE[Role.ADMINISTRATOR])
    page = (await look_at(stranger, b"good", "2026-10-08")).text
    assert "新增1项，修改0项" in page
    assert OTHER in page
    assert town.directory.brought == []
    answer = await stranger.post_form(
        "/directory/import", content=OTHER, origin="新目录.csv", number="2", since="2026-10-08"
    )
    assert answer.headers["location"] == "/directory?version=2"
    assert town.directory.brought == [(b"good", "新目录.csv", "2026-10-08", 1)]


async def test_wrong_rows_are_listed_and_there_is_nothing_to_confirm(stranger: Visit) -> None:
    await stranger.log_in(PEOPLE[Role.ADMINISTRATOR])
    page = (await look_at(stranger, b"bad")).text
    assert "没有“某局”这个承办单位" in page
    assert 'action="/directory/import"' not in page


async def test_what_cannot_be_imported_is_said_on_the_page(stranger: Visit, town: Town) -> None:
    await stranger.log_in(PEOPLE[Role.ADMINISTRATOR])
    answers = [
        (await look_at(stranger, b"none"), "这个文件不是表格"),
        (await look_at(stranger, b"a" * (LARGEST + 1)), "网页上最大128KB"),
        (await stranger.post_form("/directory/preview"), "请先选择一个文件"),
        (await stranger.post_form("/directory/import", content="?", number="2"), "已经过期"),
        (await stranger.post_form("/directory/import", content=OTHER, number="9"), "另一版"),
    ]
    for answer, words in answers:
        assert answer.status_code == 422
        assert words in answer.text
    assert town.directory.brought == []
