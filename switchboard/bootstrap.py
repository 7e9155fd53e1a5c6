"""Prepares .venv from the hash-pinned locks, then becomes the command line.

Run by ``./jiesu`` with the system's Python before anything is installed: standard library only,
and nothing of our own imported. Promises:

* ``.venv`` is made once and refreshed only when a lock's contents or Python's version changed;
* one that an interrupted run left half-made is made anew;
* two ``./jiesu`` at once are safe: the second waits for the first (flock on ``.venv.lock``);
* ``test``, ``check``, ``bench`` and ``shots`` install the developers' lock, the rest the runtime's.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "jiesu.json"
LOCKS = {"run": ROOT / "locks" / "run.txt", "dev": ROOT / "locks" / "dev.txt"}
COMMANDS_FOR_DEVELOPERS = frozenset({"test", "check", "bench", "shots"})
QUIET_SECONDS = 2.0


def main(arguments: list[str]) -> int:
    """Make the environment fit, then exec the command line; returns only on failure."""
    wanted = "dev" if arguments[:1] and arguments[0] in COMMANDS_FOR_DEVELOPERS else "run"
    try:
        if not fits(wanted):
            prepare(wanted)
    except KeyboardInterrupt:
        say("已中断。再次运行 ./jiesu 会从头准备运行环境。")
        return 130
    except Refused as refusal:
        say(str(refusal))
        return 1
    enter(arguments)
    return 1


class Refused(Exception):
    """One sentence in Chinese: what went wrong and what to do."""


def fits(wanted: str) -> bool:
    """True when .venv holds exactly what the wanted lock says."""
    try:
        stamp = json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return bool(
        stamp.get("python") == python_version()
        and stamp.get(wanted) == digest(LOCKS[wanted])
        and (VENV / "bin" / "python").exists()
    )


def prepare(wanted: str) -> None:
    """Install the wanted lock into .venv, making it anew unless it is a finished one."""
    if not os.access(ROOT, os.W_OK):
        raise Refused(
            f"无法在 {ROOT} 中准备运行环境（没有写权限）：请用拥有该目录的用户运行一次 ./jiesu。"
        )
    with (ROOT / ".venv.lock").open("a") as lock:
        wait_for(lock.fileno())
        if fits(wanted):
            return
        finished = STAMP.exists() and stamp_python() == python_version()
        STAMP.unlink(missing_ok=True)
        if not finished:
            make_venv(lock.fileno())
        install(LOCKS[wanted], lock.fileno())
        stamp = {"python": python_version(), wanted: digest(LOCKS[wanted])}
        if wanted == "dev":
            # The developers' lock holds the runtime's with the same versions (a house test).
            stamp["run"] = digest(LOCKS["run"])
        draft = STAMP.with_suffix(".new")
        draft.write_text(json.dumps(stamp) + "\n", "utf-8")
        draft.replace(STAMP)


def wait_for(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        say("另一个 ./jiesu 正在准备运行环境，等它完成……")
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def make_venv(held: int) -> None:
    if find_spec("ensurepip") is None:  # Debian keeps it in python3-venv
        apt = "apt install" if os.geteuid() == 0 else "sudo apt install"
        package = f"python{python_version()}-venv"
        raise Refused(
            f"缺少 Python 的 venv 组件：请运行「{apt} python3-venv」（或 {package}），"
            "再重新运行 ./jiesu。"
        )
    say("首次运行：正在建立 Python 运行环境 .venv ……")
    shutil.rmtree(VENV, ignore_errors=True)
    result = subprocess.run(
        [sys.executable, "-m", "venv", str(VENV)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        pass_fds=(held,),
    )
    if result.returncode != 0:
        raise Refused(
            f"无法建立 {VENV}：{last_line(result.stdout.decode('utf-8', 'replace'))}。"
            "请检查磁盘空间，并确认已安装 python3-venv。"
        )


def install(lock: Path, held: int) -> None:
    """Run pip on one lock, telling each package as it comes.

    pip inherits the file lock ``held``: should this process be killed, the next run waits until
    the orphan has ended instead of working in the same folder beside it.
    """
    total = sum(
        1 for line in lock.read_text("utf-8").splitlines() if re.match(r"[A-Za-z0-9]", line)
    )
    command = [
        str(VENV / "bin" / "python"),
        *("-m", "pip", "install", "--require-hashes", "--only-binary", ":all:", "-r", str(lock)),
        "--no-deps",  # a lock is complete; it leaves out what vosk wants for going online
        *("--no-input", "--progress-bar", "off", "--disable-pip-version-check"),
    ]
    pip = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8"},
        pass_fds=(held,),
    )
    lines = follow(pip, total)
    if pip.wait() != 0:
        raise Refused(failure(lines))


def follow(pip: subprocess.Popen[bytes], total: int) -> list[str]:
    """Read pip's output to its end; print a line at most every two seconds."""
    lines: list[str] = []
    seen, told = 0, 0.0
    assert pip.stdout is not None  # noqa: S101 - opened with PIPE above
    for raw in pip.stdout:
        line = raw.decode("utf-8", "replace").strip()
        lines.append(line)
        what = re.match(r"(?:Collecting|Requirement already satisfied:) ([A-Za-z0-9._-]+)", line)
        seen += bool(what)
        if what and time.monotonic() - told > QUIET_SECONDS:
            say(f"  下载软件包 {seen}/{total}：{what.group(1)}")
            told = time.monotonic()
        elif line.startswith("Installing collected packages"):
            say(f"  安装 {total} 个软件包……")
    return lines


def failure(lines: list[str]) -> str:
    text = "\n".join(lines)
    if "DO NOT MATCH THE HASHES" in text:
        return "下载到的软件包与锁定的校验值不符，已拒绝安装：请换一个可信的软件源后重试。"
    if "No matching distribution" in text or "Could not find a version" in text:
        what = re.search(r"No matching distribution found for ([^\s;]+)", text)
        name = what.group(1) if what else "一个软件包"
        return (
            f"软件源中找不到 {name}：请检查网络和 pip 的软件源设置（pip config list），然后重试。"
        )
    return f"安装 Python 软件包失败：{last_line(text)}。请检查网络和磁盘空间，然后重试。"


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")]
    return (errors or lines or ["没有输出"])[-1].rstrip("。.")


def stamp_python() -> object:
    try:
        return json.loads(STAMP.read_text("utf-8")).get("python")
    except (OSError, ValueError):
        return None


def python_version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def enter(arguments: list[str]) -> None:
    """Become the command line. ``-P`` keeps files of the current folder from being imported."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    environment.pop("PYTHONHOME", None)
    python = str(VENV / "bin" / "python")
    os.execve(python, [python, "-P", "-m", "switchboard.cli", *arguments], environment)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
