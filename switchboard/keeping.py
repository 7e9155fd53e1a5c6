"""What the running system does by itself to keep what it must and let go of the rest ([keep] of
site.toml): recordings, logs and records of the exchange, snapshots, and the daily backup.

Calls never wait for any of it: files are handled in threads, the backup is a process of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import os
import shutil
import sys
from collections.abc import Callable, Collection, Sequence
from typing import Final

from agent_desk.ports import Doctor
from agent_desk.views import Check
from asterisk_conf.errors import ExchangeFailed
from hotline.errors import HotlineError
from hotline.handling_words import FINAL
from hotline.policy import ZONE
from hotline.words import CallId
from hotline.world import World
from ledger.holds import held_calls
from ledger.store import Ledger
from switchboard.backup_told import LastBackup, last_backup, note
from switchboard.bridge import BOOKMARK
from switchboard.keeping_logs import LogPlaces, drop_old, pack, put_away
from switchboard.keeping_recordings import Recordings
from switchboard.recordings import folder_of
from switchboard.settings import Settings
from switchboard.site_keep import Keep

log = logging.getLogger(__name__)

TICK_S: Final = 20.0
RECORDINGS_EVERY_S: Final = 300.0
LOGS_EVERY_S: Final = 600.0
SESSIONS_KEPT: Final = dt.timedelta(days=1)
"""How long a log-in that is over, and a wrong try, stay in their tables."""
CLOSED_TICKETS: Final = frozenset(stage.value for stage in FINAL)
"""The statuses of a ticket that is done with: until then it keeps its recording."""


class Keeper:
    """Run it beside the server; ``checks`` are its lines on 系统状态."""

    def __init__(
        self,
        settings: Settings,
        keep: Keep,
        ledger: Ledger,
        world: Callable[[], World],
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._settings = settings
        self._keep = keep
        self._ledger = ledger
        self._world = world
        self._clock = clock
        self._began = clock()
        self._places = LogPlaces.of(settings)
        self._due: dict[str, dt.datetime] = {}
        self._child: asyncio.Task[None] | None = None
        self.recordings = Recordings(folder_of(settings), keep, ledger.audit, self._held, clock)

    async def run(self) -> None:
        """Until cancelled. What fails is tried again; nothing of it may end the server."""
        try:
            while True:
                for work in (self._sweep, self.logs, self._snapshots, self.sessions, self._backup):
                    try:
                        await work()
                    except (HotlineError, OSError) as failed:
                        about = {"work": work.__name__, "kind": type(failed).__name__}
                        log.warning("keeping failed", extra=about)
                await asyncio.sleep(TICK_S)
        finally:
            if self._child is not None:
                self._child.cancel()

    def _turn(self, what: str, every_s: float) -> bool:
        now = self._clock()
        if now < self._due.get(what, now):
            return False
        self._due[what] = now + dt.timedelta(seconds=every_s)
        return True

    # ------------------------------------------------------------------------------- recordings
    async def _sweep(self) -> None:
        low = self.recordings.folder.is_dir() and self.recordings.is_low()
        if self._turn("recordings", RECORDINGS_EVERY_S) or low:
            await self.recordings.sweep()

    async def _held(self, calls: Collection[CallId]) -> set[CallId]:
        live = {call for call in calls if call in self._world().calls}
        return live | await held_calls(self._ledger.database, calls, closed=CLOSED_TICKETS)

    # ------------------------------------------------------------------------------------- logs
    async def logs(self) -> None:
        """Put away, pack, delete: what is due."""
        if not self._turn("logs", LOGS_EVERY_S):
            return
        with contextlib.suppress(ExchangeFailed):  # it is away; its logs do not grow meanwhile
            await put_away(self._places, self._keep, self._clock())
        bookmark = int(await self._ledger.bookmarks.get(BOOKMARK) or 0)
        await asyncio.to_thread(pack, self._places, bookmark)
        await asyncio.to_thread(drop_old, self._places, self._keep, bookmark)

    async def _snapshots(self) -> None:
        if self._turn("snapshots", 3600.0):
            await self._ledger.streams.drop_snapshots()

    async def sessions(self) -> None:
        """Log-ins that ended and wrong tries of yesterday: the audit book has what lasts."""
        if self._turn("sessions", 3600.0):
            await self._ledger.accounts.tidy(self._clock() - SESSIONS_KEPT)

    # ----------------------------------------------------------------------------------- backup
    async def _backup(self) -> None:
        idle = self._child is None or self._child.done()
        if idle and self._keep.backup_at and self.backup_is_due():
            # Recordings are looked after while it runs: it may be what fills the disk.
            self._child = asyncio.create_task(self.back_up(), name="backup")

    def backup_is_due(self) -> bool:
        """Whether the time of today, or of a day slept through, has come since the last try."""
        last = last_backup(self._settings)
        since = dt.datetime.fromisoformat(last.at) if last is not None else self._began
        return since < self._last_time() <= self._clock()

    def _last_time(self) -> dt.datetime:
        hour, minute = (int(part) for part in self._keep.backup_at.split(":"))
        now = self._clock().astimezone(ZONE)
        today = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        return today if today <= now else today - dt.timedelta(days=1)

    async def back_up(self) -> None:
        """The backup of the day, by a process of its own with low priority."""
        began = self._clock()
        command = [sys.executable, "-P", "-m", "switchboard.cli", "backup", "--automatic"]
        command += ["--data", str(self._settings.data)]
        command += ["--recordings"] if self._keep.backup_recordings else []
        polite = shutil.which("nice")
        process = await asyncio.create_subprocess_exec(
            *([polite, "-n", "10"] if polite else []),
            *command,
            cwd=self._settings.root,
            env={**os.environ, "PYTHONPATH": str(self._settings.root), "PYTHONUTF8": "1"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            process.terminate()
            raise
        last = last_backup(self._settings)
        if last is None or dt.datetime.fromisoformat(last.at) < began.replace(microsecond=0):
            why = "备份进程没有做完就结束了。"
            at = self._clock().isoformat(timespec="seconds")
            note(self._settings, LastBackup(at=at, ok=False, by="automatic", why=why))
        log.info("automatic backup ended", extra={"exit_code": code})

    # ------------------------------------------------------------------------------- 系统状态
    def check(self) -> Check:
        """What had to go since the start, and whether that was enough."""
        kept = self.recordings
        words = {"days": "到期", "quota": "超过总量上限", "disk": "磁盘将满"}
        gone = [f"{words[why]} {count} 段" for why, count in kept.removed.items()]
        now = f"启动以来清除录音：{'，'.join(gone)}" if gone else "启动以来没有清除录音"
        if kept.low_since is not None:
            full = f"{now}；磁盘剩余低于 {self._keep.low_disk_gb} GB，能清除的录音已全部清除"
            return Check(part="录音清理", state="fault", now=full, do=_FULL)
        if "disk" in kept.removed:
            return Check(part="录音清理", state="warn", now=now, do="最旧的录音先删：请扩充磁盘")
        return Check(part="录音清理", state="ok", now=now)


_FULL: Final = "请清理或扩充磁盘：再满下去新的通话录不了音，电话照常接听"


class KeptHealth:
    """Implements :class:`agent_desk.ports.Doctor`: another's lines and the keeper's."""

    def __init__(self, others: Doctor, keeper: Keeper) -> None:
        self._others = others
        self._keeper = keeper

    async def checks(self) -> Sequence[Check]:
        """Every part."""
        return [*await self._others.checks(), self._keeper.check()]

    async def examine(self) -> None:
        """Thoroughly: the others; what is kept is always known."""
        await self._others.examine()
