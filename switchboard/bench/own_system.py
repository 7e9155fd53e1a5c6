"""A system for one measurement: `./jiesu up` on a folder, ports and calls of its own.

Nothing of the installation at hand is touched, and no seat of it is rung.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from ivr import sound
from switchboard.refusals import Refusal
from switchboard.settings import ROOT
from switchboard.up import DEFAULT_CITY

READY: Final = "可以接电话"
"""What the screen of ``up`` says when everything stands (welcome.py)."""
READY_WITHIN_S: Final = 120.0
STOPPED_WITHIN_S: Final = 25.0
GREETING_S: Final = 0.1


class NoSystem(Refusal):
    """One Chinese sentence: the system for the measurement did not start."""


@asynccontextmanager
async def own_system() -> AsyncIterator[Path]:
    """Its DATA, once calls can be taken; afterwards nothing of it is left. Raises NoSystem."""
    top = await asyncio.to_thread(_folder)
    log = top / "up.log"
    up = await _start(top / "d", log)
    try:
        await _ready(up, log)
        yield top / "d"
    finally:
        await _stop(up)
        await asyncio.to_thread(shutil.rmtree, top, ignore_errors=True)


def _folder() -> Path:
    top = Path(tempfile.mkdtemp(prefix="jiesu-b-"))
    top.chmod(0o755)  # as root, Asterisk is nobody and has to pass through
    (top / "d").mkdir(mode=0o700)
    # A long greeting would only make the measurement long.
    greeting = top / "d" / "sounds" / f"greeting-{DEFAULT_CITY}.wav"
    sound.write_wav(greeting, sound.silence(GREETING_S))
    return top


async def _start(data: Path, log: Path) -> asyncio.subprocess.Process:
    with log.open("ab") as out:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "switchboard.cli", "up", "--data", str(data)),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )


async def _ready(up: asyncio.subprocess.Process, log: Path) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(READY_WITHIN_S):
            while up.returncode is None:
                if READY in _words(log):
                    return
                await asyncio.sleep(0.2)
    lines = [line for line in _words(log).splitlines() if line.strip()]
    raise NoSystem(f"测量用的系统没有启动：{lines[-1] if lines else '没有留下日志'}")


def _words(log: Path) -> str:
    return log.read_text("utf-8", "replace")


async def _stop(up: asyncio.subprocess.Process) -> None:
    if up.returncode is not None:
        return
    up.send_signal(signal.SIGINT)
    try:
        async with asyncio.timeout(STOPPED_WITHIN_S):
            await up.wait()
    except TimeoutError:
        up.kill()
        await up.wait()
