"""Debian packages unpacked into a cache folder, without root and without touching the host.

`fetch(bundle, cache)` gives a `Tree`; `tree.tool("usr/bin/sox")` gives a command that runs out of
it. Two kinds of trees:

* *complete* (`suites` named, as for Asterisk from forky or sid): the whole closure with its own
  libc, run through the tree's own ld.so;
* *beside the host* (no suites: the host's own release): all libraries but the C library, found by
  LD_LIBRARY_PATH, because some programs (chromium, PostgreSQL) start themselves again by path.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
import re
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from asterisk_conf.apt_state import (
    Commands,
    HostCommands,
    IndexTarget,
    PrivateApt,
    Progress,
    Source,
    host_sources,
    main_sites,
    one_sentence,
    parse_index_targets,
    unheard,
)
from asterisk_conf.errors import FetchFailed

_MANIFEST = "jiesu-tree.json"
_FORMAT = "$(SITE)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)"
_C_LIBRARY = re.compile(r"^(libc6|libc-bin|libc6-dev|locales|base-files)_")
_NEVER_NEEDED = (
    "usr/share/doc",
    "usr/share/man",
    "usr/share/info",
    "usr/share/lintian",
    "usr/share/bug",
    "usr/share/locale",
    "usr/share/doc-base",
    "usr/share/bash-completion",
    "usr/share/common-licenses",
    "usr/lib/systemd",
)
_NOT_BY_ASTERISK = (
    "etc",
    "var",
    "usr/bin",
    "usr/share/zoneinfo",
    "usr/share/perl",
    "usr/share/perl5",
    "usr/share/misc",
    "usr/share/snmp",
    "usr/share/gnupg",
    "usr/share/i18n",
    "usr/share/pam",
    "usr/share/pam-configs",
    "usr/share/debconf",
    "usr/share/keyrings",
    "usr/share/mysql",
    "usr/share/mime",
    "usr/share/gtk-doc",
    "usr/lib/*/perl*",
    "usr/lib/*/gconv",
    "usr/lib/*/security",
    "usr/lib/*/odbc",
)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A named set of packages.

    `suites` empty: the host's own release. `at_least` is the lowest major version that serves.
    `main` is the package whose version names the tree. `drop` are patterns of folders not kept.
    """

    name: str
    title: str
    packages: tuple[str, ...]
    suites: tuple[str, ...] = ()
    at_least: int = 0
    drop: tuple[str, ...] = ()

    @property
    def main(self) -> str:
        """The package whose version is the tree's version."""
        return self.packages[0]


ASTERISK = Bundle(
    "asterisk",
    "电话交换机 Asterisk 22",
    ("asterisk",),
    suites=("forky", "sid"),
    at_least=22,
    drop=_NOT_BY_ASTERISK,
)
SOX = Bundle("sox", "声音转换程序 sox", ("sox",))
ESPEAK = Bundle("espeak-ng", "语音合成程序 espeak-ng", ("espeak-ng",))
SIPP = Bundle("sip-tester", "SIP 测试程序 sipp", ("sip-tester",))
CHROMIUM = Bundle("chromium", "浏览器 Chromium", ("chromium", "fonts-wqy-microhei"))
FIREFOX = Bundle("firefox-esr", "浏览器 Firefox", ("firefox-esr",))
NSS_TOOLS = Bundle("libnss3-tools", "浏览器的证书工具 certutil", ("libnss3-tools",))
POSTGRESQL = Bundle("postgresql", "数据库 PostgreSQL", ("postgresql-15", "postgresql-client-15"))
# Where each program lies in its bundle. /usr/bin/chromium is a script that names absolute paths.
PROGRAMS: Mapping[str, tuple[Bundle, str]] = MappingProxyType(
    {
        "sox": (SOX, "usr/bin/sox"),
        "espeak-ng": (ESPEAK, "usr/bin/espeak-ng"),
        "sipp": (SIPP, "usr/bin/sipp"),
        "chromium": (CHROMIUM, "usr/lib/chromium/chromium"),
        "firefox": (FIREFOX, "usr/lib/firefox-esr/firefox-esr"),
        "certutil": (NSS_TOOLS, "usr/bin/certutil"),
        "initdb": (POSTGRESQL, "usr/lib/postgresql/15/bin/initdb"),
        "pg_ctl": (POSTGRESQL, "usr/lib/postgresql/15/bin/pg_ctl"),
        "postgres": (POSTGRESQL, "usr/lib/postgresql/15/bin/postgres"),
        "psql": (POSTGRESQL, "usr/lib/postgresql/15/bin/psql"),
    }
)


