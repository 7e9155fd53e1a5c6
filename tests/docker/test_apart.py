"""An exchange that somebody else starts: the two containers' command lines, side by side."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from switchboard.running import read_state
from tests.docker.apart import Apart, apart, stop

pytestmark = pytest.mark.telephony


@pytest.fixture(scope="module")
def here() -> Iterator[Apart]:
    with apart() as one:
        yield one


def jiesu(here: Apart, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of the tree on this DATA."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "switchboard.cli", *arguments, "--data", str(here.data)],
        cwd=here.tree,
        env={**here.environment(), "PYTHONPATH": str(here.tree), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def reached(here: Apart, keys: str) -> object:
    """Whom a caller who presses these keys is connected to."""
    done = jiesu(here, "call", "--json", "--silent", "--keys", keys, "--hang-up-after", "10")
    assert done.stdout, done.stderr
    return json.loads(done.stdout)["connected_to"]


def test_a_port_of_somebody_else_is_refused_before_the_first_start(here: Apart) -> None:
    with here.exchange() as asterisk, socket.socket() as stranger:
        stranger.bind(("127.0.0.1", here.ports["ami_port"]))
        stranger.listen()
        done = jiesu(here, "up", "--no-exchange")
        assert done.returncode == 1
        assert f"端口 {here.ports['ami_port']} 已被别的程序占用" in done.stderr
        assert asterisk.poll() is None
        assert not here.healthy("asterisk")


def test_the_exchange_waits_for_its_configuration_and_then_takes_calls(here: Apart) -> None:
    with here.exchange() as asterisk:
        assert not here.healthy("asterisk")
        with here.jiesu() as up:
            assert here.healthy("asterisk")
            assert here.healthy("jiesu", str(here.data))
            state = read_state(here.data / "run")
            assert state is not None
            assert "asterisk" not in state.children
            listens = {name: state.places[name] for name in ("sip_port", "ws_port", "ami_port")}
            assert listens == {name: here.ports[name] for name in listens}
            assert reached(here, "9,2") == "119"
            stop(up)
            assert asterisk.poll() is None
            assert here.healthy("asterisk")
            assert not here.healthy("jiesu", str(here.data))
            # One that starts its own keeps its hands off a folder that is another's.
            done = jiesu(here, "up")
            assert done.returncode == 1
            assert "请加 --no-exchange" in done.stderr
            assert here.healthy("asterisk")


def test_a_second_start_finds_the_exchange_at_work_and_lets_it_read_what_changed(
    here: Apart,
) -> None:
    with here.exchange() as asterisk:
        # Configured by the test before: it needs nobody to begin with.
        site = here.data / "site.toml"
        site.write_text(site.read_text("utf-8") + "\n[queue]\nring_s = 7\n", "utf-8")
        with here.jiesu():
            running = Path(f"/proc/{asterisk.pid}/cmdline").read_bytes().split(b"\0")
            assert running[-4:-1] == [b"-f", b"-C", bytes(here.folder / "etc" / "asterisk.conf")]
            said = "\n".join(log.read_text("utf-8") for log in here.top.glob("up-*.log"))
            assert "交换机已重读改过的配置" in said
            assert reached(here, "9,3") == "120"
