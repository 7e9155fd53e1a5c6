"""``./jiesu backup``: one file with everything a hotline needs to come back, made while it runs.

The database is copied as one picture; queue_log is copied after it, so that what ended in between
is found in the log by whoever restores. The field key goes with it unless it is asked not to.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import fcntl
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hotline.errors import HotlineError
from hotline.policy import ZONE
from ledger.backup import Copied, copy_database, database_bytes
from ledger.store import open_ledger
from switchboard.attachments import shelved
from switchboard.backup_archive import Manifest, Member, Source, write_archive
from switchboard.backup_told import Backup, LastBackup, in_gb, note, now_text, sentence_of
from switchboard.clock import utc_now
from switchboard.recordings import all_in, folder_of, is_whole
from switchboard.refusals import Refusal
from switchboard.running import make_private
from switchboard.secrets_file import load_secrets
from switchboard.settings import Settings
from switchboard.site import Site, load_site
from switchboard.site_keep import MB
from switchboard.versions import CODE_VERSION

NAME: Final = re.compile(r"jiesu-backup-\d{8}-\d{6}\.tar\.gz")
QUEUE_LOG: Final = "asterisk/log/queue_log"
RECORDINGS: Final = "asterisk/recordings"
SPARE: Final = 64 * MB
"""What stays free beside a backup."""
_LEFT_OUT: Final = frozenset({"run", "log", "backups", "recordings", "asterisk", "cache", "search"})
_SECRET: Final = frozenset({"secrets.json", "users.txt"})
_SECRET_ENDS: Final = frozenset({".key", ".pem", ".p12"})
_PASSWORDS: Final = re.compile(r"^(\s*)(password|url)(\s*=).*$", re.MULTILINE)


class CannotBackUp(Refusal):
    """One Chinese sentence: why there is no backup."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is wanted: where (None: the usual place, where old ones give way), with what."""

    to: Path | None = None
    recordings: bool = False
    secrets: bool = True
    by: str = "command"


def place_of(settings: Settings, site: Site) -> Path:
    """Where backups go that nobody sends elsewhere."""
    return Path(site.keep.backup_to) if site.keep.backup_to else settings.data / "backups"


async def back_up(settings: Settings, wish: Wish) -> Backup:
    """Make a backup and note how it went. Raises a Refusal or HotlineError with its sentence."""
    try:
        done = await _back_up(settings, wish)
    except (Refusal, HotlineError, OSError) as failed:
        note(settings, LastBackup(at=now_text(), ok=False, by=wish.by, why=sentence_of(failed)))
        raise
    note(
        settings,
        LastBackup(at=now_text(), ok=True, by=wish.by, file=str(done.file), bytes=done.bytes),
    )
    return done


async def _back_up(settings: Settings, wish: Wish) -> Backup:
    site = load_site(settings.site_file)
    url = database_url(settings, site)
    usual = place_of(settings, site)
    folder = wish.to.expanduser().absolute() if wish.to else usual
    with _alone(settings):
        await asyncio.to_thread(_make_place, folder)
        await asyncio.to_thread(
            _refuse_small_disk, folder, settings, wish, await database_bytes(url)
        )
        await asyncio.to_thread(_refuse_clear, settings, wish)
        with _work(folder) as work:
            copied = await copy_database(url, work)
            taken = _Taken(settings, wish, copied, work)
            target = _free_name(folder)
            manifest = await asyncio.to_thread(write_archive, target, taken.sources, taken.manifest)
        dropped = _drop_old(folder, site.keep.backups) if folder == usual else ()
        await _audited(settings, url, wish, target)
    return Backup(
        file=target,
        bytes=target.stat().st_size,
        manifest=manifest,
        recordings=sum(one.name.startswith(RECORDINGS) for one in manifest.members),
        recordings_left=taken.left,
        bytes_left=taken.bytes_left,
        dropped=dropped,
    )


