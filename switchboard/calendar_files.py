"""Reads a holiday notice from a file: CSV, XLSX, TOML or JSON, by its name."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from hotline import holiday_notice as hn
from hotline.errors import BadInput
from switchboard.table_files import LARGEST, read_table

_KEYS: Final = {"name": hn.NAME, "from": hn.FIRST, "to": hn.LAST, "quote": hn.QUOTE}


def read_notice(file: Path, *, year: int | None, document: str) -> hn.Reading:
    """The notice in a file. ``year`` and ``document`` (name and number) go before what the file
    says. Raises BadInput for a file that is none of these."""
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except OSError as refused:
        why = f"打不开 {file}（{refused.strerror}），请检查文件名"
        raise BadInput("file", why) from refused
    if file.suffix.lower() not in (".toml", ".json"):
        return hn.read(read_table(content), year=year, document=document)
    found = _parsed(file, content)
    own_year, own_document = found.get("year"), found.get("document", "")
    if year is None and isinstance(own_year, int) and not isinstance(own_year, bool):
        year = own_year
    return hn.read(_table(file, found), year=year, document=document or str(own_document))


def _parsed(file: Path, content: bytes) -> Mapping[str, Any]:
    try:
        text = content.decode("utf-8-sig")
        found = json.loads(text) if file.suffix.lower() == ".json" else tomllib.loads(text)
    except (ValueError, RecursionError) as wrong:
        why = f"读不懂 {file.name}（{wrong}），请检查引号、逗号和方括号"
        raise BadInput("file", why) from wrong
    if not isinstance(found, dict):
        raise BadInput("file", f"{file.name} 里应写 year、document 和 holiday")
    return found


def _table(file: Path, found: Mapping[str, Any]) -> list[list[str]]:
    """The entries under ``holiday`` as the rows of a table."""
    if extra := found.keys() - {"year", "document", "holiday"}:
        raise BadInput("file", f"{file.name}：不认识“{min(extra)}”，可写 year、document、holiday")
    entries = found.get("holiday")
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise BadInput("file", f"{file.name}：缺少 holiday，每个节日一节，写 name、from、to")
    rows = [list(hn.COLUMNS)]
    for entry in entries:
        if extra := entry.keys() - {*_KEYS, "make_up"}:
            raise BadInput("file", f"{file.name}：节日里不认识“{min(extra)}”")
        made_up = entry.get("make_up", [])
        if not isinstance(made_up, list):
            raise BadInput("file", f"{file.name}：make_up 应写成一列日期，如 [2027-02-06]")
        cells = {_KEYS[key]: str(value) for key, value in entry.items() if key in _KEYS}
        cells[hn.MAKE_UP] = "、".join(map(str, made_up))
        rows.append([cells.get(column, "") for column in hn.COLUMNS])
    return rows
