"""The file a backup is: a gzipped tar whose last member, manifest.json, names every other one with
its size and SHA-256.

The archive appears under its name only when it is whole. Reading trusts nothing: names stay below
the folder they are put into, nothing but plain files is taken, and what differs from the manifest
is refused before anything is written.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tarfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from switchboard.durable import sync_folder
from switchboard.refusals import Refusal

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
_LEVEL: Final = 3
_BLOCK: Final = 256 * 1024
_LARGEST_MANIFEST: Final = 256 * 1024**2


class BadArchive(Refusal):
    """One Chinese sentence: why this file cannot be restored, and where in it."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be put in, under this name."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the archive."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an archive holds. ``schema`` is the revision of the tables, ``journal_seq`` the number
    of the last fact in it, ``skipped`` the recordings that were still being written."""

    made_at: str
    program: str
    city: str
    database: str
    schema: str
    journal_seq: int
    tables: Mapping[str, int]
    members: tuple[Member, ...]
    skipped: tuple[str, ...] = ()
    secrets: bool
    recordings: bool
    format: int = FORMAT

    @property
    def size(self) -> int:
        """Bytes of all members together."""
        return sum(one.size for one in self.members)

    def as_json(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()


def write_archive(
    target: Path, sources: Iterable[Source], manifest_of: Callable[[tuple[Member, ...]], Manifest]
) -> Manifest:
    """Write an archive (0600). Killed or failed in the middle it leaves at most a ``.part``."""
    half = target.with_name(target.name + ".part")
    half.unlink(missing_ok=True)
    try:
        descriptor = os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as raw:
            with (
                gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as packed,
                tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
            ):
                members = tuple(_put(tar, source) for source in sources)
                manifest = manifest_of(members)
                content = manifest.as_json()
                tar.addfile(_head(MANIFEST, len(content), time.time()), BytesIO(content))
            raw.flush()
            os.fsync(raw.fileno())
        half.replace(target)
        sync_folder(target.parent)
    except BaseException:
        half.unlink(missing_ok=True)
        raise
    return manifest


def _put(tar: tarfile.TarFile, source: Source) -> Member:
    with source.path.open("rb") as file:
        state = os.fstat(file.fileno())
        hashing = _Hashing(file)
        tar.addfile(_head(source.name, state.st_size, state.st_mtime), hashing)
    return Member(source.name, state.st_size, hashing.hex())


def _head(name: str, size: int, at: float) -> tarfile.TarInfo:
    head = tarfile.TarInfo(name)
    head.size, head.mode, head.mtime = size, 0o600, int(at)
    return head


class _Hashing:
    """Reads a file and hashes what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self._hash.update(block)
        return block

    def hex(self) -> str:
        return self._hash.hexdigest()


# --------------------------------------------------------------------------------------- reading


def verify(path: Path) -> Manifest:
    """Read the whole archive, compare every hash, and give its manifest. Raises BadArchive."""
    return _walk(path, lambda _: _Nowhere())


def extract(path: Path, manifest: Manifest, target: Path) -> None:
    """Put every member below ``target``, for its owner only, as old as it was (recordings are kept
    by their age). The archive was verified before; it is compared again as it is read."""
    ages: dict[Path, float] = {}

    def into(head: tarfile.TarInfo) -> IO[bytes]:
        place = target / head.name
        ages[place] = head.mtime
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.fdopen(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")

    if _walk(path, into) != manifest:
        raise BadArchive(f"{path} 在恢复时被换掉了：请重新运行。")
    for place, at in ages.items():
        os.utime(place, (at, at))


class _Nowhere(BytesIO):
    """Takes everything and keeps nothing."""

    def write(self, block: Any, /) -> int:
        return len(block)

    def fileno(self) -> int:
        raise OSError


def _walk(path: Path, open_for: Callable[[tarfile.TarInfo], IO[bytes]]) -> Manifest:
    seen: dict[str, Member] = {}
    content: bytes | None = None
    last = "开头"
    with _faults_named(path, lambda: last), gzip.open(path) as packed:
        with tarfile.open(fileobj=packed, mode="r|") as tar:
            for head in tar:
                last = f"“{head.name}”处"
                name = safe_name(head, path)
                stream = tar.extractfile(head)
                if content is not None or name in seen or stream is None:
                    raise BadArchive(f"{path} 不是接诉台的备份：“{name}”不该在这里。")
                if name == MANIFEST:
                    content = stream.read(_LARGEST_MANIFEST)
                else:
                    seen[name] = _copied(head, name, stream, open_for)
        last = "结尾"
        while packed.read(_BLOCK):  # to the end, where the checksum of the whole file is
            pass
    if content is None:
        raise BadArchive(f"{path} 不完整：到{last}就没有了，请换一份备份。")
    manifest = read_manifest(content, path)
    _compare(path, manifest, seen)
    return manifest


@contextmanager
def _faults_named(path: Path, where: Callable[[], str]) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as missing:
        if missing.filename is not None and Path(missing.filename) == path:
            raise BadArchive(f"没有文件 {path}：请检查写法。") from missing
        raise
    except (tarfile.TarError, zlib.error, EOFError, gzip.BadGzipFile, UnicodeError) as broken:
        raise BadArchive(
            f"{path} 在{where()}损坏或不完整，没有恢复任何内容：请换一份备份。"
        ) from broken


def safe_name(head: tarfile.TarInfo, path: Path) -> str:
    """The name of a member, when it is a plain file that stays where it is put."""
    parts = PurePosixPath(head.name).parts
    if (
        not head.isreg()
        or not parts
        or head.name.startswith("/")
        or ".." in parts
        or "\\" in head.name
        or any(ord(sign) < 32 for sign in head.name)
        or "/".join(parts) != head.name
    ):
        raise BadArchive(f"{path} 不是接诉台的备份：其中的“{head.name}”不能放进数据目录。")
    return head.name


def _copied(
    head: tarfile.TarInfo,
    name: str,
    stream: IO[bytes],
    open_for: Callable[[tarfile.TarInfo], IO[bytes]],
) -> Member:
    found = hashlib.sha256()
    with open_for(head) as out:
        while block := stream.read(_BLOCK):
            found.update(block)
            out.write(block)
        out.flush()
        try:
            os.fsync(out.fileno())
        except OSError:
            if not isinstance(out, _Nowhere):
                raise
    return Member(name, head.size, found.hexdigest())


def read_manifest(content: bytes, path: Path) -> Manifest:
    """Raises BadArchive for one that is not ours or is newer than this program."""
    try:
        found = json.loads(content)
        if found["format"] > FORMAT:
            raise BadArchive(f"{path} 是更新的接诉台做的备份：请换用更新的接诉台来恢复。")
        members = tuple(Member(**one) for one in found.pop("members"))
        skipped = tuple(found.pop("skipped"))
        return Manifest(**found, members=members, skipped=skipped)
    except (ValueError, KeyError, TypeError) as wrong:
        raise BadArchive(f"{path} 不是接诉台的备份：{MANIFEST} 读不懂。") from wrong


def _compare(path: Path, manifest: Manifest, seen: Mapping[str, Member]) -> None:
    wanted = {one.name: one for one in manifest.members}
    for name, member in wanted.items():
        if seen.get(name) != member:
            raise BadArchive(f"{path} 中的“{name}”与清单不符，没有恢复任何内容：请换一份备份。")
    for name in seen.keys() - wanted.keys():
        raise BadArchive(f"{path} 中多出“{name}”，没有恢复任何内容：请换一份备份。")
