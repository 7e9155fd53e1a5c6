"""``./jiesu eval draft``: formats, marks and refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from switchboard.cli import main
from switchboard.evaluate_draft import judge, marks, read_cases
from switchboard.models import draft_model
from switchboard.refusals import Refusal

CASE: dict[str, Any] = {
    "id": "a1",
    "call_time": "2026-03-12T10:20:00+08:00",
    "transcript": [
        {"role": "agent", "text": "您好"},
        {"role": "citizen", "text": "我要投诉翠湖花园昨天停水不通知"},
        {"role": "agent", "text": "姓名电话"},
        {"role": "citizen", "text": "王芳一三八零零零零一二三四"},
    ],
    "expect": {
        "type": "投诉",
        "category": "供水/停水",
        "department": ["水务集团"],
        "address_keys": ["翠湖花园"],
        "time": {"text": "昨天", "norm": "2026-03-11"},
        "phone": "13800001234",
        "name": "王芳",
    },
}


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    file = tmp_path / "calls.jsonl"
    file.write_text(json.dumps(CASE, ensure_ascii=False) + "\n\n", encoding="utf-8")
    return file


def test_json_has_a_row_with_every_slot_and_its_evidence(
    calls: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", "draft", str(calls), "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    (row,) = body["rows"]
    assert row["id"] == "a1"
    slots = "type category department address time phone name summary keywords evidence candidates"
    assert set(row["got"]) == set(slots.split())
    assert row["got"]["phone"] == "13800001234"
    turn, start, end = row["got"]["evidence"]["name"]
    assert CASE["transcript"][turn]["text"][start:end] == "王芳"
    assert body["summary"]["phone"] == {"right": 1, "judged": 1, "rate": 1.0}


def test_people_read_one_line_for_each_slot(
    calls: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", "draft", str(calls)]) == 0
    assert "phone" in capsys.readouterr().out


def test_a_time_without_a_zone_is_chinas(tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    file.write_text('{"id": 1, "call_time": "2026-03-12T10:20", "transcript": []}\n', "utf-8")
    (case,) = read_cases(file)
    assert case.at.isoformat() == "2026-03-12T10:20:00+08:00"
    assert case.id == "1"


def test_only_what_is_expected_is_judged() -> None:
    got: dict[str, Any] = {
        "phone": None,
        "time": None,
        "address": "某路",
        "department": [],
        "category": None,
    }
    assert marks(got, {}) == {}
    assert marks(got, {"time": {"text": "长期", "norm": None}}) == {}
    assert marks(got, {"phone": None, "address_keys": ["某路", "5号楼"]}) == {
        "phone": (1, 1),
        "address_keys": (1, 2),
    }


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"id": 1}',
        '{"call_time": "gestern", "transcript": []}',
        '{"call_time": "2026-03-12", "transcript": [{"role": "boss", "text": ""}]}',
        '{"call_time": "2026-03-12", "transcript": ["您好"]}',
        '{"call_time": "2026-03-12", "transcript": "您好"}',
        '{"call_time": 20260312, "transcript": []}',
        '{"call_time": "2026-03-12", "transcript": [{"role": "agent", "text": null}]}',
        '{"call_time": "2026-03-12", "transcript": [], "expect": ["投诉"]}',
        '{"call_time": "2026-03-12", "transcript": [], "expect": {"time": "昨天"}}',
        '{"call_time": "2026-03-12", "transcript": [], "expect": {"department": "公安局"}}',
    ],
)
def test_a_line_that_does_not_fit_is_refused_by_its_number(tmp_path: Path, line: str) -> None:
    file = tmp_path / "calls.jsonl"
    file.write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(Refusal, match="第 1 行不合格式"):
        read_cases(file)


def test_a_sentence_may_hold_a_line_separator(tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    turn = {"role": "citizen", "text": "上一行\u2028下一行"}
    row = {"call_time": "2026-03-12", "transcript": [turn]}
    file.write_text(json.dumps(row, ensure_ascii=False) + "\r\n", encoding="utf-8")
    assert len(read_cases(file)) == 1


def test_the_shipped_rules_and_weights_hold_on_the_fresh_calls() -> None:
    file = Path(__file__).parent.parent / "cases" / "drafts-fresh.jsonl"
    summary = judge(read_cases(file), draft_model())["summary"]
    for slot in ("phone", "name", "time", "address_keys", "type"):
        assert summary[slot]["rate"] >= 0.9, slot
    for slot in ("category", "department"):
        assert summary[slot]["rate"] >= 0.8, slot
