"""``./jiesu eval search``: how well the search ranks somebody's own articles and questions.

Files as docs/eval.md describes them. Ranks are those of the engine itself, small talk or not; how
many questions would have been left without a card is told beside them.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from hotline.policy import ZONE
from kb_search.articles import Article, Section
from kb_search.search import Search
from switchboard.refusals import Refusal

DEPTHS: Final = (1, 3, 10)
LISTED: Final = 10


def evaluate(corpus: Path, queries: Path, qrels: Path | None, *, as_json: bool) -> str:
    """The text for the terminal, or with ``as_json`` one JSON object: ``rows`` of ``id`` and
    ``ranked`` (ten ids, best first), ``documents``, ``queries``, ``build_s``, ``p50_ms``,
    ``p95_ms``, ``without_card``, and with qrels ``recall`` by depth. Raises Refusal."""
    articles = read_corpus(corpus)
    questions = read_queries(queries)
    right = read_qrels(qrels, {one.id for one in articles}) if qrels else {}
    result = measure(articles, questions)
    if qrels:
        judged = [row for row in result["rows"] if row["id"] in right]
        if not judged:
            raise Refusal(f"{qrels} 里没有 {queries} 的任何一个问题：请检查两个文件的 id。")
        result["judged"] = len(judged)
        result["recall"] = {
            str(depth): round(
                sum(bool(right[row["id"]] & set(row["ranked"][:depth])) for row in judged)
                / len(judged),
                4,
            )
            for depth in DEPTHS
        }
    return json.dumps(result, ensure_ascii=False) if as_json else in_words(result)


def measure(articles: Sequence[Article], questions: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Build an index of the articles on disk, ask every question once, and time each."""
    at = dt.datetime.now(ZONE)
    # tantivy watches its folder: seeing it go, it may put a lock file there a last time.
    with tempfile.TemporaryDirectory(prefix="jiesu-eval-", ignore_cleanup_errors=True) as folder:
        began = time.perf_counter()
        search = Search(articles, Path(folder))
        build_s = time.perf_counter() - began
        rows, took, without = [], [], 0
        try:
            for number, text in questions:
                began = time.perf_counter()
                ranked = search.ranked(text, at, limit=LISTED)
                took.append((time.perf_counter() - began) * 1_000)
                rows.append({"id": number, "ranked": ranked})
                without += not search.find(text, at)
        finally:
            search.close()
    return {
        "documents": len(articles),
        "queries": len(questions),
        "build_s": round(build_s, 2),
        "p50_ms": round(percentile(took, 0.50), 2),
        "p95_ms": round(percentile(took, 0.95), 2),
        "without_card": without,
        "rows": rows,
    }


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 1_000) * len(ordered) // 1_000) - 1)]


def in_words(result: Mapping[str, Any]) -> str:
    """The figures as a person reads them."""
    lines = [
        f"{result['documents']} 篇文章，{result['queries']} 个问题；建索引 {result['build_s']} 秒",
        f"每个问题用时：中位 {result['p50_ms']} 毫秒，95% 在 {result['p95_ms']} 毫秒以内",
        f"没有把握、坐席台上不会显示的问题：{result['without_card']} 个",
    ]
    if "recall" in result:
        lines.append(
            f"有标准答案的问题 {result['judged']} 个："
            + "，".join(f"R@{depth} {value:.3f}" for depth, value in result["recall"].items())
        )
    else:
        lines.append("没有给标准答案（--qrels），不算命中率；逐条结果请加 --json。")
    return "\n".join(lines)


# --------------------------------------------------------------------------------------- the files


def read_corpus(path: Path) -> tuple[Article, ...]:
    """JSONL of ``id``, ``title`` (may be empty) and ``body``; other keys are left alone."""
    articles: dict[str, Article] = {}
    for place, row in _rows(path):
        number, title, body = (_text(row, key, place) for key in ("id", "title", "body"))
        if not number or not (title or body):
            raise Refusal(f"{place}：id 不能为空，title 和 body 至少写一个。")
        if number in articles:
            raise Refusal(f"{place}：id {number} 已经用过，请另取一个。")
        articles[number] = Article(number, title, (Section("", body),))
    return tuple(articles.values())


def read_queries(path: Path) -> tuple[tuple[str, str], ...]:
    """JSONL of ``id`` and ``text``; id and text of each, in order."""
    found: dict[str, str] = {}
    for place, row in _rows(path):
        number, text = _text(row, "id", place), _text(row, "text", place)
        if not number or number in found:
            raise Refusal(f"{place}：id 不能为空，也不能重复。")
        found[number] = text
    return tuple(found.items())


def read_qrels(path: Path, known: set[str]) -> dict[str, set[str]]:
    """Tab-separated query, document, relevance (0 is not relevant); the documents that answer
    each query."""
    _present(path)
    right: dict[str, set[str]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.reader(file, "excel-tab"), start=1):
            if not row:
                continue
            if len(row) != 3 or not row[2].strip().isdigit():
                raise Refusal(
                    f"{path} 第 {number} 行：应是用制表符隔开的三列：问题 id、文章 id、相关程度"
                    "（0 或 1）。"
                )
            if row[1] not in known:
                raise Refusal(f"{path} 第 {number} 行：文章 {row[1]} 不在文章文件里。")
            if int(row[2]):
                right.setdefault(row[0], set()).add(row[1])
    return right


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each row with its place for an error; an empty file is refused."""
    _present(path)
    empty = True
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                empty = False
                place = f"{path} 第 {number} 行"
                try:
                    row = json.loads(line)
                except ValueError:
                    raise Refusal(f"{place}：不是 JSON，每行应是一个 JSON 对象。") from None
                if not isinstance(row, dict):
                    raise Refusal(f"{place}：每行应是一个 JSON 对象。")
                yield place, row
    except UnicodeDecodeError:
        raise Refusal(f"{path} 不是 UTF-8 编码：请另存为 UTF-8。") from None
    if empty:
        raise Refusal(f"{path} 是空的：每行应是一个 JSON 对象。")


def _present(path: Path) -> None:
    if not path.is_file():
        raise Refusal(f"没有文件 {path}：请检查路径。")


def _text(row: Mapping[str, Any], key: str, place: str) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        raise Refusal(f"{place}：缺少文字「{key}」。")
    return value.strip()