def database_url(settings: Settings, site: Site) -> str:
    """Where this DATA's ledger is. Raises CannotBackUp where there is none."""
    if not settings.data.is_dir() or not (site.database.url or settings.database_file.exists()):
        raise CannotBackUp(
            f"{settings.data} 没有可备份的系统：请用 --data 指明，或先运行 ./jiesu up。"
        )
    return settings.database_url(site.database.url)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    make_private(settings.run)
    with (settings.run / "backup.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotBackUp("另一个备份正在进行：请等它结束。") from None
        yield


def _make_place(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as refused:
        raise CannotBackUp(
            f"不能写 {folder}（{refused.strerror}）：请用 --to 指定一个可写的目录。"
        ) from refused
    for left in folder.glob("jiesu-backup-*.tar.gz.part"):
        left.unlink(missing_ok=True)
    for left in folder.glob(".jiesu-backup-*.work"):
        shutil.rmtree(left, ignore_errors=True)


def _refuse_clear(settings: Settings, wish: Wish) -> None:
    """What goes out without the key is for others to keep: nothing in it may be readable."""
    in_clear = 0 if wish.secrets else shelved(settings.data).in_clear
    if in_clear:
        raise CannotBackUp(
            f"还有 {in_clear} 个附件没有加密（旧版本留下的），不能不带密钥地交给别人："
            "请先 ./jiesu up，等系统状态的“附件”一行不再提到它们。"
        )


@contextmanager
def _work(folder: Path) -> Iterator[Path]:
    work = Path(tempfile.mkdtemp(".work", ".jiesu-backup-", folder))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _refuse_small_disk(folder: Path, settings: Settings, wish: Wish, database: int) -> None:
    sizes = [path.stat().st_size for path in plain_files(settings.data)]
    if wish.recordings:
        sizes += [one.bytes for one in all_in(folder_of(settings))]
    needed = 2 * database + sum(sizes) + SPARE
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise CannotBackUp(
            f"磁盘空间不够：备份约需 {in_gb(needed)}，{folder} 只剩 {in_gb(free)}。"
            "请清理，或用 --to 指定另一块盘。"
        )


def plain_files(data: Path) -> list[Path]:
    """The small files of DATA: settings, keys, packs, sounds; whatever an operator put there."""
    found = []
    for top in sorted(data.iterdir()):
        if top.name in _LEFT_OUT or top.name.startswith((".", "jiesu.db")) or top.is_symlink():
            continue
        inside = sorted(top.rglob("*")) if top.is_dir() else [top]
        found += [path for path in inside if path.is_file() and not path.is_symlink()]
    return found


def is_secret(name: str) -> bool:
    """Whether a file of DATA opens something by itself."""
    path = Path(name)
    return path.name in _SECRET or path.suffix in _SECRET_ENDS


class _Taken:
    """What goes in: listed after the database was copied, so that the log is not older than it."""

    def __init__(self, settings: Settings, wish: Wish, copied: Copied, work: Path) -> None:
        self._settings = settings
        self._wish = wish
        self._copied = copied
        self._skipped: list[str] = []
        self.left = self.bytes_left = 0
        self.sources = [
            *(Source(str(path.relative_to(work)), path) for path in copied.files),
            *self._settings_files(work),
            *_queue_logs(settings, work),
            *self._recordings(),
        ]

    def manifest(self, members: tuple[Member, ...]) -> Manifest:
        city = self._settings.data / "city"
        return Manifest(
            made_at=now_text(),
            program=CODE_VERSION,
            city=city.read_text("utf-8").strip() if city.exists() else "",
            database=self._copied.kind,
            schema=self._copied.revision,
            journal_seq=self._copied.journal_seq,
            tables=dict(self._copied.tables),
            members=members,
            skipped=tuple(self._skipped),
            secrets=self._wish.secrets,
            recordings=self._wish.recordings,
        )

    def _settings_files(self, work: Path) -> Iterator[Source]:
        for path in plain_files(self._settings.data):
            name = str(path.relative_to(self._settings.data))
            if self._wish.secrets:
                yield Source(name, path)
            elif name == "site.toml":
                bare = work / "site.toml"
                bare.write_text(without_passwords(path.read_text("utf-8")), "utf-8")
                yield Source(name, bare)
            elif not is_secret(name):
                yield Source(name, path)

    def _recordings(self) -> list[Source]:
        found = all_in(folder_of(self._settings))
        if not self._wish.recordings:
            self.left, self.bytes_left = len(found), sum(one.bytes for one in found)
            return []
        whole = [one for one in found if is_whole(one.path)]
        self._skipped = [f"{RECORDINGS}/{one.path.name}" for one in found if one not in whole]
        return [Source(f"{RECORDINGS}/{one.path.name}", one.path) for one in whole]


def without_passwords(site: str) -> str:
    """site.toml with its passwords and database addresses commented out."""
    return _PASSWORDS.sub(r"\1# \2\3 （备份时略去）", site)


def _queue_logs(settings: Settings, work: Path) -> Iterator[Source]:
    """queue_log and its older parts; the one being written is cut after its last whole line."""
    folder = settings.asterisk / "log"
    for path in sorted(folder.glob("queue_log*")):
        name = f"asterisk/log/{path.name}"
        if path.name != "queue_log":
            yield Source(name, path)
            continue
        with contextlib.suppress(FileNotFoundError):
            content = path.read_bytes()
            cut = work / "queue_log"
            cut.write_bytes(content[: content.rfind(b"\n") + 1])
            yield Source(name, cut)


def _free_name(folder: Path) -> Path:
    at = utc_now().astimezone(ZONE)
    while True:
        target = folder / f"jiesu-backup-{at:%Y%m%d-%H%M%S}.tar.gz"
        if not target.exists():
            return target
        at += dt.timedelta(seconds=1)


def _drop_old(folder: Path, keep: int) -> tuple[str, ...]:
    found = sorted(path for path in folder.iterdir() if NAME.fullmatch(path.name))
    old = found[:-keep]
    for path in old:
        path.unlink(missing_ok=True)
    return tuple(path.name for path in old)


async def _audited(settings: Settings, url: str, wish: Wish, target: Path) -> None:
    """A copy of everything has left the house: that is written down."""
    async with open_ledger(
        url,
        field_key=load_secrets(settings.secrets_file).field_key,
        clock=utc_now,
        code_version=CODE_VERSION,
        city="",
    ) as ledger:
        detail = {"secrets": wish.secrets, "recordings": wish.recordings, "by": wish.by}
        await ledger.audit.record("system", "backup-made", target.name, detail)
