"""A fresh clone for an ordinary user with nothing but /usr/bin and /bin on PATH."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.house.tree import ROOT, shipped_files

NOBODY = 65534
READY = "接诉台已就绪"


@dataclass(slots=True)
class Clone:
    """The tree as a newcomer has it, and how he runs it."""

    home: Path
    tree: Path
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.tree / "data"

    def command(self, *arguments: str) -> list[str]:
        run = [str(self.tree / "jiesu"), *arguments]
        if os.geteuid() != 0:
            return run
        ordinary = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
        return [*ordinary, "--", *run]

    def environment(self) -> dict[str, str]:
        """Nothing of ours: an empty home, hence an empty cache, and the bare PATH."""
        return {"PATH": "/usr/bin:/bin", "HOME": str(self.home), "LANG": "C", **self.extra}

    def run(self, *arguments: str, timeout: float) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            cwd="/",
            env=self.environment(),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )

    def processes(self) -> list[str]:
        """Command lines of every process that has to do with this clone."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                except OSError:
                    continue
                if str(self.home) in line:
                    found.append(f"{entry.name} {line}")
        return found


@contextmanager
def fresh_clone() -> Iterator[Clone]:
    """What is or would be committed, copied below a home of its own. pytest's own temporary folder
    is closed to other users, so this one lies beside it.
    """
    home = Path(tempfile.mkdtemp(prefix="jiesu-install-"))
    try:
        tree = home / "jiesu"
        for path in shipped_files():
            place = tree / path.relative_to(ROOT)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, place)
        if os.geteuid() == 0:
            for path in (home, *home.rglob("*")):
                os.chown(path, NOBODY, NOBODY)
        yield Clone(home, tree)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def up(clone: Clone, port: int, within: float) -> Iterator[tuple[str, float]]:
    """`./jiesu up` until its last screen; gives the screen and the seconds it took."""
    log = clone.home / "up.log"
    began = time.monotonic()
    with log.open("wb") as out:
        running = subprocess.Popen(
            clone.command("up", "--port", str(port)),
            cwd="/",
            env=clone.environment(),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        while "按 Ctrl-C 结束" not in (said := log.read_text("utf-8")):
            assert running.poll() is None, said
            assert time.monotonic() - began < within, said
            time.sleep(0.05)
        yield said, time.monotonic() - began
    finally:
        if running.poll() is None:
            running.send_signal(signal.SIGINT)
        try:
            running.wait(30)
        except subprocess.TimeoutExpired:
            running.kill()
            raise
