"""`./jiesu city directory`: what would change is told first; one wrong row stops everything."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from hotline.errors import BadInput
from hotline.policy import ZONE
from hotline.words import TicketId, UnitId
from ledger.store import Ledger
from ledger.units import Unit
from switchboard.cli import main
from switchboard.desk_handling import DeskHandling
from switchboard.directory_book import DirectoryBook
from switchboard.directory_commands import bring_in, show, write_out
from switchboard.directory_told import preview_data, preview_text
from switchboard.settings import Settings, find_settings
from switchboard.table_files import read_table, write_csv
from tests.switchboard.test_desk_books import BY, DRAFT, PACKS, opened
from tests.switchboard.test_desk_handling import BOSS, Case, at
from tests.switchboard.test_replay import a_ledger

pytestmark = pytest.mark.anyio
HEAD = ["事项名称", "法律依据", "承办单位", "办理期限", "建议承办的镇街所属工作机构", "关键词"]
NOISE = ["噪声扰民", "甲条例第三条", "市城管局", "5个工作日", "", "施工噪声"]
STALLS = ["占道经营", "演示数据，无依据", "东区街道", "3个工作日", "综合执法办", ""]
UNITS = [
    Unit(UnitId("order"), "市城管局"),
    Unit(UnitId("housing"), "市住建局"),
    Unit(UnitId("east"), "东区街道", kind="镇街"),
    Unit(UnitId("village"), "南村村委会", kind="村居"),
]


def table(*rows: list[str]) -> bytes:
    return write_csv([HEAD, *rows])


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    """A data folder with units."""
    settings = find_settings(tmp_path / "data")
    async with a_ledger(settings) as ledger:
        await ledger.units.put(UNITS, by="setup")
    (settings.data / "city").write_text("zhaoqing\n")
    return settings


async def test_what_is_previewed_is_not_kept_and_what_is_imported_can_be_seen_and_written_out(
    settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "目录.csv"
    file.write_bytes(table(NOISE, STALLS))
    wrong, told = await bring_in(settings, file, "", keep=False, as_json=False)
    assert not wrong
    assert "新增2项，修改0项，删去0项" in told
    assert told.endswith("只是预览，没有导入。")
    with pytest.raises(BadInput, match="没有施行中的派单目录"):
        await show(settings, None, as_json=False)
    wrong, told = await bring_in(settings, file, "", keep=True, as_json=True)
    assert json.loads(told)["stored"] is True
    told = await show(settings, None, as_json=False)
    assert "占道经营  东区街道  建议由综合执法办承办  3个工作日" in told
    assert "关键词：施工噪声" in told
    out = tmp_path / "out.csv"
    await write_out(settings, out, None)
    assert [row[:6] for row in read_table(out.read_bytes())] == [HEAD, NOISE, STALLS]
    with pytest.raises(BadInput, match="已经存在"):
        await write_out(settings, out, None)
    with pytest.raises(BadInput, match="与第1版完全相同"):
        await bring_in(settings, out, "", keep=True, as_json=False)


async def test_one_wrong_row_and_nothing_is_imported(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(table(NOISE, ["停水", "", "自来水厂", "快", "", ""]))
    wrong, told = await bring_in(settings, file, "", keep=True, as_json=False)
    assert wrong
    assert told.splitlines()[0] == "bad.csv：有3处要改正，没有导入任何一行"
    assert "  第3行“法律依据”：没有写法律依据，请写明文件和条款" in told
    wrong, told = await bring_in(settings, file, "", keep=True, as_json=True)
    found = json.loads(told)
    assert (found["stored"], found["errors"][0]["row"], found["new"]) == (False, 3, [])
    async with a_ledger(settings) as ledger:
        assert await ledger.directory.all() == ()


async def test_the_next_version_begins_tomorrow_and_its_changes_are_told_field_by_field(
    settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(table(NOISE, STALLS))
    await bring_in(settings, file, "", keep=True, as_json=False)
    file.write_bytes(table([*NOISE[:3], "3个工作日", "", "施工噪声"]))
    _, told = await bring_in(settings, file, "", keep=True, as_json=False)
    tomorrow = dt.datetime.now(ZONE).date() + dt.timedelta(days=1)
    assert f"派单目录第2版：1项，自{tomorrow}起施行" in told
    assert "  修改 噪声扰民\n      办理期限：5个工作日 → 3个工作日" in told
    assert "  删去 占道经营  东区街道" in told
    listed = json.loads(await show(settings, None, as_json=True))
    assert [one["version"] for one in listed["versions"]] == [1, 2]
    assert listed["shown"]["version"] == 1
    assert "第2版" in await show(settings, 2, as_json=False)
    with pytest.raises(BadInput, match="没有第3版派单目录，现在共有2版"):
        await show(settings, 3, as_json=False)
    with pytest.raises(BadInput, match="已经过去"):
        await bring_in(settings, file, "2020-01-01", keep=True, as_json=False)
    with pytest.raises(BadInput, match="看不懂日期“明天”"):
        await bring_in(settings, file, "明天", keep=True, as_json=False)
    with pytest.raises(BadInput, match="打不开"):
        await bring_in(settings, tmp_path / "none.csv", "", keep=True, as_json=False)


def test_the_command_says_in_one_sentence_that_there_is_no_database(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["city", "directory", "show", "--data", str(tmp_path)]) == 1
    assert "请先运行 ./jiesu up" in capsys.readouterr().err


def _handling(ledger: Ledger) -> DeskHandling:
    return DeskHandling(
        ledger,
        body="12345热线",
        policy=lambda moment: PACKS.policy("zhongshan", moment.date()),
        calendar=PACKS.calendar,
    )


async def previewed(ledger: Ledger, *rows: Sequence[str], when: str = "2026-11-03 09:00") -> str:
    book = DirectoryBook(ledger, lambda moment: PACKS.policy("zhongshan", moment.date()))
    preview = await book.preview(table(*map(list, rows)), "b.csv", at(when), dt.date(2026, 11, 4))
    names = await book.names()
    data = preview_data(preview, names, stored=False)
    assert json.loads(json.dumps(data)) == data
    return preview_text(preview, names)


async def test_open_tickets_are_named_and_those_with_a_unit_keep_their_date(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path, "zhongshan") as (ledger, tickets):
        await ledger.units.put(UNITS, by="setup")
        book = DirectoryBook(ledger, lambda moment: PACKS.policy("zhongshan", moment.date()))
        first = await book.preview(table(NOISE), "a.csv", at("2026-11-01 09:00"))
        await book.store(first, "u1")
        numbers = [
            (
                await tickets.save(
                    replace(DRAFT, category="噪声扰民"),
                    call=None,
                    by=BY,
                    key=str(key),
                    at=at("2026-11-02 09:00"),
                )
            ).number
            for key in range(2)
        ]
        case = Case(ledger, _handling(ledger), TicketId(numbers[1]))
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="order")
        told = await previewed(ledger, [*NOISE[:2], "市住建局", "3个工作日", "", ""])
        change = "噪声扰民：市城管局 → 市住建局，5个工作日 → 3个工作日"
        assert told.splitlines()[-4:] == [
            "未派出的工单：1件的推荐单位或期限会变",
            f"  {numbers[0]} {change}",
            "已派出的工单：期限不变；另行转派时1件会按新目录",
            f"  {numbers[1]} {change}",
        ]


async def test_where_the_pack_forbids_it_no_committee_leads_and_a_town_names_its_office(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path, "zhongshan") as (ledger, _):
        await ledger.units.put(UNITS, by="setup")
        told = await previewed(
            ledger, ["甲", "甲法", "南村村委会", "", "", ""], [*STALLS[:4], "", ""]
        )
        assert "不得作为主责办理单位，请写镇街或部门〔第六条〕" in told
        assert "还应当列明建议承办的镇街所属工作机构〔第十五条〕" in told
