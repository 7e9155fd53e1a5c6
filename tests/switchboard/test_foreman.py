"""The foreman with real processes: none is lost, none is left."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from switchboard.foreman import Child, ChildFailed, Foreman
from switchboard.free_ports import Ports, is_free
from switchboard.processes import Process, process
from switchboard.running import AlreadyRunning, NotRunning, read_state, running_system
from switchboard.settings import ROOT

pytestmark = pytest.mark.anyio

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")
IGNORES_SIGTERM = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
while True:
    time.sleep(1)
"""
STUBBORN = (sys.executable, "-c", IGNORES_SIGTERM)


async def always() -> bool:
    return True


def written(path: Path, text: str) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return path.exists() and text in path.read_text()

    return check


def a_child(name: str = "one", command: tuple[str, ...] = SLEEP, **others: object) -> Child:
    return Child(name=name, title=name, command=command, **{"ready": always, **others})  # type: ignore[arg-type]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def foreman(tmp_path: Path, said: list[str]) -> Foreman:
    return Foreman(tmp_path / "run", tmp_path / "log", said.append)


async def until(check: Callable[[], bool], within: float = 20.0) -> None:
    async with asyncio.timeout(within):
        while not check():  # noqa: ASYNC110 - the kernel sets no Event when a process ends
            await asyncio.sleep(0.02)


async def test_children_end_newest_first_and_nothing_is_left(
    foreman: Foreman, tmp_path: Path
) -> None:
    ended = tmp_path / "ended"
    tells = "import pathlib, signal, sys\n"
    tells += "def end(*_):\n with open(sys.argv[1], 'a') as f: f.write(sys.argv[2])\n sys.exit()\n"
    tells += "signal.signal(signal.SIGTERM, end); print('up', flush=True)\nsignal.pause()"
    async with foreman:
        for name in ("a", "b", "c"):
            command = (sys.executable, "-c", tells, str(ended), name)
            ready = written(tmp_path / "log" / f"{name}.log", "up")
            await foreman.start(a_child(name, command, ready=ready))
        found = [foreman.process_of(name) for name in ("a", "b", "c")]
        processes = [one for one in found if one is not None]
        assert [one.alive() for one in processes] == [True, True, True]
    assert ended.read_text() == "cba"
    assert not any(one.alive() for one in processes)
    assert not (tmp_path / "run" / "state.json").exists()


async def test_a_child_that_ignores_sigterm_is_killed_after_its_grace(
    foreman: Foreman, tmp_path: Path
) -> None:
    async with foreman:
        ready = written(tmp_path / "log" / "one.log", "up")
        await foreman.start(a_child(command=STUBBORN, ready=ready, grace=0.2))
        one = foreman.process_of("one")
    assert one is not None
    assert not one.alive()


async def test_what_a_child_started_goes_with_it(foreman: Foreman, tmp_path: Path) -> None:
    note = tmp_path / "grandchild"
    script = "import subprocess, sys, time; p = subprocess.Popen(['sleep', '60'])\n"
    script += "open(sys.argv[1], 'w').write(str(p.pid) + ' '); time.sleep(60)"
    async with foreman:
        await foreman.start(
            a_child(command=(sys.executable, "-c", script, str(note)), ready=written(note, " "))
        )
        grandchild = process(int(note.read_text()))
        assert grandchild is not None
        assert grandchild.alive()
        is_there = grandchild.alive
    await until(lambda: not is_there())


async def test_a_dead_child_is_running_again_at_once(foreman: Foreman, said: list[str]) -> None:
    async with foreman:
        await foreman.start(a_child())
        first = foreman.process_of("one")
        assert first is not None
        os.kill(first.pid, signal.SIGKILL)
        await until(lambda: foreman.process_of("one") != first)
        await until(lambda: any("已恢复" in line for line in said))


async def test_a_child_that_keeps_dying_is_tried_less_and_less_often(
    foreman: Foreman, said: list[str]
) -> None:
    async with foreman:
        await foreman.start(a_child(command=(sys.executable, "-S", "-c", "")))
        await until(lambda: sum("意外退出" in line for line in said) >= 3)
    pauses = [line.split("，")[1] for line in said if "意外退出" in line]
    assert pauses[:3] == ["0.2 秒后重新启动。", "0.4 秒后重新启动。", "0.8 秒后重新启动。"]


