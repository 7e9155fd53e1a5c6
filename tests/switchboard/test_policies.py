"""Packs on disk: the shipped ones, and what a city lays over them in its DATA."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from hotline.errors import BadPolicy
from hotline.rulings import Span, Unit
from switchboard.policies import load

DAY = dt.date(2026, 9, 25)
OVERLAY = """
[pack]
code = "hebei"
document = "关于热线办理期限的通知（冀政办〔2026〕5号）"
effective_from = 2026-01-01

[limits.help]
value = "1个工作日"
article = "第一条"
quote = "一般求助类事项1个工作日内办结"
"""
YEAR_2027 = """
year = 2027
document = "国务院办公厅关于2027年部分节假日安排的通知（试验用，不是真的通知）"

[[holiday]]
name = "元旦"
from = 2027-01-01
to = 2027-01-03
"""


def put(data: Path, name: str, text: str) -> None:
    path = data / "policies" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_five_cities_are_shipped() -> None:
    assert load().codes == ("guangyuan", "guizhou", "hebei", "zhaoqing", "zhongshan")


def test_every_shipped_pack_can_be_read_for_today_and_for_the_far_future() -> None:
    packs = load()
    for code in packs.codes:
        for day in (DAY, dt.date(9999, 12, 31)):
            assert packs.policy(code, day).code == code


def test_a_policy_of_a_day_is_made_once() -> None:
    packs = load()
    assert packs.policy("hebei", DAY) is packs.policy("hebei", DAY)


def test_data_without_policies_is_the_shipped_state(tmp_path: Path) -> None:
    shipped, own = load().policy("hebei", DAY), load(tmp_path).policy("hebei", DAY)
    assert shipped.version == own.version


def test_a_file_in_data_overlays_the_shipped_pack(tmp_path: Path) -> None:
    put(tmp_path, "期限.toml", OVERLAY)
    packs = load(tmp_path)
    limit = packs.policy("hebei", DAY).limits.help
    assert limit.value == Span(1, Unit.WORKING_DAY)
    assert packs.policy("hebei", dt.date(2025, 12, 31)).limits.help.value == Span(
        2, Unit.WORKING_DAY
    )
    assert packs.codes == load().codes


def test_an_overlay_can_add_the_calendar_of_a_new_year(tmp_path: Path) -> None:
    put(tmp_path, "calendar/2027.toml", YEAR_2027)
    assert load(tmp_path).calendar.known_years == {2025, 2026, 2027}


def test_a_file_that_is_no_toml_is_refused_by_name(tmp_path: Path) -> None:
    put(tmp_path, "bad.toml", "[pack\ncode = 1")
    with pytest.raises(BadPolicy, match="读不懂") as caught:
        load(tmp_path)
    assert caught.value.file.endswith("bad.toml")


def test_a_file_in_a_wrong_encoding_is_refused_by_name(tmp_path: Path) -> None:
    put(tmp_path, "gbk.toml", "")
    (tmp_path / "policies" / "gbk.toml").write_bytes('area = "河北"'.encode("gbk"))
    with pytest.raises(BadPolicy, match="读不懂"):
        load(tmp_path)


def test_an_overlay_without_a_document_number_is_refused_at_once(tmp_path: Path) -> None:
    put(tmp_path, "own.toml", OVERLAY.replace("〔2026〕5号", ""))
    with pytest.raises(BadPolicy, match="文号"):
        load(tmp_path)
