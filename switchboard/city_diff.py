"""``./jiesu city diff``: what two cities rule differently, article beside article."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotline.policy import Policy
from hotline.rulings import Reason, Ruled
from switchboard.city import policy_of, shown, standing, today
from switchboard.policies import Packs, load


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one city says of one parameter, in words."""

    text: str
    standing: str
    quote: str
    silent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One parameter in two cities; ``same``: the value is, whatever the articles."""

    section: str
    label: str
    key: str
    left: Side
    right: Side
    same: bool


def compare(left: Policy, right: Policy) -> list[Compared]:
    """Every parameter, in the order of the packs."""
    rows = []
    for (section, label, here), (_, _, there) in zip(left.rules(), right.rules(), strict=True):
        rows.append(
            Compared(
                section=section,
                label=label,
                key=here.key,
                left=_side(here),
                right=_side(there),
                same=here.value == there.value,
            )
        )
    return rows


def _side(rule: Ruled[Any]) -> Side:
    value = rule.value
    text = shown(rule)
    if isinstance(value, tuple) and value and isinstance(value[0], Reason):
        text = "；".join(f"{one.article}{one.words}" for one in value)
    quote = rule.article.quote if rule.article else ""
    return Side(text=text, standing=standing(rule), quote=quote, silent=value is None)


def diff_cities(
    left: str, right: str, *, every: bool = False, as_json: bool = False, data: Path | None = None
) -> str:
    """What to print. ``every``: also what is the same. Raises BadInput for a city there is not."""
    here, there = pair(load(data), left, right)
    rows = compare(here, there)
    if as_json:
        return json.dumps(_data(here, there, rows), ensure_ascii=False, indent=2)
    return _text(here, there, rows, every=every)


def pair(packs: Packs, left: str, right: str) -> tuple[Policy, Policy]:
    """The two cities as they are ruled today. Raises BadInput."""
    on = today()
    return policy_of(packs, left, on), policy_of(packs, right, on)


def _data(left: Policy, right: Policy, rows: Sequence[Compared]) -> dict[str, Any]:
    def side(one: Side) -> dict[str, Any]:
        return {
            "text": one.text,
            "silent": one.silent,
            "standing": one.standing,
            "quote": one.quote,
        }

    return {
        "left": {"city": left.code, "area": left.area, "document": left.document},
        "right": {"city": right.code, "area": right.area, "document": right.document},
        "different": sum(not row.same for row in rows),
        "rules": [
            {
                "section": row.section,
                "label": row.label,
                "key": row.key,
                "same": row.same,
                "left": side(row.left),
                "right": side(row.right),
            }
            for row in rows
        ],
    }


def _text(left: Policy, right: Policy, rows: Sequence[Compared], *, every: bool) -> str:
    other = [row for row in rows if not row.same]
    lines = [f"{left.area}：{left.document}", f"{right.area}：{right.document}"]
    lines.append(f"共{len(rows)}项，{len(other)}项不同，{len(rows) - len(other)}项相同")
    section = ""
    for row in rows if every else other:
        if row.section != section:
            section = row.section
            lines += ["", f"【{section}】"]
        lines.append(f"  {row.label}{'（相同）' if row.same else ''}")
        for policy, side in ((left, row.left), (right, row.right)):
            lines.append(f"    {policy.area}：{side.text}  〔{side.standing}〕")
            if side.quote:
                lines.append(f"      “{side.quote}”")
    if not every:
        lines += ["", "相同的没有列出，加 --all 列出全部"]
    return "\n".join(lines)
