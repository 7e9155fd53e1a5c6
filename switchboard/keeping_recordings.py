"""Which recordings go: those whose time is over, the oldest beyond the quota, and the oldest when
the disk runs low. Never one somebody still works on. Every one that goes is in the audit book."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import os
import shutil
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from hotline.words import CallId
from ledger.audit import Audit
from ledger.errors import LedgerFailing
from switchboard.recordings import RecordingFile, all_in, is_whole
from switchboard.site_keep import GB, Keep

log = logging.getLogger(__name__)

Why = Literal["days", "quota", "disk"]
REMOVED: Final = "recording-removed"
_AT_ONCE: Final = 200
_MOST: Final = 500
_NEVER_CLOSED_S: Final = 86400.0
"""A recording that was not written to for a day will not be closed any more: Asterisk died."""

Holds = Callable[[Collection[CallId]], Awaitable[set[CallId]]]


@dataclass(slots=True)
class Recordings:
    """The recordings of one exchange and what became of them since the start."""

    folder: Path
    keep: Keep
    audit: Audit
    holds: Holds
    clock: Callable[[], dt.datetime]
    free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free
    count: int = 0
    bytes: int = 0
    removed: dict[Why, int] = field(default_factory=dict)
    low_since: dt.datetime | None = None
    """Since when the disk is below the mark though everything that may go is gone."""
    _unwritten: list[tuple[CallId, Why, int]] = field(default_factory=list)

    def is_low(self) -> bool:
        """Whether the disk is below the mark."""
        return self.free(self.folder) < self.keep.low_disk_gb * GB

    async def sweep(self) -> int:
        """Remove what has to go, at most some hundreds; how many went."""
        if not self.folder.is_dir():
            return 0
        if not os.access(self.folder, os.W_OK):
            # Of another user: nothing could be removed, and the book must not say it was.
            log.warning("recordings cannot be removed", extra={"folder": str(self.folder)})
            return 0
        await self._write_down()
        files = await asyncio.to_thread(all_in, self.folder)
        state = _State(
            self.keep, self.clock(), sum(one.bytes for one in files), self.free(self.folder)
        )
        gone = 0
        for start in range(0, len(files), _AT_ONCE):
            some = files[start : start + _AT_ONCE]
            if state.why(some[0]) is None or gone >= _MOST:
                break
            held = await self.holds([one.call for one in some])
            for one in some:
                why = state.why(one)
                if why is None or gone >= _MOST:
                    break
                if one.call not in held and self._closed(one) and await self._remove(one, why):
                    state.gone(one)
                    gone += 1
        self.count, self.bytes = len(files) - gone, state.total
        still_low = state.free < self.keep.low_disk_gb * GB
        self.low_since = (self.low_since or self.clock()) if still_low else None
        return gone

    def _closed(self, one: RecordingFile) -> bool:
        return is_whole(one.path) or self.clock().timestamp() - one.at > _NEVER_CLOSED_S

    async def _remove(self, one: RecordingFile, why: Why) -> bool:
        """First the book, then the file; on a full disk the other way round, or neither could be
        written again."""
        try:
            await self._record(one.call, why, one.bytes)
        except LedgerFailing:
            if why != "disk":
                return False
            self._unwritten.append((one.call, why, one.bytes))
        one.path.unlink(missing_ok=True)
        self.removed[why] = self.removed.get(why, 0) + 1
        log.info("recording removed", extra={"call": one.call, "why": why})
        return True

    async def _write_down(self) -> None:
        while self._unwritten:
            try:
                await self._record(*self._unwritten[0])
            except LedgerFailing:
                return
            del self._unwritten[0]

    async def _record(self, call: CallId, why: Why, size: int) -> None:
        await self.audit.record("system", REMOVED, call, {"why": why, "bytes": size})


@dataclass(slots=True)
class _State:
    """What is left while recordings go."""

    keep: Keep
    now: dt.datetime
    total: int
    free: int

    def why(self, one: RecordingFile) -> Why | None:
        """Why this one, the oldest that is left, has to go; None when it and all after it stay."""
        keep = self.keep
        age = self.now.timestamp() - one.at
        if keep.recordings_days and age > keep.recordings_days * 86400:
            return "days"
        if keep.recordings_gb and self.total > keep.recordings_gb * GB:
            return "quota"
        return "disk" if self.free < keep.low_disk_gb * GB else None

    def gone(self, one: RecordingFile) -> None:
        self.total -= one.bytes
        self.free += one.bytes
