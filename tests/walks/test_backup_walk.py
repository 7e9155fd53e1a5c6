"""A backup made while people talk and tickets are saved, and the system that comes back from it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from sqlalchemy import func, select

from hotline.words import CallId
from ivr.telephone import Call
from ledger import tables as t
from switchboard.backup_archive import verify
from switchboard.recordings import is_whole
from switchboard.settings import ROOT
from tests.agent_desk.visits import token_in
from tests.walks.system_kit import SITE, System, eventually, running_system

pytestmark = [pytest.mark.anyio, pytest.mark.walk]

LOW: Final = f"{SITE}\n[keep]\nlow_disk_gb = 10000\n"
"""No disk here has so much left: the oldest recording that nobody works on goes at once."""


def command(*typed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "switchboard.cli", *typed],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@asynccontextmanager
async def browser(system: System, login: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody's browser, logged in, with the token of its pages."""
    web = httpx.AsyncClient(
        base_url=system.web.base_url, trust_env=False, headers={"origin": str(system.places["web"])}
    )
    async with web:
        await system._log_in(web, login)
        web.headers["x-csrf-token"] = token_in((await web.get("/me")).text)
        yield web


async def save(web: httpx.AsyncClient, key: int, call: str | None = None) -> str:
    form = {"key": f"walk-{key:012}", "type": "投诉", "summary": f"夜间打桩 {key}", "call": call}
    answer = await web.post("/api/tickets", json={k: v for k, v in form.items() if v})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])


async def a_conversation(system: System, call: Call) -> CallId:
    await call.answered()
    id_ = await system.call_id(call)
    path = system.data / "asterisk" / "recordings" / f"{id_}.wav"

    async def recorded() -> bool:
        return path.exists() and path.stat().st_size > 8000

    await eventually(recorded, 60, "the conversation is recorded")
    return id_


async def counts(system: System) -> dict[str, int]:
    async with system.ledger.database.read() as connection:
        return {
            name: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
            for name, table in t.metadata.tables.items()
        }


async def test_what_was_backed_up_in_the_middle_of_work_is_there_again_elsewhere(
    tmp_path: Path,
) -> None:
    async with running_system(LOW) as system:
        told, first, second, number = await _busy_morning(system, tmp_path)
        before = await counts(system)
        refused = await asyncio.to_thread(
            command, "restore", told["file"], "--data", str(system.data), "--replace"
        )
        assert refused.returncode == 1
        assert "正在运行" in refused.stderr
        await _listening(system, first)
        await _let_go(system, second, kept=first)
    archive = Path(told["file"])
    assert told["tables"]["tickets"] <= before["tickets"]
    assert told["tables"]["journal"] == told["journal_seq"] <= before["journal"]
    assert archive.stat().st_mode & 0o777 == 0o600

    def lay_out(data: Path) -> None:
        done = command("restore", str(archive), "--data", str(data))
        assert done.returncode == 0, done.stderr
        assert "逐个核对无误" in done.stdout
        for member in verify(archive).members:
            found = hashlib.sha256((data / member.name).read_bytes()).hexdigest()
            assert found == member.sha256, member.name

    async with running_system(lay_out=lay_out) as again:
        after = await counts(again)
        for name in ("tickets", "ticket_texts", "ticket_numbers", "users", "units", "callers"):
            assert after[name] == told["tables"][name], name
        # Who was talking when the copy was made is gone: that is known at the start, and booked.
        assert (await again.booked(second, within=60)).call == second
        assert (await counts(again))["calls"] == told["tables"]["calls"] + 1
        assert (await again.ledger.audit.verify()).intact
        async with browser(again, "1001") as web:
            page = await web.get(f"/tickets/{number}")
            assert "夜间打桩 0" in page.text
            sound = await web.get(f"/recordings/{first}")
        assert (sound.status_code, sound.content[:4]) == (200, b"RIFF")


async def _busy_morning(system: System, to: Path) -> tuple[dict[str, Any], CallId, CallId, str]:
    """A call that is over, one that goes on, and tickets saved one after another meanwhile."""
    async with (
        system.seat("1001"),
        system.citizen() as citizen,
        browser(system, "1001") as web,
    ):
        call = await citizen.call("12345")
        first = await a_conversation(system, call)
        number = await save(web, 0, call=first)
        await call.hang_up()
        await system.booked(first, within=60)
        await system.seat_is("1001", "ready", within=60)
        second = await a_conversation(system, await citizen.call("12345"))

        async def desks_go_on() -> None:
            for key in range(1, 100_000):
                await save(web, key)
                await asyncio.sleep(0.05)

        busy = asyncio.create_task(desks_go_on())
        try:
            done = await asyncio.to_thread(
                *(command, "backup", "--recordings", "--json"),
                *("--data", str(system.data), "--to", str(to)),
            )
        finally:
            busy.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await busy
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        assert told["skipped"] == [f"asterisk/recordings/{second}.wav"]
        assert told["recordings"] == 1
        await citizen.hang_up_all()
        await system.booked(second, within=60)
    return told, first, second, number


async def _listening(system: System, call: CallId) -> None:
    """The supervisor and the agent of the call hear it, in parts too; another agent does not."""
    path = system.data / "asterisk" / "recordings" / f"{call}.wav"
    assert is_whole(path)
    async with browser(system, "banzhang") as web:
        assert f"/recordings/{call}" in (await web.get(f"/calls/{call}")).text
        assert f'href="/calls/{call}"' in (await web.get("/board/calls?which=answered")).text
        part = await web.get(f"/recordings/{call}", headers={"range": "bytes=0-43"})
        await web.get(f"/recordings/{call}", headers={"range": "bytes=44-99"})
    assert (part.status_code, part.content) == (206, path.read_bytes()[:44])
    async with browser(system, "1002") as web:
        assert (await web.get(f"/recordings/{call}")).status_code == 403
    rows = await system.ledger.audit.rows(subject=call)
    assert [row.what for row in rows] == ["recording-listened"], "one listening, one row"


async def _let_go(system: System, call: CallId, kept: CallId) -> None:
    """On a disk that runs low the recording nobody works on goes, and every page says so; the one
    of an open ticket stays, and calls go on."""
    folder = system.data / "asterisk" / "recordings"

    async def gone() -> bool:
        return not (folder / f"{call}.wav").exists()

    await eventually(gone, 60.0, "the recording without a ticket went")
    assert (folder / f"{kept}.wav").exists()
    (row,) = await system.ledger.audit.rows(subject=call)
    assert (row.what, row.detail["why"]) == ("recording-removed", "disk")
    async with browser(system, "banzhang") as web:
        assert "已按保存期清除" in (await web.get(f"/calls/{call}")).text
        assert "磁盘将满 1 段" in (await web.get("/status")).text
    async with system.seat("1001"), system.citizen() as citizen:
        await a_conversation(system, await citizen.call("12345"))
