"""A PostgreSQL cluster for one test session: in a folder of its own, on a socket only, fsync on."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asterisk_conf.debian import Tool, find_tool

SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
fsync = on
synchronous_commit = on
shared_buffers = 32MB
max_connections = 60
max_wal_size = 256MB
logging_collector = off
"""


def stepped_down() -> Mapping[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as nobody."""
    return {"user": "nobody", "group": "nogroup", "extra_groups": ()} if os.geteuid() == 0 else {}


def found(program: str) -> Tool:
    """The program from the system, the cache or the archive; the test fails when there is none."""
    tool = find_tool(program)
    assert tool is not None
    return tool


@dataclass(slots=True)
class Cluster:
    """A running server. ``spare`` databases are migrated and empty.

    ``stop(crash=True)`` is a power cut, ``start()`` brings it back.
    """

    folder: Path
    server: subprocess.Popen[bytes] | None = None
    databases: int = 0
    spare: list[str] = field(default_factory=list)

    @staticmethod
    def create() -> Cluster:
        folder = Path(tempfile.mkdtemp(prefix="jiesu-pg-"))
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody", "nogroup")
        cluster = Cluster(folder)
        initdb = found("initdb")
        subprocess.run(
            [
                *initdb.command,
                *("-D", str(folder / "data"), "-U", "jiesu", "-A", "trust"),
                *("-E", "UTF8", "--locale=C", "--no-instructions"),
            ],
            check=True,
            timeout=120,
            env=initdb.full_env(),
            cwd=folder,
            stdout=subprocess.DEVNULL,
            **stepped_down(),
        )
        with (folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS.format(folder=folder))
        cluster.start()
        return cluster

    def start(self) -> None:
        postgres = found("postgres")
        with (self.folder / "log").open("ab") as log:
            self.server = subprocess.Popen(
                [*postgres.command, "-D", str(self.folder / "data")],
                env=postgres.full_env(),
                cwd=self.folder,
                stdout=log,
                stderr=log,
                **stepped_down(),
            )
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if self.server.poll() is not None:
                break
            status = self.folder / "data" / "postmaster.pid"
            if status.exists() and "ready" in status.read_text():
                return
            time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text()[-2000:])

    def stop(self, *, crash: bool = False) -> None:
        """SIGINT ends it in good order; SIGQUIT leaves it to recover from its log."""
        if self.server is not None:
            self.server.send_signal(3 if crash else 2)
            self.server.wait(timeout=60)
            self.server = None

    def remove(self) -> None:
        self.stop(crash=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql://jiesu@/{database}?host={self.folder}"

    def next_name(self) -> str:
        self.databases += 1
        return f"test_{self.databases}"
