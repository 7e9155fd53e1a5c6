"""``./jiesu city``: what officials read on the terminal, and what programs read as JSON."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from hotline.errors import BadInput
from switchboard.city import due, list_cities, show_city

DAY = dt.date(2026, 9, 25)
CITIES = ["guangyuan", "guizhou", "hebei", "zhaoqing", "zhongshan"]


def test_the_list_names_every_city_with_its_number() -> None:
    rows = json.loads(list_cities(as_json=True))
    assert [row["city"] for row in rows] == CITIES
    assert {row["access_number"] for row in rows} == {"12345", "961890"}
    assert "hebei      961890  河北省（市级）" in list_cities()


def test_the_golden_date_comes_with_every_day_and_its_article() -> None:
    found = json.loads(due("zhaoqing", "投诉", "2026-09-25T10:00", as_json=True))
    assert found["city"] == "zhaoqing"
    assert found["type"] == "投诉"
    assert found["start_at"] == "2026-09-25T10:00:00+08:00"
    assert found["due_at"] == "2026-10-22T23:59:59+08:00"
    assert found["provisional"] is False
    assert len(found["counted_days"]) == 15
    assert found["counted_days"][0] == "2026-09-28"
    assert "2026-10-10" in found["counted_days"]
    assert found["days"][0] == {
        "date": "2026-09-25",
        "counted": False,
        "why": "起算当日不计入（中秋节）",
        "running": None,
    }
    assert found["article"] == {
        "document": "肇庆高新区12345政务服务便民热线运行管理办法",
        "number": "第十一条（三）",
        "quote": "投诉、举报事项,自收到之日起15个工作日内办理并答复诉求人",
    }


def test_people_read_the_golden_date_as_24_00_with_a_strip_of_days() -> None:
    text = due("zhaoqing", "投诉", "2026-09-25T10:00")
    assert "到期：2026年10月22日（周四）24:00" in text
    assert "10月1日（周四）至10月7日（周三）  不计  国庆节" in text
    assert "10月10日（周六）  第6日  调休上班（国庆节）" in text
    assert "依据：肇庆高新区12345政务服务便民热线运行管理办法 第十一条（三）" in text


@pytest.mark.parametrize("city", ["guangyuan", "zhongshan", "guizhou"])
def test_a_city_without_a_limit_gives_null_and_says_what_was_searched(city: str) -> None:
    found = json.loads(due(city, "投诉", "2026-09-25T10:00", as_json=True))
    assert found["due_at"] is None
    assert found["why"] == "本市办法未规定办理期限"
    assert found["searched"]
    assert "到期：本市办法未规定办理期限" in due(city, "投诉", "2026-09-25T10:00")


def test_guizhou_shows_its_sign_in_clock_beside() -> None:
    found = json.loads(due("guizhou", "投诉", "2026-09-25T10:00", as_json=True))
    (sign_in,) = found["also"]
    assert (sign_in["duty"], sign_in["due_at"]) == ("签收", "2026-09-28T23:59:59+08:00")


def test_hebei_answers_a_question_within_the_hour_also_at_night() -> None:
    found = json.loads(due("hebei", "咨询", "2026-10-01T23:30", as_json=True))
    assert found["due_at"] == "2026-10-02T00:30:00+08:00"
    assert found["counted_days"] == []


def test_a_provisional_date_is_marked_for_both_readers() -> None:
    assert json.loads(due("zhaoqing", "投诉", "2026-12-25", as_json=True))["provisional"] is True
    assert "（暂定）" in due("zhaoqing", "投诉", "2026-12-25")


@pytest.mark.parametrize(
    "at",
    [
        "2026-09-25T10:00",
        "2026-09-25 10:00",
        "2026-09-25T10:00+08:00",
        "2026-09-25T02:00Z",
        " 2026-09-25T10:00 ",
    ],
)
def test_a_time_without_zone_is_beijing_time(at: str) -> None:
    found = json.loads(due("zhaoqing", "投诉", at, as_json=True))
    assert found["start_at"] == "2026-09-25T10:00:00+08:00"


def test_suggestions_may_be_called_as_the_city_prints_them() -> None:
    assert json.loads(due("zhaoqing", "意见建议", "2026-09-25", as_json=True))["type"] == "建议"


@pytest.mark.parametrize(
    ("city", "ticket_type", "at", "words"),
    [
        ("atlantis", "投诉", "2026-09-25", "请从guangyuan、"),
        ("national", "投诉", "2026-09-25", "请从guangyuan、"),
        ("zhaoqing", "表扬", "2026-09-25", "请从咨询、求助"),
        ("zhaoqing", "", "2026-09-25", "请从咨询、求助"),
        ("zhaoqing", "投诉", "明天", "2026-09-25T10:00"),
        ("zhaoqing", "投诉", "2026-02-30", "2026-09-25T10:00"),
        ("zhaoqing", "投诉", "9999-12-31", "2000 年到 2100 年"),
        ("zhaoqing", "投诉", "0001-01-01T00:00+14:00", "2000 年到 2100 年"),
        ("guizhou", "投诉", "2024-02-29", "2024-03-01起施行"),
    ],
)
def test_wrong_input_gets_one_sentence_that_says_what_to_do(
    city: str, ticket_type: str, at: str, words: str
) -> None:
    with pytest.raises(BadInput) as caught:
        due(city, ticket_type, at)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("city", CITIES)
def test_a_city_can_be_shown_whole(city: str) -> None:
    found = json.loads(show_city(city, as_json=True, on=DAY))
    assert [one["number"] for one in found["emergency"]["numbers"]] == ["110", "119", "120", "122"]
    for rule in found["rules"]:
        assert (rule["value"] is None) == (rule["source"] == "silent")
        assert rule["text"]
        assert rule["article"] or rule["searched"] or rule["source"] == "system"
    text = show_city(city, on=DAY)
    assert "系统默认" in text
    assert "需核对原文" in text
    assert "None" not in text


def test_122_is_shown_as_added_to_hebei() -> None:
    found = json.loads(show_city("hebei", as_json=True, on=DAY))
    assert found["emergency"]["numbers"][3] == {
        "number": "122",
        "layer": "national",
        "source": "system",
        "article": None,
    }


def test_the_page_of_guizhou_shows_the_article_that_binds_the_transfer() -> None:
    assert "排队时：立即转接  〔贵州省12345" in show_city("guizhou", on=DAY)


def test_an_overlay_in_data_reaches_the_command(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "own.toml").write_text(
        """
[pack]
code = "zhaoqing"
document = "关于缩短投诉办理期限的通知（肇高管办函〔2026〕8号）"
effective_from = 2026-07-01

[limits.complaint]
value = "5个工作日"
article = "第一条"
quote = "五个工作日"
""",
        encoding="utf-8",
    )
    found = json.loads(due("zhaoqing", "投诉", "2026-11-02", as_json=True, data=tmp_path))
    assert found["due_at"] == "2026-11-09T23:59:59+08:00"
    assert "〔2026〕8号" in found["article"]["document"]
