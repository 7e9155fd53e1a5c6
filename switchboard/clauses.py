"""Writes docs/clauses.md from the packs: every parameter, city by city, with its article.

``python -m switchboard.clauses`` rewrites it, and docs/requirements.md (switchboard.clause_rows);
a test fails while one of them is out of date.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, Final

from hotline.policy import Policy
from hotline.rulings import Reason, Ruled, Source
from switchboard import clause_rows
from switchboard.city import shown, standing
from switchboard.policies import Packs, load

PAGE: Final = Path(__file__).parent.parent / "docs" / "clauses.md"
_LATEST: Final = dt.date(9999, 12, 31)
_HEAD: Final = """\
# 五地规定对照

本页由规则包自动生成，请不要手改：改 `hotline/policies/` 里的文件，再运行
`python -m switchboard.clauses`。英文小字是规则包里的项名。

- **本市办法未规定**：查过所列各条，没有写；不代填数字。
- **系统默认**：没有文件依据，是本系统自己的做法，本市可以另定。
- **需核对原文**：依据是国家文件，但手头没有全文。

每一条要求由哪个测试或页面做到，见[条款与证据](requirements.md)。
"""


def page(packs: Packs) -> str:
    """The whole page in Markdown, of the rules newest in force or announced."""
    policies = [packs.policy(code, _LATEST) for code in packs.codes]
    lines = [_HEAD, "| 代码 | 地方 | 办法 |", "|---|---|---|"]
    lines += [f"| {one.code} | {one.area} | {one.document} |" for one in policies]
    here = ""
    for rows in zip(*(policy.rules() for policy in policies), strict=True):
        section, label, first = rows[0]
        if section != here:
            lines += ["", f"## {section}"]
            here = section
        lines += ["", f"### {label} `{first.key}`", "", "| 地方 | 规定 | 依据 |", "|---|---|---|"]
        for policy, (_, _, rule) in zip(policies, rows, strict=True):
            lines.append(f"| {policy.area} | {_value(rule)} | {_grounds(policy, rule)} |")
    return "\n".join(lines) + "\n"


def _value(rule: Ruled[Any]) -> str:
    value = rule.value
    if isinstance(value, tuple) and value and isinstance(value[0], Reason):
        text = "<br>".join(f"{one.article}　{one.words}" for one in value)
    else:
        text = shown(rule)
    return _cell(text + (f"<br>注：{rule.note}" if rule.note else ""))


def _grounds(policy: Policy, rule: Ruled[Any]) -> str:
    text = standing(rule)
    if rule.article is not None:
        if rule.layer == policy.code:
            text = text.replace(policy.document, "").strip()
        if rule.article.quote and rule.source is Source.REGULATION:
            text += f"“{rule.article.quote}”"
    return _cell(text)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    PAGE.write_text(page(load()), encoding="utf-8")
    clause_rows.write()