@dataclass(frozen=True, slots=True)
class Tool:
    """A command and what must be added to the environment to run it."""

    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def full_env(self) -> dict[str, str]:
        """This process's environment with the tool's additions."""
        return {**os.environ, **self.env}


@dataclass(frozen=True, slots=True)
class Tree:
    """Unpacked packages. `complete` says whether the tree brings its own C library."""

    root: Path
    version: str
    complete: bool

    @property
    def libraries(self) -> Path:
        """The multiarch folder, `usr/lib/x86_64-linux-gnu` on amd64."""
        found = sorted((self.root / "usr" / "lib").glob("*-linux-gnu*"))
        return found[0] if found else self.root / "usr" / "lib"

    @property
    def library_path(self) -> str:
        """Folders for the dynamic linker, with those that Debian links by alternatives."""
        base = self.libraries
        legacy = self.root / "lib" / base.name
        inner = [base / name for name in ("pulseaudio", "blas", "lapack")]
        return ":".join(
            str(path) for path in (base, *inner, self.root / "usr" / "lib", legacy) if path.is_dir()
        )

    def linker(self) -> Path:
        """The tree's own ld.so; FetchFailed when the tree has none."""
        for pattern in ("usr/lib64/ld-linux*", "lib64/ld-linux*", "usr/lib/ld-linux*", "lib/ld-*"):
            for found in sorted(self.root.glob(pattern)):
                if found.exists():
                    return found
        raise FetchFailed(f"{self.root} 中没有动态链接器，请删除这个文件夹后重试。")

    def tool(self, path: str) -> Tool:
        """A runnable command for a program of the tree, named by its path (`usr/bin/sox`)."""
        program = self.root / path
        if not program.exists():
            raise FetchFailed(f"{self.root} 中没有 {path}，请删除这个文件夹后重试。")
        wanted = {
            "ESPEAK_DATA_PATH": self.libraries if "espeak" in program.name else None,
            "OPENSSL_MODULES": self.libraries / "ossl-modules" if self.complete else None,
            "OPENSSL_CONF": Path("/dev/null") if self.complete else None,
            "FONTCONFIG_PATH": self.root / "etc" / "fonts",
        }
        env = {name: str(path) for name, path in wanted.items() if path and path.exists()}
        if not self.complete:
            return Tool((str(program),), {**env, "LD_LIBRARY_PATH": self.library_path})
        linker = (str(self.linker()), "--library-path", self.library_path)
        return Tool((*linker, "--argv0", program.name, str(program)), env)


def default_cache() -> Path:
    """Where trees and packages are kept: /var/cache/jiesu as root, else under the home folder."""
    if os.geteuid() == 0:
        return Path("/var/cache/jiesu")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jiesu"


def unpacked(bundle: Bundle, cache: Path) -> Tree | None:
    """The newest tree of the bundle in the cache, None when there is none. No network, no lock."""
    trees: list[tuple[float, Tree]] = []
    for manifest in cache.glob(f"{bundle.name}-*/{_MANIFEST}"):
        try:
            facts = json.loads(manifest.read_text())
        except (OSError, ValueError):
            continue
        if facts.get("packages") == list(bundle.packages):
            tree = Tree(manifest.parent, str(facts["version"]), bool(facts["complete"]))
            trees.append((manifest.stat().st_mtime, tree))
    return max(trees, key=lambda pair: pair[0])[1] if trees else None


def fetch(
    bundle: Bundle,
    cache: Path | None = None,
    progress: Progress = unheard,
    *,
    commands: Commands | None = None,
    refresh: bool = False,
) -> Tree:
    """The tree of a bundle, fetched and unpacked when the cache has none.

    `refresh` asks the archive for a newer version even so. Safe when two do it at once: the second
    waits for the first. FetchFailed with one sentence when it cannot be had.
    """
    folder = default_cache() if cache is None else cache
    ready = None if refresh else unpacked(bundle, folder)
    if ready is not None:
        return ready
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as refused:
        raise FetchFailed(f"不能写缓存文件夹 {folder}：请检查它的权限。") from refused
    runner = HostCommands() if commands is None else commands
    # One lock for the cache: bundles of one suite share its lists and archives.
    with _alone(folder / "fetch.lock", bundle, progress):
        ready = None if refresh else unpacked(bundle, folder)
        return ready or _fetch_now(bundle, folder, progress, runner)


