"""Processes by identity: a pid alone may since have become somebody else's."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """A pid with the time it began (clock ticks since boot, from /proc): together unique."""

    pid: int
    began: int

    def alive(self) -> bool:
        """True while this very process runs; a zombie does not."""
        found = stat_of(self.pid)
        return found is not None and found[1] == self.began and found[0] not in {"Z", "X"}


def process(pid: int) -> Process | None:
    """The process that has this pid now."""
    found = stat_of(pid)
    return Process(pid, found[1]) if found else None


def stat_of(pid: int) -> tuple[str, int] | None:
    """State letter and start time, or None when there is no such process."""
    try:
        content = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return None
    # The name in brackets may hold blanks and brackets of its own.
    rest = content.rpartition(")")[2].split()
    return rest[0], int(rest[19])


def worked(pid: int) -> float:
    """Seconds of processor that a process and those it has waited for have had; nought once gone
    (proc(5): utime, stime, cutime, cstime)."""
    try:
        content = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return 0.0
    ticks = content.rpartition(")")[2].split()[11:15]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


async def gone(one: Process) -> None:
    """Wait until the process, ours or not, has ended."""
    try:
        descriptor = os.pidfd_open(one.pid)
    except OSError:
        return
    try:
        if not one.alive():
            return
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(descriptor, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(descriptor)
    finally:
        os.close(descriptor)


async def end(one: Process, grace: float) -> None:
    """SIGTERM, then after ``grace`` seconds SIGKILL; what is left of its process group with it.

    Only for processes that lead a group of their own (``start_new_session``).
    """
    if one.alive():
        send(one.pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(gone(one), grace)
        except TimeoutError:
            send(one.pid, signal.SIGKILL)
            await gone(one)
    send_group(one.pid, signal.SIGKILL)


def send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def send_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


@contextmanager
def interrupted(act: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and a plain kill call ``act`` instead of ending this program; on the running loop."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)
    for number in signals:
        loop.add_signal_handler(number, act)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
