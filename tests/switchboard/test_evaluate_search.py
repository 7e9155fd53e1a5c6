"""``./jiesu eval search``: figures on anybody's files, one sentence for what is wrong in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from switchboard.cli import main
from switchboard.evaluate_search import percentile

CORPUS = [
    {"id": "fund", "title": "住房公积金怎么提取", "body": "购房可以提取。", "set": "own"},
    {"id": "water", "title": "", "body": "家里停水了怎么办：计划停水会提前通知。"},
    {"id": "card", "title": "社保卡丢失补办", "body": "请先挂失。"},
]
QUERIES = [
    {"id": "q1", "text": "公鸡金提取"},
    {"id": "q2", "text": "停水"},
    {"id": "q3", "text": "喂"},
]


def written(folder: Path, corpus: object = CORPUS, queries: object = QUERIES) -> list[str]:
    arguments = ["eval", "search"]
    for name, rows in (("corpus", corpus), ("queries", queries)):
        path = folder / f"{name}.jsonl"
        lines = rows if isinstance(rows, str) else "\n".join(map(json.dumps, rows))  # type: ignore[call-overload] # - rows of dicts
        path.write_text(lines, "utf-8")
        arguments += [f"--{name}", str(path)]
    return arguments


def with_answers(folder: Path, text: str) -> list[str]:
    (folder / "qrels.tsv").write_text(text, "utf-8")
    return [*written(folder), "--qrels", str(folder / "qrels.tsv")]


def test_each_question_has_its_row_and_the_figures_stand_beside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = with_answers(tmp_path, "q1\tfund\t1\nq2\tcard\t1\nq2\twater\t0\n\n")
    assert main([*arguments, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["rows"] == [
        {"id": "q1", "ranked": ["fund"]},
        {"id": "q2", "ranked": ["water"]},
        {"id": "q3", "ranked": []},
    ]
    assert 0 < result["p50_ms"] <= result["p95_ms"]
    assert (result["documents"], result["queries"], result["judged"]) == (3, 3, 2)
    assert result["recall"] == {"1": 0.5, "3": 0.5, "10": 0.5}
    assert result["without_card"] >= 1


def test_people_read_the_same_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(with_answers(tmp_path, "q1\tfund\t1\n")) == 0
    assert "R@1 1.000" in capsys.readouterr().out
    assert main(written(tmp_path)) == 0
    assert "没有给标准答案" in capsys.readouterr().out


@pytest.mark.parametrize("mark", [",", "\t"])
@pytest.mark.parametrize("answers", ["问题,文章,相关\r\nq1,fund,1\r\n", "q1 0 fund 1\n"])
def test_tables_as_a_spreadsheet_writes_them_are_read_as_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mark: str, answers: str
) -> None:
    texts = {
        "corpus.csv": 'ID,Title,body\r\nfund,公积金提取,"购房\r\n可以提取"\r\n7,,停水通知\r\n',
        "queries.csv": "id,text\r\nq1,公积金怎么取\r\n2,停水\r\n",
        "qrels.txt": answers,
    }
    arguments = ["eval", "search", "--json"]
    for name, text in texts.items():
        (tmp_path / name).write_text(text.replace(",", mark), "utf-8-sig", newline="")
        arguments += [f"--{name.partition('.')[0]}", str(tmp_path / name)]
    assert main(arguments) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["rows"] == [{"id": "q1", "ranked": ["fund"]}, {"id": "2", "ranked": ["7"]}]
    assert result["recall"]["1"] == 1.0


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("", "corpus.csv 是空的：第一行写列名"),
        ("编号,正文\n1,停水\n", "第 1 行：缺少列 id、body"),
        ("id,body\n1,停水,多的\n", "第 2 行：比第一行多了 1 列"),
        ("id,body\n1\n", "第 2 行：缺少文字「body」"),
    ],
)
def test_a_wrong_table_is_told_by_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], table: str, sentence: str
) -> None:
    (tmp_path / "corpus.csv").write_text(table, "utf-8")
    arguments = written(tmp_path)
    arguments[arguments.index("--corpus") + 1] = str(tmp_path / "corpus.csv")
    assert main(arguments) == 1
    assert sentence in capsys.readouterr().err


def test_at_most_ten_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    many = [{"id": f"d{number}", "title": "公积金提取", "body": ""} for number in range(30)]
    assert main([*written(tmp_path, many), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["rows"][0]["ranked"]) == 10


@pytest.mark.parametrize(
    ("corpus", "queries", "sentence"),
    [
        ("", QUERIES, "corpus.jsonl 是空的"),
        ("{", QUERIES, "corpus.jsonl 第 1 行：不是 JSON"),
        ("[1]", QUERIES, "应是一个 JSON 对象"),
        ('\n{"id": "a"}', QUERIES, "第 2 行：缺少文字「body」"),
        ([{"id": "a", "title": "", "body": ""}], QUERIES, "至少写一个"),
        ([CORPUS[0], CORPUS[0]], QUERIES, "id fund 已经用过"),
        (CORPUS, [{"id": True, "text": "x"}], "queries.jsonl 第 1 行：缺少文字「id」"),
        (CORPUS, [QUERIES[0], QUERIES[0]], "不能重复"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    corpus: object,
    queries: object,
    sentence: str,
) -> None:
    assert main(written(tmp_path, corpus, queries)) == 1
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("qrels", "sentence"),
    [
        ("q1 fund\n", "第 1 行：应是三列"),
        ("q1\tfund\tyes\n", "三列"),
        ("q1\tgone\t1\n", "文章 gone 不在文章文件里"),
        ("q9\tfund\t1\n", "没有"),
    ],
)
def test_wrong_answers_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], qrels: str, sentence: str
) -> None:
    assert main(with_answers(tmp_path, qrels)) == 1
    assert sentence in capsys.readouterr().err


def test_a_missing_file_and_another_encoding_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = written(tmp_path)
    (tmp_path / "queries.jsonl").write_bytes('{"id": "停水了吗"}'.encode("gb18030"))
    assert main(arguments) == 1
    assert "UTF-8" in capsys.readouterr().err
    (tmp_path / "queries.jsonl").unlink()
    assert main(arguments) == 1
    assert "没有文件" in capsys.readouterr().err


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(number) for number in range(1, 101)]
    assert (percentile(values, 0.50), percentile(values, 0.95)) == (50.0, 95.0)
    assert percentile([3.0], 0.95) == 3.0
