"""``./jiesu eval draft``: drafts of tickets judged on anybody's transcripts.

The formats are in docs/eval.md.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hotline.drafts import DraftModel, Filled, fill
from hotline.transcript import Turn
from switchboard.evaluate_emergency import percent, rate
from switchboard.refusals import Refusal

JUDGED: Final = frozenset("type category department address_keys time phone name".split())
ZONE: Final = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")
"""A time without a zone is meant in China's."""


@dataclass(frozen=True, slots=True)
class Case:
    """One transcript, and what a good agent would draft of it where the file says so."""

    id: str
    at: dt.datetime
    turns: tuple[Turn, ...]
    expect: Mapping[str, Any]


def read_cases(file: Path) -> list[Case]:
    """The transcripts of a JSONL file; a wrong line is refused by its number."""
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as wrong:
        raise Refusal(f"读不了 {file}：应是 UTF-8 编码的 JSONL 文件，请检查路径和编码。") from wrong
    cases = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            cases.append(_case(json.loads(line), str(number)))
        except (ValueError, KeyError, TypeError, AttributeError) as wrong:
            raise Refusal(
                f"{file} 第 {number} 行不合格式（{wrong}）：每行一个 JSON 对象，"
                "要有 id、call_time 和 transcript（每轮有 role 和 text）。"
            ) from wrong
    return cases


def _case(row: Mapping[str, Any], number: str) -> Case:
    if not isinstance(row, dict):
        raise TypeError("应是一个 JSON 对象")
    for key, kind in (("call_time", str), ("transcript", list)):
        if not isinstance(row.get(key), kind):
            raise TypeError(f"缺少 {key} 或其写法不对")
    turns = []
    for turn in row["transcript"]:
        role, text = (turn.get("role"), turn.get("text")) if isinstance(turn, dict) else (None, "")
        if role not in {"agent", "citizen"}:
            raise ValueError(f"role 是 {role}，应为 agent 或 citizen")
        if not isinstance(text, str):
            raise TypeError("text 应是文字")
        turns.append(Turn(role, text))
    at = dt.datetime.fromisoformat(row["call_time"])
    at = at.astimezone(ZONE) if at.tzinfo else at.replace(tzinfo=ZONE)
    return Case(str(row.get("id", number)), at, tuple(turns), _expected(row.get("expect") or {}))


def _expected(expect: Any) -> Mapping[str, Any]:
    """What a file expects, refused where a slot has another shape than docs/eval.md says."""
    if not isinstance(expect, dict):
        raise TypeError("expect 应是一个 JSON 对象")
    shapes = {"time": dict, "address_keys": list, "department": list}
    for slot, value in expect.items():
        shape = shapes.get(slot, str) if slot in JUDGED else object
        if value is not None and not isinstance(value, shape):
            raise TypeError(f"expect 的 {slot} 写法不对")
    return expect


def as_row(filled: Filled) -> dict[str, Any]:
    """A draft as the formats of docs/eval.md have it; a slot without words is null or empty."""
    return {
        "type": filled.types[0].value if filled.types else None,
        "category": filled.categories[0].value if filled.categories else None,
        "department": list(filled.department),
        "address": filled.address,
        "time": {"text": filled.time.text, "norm": filled.time.norm} if filled.time else None,
        "phone": filled.phone,
        "name": filled.name,
        "summary": filled.summary,
        "keywords": list(filled.keywords),
        "evidence": {
            slot: [span.turn, span.start, span.end] for slot, span in filled.evidence.items()
        },
        "candidates": {
            "type": [[each.value, each.p] for each in filled.types],
            "category": [[each.value, each.p] for each in filled.categories],
        },
    }


def marks(got: Mapping[str, Any], expect: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Right and judged, slot by slot; a slot the file does not expect anything of is not judged.

    phone and name: equal, null included. time: ``norm`` equal where one is expected. address_keys:
    how many of them the address holds. category: the part before the stroke. department: any one.
    """
    found: dict[str, tuple[int, int]] = {}
    for slot in ("type", "phone", "name"):
        if slot in expect:
            found[slot] = (int(got[slot] == expect[slot]), 1)
    wanted = expect.get("time")
    if wanted and wanted.get("norm"):
        norm = (got["time"] or {}).get("norm")
        found["time"] = (int(norm == wanted["norm"]), 1)
    keys = expect.get("address_keys") or []
    if keys:
        found["address_keys"] = (sum(key in (got["address"] or "") for key in keys), len(keys))
    if expect.get("category"):
        heads = [str(each or "").split("/")[0] for each in (got["category"], expect["category"])]
        found["category"] = (int(heads[0] == heads[1]), 1)
    if expect.get("department"):
        found["department"] = (int(bool({*got["department"]} & {*expect["department"]})), 1)
    return found


def judge(cases: Sequence[Case], model: DraftModel) -> dict[str, Any]:
    """The whole answer of the command: rows, and a summary where the file has expectations."""
    rows, sums, spent = [], dict[str, list[int]](), 0.0
    for case in cases:
        began = time.perf_counter()
        filled = fill(case.turns, case.at, model)
        spent += time.perf_counter() - began
        got = as_row(filled)
        rows.append({"id": case.id, "got": got})
        for slot, (right, judged) in marks(got, case.expect).items():
            total = sums.setdefault(slot, [0, 0])
            total[0] += right
            total[1] += judged
    return {
        "rows": rows,
        "summary": {
            slot: {"right": right, "judged": judged, "rate": rate(right, judged)}
            for slot, (right, judged) in sums.items()
        },
        "model_version": model.version,
        "ms_per_transcript": round(1000 * spent / max(len(cases), 1), 2),
    }


def report(file: Path, model: DraftModel, *, as_json: bool) -> str:
    """One JSON object, or a line for each slot for people."""
    answer = judge(read_cases(file), model)
    if as_json:
        return json.dumps(answer, ensure_ascii=False, indent=1)
    lines = [f"自动草稿 {answer['model_version']}：{len(answer['rows'])} 段通话。"]
    lines += [
        f"{slot:<13}{percent(each['rate']):>7}  {each['right']}/{each['judged']}"
        for slot, each in answer["summary"].items()
    ]
    return "\n".join(
        lines if answer["summary"] else [*lines, "文件里没有 expect，只能用 --json 看结果。"]
    )
