"""Backups: when the last one was made."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Final

from switchboard.doctor.case import Case
from switchboard.doctor.finding import Finding, warn, well
from switchboard.doctor.storage import local

_STALE: Final = dt.timedelta(days=2)
_HOW: Final = "请运行 ./jiesu backup，并把备份存到另一台机器"


def backup(case: Case) -> Finding:
    """The newest whole archive where the automatic ones are put."""
    settings = case.settings
    if not settings.database_file.exists() and not case.site.database.url:
        return well("还没有数据")
    folder = Path(case.site.keep.backup_to or settings.data / "backups")
    made = [one.stat().st_mtime for one in folder.glob("*.tar.gz")] if folder.is_dir() else []
    if not made:
        return warn(f"{folder} 里还没有备份", _HOW)
    newest = dt.datetime.fromtimestamp(max(made), dt.UTC)
    told = f"最近一份 {local(newest)}，共 {len(made)} 份，在 {folder}"
    if case.clock.now() - newest > _STALE:
        return warn(f"{told}，已过两天", _HOW)
    return well(told)
