"""Where the bytes of attachments lie: DATA/attachments, outside everything the web serves, sealed.

A file is first written beside (DATA/run/uploads, in no backup), sealed as it comes; hashed, looked
at and scanned; only then it gets its random name, in the transaction that writes it down. Whatever
fails leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from agent_desk.errors import NoRoom
from hotline.errors import BadInput, NoSuch
from ledger.errors import Damaged
from ledger.seal import KeyRing
from ledger.sealed_files import contents, sealed, sealed_under
from switchboard.attachments_kinds import kind_of, named
from switchboard.attachments_scanning import Scanner
from switchboard.durable import sync_folder, write_durably

MB: Final = 1024 * 1024
_BLOCK: Final = 256 * 1024
_STALE_S: Final = 3600


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
    """The folders, keys and limits of one installation. ``spare`` bytes stay free on the disk."""

    data: Path
    largest: int
    spare: int
    keys: KeyRing
    scanner: Scanner | None = None

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

        Raises BadInput for what is not taken, NoRoom where the disk is low or full, NotScanned.
        """
        self.sweep()
        self.refuse_low(0)
        id_ = secrets.token_hex(_ID // 2)
        half = self.beside / secrets.token_hex(16)
        try:
            with _full_disk_in_words():
                self.beside.mkdir(parents=True, exist_ok=True, mode=0o700)
                read = Measured(source, self.largest)
                write_durably(half, sealed(self.keys, id_, read.blocks()))
                self.refuse_low(0)
                kind = kind_of(source)
                clean = named(name, kind)
                if self.scanner is not None:
                    self.scanner.look(source, self.beside)
            yield Taken(
                id=id_, path=half, name=clean, kind=kind, bytes=read.size, sha256=read.sha256
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
                sync_folder(folder)

    def drop(self, id_: str) -> None:
        """Take back what was placed and then not written down."""
        self.place(id_).unlink(missing_ok=True)

    def read(self, id_: str, sha256: str) -> Iterator[bytes]:
        """The content, block by block; it was read once before and compared with what was written
        down. Raises NoSuch, and WrongKey for a file of another system."""
        digest = hashlib.sha256()
        try:
            for block in self.blocks(id_):
                digest.update(block)
        except FileNotFoundError:
            raise NoSuch("附件的文件", id_) from None
        except Damaged:
            raise NoSuch("完好的附件", id_) from None
        if digest.hexdigest() != sha256:
            raise NoSuch("与登记相符的附件", id_)
        return self.blocks(id_)

    def blocks(self, id_: str) -> Iterator[bytes]:
        """What a file holds, sealed or from before files were sealed, compared with nothing."""
        with self.place(id_).open("rb") as file:
            yield from contents(self.keys, id_, file)

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


class Measured:
    """A file as it is read: never more than ``largest`` bytes, its size, its SHA-256."""

    def __init__(self, source: BinaryIO, largest: int) -> None:
        self._source = source
        self._largest = largest
        self._hash = hashlib.sha256()
        self.size = 0

    def blocks(self) -> Iterator[bytes]:
        """From where the file stands to its end. Raises BadInput."""
        while block := self._source.read(_BLOCK):
            self.size += len(block)
            if self.size > self._largest:
                most = self._largest // MB
                raise BadInput("file", f"文件超过 {most} MB：请压缩图片或分成几个再传")
            self._hash.update(block)
            yield block

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


_ID: Final = 20


@dataclass(frozen=True, slots=True)
class Shelved:
    """How many attachments lie in DATA, their bytes together, and how many of them in clear."""

    count: int
    bytes: int
    in_clear: int


def shelved(data: Path) -> Shelved:
    """What lies in DATA now."""
    found = [one for one in (data / "attachments").glob("*/*") if one.is_file()]
    in_clear = sum(sealed_under(one) is None for one in found)
    return Shelved(len(found), sum(one.stat().st_size for one in found), in_clear)


@contextmanager
def _full_disk_in_words() -> Iterator[None]:
    try:
        yield
    except OSError as failed:
        raise NoRoom(
            f"附件没有存下（{failed.strerror or '磁盘写不进去'}），什么也没有留下：请告知系统管理员"
        ) from failed