@contextlib.contextmanager
def _alone(lock: Path, bundle: Bundle, progress: Progress) -> Iterator[None]:
    with lock.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"另一个进程正在取得{bundle.title}，等待它完成……")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _fetch_now(bundle: Bundle, cache: Path, progress: Progress, commands: Commands) -> Tree:
    progress(f"正在查找{bundle.title}……")
    targets = _index_targets(commands)
    codename = _codename()
    sites = main_sites(targets, codename)
    if not sites:
        raise FetchFailed(
            "这台机器的软件源里没有 Debian 的 main：请检查 /etc/apt/sources.list，"
            f"或自行安装 {' '.join(bundle.packages)}。"
        )
    failures: list[FetchFailed] = []
    for site in sites:
        choices: list[tuple[str, tuple[Source, ...]]] = [
            (suite, (Source(site, suite),)) for suite in bundle.suites
        ]
        if not bundle.suites:
            choices = [(f"host-{codename}", host_sources(targets, site, codename))]
        for name, sources in choices:
            try:
                return _from_sources(bundle, cache, name, sources, progress, commands)
            except FetchFailed as failed:
                failures.append(failed)
    raise failures[0]


def _index_targets(commands: Commands) -> tuple[IndexTarget, ...]:
    """With release information where the host has lists, else from its sources files alone."""
    ask = ["apt-get", "indextargets", "--format", _FORMAT, "Created-By: Packages"]
    rows = parse_index_targets(commands.run(ask, {}).out)
    if rows:
        return rows
    return parse_index_targets(commands.run([*ask, "--no-release-info"], {}).out)


def _codename() -> str:
    try:
        return platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    except OSError:
        return ""


def _from_sources(
    bundle: Bundle,
    cache: Path,
    state: str,
    sources: tuple[Source, ...],
    progress: Progress,
    commands: Commands,
) -> Tree:
    arch = commands.run(["dpkg", "--print-architecture"], {}).out.strip()
    apt = PrivateApt(cache / "debs" / state, sources, arch, commands)
    apt.prepare(commands.run(["apt-config", "dump"], {}).out)
    progress(f"正在读取软件包目录（{state}）……")
    apt.update()
    version = apt.candidate(bundle.main)
    if version is None or _major(version) < bundle.at_least:
        raise FetchFailed(
            f"软件源（{state}）没有 {bundle.main}"
            + (f" {bundle.at_least} 或更新的版本。" if bundle.at_least else "。")
        )
    target = cache / f"{bundle.name}-{_folder_name(version)}"
    complete = bool(bundle.suites)
    if (target / _MANIFEST).exists():
        return Tree(target, version, complete)
    apt.download(bundle.packages, bundle.title, progress)
    files = [apt.archives / name for name in apt.files(bundle.packages)]
    chosen = [deb for deb in files if complete or not _C_LIBRARY.match(deb.name)]
    _unpack(bundle, chosen, target, version, progress, commands)
    return Tree(target, version, complete)


def _major(version: str) -> int:
    found = re.match(r"(?:\d+:)?(\d+)", version)
    return int(found[1]) if found else 0


def _folder_name(version: str) -> str:
    return re.sub(r"[^0-9A-Za-z.+~-]", "_", version.split(":", 1)[-1])


def _unpack(
    bundle: Bundle,
    debs: list[Path],
    target: Path,
    version: str,
    progress: Progress,
    commands: Commands,
) -> None:
    """Everything into `TARGET.new`, then one rename: a half-unpacked tree is never taken."""
    progress(f"正在解开{bundle.title}的 {len(debs)} 个软件包……")
    fresh = target.with_name(target.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()

    def one(deb: Path) -> None:
        done = commands.run(["dpkg", "-x", str(deb), str(fresh)], {})
        if done.code != 0:
            raise FetchFailed(f"解开 {deb.name} 失败：{one_sentence(done.err)}")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, debs))
    for pattern in (*_NEVER_NEEDED, *bundle.drop):
        for folder in fresh.glob(pattern):
            shutil.rmtree(folder, ignore_errors=True)
    fresh.chmod(0o755)  # whoever Asterisk steps down to has to read it
    facts = {
        "name": bundle.name,
        "version": version,
        "packages": list(bundle.packages),
        "complete": bool(bundle.suites),
        "debs": [deb.name for deb in debs],
    }
    (fresh / _MANIFEST).write_text(json.dumps(facts, indent=1, ensure_ascii=False))
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    progress(f"{bundle.title} {version} 已就绪。")


def find_tool(
    program: str, cache: Path | None = None, progress: Progress = unheard, *, may_fetch: bool = True
) -> Tool | None:
    """A program of PROGRAMS: the system's own, else the cache's, else fetched now.

    None only when it is nowhere and `may_fetch` is False. FetchFailed as for `fetch`.
    """
    bundle, path = PROGRAMS[program]
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), reverse=True)
    own = shutil.which(program) or (str(versions[0]) if versions else None)
    if own:
        return Tool((own,))
    folder = default_cache() if cache is None else cache
    tree = fetch(bundle, folder, progress) if may_fetch else unpacked(bundle, folder)
    return tree.tool(path) if tree else None
