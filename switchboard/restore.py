"""``./jiesu restore``: a backup becomes a DATA again.

Every hash is compared first. Then everything is laid out in a folder beside DATA, and only when it
is whole does that folder get DATA's name; what was there before is moved aside, never deleted.
Killed at any moment, DATA is either as it was, or away with both folders beside it.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hotline.policy import ZONE
from ledger.backup import POSTGRES_FOLDER, examine_sqlite
from ledger.restore import load_postgres, refuse_newer
from switchboard.backup import QUEUE_LOG, RECORDINGS, SPARE
from switchboard.backup_archive import BadArchive, Manifest, extract, verify
from switchboard.backup_told import COUNTED, in_gb
from switchboard.clock import utc_now
from switchboard.refusals import Refusal
from switchboard.running import NotRunning, running_system
from switchboard.settings import Settings
from switchboard.site import load_site

HALF: Final = ".restoring"


class CannotRestore(Refusal):
    """One Chinese sentence: why nothing was restored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The archive; whether what is there may be moved aside; another PostgreSQL than the backup's
    own, "" for that."""

    file: Path
    replace: bool = False
    database: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was brought back, and where the old DATA and the old tables now are."""

    data: Path
    manifest: Manifest
    aside: Path | None = None
    schema_aside: str | None = None


async def restore(settings: Settings, wish: Wish) -> Restored:
    """Bring a backup back into DATA. Raises a Refusal or HotlineError; DATA is then as it was."""
    data = settings.data
    file = wish.file.expanduser().absolute()
    _refuse_running(settings)
    _refuse_full(data, replace=wish.replace)
    manifest = await asyncio.to_thread(verify, file)
    _refuse_shape(file, manifest, wish)
    _refuse_small_disk(data, manifest)
    half = data.with_name(f".{data.name}{HALF}")
    with _alone(half):
        try:
            await asyncio.to_thread(extract, file, manifest, half)
            schema_aside = await _database(half, manifest, wish)
            _refuse_running(settings)
            aside = await asyncio.to_thread(_take_place, half, data)
        except BaseException:
            shutil.rmtree(half, ignore_errors=True)
            raise
    return Restored(data=data, manifest=manifest, aside=aside, schema_aside=schema_aside)


def _refuse_running(settings: Settings) -> None:
    with contextlib.suppress(NotRunning):
        running_system(settings.run)
        raise CannotRestore(
            f"{settings.data} 的系统正在运行：请先在它的终端按 Ctrl-C，或用 --data 恢复到别处。"
        )


def _refuse_full(data: Path, *, replace: bool) -> None:
    if data.is_symlink() or (data.exists() and not data.is_dir()):
        raise CannotRestore(f"{data} 不是普通的目录：请用 --data 指定另一个。")
    if not replace and data.is_dir() and any(data.iterdir()):
        raise CannotRestore(
            f"{data} 里已有内容：加 --replace 会把它原样移到旁边再恢复，或用 --data 恢复到别处。"
        )


def _refuse_shape(file: Path, manifest: Manifest, wish: Wish) -> None:
    refuse_newer(manifest.schema)
    names = {one.name for one in manifest.members}
    database = "jiesu.db" if manifest.database == "sqlite" else f"{POSTGRES_FOLDER}/journal.csv"
    if manifest.database not in {"sqlite", "postgresql"} or database not in names:
        raise BadArchive(f"{file} 里没有数据库：请换一份备份。")
    ours = (RECORDINGS, QUEUE_LOG)
    for name in names:
        if name.split("/")[0] in {"run", "backups", "log"} or (
            name.startswith("asterisk/") and not name.startswith(ours)
        ):
            raise BadArchive(f"{file} 中的“{name}”不该在备份里，没有恢复任何内容。")
    if wish.database and manifest.database == "sqlite":
        raise CannotRestore("这份备份是本机文件数据库：去掉 --database 再恢复。")


