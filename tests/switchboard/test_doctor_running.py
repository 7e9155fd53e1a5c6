"""One running system, broken part by part and mended again: doctor's lines follow, and the page's.

It listens with a copy of the small model that `up --model` was given.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from asterisk_conf.debian import default_cache
from asterisk_conf.exchange import SOUNDS
from ivr import sound
from ivr.speech_model import SMALL
from switchboard.doctor.checks import CHECKS
from switchboard.doctor.command import findings
from switchboard.doctor.finding import Finding, State
from switchboard.doctor.sound import PLAYED
from switchboard.processes import process, stat_of
from switchboard.settings import ROOT, Settings
from tests.walks.system_kit import SITE, System, eventually, running_system

pytestmark = [pytest.mark.anyio, pytest.mark.telephony, pytest.mark.walk]

WITHIN = 30.0


@pytest.fixture(scope="module")
def model() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="jiesu-m-")) / "our-model"
    shutil.copytree(SMALL, folder)
    yield folder
    shutil.rmtree(folder.parent, ignore_errors=True)


@pytest.fixture(scope="module")
async def system(anyio_backend: str, model: Path) -> AsyncIterator[System]:
    site = SITE + "[keep]\nlow_disk_gb = 0\n"
    async with running_system(site, options=("--model", str(model))) as one:
        yield one


def settings_of(system: System) -> Settings:
    return Settings(root=ROOT, data=system.data, cache=default_cache())


async def seen(system: System, *names: str) -> list[Finding]:
    """What doctor says of these parts now."""
    checks = [next(check for check in CHECKS if check.name == name) for name in names]
    return [found for _, found in await findings(settings_of(system), checks)]


async def becomes(system: System, name: str, state: State, *words: str) -> Finding:
    """Wait until doctor says so of a part."""

    async def look() -> Finding | None:
        [found] = await seen(system, name)
        return found if found.state is state and all(w in found.found for w in words) else None

    return await eventually(look, WITHIN, f"{name} is {state}: {words}", 0.2)


async def typed(system: System) -> dict[str, dict[str, str]]:
    """`./jiesu doctor --json`, by name; its exit code says whether there is a fault."""
    doctor = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "switchboard.cli"),
        *("doctor", "--json", "--data", str(system.data)),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, _ = await doctor.communicate()
    rows = {row["name"]: row for row in json.loads(out)["checks"]}
    assert doctor.returncode == int(any(row["state"] == "fault" for row in rows.values()))
    return rows


async def test_a_whole_system_is_without_fault_and_is_left_as_it_was(system: System) -> None:
    before, log = await system.figures(), system.queue_log()

    async def look() -> dict[str, dict[str, str]] | None:
        # Where others use the machine up, sound and model may miss their seconds at first.
        rows = await typed(system)
        missed = rows["model"]["state"] != "ok"
        return None if missed or any(row["state"] == "fault" for row in rows.values()) else rows

    rows = await eventually(look, 60.0, "doctor finds no fault")
    assert "正在运行" in rows["asterisk"]["found"]
    assert "交换机放音听得到" in rows["audio"]["found"]
    assert "两条中继可达" in rows["trunks"]["found"]
    assert rows["model"]["found"].startswith("our-model（8000 赫兹")
    assert rows["ports"]["found"].endswith("都是自己的")
    assert await system.figures() == before, "the sound of a check is nobody's call"
    assert system.queue_log() == log
    records = system.data / "asterisk/log/cdr-csv/Master.csv"
    assert not records.exists() or PLAYED not in records.read_text("utf-8")


async def test_a_module_that_is_not_loaded_is_named(system: System) -> None:
    await becomes(system, "modules", State.OK)
    await system.console("module unload app_echo.so")
    found = await becomes(system, "modules", State.FAULT, "app_echo")
    assert found.life
    assert found.do
    await system.console("module load app_echo.so")
    await becomes(system, "modules", State.OK)


async def test_a_password_that_the_exchange_does_not_know_is_told(system: System) -> None:
    await becomes(system, "ami", State.OK)
    file = system.data / "secrets.json"
    kept = file.read_text("utf-8")
    try:
        file.write_text(json.dumps({**json.loads(kept), "ami": "another"}), "utf-8")
        found = await becomes(system, "ami", State.FAULT, "不接受我们的密码")
        assert "secrets.json" in found.do
        assert "another" not in found.found + found.do
    finally:
        file.write_text(kept, "utf-8")
    await becomes(system, "ami", State.OK)


@contextlib.contextmanager
def prompt_away(system: System) -> Iterator[Path]:
    """A prompt of the exchange that a test may spoil."""
    file = system.data / "asterisk/data/sounds/zh/jiesu" / f"{PLAYED}.wav"
    kept = file.read_bytes()
    try:
        yield file
    finally:
        file.write_bytes(kept)


async def test_a_prompt_that_is_missing_unplayable_or_silent_is_told(system: System) -> None:
    await becomes(system, "audio", State.OK, "听得到")
    with prompt_away(system) as file:
        file.unlink()
        await becomes(system, "audio", State.FAULT, "缺少或放不出", PLAYED)
        shutil.copyfile(SOUNDS / "wait.wav", file)
        file.write_bytes(file.read_bytes()[:20])
        await becomes(system, "audio", State.FAULT, "缺少或放不出", PLAYED)
        sound.write_wav(file, bytes(16_000))
        found = await becomes(system, "audio", State.FAULT, "没有声音")
        assert found.do
    await becomes(system, "audio", State.OK, "听得到")


async def test_one_silent_trunk_is_a_warning_and_two_are_a_fault(system: System) -> None:
    await becomes(system, "trunks", State.OK, "两条中继可达")
    async with system.trunks("dead", "answering"):
        one = await becomes(system, "trunks", State.WARN, "第 1 中继不可达")
        assert one.life
        assert one.do
    async with system.trunks("dead", "dead"):
        both = await becomes(system, "trunks", State.FAULT, "都不可达")
        assert both.life
    await becomes(system, "trunks", State.OK)


async def test_a_model_taken_away_and_the_ears_that_cannot_come_back_are_told(
    system: System, model: Path
) -> None:
    await becomes(system, "model", State.OK, "our-model", "能装入")
    found = await becomes(system, "workers", State.OK, "在工作")
    away = model.with_name("away")
    model.rename(away)
    try:
        await becomes(system, "model", State.FAULT, str(model))
        pid = int(re.findall(r"\d+", found.found)[-1])
        os.kill(pid, signal.SIGKILL)
        lost = await becomes(system, "workers", State.FAULT, "没有识别进程")
        assert "电话照常" in lost.do
    finally:
        away.rename(model)
    await becomes(system, "workers", State.OK, "在工作")
    await becomes(system, "model", State.OK)


async def test_the_model_of_up_is_remembered_when_our_process_dies(
    system: System, model: Path
) -> None:
    before = system.child("server")
    await system.kill("server")
    await system.restored("server", before, within=WITHIN)
    found = await becomes(system, "workers", State.OK, "在工作")
    pid = int(re.findall(r"\d+", found.found)[-1])
    assert str(model).encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")


async def test_a_dead_centre_is_named_and_so_is_a_dead_exchange_whose_port_is_taken(
    system: System,
) -> None:
    for name in ("running", "asterisk", "ports"):
        await becomes(system, name, State.OK)
    asterisk, centre = system.child("asterisk"), system.child("centre")
    with system.foreman_asleep():
        await system.kill("centre")
        await becomes(system, "running", State.FAULT, "模拟报警中心停了")
        await system.kill("asterisk")
        dead = await becomes(system, "asterisk", State.FAULT, "没有回应")
        assert dead.life
        modules, ami, trunks = await seen(system, "modules", "ami", "trunks")
        assert {modules.state, ami.state, trunks.state} == {State.FAULT}
        assert "连不上" in ami.found
        port = int(system.places["sip_port"])
        await becomes(system, "ports", State.FAULT, f"SIP {port} 没有程序在听")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
            ours.bind(("127.0.0.1", port))
            await becomes(system, "ports", State.FAULT, f"SIP {port} 被", f"进程号 {os.getpid()}")
    await system.restored("centre", centre)
    await system.restored("asterisk", asterisk)
    for name in ("running", "asterisk", "ports", "trunks"):
        await becomes(system, name, State.OK)


async def test_an_exchange_that_hangs_keeps_doctor_no_longer_than_its_limit(
    system: System,
) -> None:
    pid = system.child("asterisk").pid
    os.kill(pid, signal.SIGSTOP)
    try:
        await eventually(lambda: _stopped(pid), WITHIN, "it stands still")
        names = ("asterisk", "modules", "ami", "audio", "trunks")
        found = dict(zip(names, await seen(system, *names), strict=True))
        assert {one.state for one in found.values()} == {State.FAULT}
        assert all(one.do for one in found.values())
        [database] = await seen(system, "database")
        assert database.state is State.OK
    finally:
        os.kill(pid, signal.SIGCONT)
    await system.follows()
    for name in ("asterisk", "ami", "trunks"):
        await becomes(system, name, State.OK)


async def _stopped(pid: int) -> bool:
    found = stat_of(pid)
    return process(pid) is not None and found is not None and found[0] == "T"


# ---------------------------------------------------------------------------------- 系统状态


async def status_page(system: System) -> str:
    await system.board()  # logs in
    answer = await system.web.get("/status")
    assert answer.status_code == 200
    return answer.text


async def press_check(system: System) -> str:
    token = re.search(r'name="csrf" value="([^"]+)"', await status_page(system))
    assert token is not None
    answer = await system.web.post(
        "/status/check",
        data={"csrf": token[1]},
        headers={"origin": str(system.places["web"])},
        timeout=30.0,
    )
    assert answer.status_code == 303
    return await status_page(system)


def row(page: str, part: str) -> str:
    """The line of a part, as text."""
    found = re.search(rf"<tr><td><b>{part}</b>.*?</tr>", page, re.DOTALL)
    assert found is not None, part
    return re.sub(r"<[^>]+>", " ", found[0])


async def test_the_page_has_every_line_of_doctor_and_says_what_doctor_says(
    system: System,
) -> None:
    page = await status_page(system)
    for check in CHECKS:
        assert row(page, check.title)
    assert "未细查" in row(page, "声音")

    async def agree() -> bool:
        found = await seen(system, *(check.name for check in CHECKS))
        pressed = await press_check(system)
        assert "未细查" not in pressed
        thorough = "听得到" in row(pressed, "声音") and "能装入" in row(pressed, "语音模型")
        return thorough and all(
            told.found.split("，")[0] in row(pressed, check.title)
            for check, told in zip(CHECKS, found, strict=True)
        )

    await eventually(agree, 60.0, "page and terminal say the same")


async def test_the_page_turns_red_where_the_way_to_help_is_broken_and_back(
    system: System,
) -> None:
    assert "正常" in row(await status_page(system), "中继")
    async with system.trunks("answering", "dead"):

        async def red() -> bool:
            return "影响紧急" in row(await status_page(system), "中继")

        await eventually(red, WITHIN, "the trunk's line is red")

    async def green() -> bool:
        return "正常" in row(await status_page(system), "中继")

    await eventually(green, WITHIN, "the trunk's line is green")


async def test_the_page_follows_a_model_that_went_away_from_press_to_press(
    system: System, model: Path
) -> None:
    await press_check(system)
    away = model.with_name("away")
    model.rename(away)
    try:
        assert "故障" in row(await press_check(system), "语音模型")
    finally:
        away.rename(model)

    async def back() -> bool:
        return "能装入" in row(await press_check(system), "语音模型")

    await eventually(back, 60.0, "the model is back")
