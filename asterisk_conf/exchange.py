"""Find, prepare, start, ask and stop Asterisk. Everything of one exchange lies in one folder.

The folder (`plan.places.run`, `DATA/asterisk`) holds etc, lib, db, data, spool, log and run. As
root, Asterisk steps down to `nobody`, who owns that folder; the folder above it (DATA) then gets
the mode bit that lets others pass through without listing it (0711), so whatever else lies in DATA
has to be private by its own mode. Asterisk keeps its calls when our programs end: it leads a
session of its own and is found again by its pid file. `core restart` does not exist for a tree run
by its own ld.so: stop and start.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import wave
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asterisk_conf.apt_state import Progress, unheard
from asterisk_conf.debian import ASTERISK, Tool, default_cache, fetch, unpacked
from asterisk_conf.errors import ExchangeFailed
from asterisk_conf.modules import MODULES
from asterisk_conf.plan import ExchangePlan, Places
from asterisk_conf.prompts import DIGITS, MUSIC, PROMPTS, TONES
from asterisk_conf.render import render

SOUNDS: Final = Path(__file__).parent / "sounds"
# First releases of each series with every published security fix up to 2026-02 (CVE-2026-23738 to
# 23741); a series that is not named is not used.
PATCHED: Final = {22: (22, 8, 2), 23: (23, 2, 2)}
STEPS_DOWN_TO: Final = "nobody"
_FOLDERS: Final = (
    "etc",
    "lib/keys",
    "db",
    "data/sounds/zh/jiesu",
    "data/sounds/zh/digits",
    "spool/monitor",
    "spool/tmp",
    "log/cdr-csv",
    "run",
    "cache",
)
_LONGEST_SOCKET: Final = 104
# Ours as children of this process; whoever outlives it is found by its pid file.
_STARTED: Final[dict[int, subprocess.Popen[bytes]]] = {}


@dataclass(frozen=True, slots=True)
class Installation:
    """An Asterisk that can be used: how to run it, its modules, and its data (documentation)."""

    tool: Tool
    modules: Path
    data: Path
    version: str

    def places(self, run: Path) -> Places:
        """The folders of a plan that uses this Asterisk, with `run` for its own files."""
        return Places(run, self.modules, self.data)


def find(
    cache: Path | None = None, progress: Progress = unheard, *, may_fetch: bool = True
) -> Installation:
    """The system's Asterisk when it is patched and has every module, else the cached tree.

    Without a tree in the cache it is fetched (FetchFailed); ExchangeFailed when that is not wanted.
    """
    own = _system()
    if own is not None:
        return own
    folder = default_cache() if cache is None else cache
    tree = unpacked(ASTERISK, folder)
    if tree is None:
        if not may_fetch:
            raise ExchangeFailed("没有可用的 Asterisk 22：请运行 ./jiesu up 取得它。")
        tree = fetch(ASTERISK, folder, progress)
    found = Installation(
        tree.tool("usr/sbin/asterisk"),
        tree.libraries / "asterisk" / "modules",
        tree.root / "usr" / "share" / "asterisk",
        tree.version,
    )
    missing = missing_modules(found.modules)
    if missing:
        raise ExchangeFailed(f"{tree.root} 缺少模块 {'、'.join(missing)}：请删除它后重试。")
    return found


def _system() -> Installation | None:
    program = shutil.which("asterisk", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        return None
    try:
        shown = subprocess.run(
            [program, "-V"], capture_output=True, text=True, timeout=10, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    folders = sorted(Path("/usr").glob("lib*/**/asterisk/modules"))
    data = [Path("/usr/share/asterisk"), Path("/var/lib/asterisk")]
    documented = [path for path in data if (path / "documentation").is_dir()]
    if not (is_patched(shown) and folders and documented) or missing_modules(folders[0]):
        return None
    return Installation(Tool((program,)), folders[0], documented[0], shown.split()[-1])


def is_patched(shown: str) -> bool:
    """Whether `asterisk -V` names a release with the known faults mended."""
    found = re.search(r"Asterisk (?:certified/)?(\d+)\.(\d+)\.(\d+)", shown)
    if found is None:
        return False
    version = (int(found[1]), int(found[2]), int(found[3]))
    return version >= PATCHED.get(version[0], (9999,))


def missing_modules(folder: Path) -> tuple[str, ...]:
    """Modules we load that the folder does not have."""
    return tuple(name for name in MODULES if not (folder / f"{name}.so").exists())


def run_user() -> tuple[int, int] | None:
    """(uid, gid) that Asterisk steps down to when we are root; None when we are not."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(STEPS_DOWN_TO)
    except KeyError:
        raise ExchangeFailed(
            f"系统没有 {STEPS_DOWN_TO} 用户：请不要以 root 身份运行 ./jiesu。"
        ) from None
    return entry.pw_uid, entry.pw_gid