def _refuse_small_disk(data: Path, manifest: Manifest) -> None:
    place = next(path for path in data.parents if path.exists())
    free, needed = shutil.disk_usage(place).free, manifest.size + SPARE
    if free < needed:
        raise CannotRestore(
            f"磁盘空间不够：恢复约需 {in_gb(needed)}，{place} 只剩 {in_gb(free)}。"
            "请清理，或用 --data 恢复到另一块盘。"
        )


@contextmanager
def _alone(half: Path) -> Iterator[None]:
    """One restore of a DATA at a time; what a killed one left is cleared away."""
    try:
        half.parent.mkdir(parents=True, exist_ok=True)
        lock = half.with_name(half.name + ".lock").open("a")
    except OSError as refused:
        raise CannotRestore(
            f"不能写 {half.parent}（{refused.strerror}）：请用 --data 指定一个可写的地方。"
        ) from refused
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotRestore("另一个恢复正在进行：请等它结束。") from None
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        yield
        Path(lock.name).unlink(missing_ok=True)


async def _database(half: Path, manifest: Manifest, wish: Wish) -> str | None:
    """Look whether the copy holds what the manifest says; load it where it is a server's."""
    if manifest.database == "sqlite":
        found = await asyncio.to_thread(examine_sqlite, half / "jiesu.db")
        if dict(found.tables) != dict(manifest.tables):
            raise BadArchive(f"{wish.file} 里数据库的行数与清单不符，没有恢复任何内容。")
        return None
    url = wish.database or load_site(half / "site.toml").database.url
    if not url:
        raise CannotRestore(
            "备份里没有数据库地址：用 --database postgresql+asyncpg://用户:密码@主机/库名 写明。"
        )
    schema = f"before_restore_{utc_now():%Y%m%d%H%M%S}" if wish.replace else None
    await load_postgres(
        url,
        half / POSTGRES_FOLDER,
        revision=manifest.schema,
        tables=manifest.tables,
        now=utc_now(),
        aside=schema,
    )
    await asyncio.to_thread(shutil.rmtree, half / POSTGRES_FOLDER)
    return schema


def _take_place(half: Path, data: Path) -> Path | None:
    aside = None
    if data.is_dir():
        if any(data.iterdir()):
            stamp = utc_now().astimezone(ZONE)
            aside = data.with_name(f"{data.name}.before-restore-{stamp:%Y%m%d-%H%M%S}")
            _rename(data, aside)
        else:
            data.rmdir()
    _rename(half, data)
    return aside


def _rename(old: Path, new: Path) -> None:
    try:
        old.rename(new)
    except OSError as refused:
        raise CannotRestore(
            f"不能把 {old} 改名为 {new}（{refused.strerror}）：它可能是一个挂载点，"
            "请用 --data 恢复到它下面的一个新目录。"
        ) from refused


def in_words(done: Restored) -> str:
    """What is said when a backup was brought back."""
    manifest = done.manifest
    counts = manifest.tables
    recordings = sum(one.name.startswith(RECORDINGS) for one in manifest.members)
    made = dt.datetime.fromisoformat(manifest.made_at).astimezone(ZONE)
    named = [f"{name} {counts.get(table, 0)}" for table, name in COUNTED.items()]
    lines = [
        f"已恢复到 {done.data}：{made:%Y-%m-%d %H:%M} 的备份。",
        f"{len(manifest.members)} 个文件逐个核对无误，其中录音 {recordings} 段。",
        f"数据库到第 {manifest.journal_seq} 条事实：{'，'.join(named)}。",
    ]
    if done.aside is not None:
        lines.append(f"原来的目录在 {done.aside}，确认无误后可以自行删除。")
    if done.schema_aside is not None:
        lines.append(f"原来的表（如果有）在数据库的 {done.schema_aside} 模式里。")
    if not manifest.secrets:
        lines.append(
            f"备份里没有密钥：请把原来的 secrets.json 放进 {done.data} 再启动，"
            "否则号码、诉求和附件读不出来。"
        )
    lines.append(f"启动：./jiesu up --data {done.data}")
    return "\n".join(lines)
