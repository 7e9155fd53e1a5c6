"""What is told about a backup: at the terminal, to a program, and on 系统状态 afterwards."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from switchboard.backup_archive import Manifest
from switchboard.clock import utc_now
from switchboard.settings import Settings
from switchboard.site_keep import GB, MB

COUNTED: Final = {"tickets": "工单", "calls": "通话", "users": "用户"}
"""The tables whose rows people know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup that was made. ``recordings_left`` and ``bytes_left``: those not in it."""

    file: Path
    bytes: int
    manifest: Manifest
    recordings: int
    recordings_left: int
    bytes_left: int
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LastBackup:
    """How the last try ended: DATA/backups/last.json. ``why`` is a sentence when it failed."""

    at: str
    ok: bool
    by: str
    file: str = ""
    bytes: int = 0
    why: str = ""


def last_backup(settings: Settings) -> LastBackup | None:
    """How the last try ended; None when there was none."""
    try:
        found = json.loads((settings.data / "backups" / "last.json").read_text("utf-8"))
        return LastBackup(**found)
    except (OSError, ValueError, TypeError):
        return None


def note(settings: Settings, last: LastBackup) -> None:
    # The note is for 系统状态; a disk too full for it must not hide why the backup failed.
    with contextlib.suppress(OSError):
        file = settings.data / "backups" / "last.json"
        if not settings.data.is_dir():
            return
        file.parent.mkdir(exist_ok=True, mode=0o700)
        draft = file.with_name("last.json.part")
        draft.write_text(json.dumps(asdict(last), ensure_ascii=False), "utf-8")
        draft.replace(file)


def sentence_of(failed: Exception) -> str:
    if isinstance(failed, OSError):
        return f"读写 {failed.filename} 失败（{failed.strerror}）：请检查权限和磁盘空间。"
    return str(failed)


def now_text() -> str:
    return utc_now().isoformat(timespec="seconds")


def in_gb(size: int) -> str:
    """A size as people read it."""
    if size >= GB:
        return f"{size / GB:.1f} GB"
    return f"{size / MB:.1f} MB" if size >= MB else f"{size / 1024:.0f} KB"


def in_words(done: Backup) -> str:
    """What is said when a backup was made."""
    manifest = done.manifest
    counts = manifest.tables
    counted = [f"{name} {counts.get(table, 0)}" for table, name in COUNTED.items()]
    lines = [
        f"备份完成：{done.file}（{in_gb(done.bytes)}，{len(manifest.members)} 个文件）",
        f"数据库到第 {manifest.journal_seq} 条事实：{'，'.join(counted)}。",
        *_recordings_line(done),
    ]
    if manifest.secrets:
        lines.append(
            "注意：文件里有字段密钥和各处密码，拿到它就能读出号码与诉求，请像钥匙一样保管；"
            "不想带上密钥用 --without-secrets。"
        )
    else:
        lines.append(
            "文件里没有密钥和密码：恢复之后要放回原来的 secrets.json，"
            "否则号码、诉求和附件读不出来。"
        )
    if done.dropped:
        lines.append(f"更早的备份已删除：{'、'.join(done.dropped)}。")
    return "\n".join(lines)


def _recordings_line(done: Backup) -> Sequence[str]:
    if done.manifest.recordings:
        still = len(done.manifest.skipped)
        open_ones = f"；正在录的 {still} 段没有带上，清单里写明" if still else ""
        return [f"录音 {done.recordings} 段{open_ones}。"]
    if done.recordings_left:
        size = in_gb(done.bytes_left)
        return [f"录音 {done.recordings_left} 段、{size} 不在里面：加 --recordings 一并备份。"]
    return []


def as_json(done: Backup) -> str:
    """The same for a program."""
    manifest = replace(done.manifest, members=())
    return json.dumps(
        {
            "file": str(done.file),
            "bytes": done.bytes,
            "files": len(done.manifest.members),
            "recordings": done.recordings,
            "recordings_left": done.recordings_left,
            "dropped": list(done.dropped),
            **{key: value for key, value in asdict(manifest).items() if key not in _NOT_TOLD},
            "skipped": list(manifest.skipped),
        },
        ensure_ascii=False,
        indent=1,
    )


_NOT_TOLD: Final = frozenset({"members", "skipped", "recordings"})
