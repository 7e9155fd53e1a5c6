"""What ``./jiesu demo`` says at the end: each call, what the hotline counted, where to look."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hotline.words import Outcome, Phone
from switchboard.citizen import OUTCOMES
from switchboard.demo_scene import Encounter
from switchboard.demo_script import WITHHELD

ENDINGS: Final = {
    "finished": "演示结束",
    "time": "到了规定的最长时间，其余的电话没有打",
    "interrupted": "已中断，电话都已挂断，坐席已注销",
}
OWED: Final = frozenset(
    {Outcome.ABANDONED, Outcome.TIMED_OUT, Outcome.TURNED_AWAY, Outcome.GREETING_HANG_UP}
)
"""Outcomes after which somebody is to be called back."""
Row = Mapping[str, Any]


def as_rows(encounters: Sequence[Encounter], origin: str) -> list[dict[str, Any]]:
    """One row a call, as ``--json`` gives them. Numbers are masked, as everywhere."""
    return [
        {
            "name": one.scene.name,
            "caller": None
            if one.scene.caller == WITHHELD
            else Phone.parse(one.scene.caller).masked,
            "call": one.fact.call if one.fact else one.call,
            "outcome": one.fact.outcome if one.fact else None,
            "connected_to": one.fact.connected_to if one.fact else None,
            "agents": [agent.number for agent in one.agents],
            "taken_elsewhere": one.elsewhere,
            "earlier_calls": one.earlier_calls,
            "ticket": one.ticket["number"] if one.ticket else None,
            "due": one.ticket["sentence"] if one.ticket else None,
            "look": look(one, origin),
            "as_planned": one.as_planned,
            "trouble": one.trouble or None,
        }
        for one in encounters
    ]


def look(one: Encounter, origin: str) -> str | None:
    """The page that shows most of this call; None when there was none."""
    if one.fact is None:
        return None
    if one.ticket is not None:
        return f"{origin}/tickets/{one.ticket['number']}"
    if one.scene.to is not None:
        return f"{origin}/emergency/{one.fact.call}"
    if one.fact.outcome in OWED:
        return f"{origin}/return-calls"
    return f"{origin}/board/calls?which=answered"


def happened(row: Row) -> str:
    """What the hotline counted, in words."""
    if row["outcome"] is None:
        return "没有打成" if row["trouble"] else "没有打"
    parts: list[str] = [OUTCOMES.get(row["outcome"], str(row["outcome"]))]
    if row["connected_to"]:
        parts.append(f"接到 {row['connected_to']}")
    if row["taken_elsewhere"]:
        parts.append("由正在上班的坐席接听")
    if len(row["agents"]) > 1:
        parts.append(f"再转给 {row['agents'][-1]}")
    if row["earlier_calls"]:
        parts.append(f"此前来过 {row['earlier_calls']} 次")
    if row["ticket"]:
        parts.append(f"工单 {row['ticket']}")
    if row["trouble"]:
        parts.append(f"没有照脚本：{row['trouble']}")
    elif not row["as_planned"]:
        parts.append("与脚本不同")
    return "，".join(parts)


def table(rows: Sequence[Row], took: float, ending: str) -> str:
    """The table at the end."""
    cells = [("来电", "结果", "到哪里看")]
    cells += [(str(row["name"]), happened(row), str(row["look"] or "")) for row in rows]
    widths = [max(width(line[i]) for line in cells) for i in range(2)]
    lines = ["", f"{ENDINGS[ending]}，用时 {took:.0f} 秒。", ""]
    for name, result, page in cells:
        columns = (padded(name, widths[0]), padded(result, widths[1]), page)
        lines.append("  ".join(columns).rstrip())
    tickets = [row for row in rows if row["ticket"]]
    if tickets:
        lines += ["", "工单的期限："]
        lines += [f"  {row['ticket']}  {row['due']}" for row in tickets]
    return "\n".join([*lines, "", "以上都是演示数据。"])


def width(text: str) -> int:
    """Columns of a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def padded(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))
