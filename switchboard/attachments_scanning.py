"""The virus scanner of the house, where it has one: a command that is asked about every file.

The file goes to its standard input. Where an argument says ``{file}`` it goes beside as well, for
its owner only, and is gone when the command has answered. Exit codes as those of clamdscan: 0 is
clean, 1 something was found, anything else not scanned. Not scanned is not taken.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from agent_desk.errors import NotScanned
from hotline.errors import BadInput
from switchboard.site_keep import Keep

FILE: Final = "{file}"
_CLEAN: Final = 0
_FOUND: Final = 1
_BLOCK: Final = 256 * 1024


class Infected(BadInput):
    """The scanner found something in a file."""

    def __init__(self) -> None:
        super().__init__("file", "病毒扫描没有通过，文件没有收下：请在本机查毒、重新导出后再传")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanner:
    """A command with its arguments, and how many seconds it may take for one file."""

    command: tuple[str, ...]
    seconds: int

    def look(self, source: BinaryIO, beside: Path) -> None:
        """Ask about a file, from its beginning. Raises Infected, NotScanned."""
        source.seek(0)
        with _laid_out(source, beside) if self._wants_file else contextlib.nullcontext() as file:
            code = self._asked(source, file)
        if code == _FOUND:
            raise Infected
        if code != _CLEAN:
            raise NotScanned(f"查毒程序没有给出结果，退出码 {code}")

    @property
    def _wants_file(self) -> bool:
        return any(FILE in part for part in self.command)

    def _asked(self, source: BinaryIO, file: Path | None) -> int:
        command = [part.replace(FILE, str(file)) for part in self.command]
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL if file else subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as failed:
            why = f"查毒程序 {command[0]} 不能运行（{failed.strerror}）"
            raise NotScanned(why) from failed
        late = threading.Event()
        limit = threading.Timer(self.seconds, _end, (process, late))
        limit.start()
        try:
            if process.stdin is not None:
                # A scanner that has seen enough may stop reading; its exit code says what it saw.
                with contextlib.suppress(BrokenPipeError), process.stdin as to:
                    shutil.copyfileobj(source, to, _BLOCK)
            code = process.wait()
        except BaseException:
            _end(process, late)
            process.wait()
            raise
        finally:
            limit.cancel()
        if late.is_set():
            raise NotScanned(f"查毒程序 {self.seconds} 秒内没有答复")
        return code


def scanner_of(keep: Keep) -> Scanner | None:
    """The scanner of this site; None where it has none."""
    if not keep.scan_command:
        return None
    return Scanner(command=keep.scan_command, seconds=keep.scan_s)


def _end(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def _laid_out(source: BinaryIO, beside: Path) -> Iterator[Path]:
    copy = beside / f"scan-{secrets.token_hex(16)}"
    descriptor = os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(source, file, _BLOCK)
        yield copy
    finally:
        copy.unlink(missing_ok=True)
