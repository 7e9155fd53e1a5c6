"""Starts the system's processes in order, watches them, restarts the dead, ends them all.

How `up` uses it::

    async with Foreman.at(settings) as foreman:
        old = foreman.left_running("asterisk")        # still there after a kill -9 of the last up?
        sip = foreman.ports.claim(site.listen.sip_port, "udp")
        await foreman.start(Child(name="asterisk", title="Asterisk", ...))
        await foreman.start(Child(name="server", ...))
        foreman.publish(web=url, sip_port=sip)
        await foreman.watch()                          # until Ctrl-C, SIGTERM or SIGHUP
    # here every child has ended, the newest first, and state.json is gone

Every child leads a session of its own, so Ctrl-C reaches the foreman alone and nothing that a child
started is left behind. When the foreman itself is killed (-9), its children live on: the next `up`
adopts those that can be adopted (Asterisk, with its calls) and ends the others.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from switchboard.free_ports import Ports
from switchboard.processes import Process, end, gone, process, send, send_group, worked
from switchboard.refusals import Refusal
from switchboard.running import Place, State, hold, make_private, read_state, write_state
from switchboard.settings import Settings
from switchboard.terminal import SLOW_SECONDS, progress

POLL_SECONDS = 0.05
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
CALM_SECONDS = 30.0
LONGEST_START = 6

Say = Callable[[str], None]
Check = Callable[[], Awaitable[bool]]


class ChildFailed(Refusal):
    """One Chinese sentence: which part did not start, why, and where its log is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One process to be kept alive.

    ``ready`` is asked every 50 ms until it says yes, for ``ready_within`` seconds, and on a busy
    machine for as long as the process gets on (its processor time grows), at most ``LONGEST_START``
    times that. ``adopt``, when
    given, is asked whether the process a dead foreman left behind may be kept; without it such a
    process is ended. ``user`` is the (uid, gid) to step down to, None to stay. ``grace`` seconds
    lie between SIGTERM and SIGKILL. Output goes to ``DATA/log/<name>.log``.
    """

    name: str
    title: str
    command: Sequence[str]
    ready: Check
    ready_within: float = 30.0
    adopt: Check | None = None
    environment: Mapping[str, str] | None = None
    folder: Path | None = None
    user: tuple[int, int] | None = None
    grace: float = 5.0


@dataclass(slots=True)
class Kept:
    """A child as it runs now."""

    child: Child
    process: Process
    handle: asyncio.subprocess.Process | None = None
    began: float = field(default_factory=time.monotonic)
    watcher: asyncio.Task[None] | None = None


class Foreman:
    """Keeps the children of one DATA. Use as an async context manager."""

    def __init__(self, run: Path, log: Path, say: Say = progress) -> None:
        self.ports = Ports()
        self._run, self._log, self._say = run, log, say
        self._kept: dict[str, Kept] = {}
        self._places: dict[str, Place] = {}
        self._left: State | None = None
        self._lock: IO[str] | None = None
        self._stopping = False
        self._owner: asyncio.Task[object] | None = None

    @classmethod
    def at(cls, settings: Settings, say: Say = progress) -> Self:
        return cls(settings.run, settings.log, say)

    # ------------------------------------------------------------------ for `up`

    def left_running(self, name: str) -> Process | None:
        """The child of that name which a killed foreman left behind, if it still lives."""
        one = self._left.children.get(name) if self._left else None
        return one if one is not None and one.alive() else None

    async def end_left(self, name: str) -> None:
        """End what a killed foreman left of that name, so that its ports are free to be claimed."""
        leftover = self.left_running(name)
        if leftover is not None:
            await end(leftover, grace=5.0)

    @property
    def left_places(self) -> Mapping[str, Place]:
        """What the last `up` had published: the ports an adopted Asterisk listens on."""
        return self._left.places if self._left else {}

    async def start(self, child: Child) -> bool:
        """Adopt or start one child and wait until it is ready; True when it was adopted.

        Raises ChildFailed when it ends or is not ready in time.
        """
        leftover = self.left_running(child.name)
        if leftover is not None and child.adopt is not None and await child.adopt():
            kept = Kept(child, leftover)
            self._say(f"{child.title}：接管正在运行的进程（进程号 {leftover.pid}）")
        else:
            if leftover is not None:
                await end(leftover, child.grace)
            kept = await self._spawn_whole(child)
        self._kept[child.name] = kept
        self._write()
        await self._until_ready(kept)
        kept.watcher = asyncio.create_task(self._keep(kept), name=f"keep {child.name}")
        return kept.handle is None

    def publish(self, **places: Place) -> None:
        """Add ports and addresses to state.json, where other commands look for them."""
        self._places.update(places)
        self._write()

    @property
    def places(self) -> Mapping[str, Place]:
        """What has been published so far."""
        return dict(self._places)

    def process_of(self, name: str) -> Process | None:
        """The child as it runs now."""
        kept = self._kept.get(name)
        return kept.process if kept else None

    async def watch(self) -> None:
        """Keep everything running until a signal asks for the end."""
        await asyncio.gather(*(kept.watcher for kept in self._kept.values() if kept.watcher))

    # ------------------------------------------------------------------ coming and going

    async def __aenter__(self) -> Self:
        make_private(self._run)
        make_private(self._log)
        self._lock = hold(self._run)
        self._left = read_state(self._run)
        self._owner = asyncio.current_task()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._asked_to_stop)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        asked = self._stopping
        self._stopping = True
        await self._end_all()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(number)
        if not await self._end_leftovers(wanted=asked or kind is None):
            (self._run / "state.json").unlink(missing_ok=True)
        self.ports.close()
        if self._lock:
            self._lock.close()
        if asked and kind is asyncio.CancelledError and self._owner:
            self._owner.uncancel()
            return True
        return False

    def _asked_to_stop(self) -> None:
        if self._stopping:
            # Asked twice: no more patience.
            for kept in self._kept.values():
                send_group(kept.process.pid, signal.SIGKILL)
            return
        self._stopping = True
        if self._owner:
            self._owner.cancel()

    async def _end_all(self) -> None:
        began = time.monotonic()
        told = False
        for kept in reversed(list(self._kept.values())):
            if kept.watcher:
                kept.watcher.cancel()
                with suppress(asyncio.CancelledError):
                    await kept.watcher
            ending = asyncio.ensure_future(self._end(kept))
            while not ending.done():
                await asyncio.wait([ending], timeout=SLOW_SECONDS)
                if not told and time.monotonic() - began >= SLOW_SECONDS:
                    told = True
                    self._say("正在结束各个进程……（再按一次 Ctrl-C 立即结束）")
            ending.result()

    async def _end_leftovers(self, wanted: bool) -> bool:
        """What a killed foreman left and this one never took over: ended when the end is wanted;
        left in peace, and in state.json, when this `up` merely failed. True when some are left.
        """
        left = {
            name: one
            for name, one in (self._left.children if self._left else {}).items()
            if one.alive() and name not in self._kept
        }
        if wanted:
            for one in left.values():
                await end(one, grace=5.0)
        elif left and self._left:
            write_state(
                self._run,
                State(foreman=self._left.foreman, children=left, places=self._left.places),
            )
            return True
        return False

    # ------------------------------------------------------------------ one child

    async def _spawn_whole(self, child: Child) -> Kept:
        """Spawn; a stop asked for meanwhile waits until the child is noted and can be ended."""
        spawning = asyncio.create_task(self._spawn(child))
        try:
            return await asyncio.shield(spawning)
        except asyncio.CancelledError:
            with suppress(ChildFailed):
                self._kept[child.name] = await spawning
            raise

    async def _spawn(self, child: Child) -> Kept:
        log = (self._log / f"{child.name}.log").open("ab")
        uid, gid = child.user or (None, None)
        try:
            handle = await asyncio.create_subprocess_exec(
                *child.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(child.environment) if child.environment is not None else None,
                cwd=child.folder,
                start_new_session=True,
                user=uid,
                group=gid,
                extra_groups=[] if child.user else None,
            )
        except OSError as error:
            raise ChildFailed(
                f"{child.title}无法启动：{error.strerror}（{child.command[0]}）。"
            ) from error
        finally:
            log.close()
        # A child that has already ended has no /proc entry left to read a start time from.
        return Kept(child, process(handle.pid) or Process(handle.pid, 0), handle)

    async def _until_ready(self, kept: Kept) -> None:
        began, told = time.monotonic(), 0.0
        title, limit = kept.child.title, kept.child.ready_within
        work, moved = 0.0, began
        while not await kept.child.ready():
            now = time.monotonic()
            waited = now - began
            if not self._alive(kept):
                raise ChildFailed(f"{title}启动后就退出了：{self._last_words(kept.child)}")
            done = worked(kept.process.pid)
            if done > work:
                work, moved = done, now
            if now - moved > limit or waited > limit * LONGEST_START:
                words = self._last_words(kept.child)
                raise ChildFailed(f"{title}在 {waited:.0f} 秒内没有就绪：{words}")
            if waited - told >= SLOW_SECONDS:
                told = waited
                busy = f"，机器忙，它还在启动（用了处理器 {work:.0f} 秒）" if waited > limit else ""
                self._say(f"{title}：正在启动，已等 {waited:.0f} 秒{busy}……")
            await asyncio.sleep(POLL_SECONDS)

    async def _keep(self, kept: Kept) -> None:
        """Wait for the child's end and start it again: at once at first, then less often."""
        pause = FIRST_PAUSE
        while True:
            await self._ended(kept)
            if time.monotonic() - kept.began > CALM_SECONDS:
                pause = FIRST_PAUSE
            self._say(f"{kept.child.title}意外退出，{pause:g} 秒后重新启动。")
            send_group(kept.process.pid, signal.SIGKILL)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            try:
                again = await self._spawn(kept.child)
                kept.process, kept.handle, kept.began = again.process, again.handle, again.began
                self._write()
                await self._until_ready(kept)
            except ChildFailed as failure:
                self._say(str(failure))
                await self._end(kept)
            else:
                self._say(f"{kept.child.title}已恢复。")

    async def _ended(self, kept: Kept) -> None:
        if kept.handle is not None:
            await kept.handle.wait()
        else:
            await gone(kept.process)

    def _alive(self, kept: Kept) -> bool:
        return kept.handle.returncode is None if kept.handle else kept.process.alive()

    async def _end(self, kept: Kept) -> None:
        """End one child. An own one is waited for by its handle, so that no zombie stays."""
        if kept.handle is None:
            await end(kept.process, kept.child.grace)
            return
        if kept.handle.returncode is None:
            send(kept.process.pid, signal.SIGTERM)
            try:
                await asyncio.wait_for(kept.handle.wait(), kept.child.grace)
            except TimeoutError:
                send(kept.process.pid, signal.SIGKILL)
                await kept.handle.wait()
        send_group(kept.process.pid, signal.SIGKILL)

    def _last_words(self, child: Child) -> str:
        path = self._log / f"{child.name}.log"
        with suppress(OSError):
            lines = [
                line for line in path.read_text("utf-8", "replace").splitlines() if line.strip()
            ]
            if lines:
                return f"{lines[-1].strip()[:200]}（日志：{path}）"
        return f"没有留下日志（{path}）"

    def _write(self) -> None:
        foreman = process(os.getpid()) or Process(os.getpid(), 0)
        left = self._left.children if self._left else {}
        # A child not yet started this time may still be running from last time: keep its name, or a
        # second kill -9 in between would lose it.
        children = {name: one for name, one in left.items() if one.alive()}
        children |= {name: kept.process for name, kept in self._kept.items()}
        write_state(self._run, State(foreman=foreman, children=children, places=dict(self._places)))
