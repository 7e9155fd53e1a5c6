"""Somebody's own articles, questions and answers, read from files (docs/eval.md): JSONL, or a table
with a first line of names (CSV, or tabs). What cannot be read is refused with its file and line.
"""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from kb_search.articles import Article, Section
from switchboard.refusals import Refusal

_TABLES: Final = {".csv", ".tsv", ".txt"}
_ANSWER: Final = "应是三列：问题 id、文章 id、相关程度（0 或 1），用制表符或逗号隔开。"


def read_corpus(path: Path) -> tuple[Article, ...]:
    """``id``, ``title`` (may be empty or missing) and ``body``; other names are left alone."""
    articles: dict[str, Article] = {}
    for place, row in _rows(path, ("id", "body")):
        number, body = (_text(row, key, place) for key in ("id", "body"))
        title = _text(row, "title", place) if row.get("title") is not None else ""
        if not number or not (title or body):
            raise Refusal(f"{place}：id 不能为空，title 和 body 至少写一个。")
        if number in articles:
            raise Refusal(f"{place}：id {number} 已经用过，请另取一个。")
        articles[number] = Article(number, title, (Section("", body),))
    return tuple(articles.values())


def read_queries(path: Path) -> tuple[tuple[str, str], ...]:
    """``id`` and ``text`` of each, in order."""
    found: dict[str, str] = {}
    for place, row in _rows(path, ("id", "text")):
        number, text = _text(row, "id", place), _text(row, "text", place)
        if not number or number in found:
            raise Refusal(f"{place}：id 不能为空，也不能重复。")
        found[number] = text
    return tuple(found.items())


def read_qrels(path: Path, known: set[str]) -> dict[str, set[str]]:
    """Query, document, relevance (0 is not relevant), with or without a line of names; the
    documents that answer each query. The four columns of TREC are read as well."""
    right: dict[str, set[str]] = {}
    for number, line in enumerate(_lines(path), start=1):
        mark = "\t" if "\t" in line else "," if "," in line else " "
        row = [one.strip() for one in next(csv.reader([line], delimiter=mark)) if one.strip()]
        if not row:
            continue
        if len(row) not in (3, 4) or not row[-1].isdigit():
            if number == 1 and len(row) in (3, 4) and row[-2] not in known:
                continue  # names of the columns
            raise Refusal(f"{path} 第 {number} 行：{_ANSWER}")
        if row[-2] not in known:
            raise Refusal(f"{path} 第 {number} 行：文章 {row[-2]} 不在文章文件里。")
        if int(row[-1]):
            right.setdefault(row[0], set()).add(row[-2])
    return right


def _rows(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each row with its place for an error; an empty file is refused."""
    table = path.suffix.lower() in _TABLES
    empty = True
    for place, row in _of_table(path, needed) if table else _of_json(path):
        empty = False
        yield place, row
    if empty:
        each = "第一行写列名，每行一条" if table else "每行应是一个 JSON 对象"
        raise Refusal(f"{path} 是空的：{each}。")


def _of_json(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        place = f"{path} 第 {number} 行"
        try:
            row = json.loads(line)
        except ValueError:
            raise Refusal(f"{place}：不是 JSON，每行应是一个 JSON 对象。") from None
        if not isinstance(row, dict):
            raise Refusal(f"{place}：每行应是一个 JSON 对象。")
        yield place, row


def _of_table(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    lines = _lines(path)
    first = next(lines, "")
    mark = "\t" if "\t" in first else ","
    table = csv.reader(itertools.chain([first], lines), delimiter=mark)
    names = [one.strip().lower() for one in next(table, [])]
    if first and (missing := [one for one in needed if one not in names]):
        raise Refusal(f"{path} 第 1 行：缺少列 {'、'.join(missing)}，第一行应写列名。")
    try:
        for row in table:
            if any(one.strip() for one in row):
                place = f"{path} 第 {table.line_num} 行"
                if len(row) > len(names):
                    raise Refusal(f"{place}：比第一行多了 {len(row) - len(names)} 列。")
                yield place, dict(zip(names, row, strict=False))
    except csv.Error as wrong:
        raise Refusal(f"{path} 第 {table.line_num} 行：读不懂（{wrong}）。") from None


def _lines(path: Path) -> Iterator[str]:
    """The lines as they are, their ends too: a field of a table may hold several."""
    if not path.is_file():
        raise Refusal(f"没有文件 {path}：请检查路径。")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from file
    except UnicodeDecodeError:
        raise Refusal(f"{path} 不是 UTF-8 编码：请另存为 UTF-8。") from None
    except OSError as refused:
        raise Refusal(f"{path} 读不了：{refused.strerror}。") from None


def _text(row: Mapping[str, Any], key: str, place: str) -> str:
    """A text, or a whole number as one writes it."""
    value = row.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise Refusal(f"{place}：缺少文字「{key}」。")
    return value.strip()
