"""``./jiesu eval emergency``: formats, figures and refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from switchboard.cli import main
from switchboard.evaluate_emergency import figures, judged, read_utterances
from switchboard.models import emergency_model
from switchboard.refusals import Refusal

SHEET = (
    "utterance\tlabel\ttag\talso\n"
    "我家厨房着火了快来人\t119\tplain\t\n"
    "请问消防验收要交什么材料\tnone\tconsult\t\n"
    "两车剐蹭都挪走了就问怎么快处\tnone\tnegated\t122\n"
)


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    file = tmp_path / "utterances.tsv"
    file.write_text(SHEET, encoding="utf-8")
    return file


def test_json_has_one_row_for_each_utterance_and_a_summary(
    sheet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", "emergency", str(sheet), "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert [set(row) for row in body["rows"]] == [
        {"utterance", "label", "predicted", "level", "reason"}
    ] * 3
    assert body["rows"][0]["predicted"] == "119"
    assert body["rows"][1]["predicted"] == "none"
    assert body["summary"]["recall"] == 1
    assert body["summary"]["others"] == 1
    assert body["by_tag"]["plain"]["emergencies"] == 1


def test_people_read_the_figures_in_chinese(
    sheet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", "emergency", str(sheet)]) == 0
    out = capsys.readouterr().out
    assert "查全率 100.0%" in out
    assert "1 句紧急，1 句不是" in out


def test_a_file_without_the_columns_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "wrong.tsv"
    file.write_text("text\tlabel\nx\tnone\n", encoding="utf-8")
    with pytest.raises(Refusal, match="缺少列 utterance"):
        read_utterances(file)


def test_an_unknown_label_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "wrong.tsv"
    file.write_text("utterance\tlabel\n你好\t911\n", encoding="utf-8")
    with pytest.raises(Refusal, match="第 2 行的 label 是“911”"):
        read_utterances(file)


def test_the_line_named_is_the_line_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "wrong.tsv"
    file.write_text("utterance\tlabel\n\n你\u2028好\tnone\n你好\t911\n", encoding="utf-8")
    with pytest.raises(Refusal, match="第 4 行"):
        read_utterances(file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="读不了"):
        read_utterances(tmp_path / "absent.tsv")


def test_a_further_acceptable_service_counts_as_right() -> None:
    rows = [
        {"label": "122", "also": "119, 120", "predicted": "120", "level": "red"},
        {"label": "119", "also": "", "predicted": "110", "level": "amber"},
        {"label": "110", "also": "", "predicted": "none", "level": "none"},
    ]
    found = figures(rows)
    assert found["service_accuracy"] == 0.5
    assert found["missed"] == 1
    assert found["precision"] == 1
    assert figures([])["recall"] is None


@pytest.mark.parametrize("name", ["emergency-fresh.tsv", "emergency-fresh-b.tsv"])
def test_the_shipped_weights_hold_on_the_fresh_sentences(name: str) -> None:
    file = Path(__file__).parent.parent / "cases" / name
    found = figures(judged(read_utterances(file), emergency_model()))
    assert found["recall"] >= 0.95
    assert found["precision"] >= 0.85
    assert found["service_accuracy"] >= 0.9
