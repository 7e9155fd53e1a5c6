"""``./jiesu eval emergency``: the spoken-emergency model judged on anybody's utterances.

The formats are in docs/eval.md.
"""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from hotline.emergency import NONE, EmergencyModel, notice
from switchboard.refusals import Refusal

LABELS: Final = (NONE, "110", "119", "120", "122")


def read_utterances(file: Path) -> list[dict[str, str]]:
    """The rows of a TSV with columns utterance and label; also and tag may be absent."""
    try:
        content = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as wrong:
        raise Refusal(f"读不了 {file}：应是 UTF-8 编码的 TSV 文件，请检查路径和编码。") from wrong
    reader = csv.DictReader(
        io.StringIO(content, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE
    )
    absent = {"utterance", "label"} - set(reader.fieldnames or ())
    if absent:
        raise Refusal(
            f"{file} 第 1 行缺少列 {'、'.join(sorted(absent))}：首行应写列名，以制表符分隔。"
        )
    rows = []
    for row in reader:
        number = reader.line_num
        label = (row["label"] or "").strip()
        if label not in LABELS:
            raise Refusal(
                f"{file} 第 {number} 行的 label 是“{label}”：应为 {'、'.join(LABELS)} 之一。"
            )
        rows.append(
            {
                "utterance": row["utterance"] or "",
                "label": label,
                "tag": (row.get("tag") or "").strip(),
                "also": (row.get("also") or "").strip(),
            }
        )
    return rows


def judged(rows: Iterable[Mapping[str, str]], model: EmergencyModel) -> list[dict[str, Any]]:
    """What the model says to each row: level none is predicted none."""
    found = []
    for row in rows:
        began = time.perf_counter()
        alarm = notice(row["utterance"], model)
        found.append(
            {
                **row,
                "predicted": alarm.service.value if alarm.level != "none" else NONE,
                "level": alarm.level,
                "reason": alarm.explanation,
                "p": round(alarm.p, 4),
                "ms": (time.perf_counter() - began) * 1000,
            }
        )
    return found


def figures(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Recall and precision of "an emergency", and how often the service is an acceptable one.

    A none-row with ``also`` is counted nowhere. A rate over nothing is None.
    """
    real = [row for row in rows if row["label"] != NONE]
    calm = [row for row in rows if row["label"] == NONE and not row["also"]]
    heard = [row for row in real if row["predicted"] != NONE]
    false = [row for row in calm if row["predicted"] != NONE]
    right = [
        row
        for row in heard
        if row["predicted"] in {row["label"], *re.split(r"[,，、\s]+", row["also"])}
    ]
    red = [row for row in real if row["level"] == "red"]
    return {
        "emergencies": len(real),
        "others": len(calm),
        "missed": len(real) - len(heard),
        "false_alarms": len(false),
        "recall": rate(len(heard), len(real)),
        "precision": rate(len(heard), len(heard) + len(false)),
        "service_accuracy": rate(len(right), len(heard)),
        "red_recall": rate(len(red), len(real)),
        "false_red": sum(row["level"] == "red" for row in calm),
    }


def also(row: Mapping[str, Any]) -> list[str]:
    """The further acceptable services of a row."""
    return re.split(r"[,，、\s]+", row["also"])


def rate(part: int, whole: int) -> float | None:
    """A share with four digits; None where there is nothing to share."""
    return round(part / whole, 4) if whole else None


def report(file: Path, model: EmergencyModel, *, as_json: bool) -> str:
    """The whole answer of the command, as one JSON object or as lines for people."""
    rows = judged(read_utterances(file), model)
    summary = figures(rows)
    by_tag = {
        tag: figures([row for row in rows if row["tag"] == tag])
        for tag in sorted({row["tag"] for row in rows} - {""})
    }
    if as_json:
        shown = ("utterance", "label", "predicted", "level", "reason")
        body = {
            "rows": [{name: row[name] for name in shown} for row in rows],
            "summary": summary,
            "by_tag": by_tag,
            "model_version": model.version,
            "ms_per_utterance": round(sum(row["ms"] for row in rows) / max(len(rows), 1), 3),
        }
        return json.dumps(body, ensure_ascii=False, indent=1)
    return "\n".join(_lines(rows, summary, model))


def _lines(
    rows: Sequence[Mapping[str, Any]], summary: Mapping[str, Any], model: EmergencyModel
) -> list[str]:
    wrong = [
        row
        for row in rows
        if (row["label"] == NONE) != (row["predicted"] == NONE)
        and not (row["label"] == NONE and row["also"])
    ]
    found = f"查全率 {percent(summary['recall'])}（漏 {summary['missed']} 句）"
    exact = (
        f"查准率 {percent(summary['precision'])}"
        f"（误报 {summary['false_alarms']} 句，其中红色 {summary['false_red']} 句）"
    )
    lines = [
        f"紧急识别 {model.version}：{summary['emergencies']} 句紧急，{summary['others']} 句不是。",
        f"{found}，{exact}，接对号码 {percent(summary['service_accuracy'])}。",
    ]
    for row in wrong:
        what = "误报" if row["label"] == NONE else "漏报"
        lines.append(f"{what}  {row['label']} → {row['predicted']}  {row['utterance']}")
    return lines


def percent(value: float | None) -> str:
    """A rate for people; a dash where there is none."""
    return "—" if value is None else f"{value:.1%}"
