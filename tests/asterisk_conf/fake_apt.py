"""A Debian archive that exists on paper: what apt-get, apt-cache and dpkg would say of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from asterisk_conf.apt_state import Finished

DEBIAN = "http://mirror.example/debian|{codename}|main|Debian"
UPDATES = "http://mirror.example/debian|{codename}-updates|main|Debian"
SECURITY = "http://mirror.example/debian-security|{codename}-security|main|Debian"


@dataclass
class FakeArchive:
    """`versions` by suite; `away` says the network is gone; `ran` is what was asked."""

    versions: dict[str, str] = field(default_factory=dict)
    targets: list[str] = field(default_factory=list)
    bare_targets: list[str] = field(default_factory=list)
    away: bool = False
    ran: list[list[str]] = field(default_factory=list)
    settings: str = (
        'Acquire::http::Proxy "http://proxy.example:3128";\nAPT::Update::Post-Invoke "";\n'
    )
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        while_waiting: Callable[[], None] | None = None,
    ) -> Finished:
        with self.lock:
            self.ran.append(list(command))
        match list(command):
            case ["apt-get", "indextargets", *rest]:
                rows = self.bare_targets if "--no-release-info" in rest else self.targets
                return Finished(0, "\n".join(rows), "")
            case ["dpkg", "--print-architecture"]:
                return Finished(0, "amd64\n", "")
            case ["apt-config", "dump"]:
                return Finished(0, self.settings, "")
            case ["dpkg", "-x", deb, folder]:
                return self._unpack(Path(deb), Path(folder))
            case _:
                pass
        return self._private(list(command), Path(env["APT_CONFIG"]).parent)

    def _private(self, command: list[str], folder: Path) -> Finished:
        sources = (folder / "src.d" / "debian.sources").read_text()
        suite = next((one for one in self.versions if f"Suites: {one}\n" in sources), "")
        version = self.versions.get(suite, "")
        deb = f"{command[-1]}_{version.replace(':', '%3a')}_amd64.deb"
        match command:
            case ["apt-get", "-q", "update"]:
                if self.away:
                    return Finished(
                        100, "", "Err:1 http://mirror.example/debian\nE: Cannot connect"
                    )
                if version:
                    (folder / "lists" / f"mirror_{suite}_Packages").write_text("x")
                return Finished(0, "", "")
            case ["apt-cache", "policy", name]:
                shown = version or "(none)"
                return Finished(0, f"{name}:\n  Installed: (none)\n  Candidate: {shown}\n", "")
            case ["apt-get", "-s", *_]:
                line = f"Inst {command[-1]} ({version} Debian:{suite} [amd64])\n"
                return Finished(0, line, "")
            case ["apt-get", "-y", "-qq", "--print-uris", *_]:
                there = (folder / "archives" / deb).exists()
                return Finished(0, "" if there else f"'http://mirror.example/x' {deb} 10 SHA\n", "")
            case ["apt-get", "-y", "-q", "-d", *_]:
                if self.away:
                    return Finished(100, "", "E: Failed to fetch http://mirror.example/x timed out")
                (folder / "archives" / deb).write_text("deb")
                return Finished(0, "", "")
            case _:
                pass
        raise AssertionError(command)

    @staticmethod
    def _unpack(deb: Path, folder: Path) -> Finished:
        if not deb.exists():
            return Finished(2, "", f"dpkg-deb: error: cannot read {deb.name}")
        for name in ("usr/lib64/ld-linux-x86-64.so.2", "usr/bin/program", "usr/share/doc/x"):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x")
        (folder / "usr" / "lib" / "x86_64-linux-gnu").mkdir(parents=True, exist_ok=True)
        return Finished(0, "", "")


def an_archive(codename: str, **versions: str) -> FakeArchive:
    """An archive whose rows look like those of a host of that codename."""
    rows = [row.format(codename=codename) for row in (DEBIAN, UPDATES, SECURITY)]
    bare = [row.rsplit("|", 1)[0] + "|$(ORIGIN)" for row in rows]
    return FakeArchive(versions=dict(versions), targets=rows, bare_targets=bare)
