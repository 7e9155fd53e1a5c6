"""`./jiesu eval speech`: anybody's recordings, read by column names, judged by wrong characters."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from hotline.errors import BadInput
from ivr.recognizer import NoModel
from switchboard.cli import main
from switchboard.evaluate_speech import distance, evaluate, plain
from switchboard.refusals import Refusal
from tests.house.tree import ROOT

RECORDINGS = ROOT / "tests" / "recordings"


def folder_with(tmp_path: Path, transcripts: str) -> Path:
    shutil.copy(RECORDINGS / "c05_f5.wav", tmp_path / "one.wav")
    (tmp_path / "transcripts.tsv").write_text(transcripts, encoding="utf-8")
    return tmp_path


def test_the_recordings_of_the_tests_are_heard_with_few_wrong_characters() -> None:
    result = json.loads(evaluate(RECORDINGS, None, as_json=True))
    assert result["cer"] <= 0.04
    assert [set(row) for row in result["rows"]] == [{"file", "text"}] * result["recordings"]
    assert {"file": "c05_f5.wav", "text": "社区有急救培训吗"} in result["rows"]
    assert result["errors"] / result["characters"] == pytest.approx(result["cer"], abs=1e-4)


def test_columns_are_found_by_name_and_spaces_and_signs_do_not_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_with(tmp_path, "kind\ttext\tfile\n\nq\t社区有，急救 培训吗？\tone.wav\n")
    assert main(["eval", "speech", str(folder), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["rows"] == [{"file": "one.wav", "text": "社区有急救培训吗"}]
    assert (result["cer"], result["characters"], result["model"]) == (0.0, 8, "small-zh")


def test_people_see_what_was_heard_wrong_and_which_model_listened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_with(tmp_path, "file\ttext\none.wav\t街道有急救培训吗\n")
    assert main(["eval", "speech", str(folder)]) == 0
    told = capsys.readouterr()
    assert "听成 社区有急救培训吗" in told.out
    assert "错字率 25.0%（2 字）" in told.out
    assert "只认识几百个热线用词" in told.err


def test_each_wrong_input_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="没有这个目录"):
        evaluate(tmp_path / "nowhere", None, as_json=False)
    with pytest.raises(Refusal, match=r"没有 .*transcripts\.tsv"):
        evaluate(tmp_path, None, as_json=False)
    with pytest.raises(NoModel, match="没有这个语音模型目录"):
        evaluate(tmp_path, tmp_path / "model", as_json=False)
    for transcripts, sentence in (
        ("", "没有 file 这一列"),
        ("file\twords\none.wav\t好\n", "没有 text 这一列"),
        ("file\ttext\n", "没有一行录音"),
        ("file\ttext\none.wav\n", "第 2 行缺少一列"),
    ):
        with pytest.raises(Refusal, match=sentence):
            evaluate(folder_with(tmp_path, transcripts), None, as_json=False)
    with pytest.raises(BadInput, match="没有这个文件"):
        evaluate(folder_with(tmp_path, "file\ttext\ntwo.wav\t好\n"), None, as_json=False)


@pytest.mark.parametrize(
    ("right", "heard", "errors"),
    [("着火了", "着火了", 0), ("着火了", "火了", 1), ("着火了", "找火啦了", 2), ("", "喂", 1)],
)
def test_distance_counts_put_in_left_out_and_changed(right: str, heard: str, errors: int) -> None:
    assert distance(right, heard) == errors


def test_what_is_compared_has_no_spaces_signs_or_widths() -> None:
    assert plain(" 拨打１２３４５，“Ａ栋”！\u3000") == "拨打12345a栋"
