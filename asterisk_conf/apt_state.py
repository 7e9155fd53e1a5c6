"""A private apt: its own state, lists and archives, nothing of the host's apt or dpkg touched.

apt resolves and checks signatures here exactly as it does for the host, but against a dpkg status
of our own (an empty one, so that the closure is complete and runs without the host's libraries).
No root: locking, the sandbox user and every hook of the host are switched off (apt.conf(5)).
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from asterisk_conf.errors import FetchFailed

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
HOST_RELEASES = frozenset({"stable", "oldstable", "oldoldstable", "testing", "unstable", "sid"})
# The host's way to its mirror and its word on frozen mirrors; never what weakens signatures.
_KEPT_SETTINGS = re.compile(
    r"^Acquire::(http|https|ftp|tor|proxy|Check-Valid-Until)\b", re.IGNORECASE
)

Progress = Callable[[str], None]


def unheard(_text: str) -> None:
    """Progress that nobody listens to."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What one command left: exit code and both streams as text."""

    code: int
    out: str
    err: str


class Commands(Protocol):
    """The one outside thing of this module: running apt-get, apt-cache and dpkg."""

    def run(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        while_waiting: Callable[[], None] | None = None,
    ) -> Finished:
        """Run to the end; `while_waiting` is called about once a second meanwhile."""
        ...


