"""The files that would grow for ever: queue_log, CDR, Asterisk's messages, our own logs.

Each is put away under another name when it is large or a week old, packed, and deleted when its
time is over. Nothing of queue_log is lost or read twice over it: Asterisk writes on in the file
that was renamed until it is told to open a new one, and positions name part and byte
(ivr/queue_log.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import gzip
import os
import re
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asterisk_conf.exchange import ask_at
from ivr.queue_log import SPAN, next_part, parts_of
from switchboard.settings import Settings
from switchboard.site_keep import MB, Keep

WEEK_S: Final = 7 * 86400.0
_PUT_AWAY: Final = re.compile(r"\.\d{8}-\d{6}(\.gz)?$")
_OF_ASTERISK: Final = ("messages", "security")


@dataclass(frozen=True, slots=True)
class LogPlaces:
    """Where the files lie."""

    exchange: Path
    ours: Path
    marker: Path

    @staticmethod
    def of(settings: Settings) -> LogPlaces:
        return LogPlaces(settings.asterisk, settings.log, settings.log / ".put-away")

    @property
    def queue_log(self) -> Path:
        return self.exchange / "log" / "queue_log"

    @property
    def cdr(self) -> Path:
        return self.exchange / "log" / "cdr-csv" / "Master.csv"


async def put_away(places: LogPlaces, keep: Keep, now: dt.datetime) -> list[Path]:
    """Put away what is large, and everything once a week; under which names. ExchangeFailed when
    Asterisk cannot be told: its files then stay as they are."""
    weekly = _week_is_over(places.marker, now)
    limit = keep.rotate_mb * MB

    def due(path: Path) -> bool:
        size = path.stat().st_size if path.exists() else 0
        return size > limit or (weekly and size > 0)

    stamp = f"{now:%Y%m%d-%H%M%S}"
    ours = [path for path in sorted(places.ours.glob("*.log")) if due(path)]
    done = [await asyncio.to_thread(_truncated, path, stamp) for path in ours]
    if due(places.cdr):  # Asterisk opens it anew for every record
        done.append(_renamed(places.cdr, stamp))
    theirs = [path for name in _OF_ASTERISK if due(path := places.exchange / "log" / name)]
    log = due(places.queue_log)
    if theirs or log or _unopened(places.queue_log):
        await ask_at(places.exchange, "core show uptime")  # before anything is renamed: is it there
        done += [_renamed(path, stamp) for path in theirs]
        if log:
            away = next_part(places.queue_log)
            places.queue_log.rename(away)
            done.append(away)
        await ask_at(places.exchange, "logger reload")
    if weekly:
        places.marker.touch()
    return done


def _week_is_over(marker: Path, now: dt.datetime) -> bool:
    try:
        return now.timestamp() - marker.stat().st_mtime > WEEK_S
    except FileNotFoundError:
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
        return False


def _unopened(queue_log: Path) -> bool:
    """Put away by one who died before Asterisk was told to open a new file."""
    return not queue_log.exists() and bool(parts_of(queue_log))


def _renamed(path: Path, stamp: str) -> Path:
    away = path.with_name(f"{path.name}.{stamp}")
    path.rename(away)
    return away


def _truncated(path: Path, stamp: str) -> Path:
    """A log that its writer holds open (to append): copied, then emptied."""
    away = path.with_name(f"{path.name}.{stamp}")
    with path.open("r+b") as file, away.open("xb") as copy:
        os.fchmod(copy.fileno(), 0o600)
        shutil.copyfileobj(file, copy)
        while more := file.read():  # what was written while we copied
            copy.write(more)
        file.truncate(0)
    return away


def pack(places: LogPlaces, bookmark: int) -> list[Path]:
    """Compress what was put away; of queue_log only what lies before the bookmark."""
    plain = [path for path in _away(places) if path.suffix != ".gz"]
    plain += [
        part.path
        for part in parts_of(places.queue_log)
        if part.number < bookmark // SPAN and part.path.suffix != ".gz"
    ]
    return [_packed(path) for path in plain if path != places.queue_log]


def _packed(path: Path) -> Path:
    target = path.with_name(f"{path.name}.gz")
    half = path.with_name(f"{path.name}.packing")
    state = path.stat()
    with path.open("rb") as file, gzip.open(half, "wb", 6) as packed:
        os.fchmod(packed.fileno(), 0o600)
        shutil.copyfileobj(file, packed)
    with contextlib.suppress(PermissionError):
        os.chown(half, state.st_uid, state.st_gid)
    os.utime(half, (state.st_atime, state.st_mtime))
    half.rename(target)
    path.unlink()
    return target


def drop_old(places: LogPlaces, keep: Keep, bookmark: int, now: float | None = None) -> list[Path]:
    """Delete what was put away longer ago than site.toml says. The newest part of queue_log stays,
    since it holds the number of the next, and so does what has not been read."""
    at = time.time() if now is None else now
    calls = [path for path in _away(places) if path.parent == places.cdr.parent]
    parts = [part for part in parts_of(places.queue_log) if part.path != places.queue_log]
    calls += [part.path for part in parts[:-1] if part.number < bookmark // SPAN]
    logs = [path for path in _away(places) if path.parent != places.cdr.parent]
    return [*_dropped(calls, keep.records_days, at), *_dropped(logs, keep.logs_days, at)]


def _dropped(paths: Iterable[Path], days: int, now: float) -> list[Path]:
    old = [path for path in paths if days and now - path.stat().st_mtime > days * 86400]
    for path in old:
        path.unlink(missing_ok=True)
    return old


def _away(places: LogPlaces) -> list[Path]:
    """Everything put away but the parts of queue_log."""
    folders = (places.ours, places.cdr.parent, places.exchange / "log")
    return [
        path
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.iterdir())
        if _PUT_AWAY.search(path.name)
    ]
