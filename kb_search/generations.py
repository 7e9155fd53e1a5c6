"""The folder of the derived index: which generation is in force, and whether it is whole.

A generation is made beside the present one and comes into force by one rename of ``current.json``,
which names it, what it was made of, and the hash of each of its files. A generation that is carried
on (some articles changed) gets a new pointer after the engine's own commit: a writer killed between
the two leaves files the pointer does not know, and the index is made anew.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from hotline.errors import HotlineError

POINTER: Final = "current.json"
_LOCK_PATIENCE_S: Final = 30.0
_CHANGING: Final = frozenset({"meta.json", ".managed.json"})
"""What the engine writes again at each commit; every other file of its is written once."""


class IndexBusy(HotlineError):
    """Another process has been writing this index for too long."""


@contextlib.contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """One writer at a time, over processes; the lock dies with its holder."""
    with (folder / "writer.lock").open("a") as lock:
        until = time.monotonic() + _LOCK_PATIENCE_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise IndexBusy(f"{folder} 正由另一个进程写入，请稍后再试") from None
                time.sleep(0.05)
        yield


def pointer_of(folder: Path) -> dict[str, Any]:
    """What ``current.json`` says; empty where it is missing or nonsense."""
    try:
        found = json.loads((folder / POINTER).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def point_to(folder: Path, name: str, fingerprint: str, known: Mapping[str, str]) -> None:
    """Bring a generation into force, durably: its files, then the name of it, then the rename.
    ``known`` are hashes of files that cannot have changed."""
    files = hashes(folder / name, known)
    pointer = {"generation": name, "fingerprint": fingerprint, "files": files}
    fresh = folder / f"{POINTER}.new"
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(pointer, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / POINTER)


def linked(folder: Path, name: str, other: Path) -> None:
    """The generation in force of one folder, in force in another one too: its files are the same
    on the disk, except those the engine writes again."""
    (other / name).mkdir(parents=True)
    for path in _files(folder / name):
        if path.name in _CHANGING:
            shutil.copyfile(path, other / name / path.name)
        else:
            os.link(path, other / name / path.name)
    shutil.copyfile(folder / POINTER, other / POINTER)


def stamps(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Of every file of a generation that is hashed which file it is, how long, and when it was
    written: they stay as they are while nobody but us writes. Empty where it is gone."""
    with contextlib.suppress(OSError):
        seen = {path.name: path.stat() for path in _files(folder)}
        return {name: (one.st_ino, one.st_size, one.st_mtime_ns) for name, one in seen.items()}
    return {}


def hashes(folder: Path, known: Mapping[str, str] | None = None) -> dict[str, str]:
    """SHA-256 of every file but the engine's own lock files; those ``known`` are not read again."""
    seen = known or {}
    return {
        path.name: seen.get(path.name) or hashlib.sha256(path.read_bytes()).hexdigest()
        for path in _files(folder)
    }


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.suffix != ".lock"]


def lasting(files: object) -> dict[str, str]:
    """Of the hashes a pointer holds, those of files that are written once."""
    found = files if isinstance(files, dict) else {}
    return {name: value for name, value in found.items() if name not in _CHANGING}