def prepare(
    plan: ExchangePlan,
    own_sounds: Path | None = None,
    progress: Progress = unheard,
) -> tuple[str, ...]:
    """Write the folder of the exchange: configuration, recordings, music; keep what it remembers.

    Returns the names of the configuration files that changed. `own_sounds` (DATA/sounds) holds
    recordings that take the place of ours. BadPlan for a value that must not be written,
    ExchangeFailed for a folder that Asterisk could not use.
    """
    texts = render(plan)
    run = plan.places.run
    socket = str(run / "run" / "ctl")
    if len(socket.encode()) > _LONGEST_SOCKET:
        raise ExchangeFailed(f"{run} 的路径太长：请用 --data 换一个短一些的文件夹。")
    for name in _FOLDERS:
        (run / name).mkdir(parents=True, exist_ok=True)
    if plan.recordings is not None:
        plan.recordings.mkdir(parents=True, exist_ok=True)
    changed = tuple(name for name, text in texts.items() if _write(run / "etc" / name, text))
    documentation = run / "data" / "documentation"
    documentation.unlink(missing_ok=True)
    documentation.symlink_to(plan.places.data / "documentation")
    _lay_sounds(run / "data", own_sounds, progress)
    _hand_over(run, plan.recordings)
    return changed


def _write(path: Path, text: str) -> bool:
    """True when it was not so before; one that is the same is never seen empty while read."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if path.read_text("utf-8") == text:
            return False
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    return True


def _lay_sounds(data: Path, own: Path | None, progress: Progress) -> None:
    chosen: dict[str, Path] = {}
    for name in (*PROMPTS, *TONES, *(f"digits/{digit}" for digit in DIGITS)):
        chosen[name] = SOUNDS / f"{name}.wav"
        theirs = own / f"{name}.wav" if own is not None else None
        if theirs is not None and theirs.is_file():
            if is_telephone_sound(theirs):
                chosen[name] = theirs
            else:
                progress(f"{theirs} 不是 8 kHz、16 位、单声道的 WAV，没有使用。")
    for name, source in chosen.items():
        folder = "" if name.startswith("digits/") else "jiesu/"
        _copy(source, data / "sounds" / "zh" / f"{folder}{name}.wav")
    extra = own / "menu.wav" if own is not None else None
    if extra is not None and extra.is_file() and is_telephone_sound(extra):
        _copy(extra, data / "sounds" / "zh" / "jiesu" / "menu.wav")
    for music, parts in MUSIC.items():
        place = data / "moh" / music
        place.mkdir(parents=True, exist_ok=True)
        for order, part in enumerate(parts, start=1):
            _copy(chosen[part], place / f"{order}-{part}.wav")


def is_telephone_sound(path: Path) -> bool:
    """Whether a file is a WAV of 8 kHz, 16 bit, one channel."""
    try:
        with wave.open(str(path)) as sound:
            shape = (sound.getframerate(), sound.getsampwidth(), sound.getnchannels())
    except (OSError, EOFError, wave.Error):
        return False
    return shape == (8000, 2, 1)


def _copy(source: Path, target: Path) -> None:
    """Copied, not linked: whoever Asterisk runs as may not be able to reach our source tree."""
    there, ours = (target.stat() if target.exists() else None), source.stat()
    if there and (there.st_size, int(there.st_mtime)) == (ours.st_size, int(ours.st_mtime)):
        return
    shutil.copyfile(source, target)
    os.utime(target, (ours.st_atime, ours.st_mtime))


def _hand_over(run: Path, recordings: Path | None) -> None:
    """As root: the folder becomes Asterisk's, and the way to it is opened for passing through."""
    run.chmod(0o700)
    user = run_user()
    if user is None:
        return
    for top in (run, recordings):
        if top is not None:
            os.chown(top, *user)
            for folder, names, files in os.walk(top):
                for name in (*names, *files):
                    os.chown(Path(folder) / name, *user, follow_symlinks=False)
    _open_way(run, user)


def _open_way(run: Path, user: tuple[int, int]) -> None:
    for above in reversed(run.parents):
        found = above.stat()
        passable = bool(found.st_mode & 0o001) or (
            found.st_uid == user[0] and bool(found.st_mode & 0o100)
        )
        if passable:
            continue
        if above != run.parent or found.st_uid != os.geteuid():
            raise ExchangeFailed(
                f"{STEPS_DOWN_TO} 用户进不了 {above}：请用 --data 换一个它能进入的文件夹，"
                "例如 /var/lib/jiesu，或不以 root 身份运行。"
            )
        above.chmod(found.st_mode & 0o7777 | 0o011)


