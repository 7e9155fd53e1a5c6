"""The two containers without an engine: their own command lines, on a DATA and ports of their own.

The Asterisk is the one of the cache (the same package the image installs), found by the start
script under the name `asterisk` on PATH, as in the image.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from asterisk_conf import exchange
from asterisk_conf.debian import default_cache
from switchboard.free_ports import Ports
from tests.house.tree import ROOT

READY = "接诉台已就绪"
RTP_COUNT = 100


@dataclass(frozen=True, slots=True)
class Apart:
    """A DATA whose exchange is started by its own script."""

    top: Path
    ports: Mapping[str, int]
    tree: Path = ROOT

    @property
    def data(self) -> Path:
        return self.top / "d"

    @property
    def folder(self) -> Path:
        """What both sides share."""
        return self.data / "asterisk"

    def environment(self) -> dict[str, str]:
        """Of the exchange's container."""
        found = exchange.find()
        return {
            "PATH": f"{self.top / 'bin'}:/usr/bin:/bin",
            "JIESU_EXCHANGE": str(self.folder),
            "JIESU_ASTERISK_MODULES": str(found.modules),
            "JIESU_ASTERISK_DATA": str(found.data),
            **found.tool.env,
        }

    def home(self) -> dict[str, str]:
        """Of Jiesu's container; what the image has from apt is in the cache here."""
        cache = str(default_cache().parent)
        return {"PATH": "/usr/bin:/bin", "HOME": str(self.data), "XDG_CACHE_HOME": cache}

    @contextmanager
    def exchange(self) -> Iterator[subprocess.Popen[bytes]]:
        """The exchange's container: its entry point, as the user that owns the folder."""
        user = exchange.run_user()
        with running(
            [str(self.tree / "docker/asterisk/start")],
            self.top / "exchange.log",
            env=self.environment(),
            user=user[0] if user else None,
            group=user[1] if user else None,
        ) as one:
            yield one

    @contextmanager
    def jiesu(self, command: Sequence[str] = ()) -> Iterator[subprocess.Popen[bytes]]:
        """Jiesu's container until calls can be taken: what its CMD says, on this DATA."""
        start = command or (sys.executable, "-P", "-m", "switchboard.cli")
        arguments = ("up", "--no-exchange", "--data", str(self.data))
        log = self.top / f"up-{time.monotonic_ns()}.log"
        environment = {**os.environ, "PYTHONPATH": str(self.tree), "PYTHONUTF8": "1"}
        environment = self.home() if command else environment
        with running([*start, *arguments], log, env=environment) as one:
            until(lambda: READY in log.read_text("utf-8"), one, log)
            yield one

    def healthy(self, side: str, *arguments: str) -> bool:
        """What the health check of a container says."""
        environment = self.environment() if side == "asterisk" else dict(os.environ)
        script = self.tree / f"docker/{side}/healthy"
        done = subprocess.run(
            [str(script), *arguments], env=environment, capture_output=True, timeout=20, check=False
        )
        return done.returncode == 0


@contextmanager
def apart(tree: Path = ROOT) -> Iterator[Apart]:
    """A fresh DATA with ports nobody else has."""
    claims, web = Ports(), Ports()
    top = Path(tempfile.mkdtemp(prefix="jiesu-c-"))
    try:
        rtp = claims.claim_range(20000, RTP_COUNT)
        ports = {
            "web_port": web.claim(8080),
            "sip_port": claims.claim(5060, "udp"),
            "ws_port": claims.claim(8188),
            "ami_port": claims.claim(5038),
            "rtp_from": rtp.start,
            "rtp_to": rtp.stop - 1,
        }
        one = Apart(top, ports, tree)
        _lay(one)
        web.close()  # the system claims this one itself
        yield one
    finally:
        claims.close()
        web.close()
        shutil.rmtree(top, ignore_errors=True)


def _lay(one: Apart) -> None:
    one.top.chmod(0o755)
    one.folder.mkdir(parents=True)
    one.data.chmod(0o711)
    lines = [f"{key} = {value}" for key, value in one.ports.items()]
    (one.data / "site.toml").write_text("[listen]\n" + "\n".join(lines) + "\n", "utf-8")
    user = exchange.run_user()
    if user:
        os.chown(one.folder, *user)
    program = one.top / "bin" / "asterisk"
    program.parent.mkdir()
    command = " ".join(f"'{part}'" for part in exchange.find().tool.command)
    program.write_text(f'#!/bin/sh\nexec {command} "$@"\n', "utf-8")
    program.chmod(0o755)


@contextmanager
def running(
    command: Sequence[str],
    log: Path,
    *,
    env: Mapping[str, str],
    user: int | None = None,
    group: int | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is asked to end afterwards, by its pid, and has to."""
    with log.open("ab") as out:
        one = subprocess.Popen(
            list(command),
            env=dict(env),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            user=user,
            group=group,
            extra_groups=[] if user is not None else None,
        )
    try:
        yield one
    finally:
        stop(one)


def stop(one: subprocess.Popen[bytes]) -> None:
    """SIGTERM, as an engine does."""
    if one.poll() is None:
        one.send_signal(signal.SIGTERM)
    try:
        one.wait(40)
    except subprocess.TimeoutExpired:
        one.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            one.wait(5)
        raise


def until(
    look: Callable[[], bool], one: subprocess.Popen[bytes], log: Path, within: float = 150.0
) -> None:
    """Wait while the process lives; AssertionError with its log."""
    began = time.monotonic()
    while not look():
        assert one.poll() is None, log.read_text("utf-8")
        assert time.monotonic() - began < within, log.read_text("utf-8")
        time.sleep(0.1)
