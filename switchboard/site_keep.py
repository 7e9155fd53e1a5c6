"""[keep] of site.toml: how long and how much is kept, and when the backup is made.

The shipped packs and the documents behind them set no time for keeping recordings, call records or
logs: the defaults here are ours, and a city puts its own in their place.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from switchboard import site_values as read
from switchboard.site_values import setting

GB: Final = 1024**3
MB: Final = 1024**2
_MOST_PARTS: Final = 20


def clock_time(value: object) -> str:
    """``"03:30"``, or empty for never."""
    found = read.text(value)
    if found:
        try:
            dt.datetime.strptime(found, "%H:%M")  # noqa: DTZ007 - a time of day has no zone
        except ValueError:
            raise ValueError('应为时刻，例如 "03:30"，留空为不做') from None
    return found


def folder(value: object) -> str:
    """An absolute path, or empty."""
    found = read.text(value)
    if found and not Path(found).is_absolute():
        raise ValueError('应为绝对路径，例如 "/mnt/backup"，或留空')
    return found


def command(value: object) -> tuple[str, ...]:
    """A program and its arguments, run without a shell; empty for none."""
    if not isinstance(value, list) or len(value) > _MOST_PARTS:
        raise ValueError('应为方括号中的列表，例如 ["clamdscan", "--no-summary", "-"]，或留空')
    parts = tuple(read.text(one) for one in value)
    if not all(parts):
        raise ValueError("其中不能有空的项")
    return parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Backups, recordings, attachments, records of the exchange, logs. 0 days or GB: no limit."""

    backup_at: str = setting("03:30", clock_time, "每天自动备份的时刻（北京时间）；留空不自动备份")
    backup_to: str = setting(
        "", folder, "自动备份放在哪里（最好是另一块盘）；留空为 DATA/backups，一套系统一个目录"
    )
    backups: int = setting(7, read.whole(1, 365), "保留最近几份自动备份，更早的删除")
    backup_recordings: bool = setting(False, read.flag, "自动备份是否带上录音（体积大）")
    recordings_days: int = setting(
        180, read.whole(0, 36500), "录音保存天数，0 为不限；办法未规定，按本市要求改"
    )
    recordings_gb: int = setting(50, read.whole(0, 1_000_000), "录音总量上限（GB），0 为不限")
    records_days: int = setting(
        180, read.whole(0, 36500), "queue_log 与 CDR（含来电号码）保存天数，0 为不限；办法未规定"
    )
    logs_days: int = setting(30, read.whole(0, 36500), "各进程日志保存天数，0 为不限")
    rotate_mb: int = setting(
        20, read.whole(1, 1000), "日志、queue_log、CDR 写到多大（MB）就换新文件"
    )
    scan_command: tuple[str, ...] = setting(
        (),
        command,
        "附件查毒命令和参数，退出码 0 无毒、1 有毒；文件从标准输入给它，或在参数里写 {file}",
    )
    scan_s: int = setting(60, read.whole(1, 600), "查一个附件最多几秒；查不成的不收")
    attachment_mb: int = setting(
        20, read.whole(1, 200), "工单附件一个最大多少 MB；附件不删除，随备份一起保存"
    )
    low_disk_gb: int = setting(
        2, read.whole(0, 10_000), "磁盘剩余低于此数（GB）时，最旧的录音先删；0 为不管"
    )