def command(installation: Installation, plan: ExchangePlan) -> Tool:
    """How Asterisk is started in the foreground for this plan (as `run_user`, own session)."""
    settings = str(plan.places.run / "etc" / "asterisk.conf")
    return Tool((*installation.tool.command, "-f", "-C", settings), installation.tool.env)


async def start(
    installation: Installation,
    plan: ExchangePlan,
    own_sounds: Path | None = None,
    within: float = 20.0,
) -> int:
    """Prepare and start; returns the pid once calls can be taken. A running one is kept.

    ExchangeFailed with the last line of its log when it ends or is not ready `within` seconds.
    """
    already = running(plan)
    if already is not None and await booted(plan):
        return already
    prepare(plan, own_sounds)
    tool, user = command(installation, plan), run_user()
    with (plan.places.run / "log" / "console").open("ab") as console:
        process = subprocess.Popen(  # noqa: ASYNC220 - starting takes no time; nothing is read
            list(tool.command),
            env=tool.full_env(),
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            start_new_session=True,
            umask=0o027,
            user=user[0] if user else None,
            group=user[1] if user else None,
            extra_groups=[] if user else None,
        )
    _STARTED[process.pid] = process
    try:
        async with asyncio.timeout(within):
            while not await booted(plan):
                if process.poll() is not None:
                    raise ExchangeFailed(f"Asterisk 没有启动：{_last_words(plan)}")
                await asyncio.sleep(0.02)
    except TimeoutError:
        await stop(process.pid)
        raise ExchangeFailed(
            f"Asterisk 在 {within:.0f} 秒内没有就绪：{_last_words(plan)}"
        ) from None
    return process.pid


def _last_words(plan: ExchangePlan) -> str:
    for name in ("console", "messages"):
        with contextlib.suppress(OSError):
            lines = (plan.places.run / "log" / name).read_text(errors="replace").splitlines()
            if lines:
                return lines[-1][:300]
    return f"日志在 {plan.places.run / 'log'}"


def running(plan: ExchangePlan) -> int | None:
    """The pid of this plan's Asterisk when it lives; a stale pid file is not believed."""
    run = plan.places.run
    try:
        pid = int((run / "run" / "asterisk.pid").read_text())
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if str(run / "etc" / "asterisk.conf").encode() in arguments else None


async def ask(plan: ExchangePlan, text: str, within: float = 5.0) -> str:
    """The answer of Asterisk's own console to one command, over its control socket.

    ExchangeFailed when Asterisk is not there or does not answer `within` seconds.
    """
    return await ask_at(plan.places.run, text, within)


async def ask_at(run: Path, text: str, within: float = 5.0) -> str:
    """The same by the exchange's own folder alone (`plan.places.run`)."""
    if any(ord(sign) < 32 for sign in text):
        raise ExchangeFailed("命令中不能有控制字符。")
    socket = str(run / "run" / "ctl")
    try:
        async with asyncio.timeout(within):
            reader, writer = await asyncio.open_unix_connection(socket)
            try:
                writer.write(b"cli quit after " + text.encode() + b"\0")
                await writer.drain()
                answer = await reader.read(-1)
            finally:
                writer.close()
    except (OSError, TimeoutError) as error:
        raise ExchangeFailed("Asterisk 没有回应：它可能没有在运行。") from error
    # The console marks its own lines by bytes that people never see.
    return re.sub(rb"[\x00\x7f]|\x1b\[[0-9;]*[A-Za-z]", b"", answer).decode(errors="replace")


async def booted(plan: ExchangePlan) -> bool:
    """Whether calls can be taken."""
    try:
        return "fully booted" in await ask(plan, "core waitfullybooted", within=10.0)
    except ExchangeFailed:
        return False


async def reload(plan: ExchangePlan, modules: Sequence[str] = ()) -> None:
    """Let a running Asterisk read changed files; calls go on. Names without `.so`; none means all.

    The caller has written them with `prepare`.
    """
    names: Iterable[str] = [f"module reload {name}" for name in modules] or ["core reload"]
    for text in names:
        await ask(plan, text, within=10.0)


async def stop(pid: int, grace: float = 5.0) -> None:
    """End it: SIGTERM, then after `grace` seconds SIGKILL. Calls end with it."""
    for number, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        for _ in range(int(seconds / 0.02)):
            if _ended(pid):
                return
            await asyncio.sleep(0.02)


def _ended(pid: int) -> bool:
    child = _STARTED.get(pid)
    if child is not None:
        if child.poll() is None:
            return False
        del _STARTED[pid]
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return True
    return state in ("Z", "X")
