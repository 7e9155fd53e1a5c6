"""Backups: how the last one went, and how old the newest is."""

from __future__ import annotations

import datetime as dt
from typing import Final

from switchboard.backup import NAME, place_of
from switchboard.backup_told import last_backup
from switchboard.doctor.case import Case
from switchboard.doctor.finding import Finding, fault, warn, well
from switchboard.doctor.storage import local

_STALE: Final = dt.timedelta(days=2)
_HOW: Final = "请运行 ./jiesu backup，并把备份存到另一台机器"


def backup(case: Case) -> Finding:
    """The newest whole archive where the automatic ones are put, and the last try."""
    settings = case.settings
    if not settings.database_file.exists() and not case.site.database.url:
        return well("还没有数据")
    last = last_backup(settings)
    if last is not None and not last.ok:
        at = local(dt.datetime.fromisoformat(last.at))
        return fault(f"{at} 的备份没有成功：{last.why}", "照这句话处理后，请运行 ./jiesu backup")
    folder = place_of(settings, case.site)
    files = [one for one in folder.glob("*.tar.gz") if NAME.fullmatch(one.name)]
    auto = f"每天 {case.site.keep.backup_at} 自动备份" if case.site.keep.backup_at else "不自动备份"
    if not files:
        return warn(f"{folder} 里还没有备份（{auto}）", _HOW)
    newest = max(dt.datetime.fromtimestamp(one.stat().st_mtime, dt.UTC) for one in files)
    told = f"最近一份 {local(newest)}，共 {len(files)} 份（{auto}）"
    if case.clock.now() - newest > _STALE:
        return warn(f"{told}，已过两天", _HOW)
    return well(told)
