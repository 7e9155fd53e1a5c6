"""What is kept: the folder itself, the database, the disk, the recordings."""

from __future__ import annotations

import datetime as dt
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path

from hotline.policy import ZONE
from ledger.errors import LedgerFailing
from ledger.examination import Examined, examine
from switchboard.attachments import shelved
from switchboard.backup_told import in_gb
from switchboard.doctor.case import Case
from switchboard.doctor.finding import Finding, fault, warn, well
from switchboard.recordings import all_in, folder_of
from switchboard.secrets_file import BadSecrets, load_secrets
from switchboard.site_keep import GB

_SPARE = 4
"""Below so many times the threshold the disk is worth a word."""
_NEARLY = 0.9


def data(case: Case) -> Finding:
    """DATA belongs to one user, is closed to others, and has its keys."""
    folder = case.settings.data
    if not folder.exists():
        return well(f"{folder} 还没有，首次启动时建立")
    mode = stat.S_IMODE(folder.stat().st_mode)
    # As root the way to Asterisk's own folder is open for passing through (x), never for reading.
    if mode & 0o066:
        return fault(f"{folder} 别人也能读", f"请运行 chmod 700 {folder}")
    secrets = case.settings.secrets_file
    if case.settings.database_file.exists() or secrets.exists():
        try:
            load_secrets(secrets)
        except BadSecrets as lost:
            return fault(str(lost), "没有它，数据库里的号码和姓名读不出来")
        if stat.S_IMODE(secrets.stat().st_mode) & 0o077:
            return fault(f"{secrets} 别人也能读", f"请运行 chmod 600 {secrets}")
    return well(str(folder))


async def database(case: Case) -> Finding:
    """Reachable, of this program's version, and whole."""
    return await _database(case, whole=True)


async def database_at_a_glance(case: Case) -> Finding:
    """The same without reading it from end to end."""
    return await _database(case, whole=False)


async def _database(case: Case, *, whole: bool) -> Finding:
    if case.failing:
        return fault(case.failing, "请检查磁盘；电话和紧急键不受影响，记录在内存里等")
    try:
        found = await examine(case.database_url, whole=whole)
    except LedgerFailing as failing:
        return fault(
            failing.why.rstrip("。"),
            "请检查磁盘、权限与数据库服务；文件坏了请从备份恢复。电话和紧急键不受影响",
        )
    if found is None:
        return well("还没有，首次启动时建立")
    return _judged(found, asked=whole)


def _judged(found: Examined, *, asked: bool) -> Finding:
    told = f"{'SQLite' if found.kind == 'sqlite' else 'PostgreSQL'} {found.version}"
    if found.whole is False:
        return fault(f"{told}，文件已损坏", "请停下系统，从最近的备份恢复；先另存坏了的文件")
    if found.revision is None:
        return warn(f"{told}，还没有表", "运行 ./jiesu up 会建立")
    if found.revision != found.wanted:
        return warn(
            f"{told}，表的版本 {found.revision} 与程序的 {found.wanted} 不同",
            "运行 ./jiesu up 会升级（先自动备份）；程序比数据库旧时请换用更新的接诉台",
        )
    if found.kind == "postgresql":
        return well(f"{told}，可读，表的版本 {found.revision}；完整性由数据库服务自己检查")
    if not asked:
        return well(f"{told}，可读，表的版本 {found.revision}")
    seen = "没有坏页" if found.whole else "太大，没有逐页查完"
    return well(f"{told}，{seen}，表的版本 {found.revision}")


def disk(case: Case) -> Finding:
    """Free space where DATA and the recordings lie; the threshold is [keep] low_disk_gb."""
    least = case.site.keep.low_disk_gb
    places = _devices((case.settings.data, folder_of(case.settings)))
    free = {place: shutil.disk_usage(place).free for place in places}
    told = "；".join(f"{place} 剩余 {bytes_ / GB:.1f} GB" for place, bytes_ in free.items())
    told = f"{told}（下限 {least} GB）"
    lowest = min(free.values())
    if lowest < least * GB:
        return fault(told, "请腾出空间：录音先停、最旧的先删，电话和紧急键不受影响")
    if lowest < _SPARE * least * GB:
        return warn(told, f"不到下限的 {_SPARE} 倍，请尽早清理或扩充")
    return well(told)


def attachments(case: Case) -> Finding:
    """How many there are, whether any lies in clear, and what looks at them for viruses."""
    found = shelved(case.settings.data)
    told = f"{found.count} 个 {in_gb(found.bytes)}" if found.count else "还没有附件"
    scanner = case.site.keep.scan_command
    if scanner and shutil.which(scanner[0]) is None:
        return fault(
            f"{told}；查毒程序 {scanner[0]} 找不到，附件一律不收",
            "请安装它，或改 site.toml 的 [keep] scan_command",
        )
    told += f"；用 {Path(scanner[0]).name} 查毒" if scanner else "；未配置病毒扫描"
    if found.in_clear:
        return warn(
            f"{told}；{found.in_clear} 个是旧版本留下的，还没有加密",
            "启动后会逐个加密；一直不减少，请看磁盘是否已满",
        )
    return well(told, "" if scanner else "需要时写 site.toml 的 [keep] scan_command")


def _devices(paths: Sequence[Path]) -> list[Path]:
    """The nearest folders that exist, one for each disk."""
    by_device: dict[int, Path] = {}
    for path in paths:
        place = next(one for one in (path, *path.parents) if one.exists())
        by_device.setdefault(place.stat().st_dev, place)
    return list(by_device.values())


def recordings(case: Case) -> Finding:
    """How much of their quota the recordings take: [keep] recordings_gb."""
    if not case.site.recording.enabled:
        return well("未启用（site.toml 的 [recording] enabled = false）")
    files = all_in(folder_of(case.settings))
    size = sum(one.bytes for one in files)
    most, days = case.site.keep.recordings_gb, case.site.keep.recordings_days
    keeps = f"保存 {days} 天" if days else "不限天数"
    told = f"{len(files)} 段 {in_gb(size)}，上限 {f'{most} GB' if most else '不限'}，{keeps}"
    if most and size > _NEARLY * most * GB:
        return warn(told, "接近上限，最旧的会先删：请先备份，或调高 [keep] recordings_gb")
    return well(told)


def local(moment: dt.datetime) -> str:
    """As people here read it."""
    return moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
