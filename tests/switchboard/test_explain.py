"""How the date of a ticket came about, in words and as JSON, from its acts alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hotline.errors import NoSuch
from hotline.words import TicketId
from switchboard.desk_tickets import DeskTickets
from switchboard.explain import command, explain_data, explain_text
from switchboard.opening import NoDatabase
from switchboard.policy_versions import PolicyVersions
from switchboard.settings import find_settings
from tests.switchboard.test_desk_books import BY, DRAFT, PACKS
from tests.switchboard.test_desk_handling import BOSS, OFFICER, Case, a_case, at
from tests.switchboard.test_replay import a_ledger

pytestmark = pytest.mark.anyio


async def explained(case: Case, city: str = "zhaoqing") -> dict[str, Any]:
    versions = PolicyVersions(case.ledger.policy_texts, lambda at: PACKS.policy(city, at.date()))
    return await explain_data(case.ledger, versions, PACKS.calendar, case.number)


@pytest.mark.clause("ZQ-11", "ZQ-12")
async def test_each_turn_is_told_with_its_article_and_each_day_with_its_reason(
    tmp_path: Path,
) -> None:
    async with a_case(tmp_path) as case:
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        await case.does(OFFICER, "申请延期", "2026-11-19 09:00", need_1="表", need_2="已签")
        await case.does(BOSS, "同意延期", "2026-11-20 09:00")
        found = await explained(case)
        assert found["due_at"] == "2026-12-14T23:59:59+08:00" == found["recorded_due_at"]
        lines = explain_text(found).splitlines()
        assert lines[0] == "工单 20261102-000001：肇庆高新区 · 投诉 · 办理中"
        assert "到期：2026年12月14日（周一）24:00" in lines
        assert (
            "  2026年11月20日（周五）09:00  第1次延期15个工作日〔第十二条〕"
            "，到2026年12月14日（周一）24:00"
        ) in lines
        assert "  11月2日（周一）  不计  起算当日不计入" in lines
        assert any("11月7日（周六）至11月8日（周日）  不计" in line for line in lines)
        assert sum("第30日" in line for line in lines) == 1
        assert json.loads(json.dumps(found)) == found
        assert "日历：国务院办公厅关于2026年部分节假日安排的通知（2025年11月4日）" in lines
        (late,) = [line for line in lines if line.startswith("申请延期：最迟2026年12月12日")]
        assert "第十二条" in late


async def test_a_date_that_changed_since_it_was_written_down_is_pointed_out(
    tmp_path: Path,
) -> None:
    async with a_case(tmp_path) as case:
        found = await explained(case) | {"recorded_due_at": "2026-11-20T23:59:59+08:00"}
        assert "记下的是2026年11月20日（周五）24:00" in explain_text(found)


async def test_where_the_city_is_silent_the_articles_that_were_read_are_told(
    tmp_path: Path,
) -> None:
    async with a_case(tmp_path, "zhongshan") as case:
        found = await explained(case, "zhongshan")
        assert found["due_at"] is None
        told = explain_text(found)
        assert "到期：本市办法未规定办理期限" in told
        assert "已查：" in told


async def test_a_number_nobody_has_is_one_sentence(tmp_path: Path) -> None:
    async with a_case(tmp_path) as case:
        with pytest.raises(NoSuch, match="没有这个工单"):
            await explained(replace(case, number=TicketId("20200101-000009")))


async def test_the_command_reads_the_ticket_of_a_data_folder(tmp_path: Path) -> None:
    settings = find_settings(tmp_path)
    with pytest.raises(NoDatabase, match=r"还没有数据库：请先运行 \./jiesu up"):
        await command(settings, "20261102-000001", as_json=False)
    async with a_ledger(settings) as ledger:
        tickets = DeskTickets(
            ledger,
            city="zhaoqing",
            body="12345热线",
            policy=lambda moment: PACKS.policy("zhaoqing", moment.date()),
            calendar=PACKS.calendar,
        )
        await tickets.save(DRAFT, call=None, by=BY, key="k", at=at("2026-11-02 09:00"))
    (tmp_path / "city").write_text("zhaoqing\n", "utf-8")
    found = json.loads(await command(settings, "20261102000001", as_json=True))
    assert found["due_at"] == "2026-11-23T23:59:59+08:00"
    assert [day["running"] for day in found["days"] if day["counted"]] == list(range(1, 16))
    told = await command(settings, "20261102-000001", as_json=False)
    assert "登记，起算暂从登记之时" in told
    assert DRAFT.summary not in told
