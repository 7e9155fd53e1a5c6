"""The site.toml written at the first start: every setting, its default and what it is, commented.

It is made from the dataclasses of site.py, so that it cannot fall behind them.
"""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path
from typing import Any

from switchboard.site import SECTIONS, TITLES, EmergencyTrunk
from switchboard.site_values import Secret

HEAD = """\
# 接诉台的本地设置。每一行都可不写：不写即用所示的默认值，此时是只在本机运行的演示。
# 去掉行首的 # 再改；改后重新运行 ./jiesu up。写错时会逐条指出。
"""


def template() -> str:
    """The text of a site.toml that sets nothing."""
    parts = [HEAD]
    for section, kind in SECTIONS.items():
        parts.append(f"\n# ── {TITLES[section]} ──\n# [{section}]\n" + key_lines(kind))
        if section == "emergency":
            parts.append(
                "# 报警中心的中继，第一条为主、第二条为备：\n"
                "# [[emergency.trunk]]\n" + key_lines(EmergencyTrunk)
            )
    return "".join(parts)


def key_lines(kind: type[Any]) -> str:
    rows = [
        (f"# {item.name} = {as_toml(item.default)}", item.metadata["about"])
        for item in fields(kind)
        if item.metadata
    ]
    width = max(len(key) for key, _ in rows)
    return "".join(f"{key:<{width}}   # {about}\n" for key, about in rows)


def as_toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Secret):
        return '""'
    if isinstance(value, tuple):
        return "[" + ", ".join(as_toml(item) for item in value) + "]"
    if isinstance(value, str) and '"' in value:
        return f"'{value}'"
    return str(value) if isinstance(value, int) else f'"{value}"'


def write_template(path: Path) -> bool:
    """Write the template unless the file is there; True when written. Readable by its owner only,
    since trunk passwords go into it.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(template())
    return True
