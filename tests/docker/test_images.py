"""What a build would do, done in an empty folder: the copies, the install lines, then a start.

The start uses the folder as the container would: both sides as one ordinary user, the tree not
writable, PostgreSQL over loopback with its password in a file.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from asterisk_conf.apt_state import HostCommands, PrivateApt, Source, main_sites
from asterisk_conf.debian import _codename, _index_targets
from switchboard.free_ports import Ports
from tests.docker.apart import apart, stop
from tests.docker.parse import Image, context
from tests.house.tree import ROOT
from tests.install.fresh import NOBODY
from tests.ledger.postgres import Cluster

pytestmark = pytest.mark.install

PASSWORD = "a/b@c:d e%f"
PIP_CACHE = ROOT / ".pytest_cache" / "pip"


@pytest.fixture(scope="module")
def image() -> Iterator[Path]:
    """The tree of the jiesu image, made by its own COPY and RUN lines, where an ordinary user can
    reach it: pytest's own folders are for their owner alone."""
    top = Path(tempfile.mkdtemp(prefix="jiesu-image-"))
    folder = top / "opt"
    let_in = context()
    for source, place in [*Image("jiesu").copies(), *Image("asterisk").copies()]:
        for path in let_in:
            if path == ROOT / source or ROOT / source in path.parents:
                target = (
                    folder
                    / Path(place.removeprefix("/opt/jiesu/"))
                    / path.relative_to(ROOT / source)
                )
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, target)
    for line in install_lines():
        subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "PIP_CACHE_DIR": str(PIP_CACHE)},
            check=True,
            timeout=600,
        )
    top.chmod(0o755)
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(top, ignore_errors=True)


def install_lines() -> list[str]:
    """The RUN lines that work in the tree alone: not those that change the system."""
    lines = [step.text for step in Image("jiesu").all("RUN")]
    ours = [line for line in lines if line.startswith(("./jiesu", ".venv/"))]
    others = [line for line in lines if line not in ours]
    assert len(ours) == 2
    assert all(line.startswith(("apt-get ", "groupadd ", "ln -s ")) for line in others), others
    return ours


def test_the_folder_a_build_makes_starts_as_an_ordinary_user_with_postgresql(image: Path) -> None:
    cluster = Cluster.create()
    claims = Ports()
    try:
        port = claims.claim(5532)
        asyncio.run(open_by_password(cluster, port))
        with apart(image) as here:
            secret = here.top / "postgres_password"
            secret.write_text(PASSWORD + "\n", "utf-8")
            with (here.data / "site.toml").open("a") as site:
                site.write(
                    f'[database]\nurl = "postgresql+asyncpg://jiesu@127.0.0.1:{port}/jiesu"\n'
                    f'password_file = "{secret}"\n'
                )
            give_to_nobody(here.data)
            ordinary = (*nobody(), str(image / "jiesu"))
            with here.exchange(), here.jiesu(ordinary) as jiesu:
                assert here.healthy("jiesu", str(here.data))
                assert here.healthy("asterisk")
                assert not (here.data / "jiesu.db").exists()
                done = subprocess.run(
                    [*ordinary, "doctor", "--data", str(here.data)],
                    env=here.home(),
                    capture_output=True,
                    text=True,
                    timeout=60,
                    check=False,
                )
                assert "在运行" in done.stdout, done.stdout + done.stderr
                stop(jiesu)
        assert asyncio.run(users_in(port)) > 10
    finally:
        claims.close()
        cluster.remove()


async def open_by_password(cluster: Cluster, port: int) -> None:
    """Database jiesu, user jiesu, reached over loopback by password only."""
    over_socket = await asyncpg.connect(user="jiesu", database="postgres", host=str(cluster.folder))
    quoted = PASSWORD.replace("'", "''")
    await over_socket.execute(f"ALTER USER jiesu PASSWORD '{quoted}'")
    await over_socket.execute("CREATE DATABASE jiesu")
    await over_socket.close()
    cluster.stop()
    data = cluster.folder / "data"
    (data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n", "utf-8")
    with (data / "postgresql.conf").open("a") as settings:
        settings.write(f"listen_addresses = '127.0.0.1'\nport = {port}\n")
    cluster.start()


async def users_in(port: int) -> int:
    """How many users the system has put into its database."""
    one = await asyncpg.connect(
        user="jiesu", database="jiesu", host="127.0.0.1", port=port, password=PASSWORD
    )
    try:
        return int(await one.fetchval("SELECT count(*) FROM users"))
    finally:
        await one.close()


def nobody() -> tuple[str, ...]:
    """As root: step down, as USER does."""
    if os.geteuid() != 0:
        return ()
    return ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--")


def give_to_nobody(data: Path) -> None:
    data.chmod(0o700)
    if os.geteuid() == 0:
        for path in (data, *data.rglob("*")):
            os.chown(path, NOBODY, NOBODY)


SUITES = {"jiesu": "bookworm", "asterisk": "forky"}


@pytest.mark.parametrize("name", sorted(SUITES))
def test_every_debian_package_of_an_image_is_in_its_release(name: str, tmp_path: Path) -> None:
    image = Image(name)
    suite = image.only("FROM").text.removeprefix("debian:").removesuffix("-slim")
    assert suite == SUITES[name]
    commands = HostCommands()
    (site, *_) = main_sites(_index_targets(commands), _codename())
    arch = commands.run(["dpkg", "--print-architecture"], {}).out.strip()
    apt = PrivateApt(tmp_path, [Source(site, suite)], arch, commands)
    apt.prepare(commands.run(["apt-config", "dump"], {}).out)
    apt.update()
    packages = image.packages()
    assert packages
    for package in packages:
        assert apt.candidate(package), package
    assert len(apt.files(packages)) > len(packages)