class HostCommands:
    """Commands on this machine, in the C locale, without a terminal."""

    def run(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        while_waiting: Callable[[], None] | None = None,
    ) -> Finished:
        """Run to the end; a missing program is FetchFailed, not a traceback."""
        merged = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive", **env}
        try:
            process = subprocess.Popen(
                list(command),
                env=merged,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
        except FileNotFoundError as missing:
            raise FetchFailed(
                f"这台机器上没有 {command[0]}：自动取得软件包只适用于 Debian 及其衍生系统。"
            ) from missing
        streams = ["", ""]

        def drain() -> None:
            streams[0], streams[1] = process.communicate()

        reader = threading.Thread(target=drain, daemon=True)
        reader.start()
        try:
            while reader.is_alive():
                reader.join(1.0)
                if while_waiting is not None and reader.is_alive():
                    while_waiting()
        except BaseException:
            process.terminate()
            reader.join(5.0)
            raise
        return Finished(process.returncode, streams[0], streams[1])


@dataclass(frozen=True, slots=True)
class Source:
    """One suite of a Debian archive: the site as apt knows it, and the suite's name."""

    site: str
    suite: str


@dataclass(frozen=True, slots=True)
class IndexTarget:
    """One row of `apt-get indextargets`."""

    site: str
    release: str
    component: str
    origin: str


def parse_index_targets(text: str) -> tuple[IndexTarget, ...]:
    """Rows `site|release|component|origin`; an unknown field is printed by apt as `$(NAME)`."""
    rows: dict[IndexTarget, None] = {}
    for line in text.splitlines():
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != 4 or not fields[0]:
            continue
        cleaned = ["" if field.startswith("$(") else field for field in fields]
        rows[IndexTarget(cleaned[0], cleaned[1], cleaned[2], cleaned[3])] = None
    return tuple(rows)


def main_sites(targets: Sequence[IndexTarget], codename: str) -> tuple[str, ...]:
    """The sites that may serve Debian's own `main`, the likeliest first.

    A third party may call its component `main` too: what says Origin Debian, serves the updates
    suite as well, and bears the host's own codename goes first; apt's signature check decides.
    """
    plain = HOST_RELEASES | {codename}
    with_updates = {row.site for row in targets if row.release.endswith("-updates")}

    def likelihood(row: IndexTarget) -> tuple[bool, bool, bool]:
        return (row.origin != "Debian", row.site not in with_updates, row.release != codename)

    rows = [
        row
        for row in targets
        if row.component == "main"
        and row.release in plain
        and row.origin in ("", "Debian")
        and not row.site.startswith(("cdrom:", "file:"))
    ]
    return tuple(dict.fromkeys(row.site for row in sorted(rows, key=likelihood)))


def host_sources(targets: Sequence[IndexTarget], site: str, codename: str) -> tuple[Source, ...]:
    """The host's own suites of Debian `main`: the release, its updates, its security suite."""
    own = (codename, f"{codename}-updates", f"{codename}-security")
    near = site.rsplit("/", 1)[0]
    found = {
        Source(row.site, row.release): None
        for row in targets
        if row.component == "main" and row.release in own and row.site.startswith(near)
    }
    return tuple(found) or (Source(site, codename),)


def parse_candidate(text: str) -> str | None:
    """The candidate of `apt-cache policy NAME`, None when the suite does not carry the package."""
    found = re.search(r"^\s*Candidate:\s*(\S+)", text, re.MULTILINE)
    return None if found is None or found[1] == "(none)" else found[1]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One package to download: file name in the archives folder and its size in bytes."""

    file: str
    size: int


def parse_print_uris(text: str) -> tuple[Wanted, ...]:
    """Lines of `apt-get --print-uris install`: 'URI' FILE SIZE [HASH]."""
    rows = re.findall(r"^'[^']+' (\S+\.deb) (\d+)", text, re.MULTILINE)
    return tuple(Wanted(file, int(size)) for file, size in rows)


def one_sentence(error: str) -> str:
    """The first thing apt complains of, without its `E:` marks and without addresses."""
    lines = [line.strip() for line in error.splitlines() if line.strip()]
    worst = [line for line in lines if line.startswith(("E:", "Err:"))] or lines or ["没有说明原因"]
    text = re.sub(r"\s+", " ", re.sub(r"^(E|W|Err)(:\d+)?:?\s*", "", worst[0]))
    return re.sub(r"\S+://\S+", "软件源", text)[:200]


class PrivateApt:
    """apt with its whole state under one folder.

    `update`, `candidate` and `download` raise FetchFailed with one sentence saying what went wrong.
    """

    def __init__(
        self, folder: Path, sources: Sequence[Source], arch: str, commands: Commands
    ) -> None:
        self._folder = folder
        self._sources = tuple(sources)
        self._arch = arch
        self._commands = commands
        self._env = {"APT_CONFIG": str(folder / "apt.conf")}

    @property
    def archives(self) -> Path:
        """Where the packages lie; kept from run to run."""
        return self._folder / "archives"

    def prepare(self, host_settings: str) -> None:
        """Write the private configuration; `host_settings` is the host's `apt-config dump`."""
        for name in ("lists/partial", "archives/partial", "empty.d", "src.d", "log"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        (self._folder / "status").write_text("")
        signed = f"Signed-By: {KEYRING}\n" if KEYRING.exists() else ""
        stanzas = [
            f"Types: deb\nURIs: {source.site}\nSuites: {source.suite}\nComponents: main\n{signed}"
            for source in self._sources
        ]
        (self._folder / "src.d" / "debian.sources").write_text("\n".join(stanzas))
        kept = [line for line in host_settings.splitlines() if _KEPT_SETTINGS.match(line)]
        (self._folder / "apt.conf").write_text(self._configuration() + "\n".join(kept) + "\n")

    def _configuration(self) -> str:
        root = self._folder
        settings = {
            "Dir::State": root,
            "Dir::State::lists": root / "lists",
            "Dir::State::status": root / "status",
            "Dir::State::extended_states": root / "extended_states",
            "Dir::Cache": root,
            "Dir::Cache::archives": root / "archives",
            "Dir::Cache::pkgcache": "",
            "Dir::Cache::srcpkgcache": "",
            "Dir::Etc::main": "/dev/null",
            "Dir::Etc::parts": root / "empty.d",
            "Dir::Etc::sourcelist": "/dev/null",
            "Dir::Etc::sourceparts": root / "src.d",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": root / "empty.d",
            "Dir::Log": root / "log",
            "Debug::NoLocking": "true",
            "APT::Install-Recommends": "false",
            "APT::Install-Suggests": "false",
            "APT::Architecture": self._arch,
            "APT::Sandbox::User": "",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
            "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false",
            "pkgCacheGen::Essential": "none",
        }
        lines = [f'{key} "{value}";\n' for key, value in settings.items()]
        return "".join(lines) + f'APT::Architectures {{ "{self._arch}"; }};\n'

    def update(self) -> None:
        """Read the package indexes. Lists of an earlier run serve when the archive is away."""
        done = self._commands.run(["apt-get", "-q", "update"], self._env)
        had_error = done.code != 0 or re.search(
            r"^(Err|W: Failed to fetch)", done.err, re.MULTILINE
        )
        if had_error and not any((self._folder / "lists").glob("*_Packages*")):
            raise FetchFailed(f"读取软件包目录失败：{one_sentence(done.err or done.out)}")

    def candidate(self, package: str) -> str | None:
        """The version on offer."""
        return parse_candidate(self._commands.run(["apt-cache", "policy", package], self._env).out)

    def closure(self, packages: Sequence[str]) -> tuple[Wanted, ...]:
        """What has to be downloaded still; names whose archive is complete already are left out."""
        done = self._commands.run(
            ["apt-get", "-y", "-qq", "--print-uris", "install", *packages], self._env
        )
        if done.code != 0:
            raise FetchFailed(f"软件包的依赖无法满足：{one_sentence(done.err)}")
        return parse_print_uris(done.out)

    def files(self, packages: Sequence[str]) -> tuple[str, ...]:
        """Archive names of the whole closure, from a simulated installation, downloaded or not."""
        done = self._commands.run(["apt-get", "-s", "-qq", "install", *packages], self._env)
        if done.code != 0:
            raise FetchFailed(f"软件包的依赖无法满足：{one_sentence(done.err)}")
        return parse_simulation(done.out)

    def download(self, packages: Sequence[str], title: str, progress: Progress) -> None:
        """Fetch what is missing into `archives`, signature-checked by apt."""
        wanted = self.closure(packages)
        total = sum(row.size for row in wanted)
        if not wanted:
            return
        size = f"{len(wanted)} 个软件包，{total / 1e6:.0f} MB"
        progress(f"正在下载{title}（{size}）……")
        last = [time.monotonic()]

        def tell() -> None:
            if time.monotonic() - last[0] < 2:
                return
            last[0] = time.monotonic()
            have = sum(_size(self.archives / row.file, self.archives) for row in wanted)
            progress(f"正在下载{title}（{size}）：{min(99, have * 100 // max(1, total))}%")

        done = self._commands.run(
            ["apt-get", "-y", "-q", "-d", "install", *packages], self._env, tell
        )
        if done.code != 0:
            raise FetchFailed(f"下载{title}失败：{one_sentence(done.err)}")


def parse_simulation(text: str) -> tuple[str, ...]:
    """`Inst NAME (VERSION ORIGIN [ARCH])` lines as archive names NAME_VERSION_ARCH.deb."""
    rows = re.findall(r"^Inst (\S+) (?:\[\S*\] )?\((\S+) [^\[\)]*\[(\w+)\]", text, re.MULTILINE)
    return tuple(
        f"{name.split(':')[0]}_{version.replace(':', '%3a')}_{arch}.deb"
        for name, version, arch in rows
    )


def _size(path: Path, archives: Path) -> int:
    for place in (path, archives / "partial" / path.name):
        try:
            return place.stat().st_size
        except OSError:
            continue
    return 0
