"""The recordings of conversations, as files: ``DATA/asterisk/recordings/<call>.wav``.

Asterisk writes them by itself, under the call's id. While it writes, the length in the WAV header
does not fit the file; it is put right when the recording is closed.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hotline.words import CallId
from switchboard.settings import Settings

_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HEADER: Final = 44
BYTES_A_SECOND: Final = 16_000


@dataclass(frozen=True, slots=True)
class RecordingFile:
    """A recording on the disk; ``at`` is when it was last written, in seconds of the epoch."""

    call: CallId
    path: Path
    bytes: int
    at: float


def folder_of(settings: Settings) -> Path:
    """Where Asterisk puts recordings."""
    return settings.asterisk / "recordings"


def path_of(folder: Path, call: str) -> Path | None:
    """The file of a call's recording, there or not; None for what cannot be a call's id."""
    return folder / f"{call}.wav" if _ID.fullmatch(call) else None


def all_in(folder: Path) -> list[RecordingFile]:
    """Every recording, the oldest first. One that vanishes meanwhile is left out."""
    found = []
    with contextlib.suppress(FileNotFoundError):
        for path in folder.iterdir():
            if path.suffix == ".wav" and _ID.fullmatch(path.stem):
                with contextlib.suppress(FileNotFoundError):
                    state = path.stat()
                    found.append(
                        RecordingFile(CallId(path.stem), path, state.st_size, state.st_mtime)
                    )
    return sorted(found, key=lambda one: (one.at, one.call))


def is_whole(path: Path) -> bool:
    """Whether a recording has been closed: its header tells its length. A missing one is not."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
            size = file.seek(0, 2)
    except FileNotFoundError:
        return False
    told = int.from_bytes(head[4:8], "little") + 8
    return head[:4] == b"RIFF" and size >= _HEADER and told in (size, size - 1)


def seconds_of(size: int) -> float:
    """How long a recording of so many bytes is: 8 kHz, 16 bit, one channel."""
    return max(size - _HEADER, 0) / BYTES_A_SECOND
