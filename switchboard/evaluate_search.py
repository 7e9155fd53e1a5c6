"""``./jiesu eval search``: how well the search ranks somebody's own articles and questions.

Files as docs/eval.md describes them. Ranks are those of the engine itself, small talk or not; how
many questions would have been left without a card is told beside them.
"""

from __future__ import annotations

import datetime as dt
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from hotline.policy import ZONE
from kb_search.articles import Article
from kb_search.search import Search
from switchboard.evaluate_files import read_corpus, read_qrels, read_queries
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
