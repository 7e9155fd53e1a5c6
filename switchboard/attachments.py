"""Where the bytes of attachments lie: DATA/attachments, outside everything the web serves.

A file is first written beside (DATA/run/uploads, in no backup), hashed and looked at; only then it
gets its random name, in the transaction that writes it down. Whatever fails leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from hotline.errors import BadInput, HotlineError, NoSuch
from switchboard.attachments_kinds import kind_of, named

MB: Final = 1024 * 1024
_BLOCK: Final = 256 * 1024
_STALE_S: Final = 3600


class NoRoom(HotlineError):
    """The disk takes no more. One Chinese sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A file that was looked at and lies beside, not yet kept."""

    id: str
    path: Path
    name: str
    kind: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The folders and limits of one installation. ``spare`` bytes stay free on the disk."""

    data: Path
    largest: int
    spare: int

    @property
    def folder(self) -> Path:
        return self.data / "attachments"

    @property
    def beside(self) -> Path:
        return self.data / "run" / "uploads"

    def place(self, id_: str) -> Path:
        """Where a file lies. Only our own names are looked at: anything else is NoSuch."""
        if len(id_) != _ID or not set(id_) <= set("0123456789abcdef"):
            raise NoSuch("附件", id_[:40])
        return self.folder / id_[:2] / id_

    @contextmanager
    def take(self, source: BinaryIO, name: str) -> Iterator[Taken]:
        """Read a file from where it came in. What was not kept by the end is gone.

        Raises BadInput for what is not taken, NoRoom where the disk is low or full.
        """
        self.sweep()
        self.refuse_low(0)
        half = self.beside / secrets.token_hex(16)
        try:
            with _full_disk_in_words():
                size, digest = self._copy(source, half)
                self.refuse_low(0)
                kind = kind_of(half)
            yield Taken(
                id=secrets.token_hex(_ID // 2),
                path=half,
                name=named(name, kind),
                kind=kind,
                bytes=size,
                sha256=digest,
            )
        finally:
            half.unlink(missing_ok=True)

    def keep(self, taken: Taken) -> None:
        """Give it its place, durably. Raises NoRoom."""
        target = self.place(taken.id)
        with _full_disk_in_words():
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            taken.path.replace(target)
            for folder in (target.parent, self.folder):
                _sync(folder)

    def drop(self, id_: str) -> None:
        """Take back what was placed and then not written down."""
        self.place(id_).unlink(missing_ok=True)

    def open(self, id_: str, sha256: str) -> Path:
        """Where a file lies, compared with what was written down. Raises NoSuch."""
        path = self.place(id_)
        if not path.is_file():
            raise NoSuch("附件的文件", id_)
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                raise NoSuch("与登记相符的附件", id_)
        return path

    def refuse_low(self, more: int) -> None:
        """NoRoom where ``more`` bytes would take the disk below what must stay free."""
        self.data.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.data).free
        if free - more < self.spare:
            raise NoRoom(
                f"磁盘只剩 {free / 1024 / MB:.1f} GB，暂时不能收附件，"
                "已有的不受影响：请告知系统管理员"
            )

    def sweep(self) -> None:
        """Throw away what a killed process left beside."""
        with contextlib.suppress(FileNotFoundError):
            for left in self.beside.iterdir():
                with contextlib.suppress(OSError):
                    if time.time() - left.stat().st_mtime > _STALE_S:
                        left.unlink()

    def _copy(self, source: BinaryIO, half: Path) -> tuple[int, str]:
        self.beside.mkdir(parents=True, exist_ok=True, mode=0o700)
        hashing, size = hashlib.sha256(), 0
        descriptor = os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            while block := source.read(_BLOCK):
                size += len(block)
                if size > self.largest:
                    raise BadInput(
                        "file", f"文件超过 {self.largest // MB} MB：请压缩图片或分成几个再传"
                    )
                hashing.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        return size, hashing.hexdigest()


_ID: Final = 20


def shelved(data: Path) -> tuple[int, int]:
    """How many attachments lie in DATA, and their bytes together."""
    found = [one for one in (data / "attachments").glob("*/*") if one.is_file()]
    return len(found), sum(one.stat().st_size for one in found)


@contextmanager
def _full_disk_in_words() -> Iterator[None]:
    try:
        yield
    except OSError as failed:
        raise NoRoom(
            f"附件没有存下（{failed.strerror or '磁盘写不进去'}），什么也没有留下：请告知系统管理员"
        ) from failed


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