async def never() -> bool:
    return False


async def test_a_child_that_ends_at_once_is_named_with_its_last_words(foreman: Foreman) -> None:
    script = (sys.executable, "-c", "import sys; print('port is taken', file=sys.stderr)")
    with pytest.raises(ChildFailed, match=r"one启动后就退出了：port is taken（日志：.*one\.log）"):
        async with foreman:
            await foreman.start(a_child(command=script, ready=never))


async def test_a_child_that_does_not_get_ready_is_ended(foreman: Foreman) -> None:
    one: Process | None = None

    async def look() -> bool:
        nonlocal one
        one = foreman.process_of("one")
        return False

    with pytest.raises(ChildFailed, match="没有就绪"):
        async with foreman:
            await foreman.start(a_child(ready=look, ready_within=0.3))
    assert one is not None
    assert not one.alive()


async def test_a_child_that_gets_on_slowly_is_waited_for(
    foreman: Foreman, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("switchboard.foreman.LONGEST_START", 1000)
    monkeypatch.setattr("switchboard.foreman.SLOW_SECONDS", 0.1)
    file = tmp_path / "up"
    script = f"""
import pathlib, time
end = time.process_time() + 1.0
while time.process_time() < end:
    pass
pathlib.Path({str(file)!r}).write_text("up")
time.sleep(60)
"""
    child = a_child(command=(sys.executable, "-c", script), ready_within=0.3)
    async with foreman:
        await foreman.start(replace(child, ready=written(file, "up")))
    assert any("机器忙，它还在启动" in line for line in said)


async def test_a_child_that_never_gets_ready_is_not_waited_for_for_ever(foreman: Foreman) -> None:
    spins = (sys.executable, "-c", "while True: pass")
    with pytest.raises(ChildFailed, match="没有就绪"):
        async with foreman:
            await foreman.start(a_child(command=spins, ready=never, ready_within=0.2))


async def test_a_program_that_does_not_exist_is_said_so(foreman: Foreman) -> None:
    with pytest.raises(ChildFailed, match="无法启动"):
        async with foreman:
            await foreman.start(a_child(command=("/nowhere/asterisk",)))


async def test_a_second_up_on_the_same_data_is_refused(foreman: Foreman, tmp_path: Path) -> None:
    async with foreman:
        foreman.publish(web="http://127.0.0.1:8080/")
        with pytest.raises(AlreadyRunning, match=r"已经在运行.*http://127\.0\.0\.1:8080/.*--data"):
            async with Foreman(tmp_path / "run", tmp_path / "log"):
                pass


async def test_other_commands_find_the_running_system_by_its_data(
    foreman: Foreman, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    with pytest.raises(NotRunning, match=r"\./jiesu up"):
        running_system(run)
    async with foreman:
        await foreman.start(a_child())
        foreman.publish(sip_port=5062)
        state = running_system(run)
        assert state.places["sip_port"] == 5062
        assert state.children["one"] == foreman.process_of("one")
        assert stat.S_IMODE((run / "state.json").stat().st_mode) == 0o600
        assert stat.S_IMODE(run.stat().st_mode) == 0o700
    with pytest.raises(NotRunning):
        running_system(run)


def test_a_spoilt_state_file_counts_as_none(tmp_path: Path) -> None:
    for content in ("", "{}", '{"version": 9}', '{"version": 1, "foreman": 3}'):
        (tmp_path / "state.json").write_text(content)
        assert read_state(tmp_path) is None


UP = """
import asyncio, sys
from pathlib import Path
from switchboard.foreman import Child, Foreman
async def yes(): return True
async def main():
    folder = Path(sys.argv[1])
    async with Foreman(folder / "run", folder / "log", lambda text: None) as foreman:
        for name in ("exchange", "server"):
            await foreman.start(Child(name=name, title=name, command=("sleep", "60"), ready=yes))
        foreman.publish(sip_port=5062)
        print("ready", flush=True)
        await foreman.watch()
    print("over", flush=True)
asyncio.run(main())
"""


@pytest.fixture
def up(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """An `up` in a process of its own, ready."""
    with subprocess.Popen(
        [sys.executable, "-c", UP, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        yield running
        if running.poll() is None:
            running.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_ctrl_c_and_its_kin_leave_no_process(
    up: subprocess.Popen[str], tmp_path: Path, number: signal.Signals
) -> None:
    children = running_system(tmp_path / "run").children.values()
    up.send_signal(number)
    assert up.communicate(timeout=10)[0] == "over\n"
    assert up.returncode == 0
    assert not any(one.alive() for one in children)


async def test_after_kill_9_asterisk_is_adopted_and_the_server_is_ended(
    up: subprocess.Popen[str], foreman: Foreman, tmp_path: Path
) -> None:
    state = running_system(tmp_path / "run")
    exchange, server = state.children["exchange"], state.children["server"]
    up.kill()
    up.wait(10)
    assert exchange.alive()
    assert server.alive()
    async with foreman:
        assert foreman.left_running("exchange") == exchange
        assert foreman.left_places["sip_port"] == 5062
        assert await foreman.start(a_child("exchange", adopt=always))
        assert not await foreman.start(a_child("server"))
        assert foreman.process_of("exchange") == exchange
        assert not server.alive()
        os.kill(exchange.pid, signal.SIGKILL)
        await until(lambda: foreman.process_of("exchange") != exchange)
    assert not exchange.alive()


async def test_an_old_server_can_be_ended_before_its_port_is_claimed(
    up: subprocess.Popen[str], foreman: Foreman, tmp_path: Path
) -> None:
    state = running_system(tmp_path / "run")
    up.kill()
    up.wait(10)
    async with foreman:
        await foreman.end_left("server")
        assert not state.children["server"].alive()
        assert foreman.left_running("server") is None
        assert state.children["exchange"].alive()


async def test_an_exchange_that_does_not_answer_is_not_adopted(
    up: subprocess.Popen[str], foreman: Foreman, tmp_path: Path
) -> None:
    exchange = running_system(tmp_path / "run").children["exchange"]
    up.kill()
    up.wait(10)
    async with foreman:
        assert not await foreman.start(a_child("exchange", adopt=never))
        assert not exchange.alive()


async def test_an_up_that_fails_early_leaves_the_old_exchange_in_peace(
    up: subprocess.Popen[str], foreman: Foreman, tmp_path: Path
) -> None:
    exchange = running_system(tmp_path / "run").children["exchange"]
    up.kill()
    up.wait(10)
    with pytest.raises(ValueError, match="bad site"):
        async with foreman:
            raise ValueError("bad site.toml")
    assert exchange.alive()
    assert running_system(tmp_path / "run").children["exchange"] == exchange
    async with Foreman(tmp_path / "run", tmp_path / "log", lambda text: None):
        pass
    assert not exchange.alive()


def test_a_pid_that_is_somebody_else_by_now_is_not_ours() -> None:
    me = process(os.getpid())
    assert me is not None
    assert me.alive()
    assert not Process(me.pid, me.began - 1).alive()


def test_a_busy_port_is_replaced_by_a_free_one_and_two_claims_never_meet() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        taken = busy.getsockname()[1]
        one, two = Ports(), Ports()
        first, second = one.claim(taken), two.claim(taken)
        assert taken not in (first, second)
        assert first != second
        one.close()
        assert two.claim(first) == first
        two.close()


def test_a_claimed_range_is_free_and_nobody_else_gets_it() -> None:
    one, two = Ports(), Ports()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as busy:
        busy.bind(("127.0.0.1", 0))
        start = min(busy.getsockname()[1], 65000) - 10
        first = one.claim_range(start, 100)
        second = two.claim_range(start, 100)
        assert not set(first) & set(second)
        assert busy.getsockname()[1] not in first
    one.close()
    two.close()


def test_free_means_free_for_the_kind_asked_for() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as busy:
        busy.bind(("127.0.0.1", 0))
        assert not is_free(busy.getsockname()[1], "udp", "127.0.0.1")


def test_state_says_nothing_but_processes_and_places(
    up: subprocess.Popen[str], tmp_path: Path
) -> None:
    content = json.loads((tmp_path / "run" / "state.json").read_text())
    assert set(content) == {"version", "foreman", "children", "places"}
    assert up.pid == content["foreman"]["pid"]
